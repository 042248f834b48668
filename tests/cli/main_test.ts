import { type ErrorKind, OrcError } from "../../src/base/error.ts";
import { main } from "../../src/cli/main.ts";
import { ENDING_SIGNALS } from "../../src/host/signals.ts";
import { Interrupted } from "../../src/host/host.ts";
import { captureStreams, fakeGroups, fakeHost, throwing } from "./fake.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** How a command line ended. */
interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line against the fake table; its command `fail` throws the error. */
async function orc(
  argv: readonly string[],
  error?: unknown,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const streams = captureStreams();
  const groups = [...fakeGroups, throwing(error)];
  const host = fakeHost({ environment });
  const exitCode = await main(argv, host, { streams, groups });
  return { exitCode, out: streams.out, err: streams.err };
}

function namedError(name: string, members: object = {}): Error {
  return Object.assign(new Error("It went wrong"), { name, ...members });
}

/** The only document on standard output. */
function documentOf({ out, err }: Ran): Record<string, unknown> {
  assertEquals(err, "");
  assert(out.endsWith("}\n") && out.indexOf("\n") === out.length - 1);
  return JSON.parse(out);
}

Deno.test("main() prints a result on standard output and warnings on standard error", async () => {
  assertEquals(await orc(["copy", "a", "b"]), {
    exitCode: 0,
    out: "Copied a b\n",
    err: "Warning: There is not much space\n",
  });
});

Deno.test("main() prints neither warnings nor what was changed with --quiet", async () => {
  assertEquals(await orc(["copy", "a", "b", "-q"]), {
    exitCode: 0,
    out: "",
    err: "",
  });
});

Deno.test("main() prints one JSON document with --json", async () => {
  const expected = {
    ok: true,
    schemaVersion: 1,
    command: "copy",
    root: "/repo",
    rootSource: "flag",
    session: "s1",
    result: { from: "a", to: ["b"], root: "/r" },
    warnings: ["There is not much space"],
  };
  const argv = ["copy", "a", "b", "-d", "/r", "-q"];
  for (const flags of [["--json"], ["--output", "json"], ["--output=json"]]) {
    const ran = await orc([...argv, ...flags]);
    assertEquals(ran.exitCode, 0);
    assertEquals(documentOf(ran), expected);
  }
  for (const flags of [["--full"], ["--json", "--full"]]) {
    const { result } = documentOf(await orc([...argv, ...flags]));
    assertEquals(result, { ...expected.result, note: null });
  }
});

Deno.test("main() escapes control characters of data in text", async () => {
  const { out } = await orc(["copy", "\x1b]0;x\x07\r\u202e\x9b"]);
  assertEquals(out, "Copied \\x1b]0;x\\x07\\x0d\\u202e\\x9b \n");
});

Deno.test("main() keeps the codes of a style on a terminal, and only those", async () => {
  const streams = captureStreams();
  const host = fakeHost({ terminalColumns: 80 });
  await main(["copy", "\x1b[31mred"], host, { streams, groups: fakeGroups });
  assertEquals(streams.out, "\x1b[32mCopied\x1b[39m \\x1b[31mred \n");
});

Deno.test("main() takes the name of the table for an alias", async () => {
  const ran = await orc(["crate", "list", "a", "--json", "-q"]);
  assertEquals(documentOf(ran).command, "box list");
});

const exitCodes: readonly [ErrorKind, number][] = [
  ["usage", 2],
  ["refused", 3],
  ["not_found", 4],
  ["conflict", 5],
  ["corrupt", 6],
  ["external", 7],
  ["denied", 77],
  ["config", 78],
];

for (const [kind, exitCode] of exitCodes) {
  Deno.test(`main() returns ${exitCode} for an error of kind ${kind}`, async () => {
    const options = { hint: "run orc status", path: "a.yaml" };
    const error = new OrcError(kind, "some_code", "Cannot do it", options);
    assertEquals(await orc(["fail"], error), {
      exitCode,
      out: "",
      err: "Cannot do it\nTry: run orc status\n",
    });
    const ran = await orc(["fail", "--json"], error);
    assertEquals(ran.exitCode, exitCode);
    assertEquals(documentOf(ran), {
      ok: false,
      schemaVersion: 1,
      command: "fail",
      root: "/repo",
      rootSource: "cwd",
      error: {
        kind,
        code: "some_code",
        message: "Cannot do it",
        hint: "run orc status",
        path: "a.yaml",
      },
    });
  });
}

Deno.test("main() prints the details of an error for programs", async () => {
  const error = new OrcError("refused", "some_code", "Cannot do it", {
    details: { open: ["a", "b"] },
  });
  const { error: told } = documentOf(await orc(["fail", "--json"], error));
  assertEquals(told, {
    kind: "refused",
    code: "some_code",
    message: "Cannot do it",
    details: { open: ["a", "b"] },
  });
});

Deno.test("main() returns 1 for a bug and shows its place only with --verbose", async () => {
  const brief = await orc(["fail"], new TypeError("x is not a function"));
  assertEquals(brief, {
    exitCode: 1,
    out: "",
    err: "This is a bug in orc: x is not a function\n" +
      "Try: run the command again with --verbose and report what it prints\n",
  });
  const verbose = await orc(["fail", "--verbose"], new TypeError("x"));
  assertEquals(verbose.exitCode, 1);
  assertStringIncludes(verbose.err, "main_test.ts");
  assertEquals((await orc(["fail"], "no error")).exitCode, 1);
});

Deno.test("main() returns 77 for a permission Deno did not give", async () => {
  const error = namedError("NotCapable", {
    message:
      'Requires read access to "/repo", run again with the --allow-read flag',
  });
  assertEquals(await orc(["fail"], error), {
    exitCode: 77,
    out: "",
    err: 'Deno did not allow read access to "/repo"\n' +
      "Try: run again with --allow-read=/repo\n",
  });
});

Deno.test("main() returns 128 and the number of the signal that interrupted", async () => {
  const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
  for (const signal of ENDING_SIGNALS) {
    const { exitCode, err } = await orc(["fail"], new Interrupted(signal));
    assertEquals(exitCode, signals[signal]);
    assertEquals(err, `Interrupted by ${signal}\n`);
  }
});

const usageErrors: readonly (readonly string[])[] = [
  ["--json"],
  ["--json", "box"],
  ["nope", "--json"],
  ["box", "nope", "--json"],
  ["copy", "--json"],
  ["copy", "a", "--json", "--nope"],
  ["copy", "a", "--nope", "--json"],
  ["copy", "a", "--json", "--json"],
  ["copy", "a", "--json", "--note"],
  ["copy", "a", "--force=1", "--output=json"],
  ["copy", "a", "--nope", "--output", "json"],
  ["copy", "a", "--json", "--output", "text"],
  ["copy", "a\0", "--json"],
  ["copy", "a", "--json", "--output", "xml"],
  ["version", "a", "--json"],
  ["help", "nope", "--json"],
];

for (const argv of usageErrors) {
  Deno.test(`main() answers ${JSON.stringify(argv)} with one JSON document`, async () => {
    const ran = await orc(argv);
    const { ok, error } = documentOf(ran);
    assertEquals([ran.exitCode, ok], [2, false]);
    const { kind, hint } = error as Record<string, unknown>;
    assertEquals([kind, typeof hint], ["usage", "string"]);
  });
}

/** Command lines that fail in each way, before and after they could be read. */
const failures: readonly [argv: string[], error?: unknown][] = [
  [[]],
  [["box"]],
  [["nope"]],
  [["copy"]],
  [["copy", "a", "--bogus"]],
  [["copy", "a", "--note"]],
  [["copy", "a", "--output", "xml"]],
  [["copy", "a\0b"]],
  [["help", "nope"]],
  [["fail"], new OrcError("denied", "no_yes", "No human said yes")],
  [["fail"], namedError("PermissionDenied")],
  [["fail"], new TypeError("It broke")],
  [["fail"], new Interrupted("SIGTERM")],
];

for (const [argv, error] of failures) {
  const what = error instanceof Error ? `: ${error.name}` : "";
  Deno.test(`main() answers ${JSON.stringify(argv)}${what} with the same document for a variable as for the flag`, async () => {
    const flagged = await orc(["--json", ...argv], error);
    const asked = await orc(argv, error, { ORCHESTRATOR_OUTPUT: "json" });
    const [told, wanted] = [asked, flagged].map((ran) => {
      const { command, error } = documentOf(ran);
      return { exitCode: ran.exitCode, command, code: Object(error).code };
    });
    assertEquals(told, wanted);
    const said = { ORCHESTRATOR_OUTPUT: "json" };
    const text = await orc(["--output=text", ...argv], error, said);
    assertEquals(text.out, "");
  });
}

Deno.test("main() names the command in a usage error once it is known", async () => {
  const known = documentOf(await orc(["copy", "--json"]));
  const unknown = documentOf(await orc(["nope", "--json"]));
  assertEquals([known.command, unknown.command], ["copy", undefined]);
});

Deno.test("main() takes --json behind -- for data", async () => {
  const ran = await orc(["copy", "--nope", "--", "--json"]);
  assertEquals([ran.exitCode, ran.out], [2, ""]);
});

Deno.test("main() takes --json behind a flag with a value for the flag, and says what is missing", async () => {
  const ran = await orc(["copy", "a", "--note", "--json"]);
  assertEquals(ran.exitCode, 2);
  assertStringIncludes(ran.out, '"code":"missing_value"');
  const meant = await orc(["copy", "a", "--note=--json"]);
  assertEquals(meant.out, "Copied a \n");
});

Deno.test("main() leads from a usage error to the help of the command", async () => {
  const { err } = await orc(["copy"]);
  assertEquals(err, 'Command "copy" needs FROM\nTry: orc help copy\n');
});

Deno.test("main() shows help on standard error when no command is given", async () => {
  const nothing = await orc([]);
  assertEquals([nothing.exitCode, nothing.out], [2, ""]);
  assertStringIncludes(nothing.err, "Usage: orc COMMAND");
  assert(nothing.err.endsWith("\n\nNo command given\nTry: orc help\n"));
  const family = await orc(["box"]);
  assertEquals([family.exitCode, family.out], [2, ""]);
  assertStringIncludes(family.err, "Usage: orc box COMMAND");
  assertStringIncludes(family.err, "Try: orc help box");
});

Deno.test("main() leads every way to ask for help to the same page", async () => {
  const { out } = await orc(["help", "copy"]);
  for (
    const argv of [
      ["copy", "--help"],
      ["copy", "-h"],
      ["--help", "copy"],
      ["copy", "a", "--help", "-f"],
    ]
  ) {
    assertEquals(await orc(argv), { exitCode: 0, out, err: "" });
  }
  const { out: family } = await orc(["help", "box"]);
  assertEquals((await orc(["box", "--help"])).out, family);
  const { out: aliased } = await orc(["help", "box", "list"]);
  assertEquals((await orc(["crate", "list", "-h"])).out, aliased);
});

Deno.test("main() gives the declaration with --help --json", async () => {
  const { command, result } = documentOf(await orc(["copy", "-h", "--json"]));
  const { type, name, permissions } = result as Record<string, unknown>;
  assertEquals(command, "help");
  assertEquals([type, name, permissions], ["command", "copy", ["run"]]);
});

Deno.test("main() shows the version for --version and -v before a command", async () => {
  const { out } = await orc(["version"]);
  for (const argv of [["--version"], ["-v"], ["--version", "copy"]]) {
    assertEquals(await orc(argv), { exitCode: 0, out, err: "" });
  }
});

Deno.test("main() is quiet and successful when the reader has gone", async () => {
  const streams = captureStreams();
  streams.stdout = () => {
    throw namedError("BrokenPipe");
  };
  const surroundings = { streams, groups: fakeGroups };
  const argv = ["copy", "a", "-q"];
  assertEquals(await main(argv, fakeHost(), surroundings), 0);
  assertEquals(streams.err, "");
  assertEquals(await main(["--json"], fakeHost(), surroundings), 2);
  assertEquals(streams.err, "");
});

Deno.test("main() says that the command was done when its result cannot be written", async () => {
  for (const argv of [["copy", "a", "-q"], ["copy", "a", "-q", "--json"]]) {
    const streams = captureStreams();
    streams.stdout = () => {
      throw new Error("No space left on device");
    };
    const surroundings = { streams, groups: fakeGroups };
    assertEquals(await main(argv, fakeHost(), surroundings), 7);
    assertEquals(
      streams.err,
      'Command "copy" was done, but its result cannot be written: ' +
        "No space left on device\n" +
        "Try: orc status\n",
    );
  }
});

Deno.test("main() keeps the exit code when nothing can be written at all", async () => {
  const fail = (): never => {
    throw new Error("No space left on device");
  };
  const surroundings = {
    streams: { stdout: fail, stderr: fail },
    groups: [...fakeGroups, throwing(new OrcError("conflict", "c", "Locked"))],
  };
  assertEquals(await main(["fail"], fakeHost(), surroundings), 5);
  assertEquals(await main(["fail", "--json"], fakeHost(), surroundings), 5);
});
