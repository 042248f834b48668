import { plainOf } from "../../src/base/plain.ts";
import {
  checkToRun,
  describeResult,
  encodeGateResult,
  encodeVerificationResult,
  failedCheck,
  leadsOutOfTree,
  requiredCheck,
} from "../../src/engine/check.ts";
import type {
  CheckResult,
  ItemStatus,
  Verification,
} from "../../src/workflow/types.ts";
import { orcErrorOf } from "./act.ts";
import {
  AT,
  COMMAND,
  commandResult,
  FILE,
  fileResult,
  inPhase,
  itemOf,
  MANUAL,
  NONE,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
} from "./fixtures.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";

const checkedWorkflow = workflowOf([], { docs: "docs", test: "make test" });

Deno.test("requiredCheck() fills in the settings", () => {
  const path = "{{docs}}/{{name}}.md";
  const file = itemOf("a", { verification: { ...FILE, path } });
  assertEquals(requiredCheck(checkedWorkflow, file), {
    type: "file_exists",
    path: "docs/{{name}}.md",
    mayBeEmpty: false,
    directory: false,
  });
  const command = { ...COMMAND, command: "{{test}} -k", expectExitCode: 1 };
  const item = itemOf("a", { verification: command, timeoutSeconds: 1.5 });
  assertEquals(requiredCheck(checkedWorkflow, item), {
    type: "command",
    originalCommand: "{{test}} -k",
    plan: {
      kind: "words",
      words: ["make", "test", "-k"],
      filled: "make test -k",
    },
    expectExitCode: 1,
    expectTests: undefined,
    prove: undefined,
    timeoutMs: 1500,
    workingDir: null,
  });
});

Deno.test("requiredCheck() bounds the time of every command", () => {
  const item = itemOf("a", { verification: COMMAND });
  const check = requiredCheck(checkedWorkflow, item);
  assertEquals(check.type === "command" && check.timeoutMs, 300_000);
});

Deno.test("requiredCheck() does not depend on the step type", () => {
  for (const verification of [NONE, MANUAL, FILE, COMMAND]) {
    const [flexible, gate] = (["flexible", "gate"] as const).map((stepType) =>
      requiredCheck(checkedWorkflow, itemOf("a", { verification, stepType }))
    );
    assertEquals(gate, flexible);
  }
});

Deno.test("describeResult() says how a check ended", () => {
  const timedOut = {
    ...commandResult(false),
    problem: "Ended after the time limit of 300 s",
  };
  const results: readonly CheckResult[] = [
    fileResult(true),
    fileResult(false),
    commandResult(true),
    commandResult(false),
    timedOut,
  ];
  assertEquals(results.map(describeResult), [
    "File found: /repo/docs/plan.md",
    "docs/plan.md does not exist",
    "Command passed (exit code 0, expected 0)",
    "Command failed (exit code 2, expected 0)",
    "Ended after the time limit of 300 s",
  ]);
});

const RUN = {
  exit_code: 2,
  stdout: "out",
  stderr: "err",
  duration_seconds: 0.25,
};

Deno.test("encodeVerificationResult() writes a command's result as the Python tool does", () => {
  const { duration_seconds, ...run } = RUN;
  const expected = {
    type: "command",
    timestamp: "2026-03-04T05:06:07+00:00",
    command: "make test",
    command_args: ["make", "test"],
    original_command: "{{test_command}}",
    ...run,
    duration_seconds,
  };
  const problem = "Command not found: make";
  for (const [fields, more] of [[{}, {}], [{ problem }, { error: problem }]]) {
    const result = { ...commandResult(false), ...fields };
    const encoded = encodeVerificationResult(result, AT);
    assertEquals(plainOf(encoded), { ...expected, ...more });
    assertEquals([...encoded.keys()], Object.keys({ ...expected, ...more }));
  }
});

Deno.test("encodeGateResult() writes the fields of the Python tool in its order", () => {
  const { exit_code, stdout, stderr, duration_seconds } = RUN;
  const expected = {
    success: false,
    exit_code,
    stdout,
    stderr,
    command: "make test",
    duration_seconds,
    error: null,
  };
  const encoded = encodeGateResult(commandResult(false));
  assertEquals(plainOf(encoded), expected);
  assertEquals([...encoded.keys()], Object.keys(expected));
});

Deno.test("encodeGateResult() keeps both ends of long output, in 1000 code points", () => {
  const stdout = `start${"🚀".repeat(1500)}end`;
  const encoded = encodeGateResult({ ...commandResult(false), stdout });
  const stored = String(encoded.get("stdout"));
  assert(Array.from(stored).length <= 1000);
  assertMatch(
    stored,
    /^start🚀{195}\n… left out …\n🚀{783}end$/u,
  );
  const whole = "x".repeat(1000);
  const fits = encodeGateResult({ ...commandResult(false), stdout: whole });
  assertEquals(fits.get("stdout"), whole);
});

const KINDS: Readonly<Record<string, Verification>> = {
  none: NONE,
  manual: MANUAL,
  file: FILE,
  command: COMMAND,
};
const workflow = workflowOf([
  phaseOf(
    "PLAN",
    Object.entries(KINDS).map(([id, verification]) =>
      itemOf(id, { verification })
    ),
  ),
  phaseOf("LEARN", [itemOf("lessons", { verification: COMMAND })]),
]);
const started = sessionOf(workflow);

function typesFor(status: ItemStatus, skipVerify = false): readonly string[] {
  return Object.keys(KINDS).map((itemId) => {
    const state = withItemFields(workflow, started, itemId, { status });
    return checkToRun(workflow, state, { itemId, notes: null, skipVerify })
      .type;
  });
}

Deno.test("checkToRun() names the check of an open item, and runs nothing else", () => {
  const nothing = ["none", "none", "none", "none"];
  for (const status of ["pending", "in_progress", "failed"] as const) {
    const types = ["none", "none", "file_exists", "command"];
    assertEquals(typesFor(status), types);
  }
  assertEquals(typesFor("completed"), nothing);
  assertEquals(typesFor("skipped"), nothing);
  assertEquals(typesFor("pending", true), nothing);
});

Deno.test("checkToRun() runs a command again that was passed, in an earlier phase too, where it is asked to", () => {
  const request = { itemId: "command", notes: null, skipVerify: false };
  const done = withItemFields(workflow, started, "command", {
    status: "completed",
  });
  const later = inPhase(workflow, done, "LEARN");
  const typesOf = (state: typeof started, itemId: string) =>
    [false, true].map((renews) =>
      checkToRun(workflow, state, { ...request, itemId, renews }).type
    );
  assertEquals(typesOf(done, "command"), ["none", "command"]);
  assertEquals(typesOf(later, "command"), ["none", "command"]);
  const skipped = withItemFields(workflow, started, "command", {
    status: "skipped",
  });
  assertEquals(typesOf(skipped, "command"), ["none", "none"]);
});

Deno.test("checkToRun() refuses before a check runs in vain", () => {
  const command = { notes: null, itemId: "command", skipVerify: false };
  const closed = { ...started, status: "completed" } as const;
  const later = inPhase(workflow, started, "LEARN");
  const codes = [
    () => checkToRun(workflow, closed, command),
    () => checkToRun(workflow, later, { ...command, itemId: "manual" }),
    () => checkToRun(workflow, started, { ...command, itemId: "lessons" }),
    () => checkToRun(workflow, started, { ...command, itemId: "comand" }),
  ].map((run) => orcErrorOf(run).code);
  assertEquals(codes, [
    "session_closed",
    "item_in_other_phase",
    "item_in_other_phase",
    "no_such_item",
  ]);
});

const COMMANDED = itemOf("a", { verification: COMMAND });
const QUIET = { ...commandResult(false), stdout: "", stderr: "" };

Deno.test("failedCheck() says what to do, and keeps the capitals of a file's name", () => {
  const name = "README.md";
  const result = {
    type: "file_exists",
    passed: false,
    name,
    path: `/repo/${name}`,
    problem: `${name} does not exist`,
  } as const;
  const item = itemOf("a", { verification: { ...FILE, path: name } });
  const error = failedCheck(item, result, 2);
  assertEquals([error.kind, error.code], ["refused", "check_failed"]);
  assertEquals(
    error.message,
    'Cannot complete item "a": README.md does not exist',
  );
  assertEquals(error.hint, "write README.md, then run: orc complete a");
  assertEquals(error.details, { itemId: "a", tries: 2, result });
});

Deno.test("failedCheck() says what to mend, and never that a program should succeed that cannot run", () => {
  const problem = "Working directory web does not exist";
  const results = [
    QUIET,
    { ...QUIET, exitCode: 0, expectExitCode: 1 },
    { ...QUIET, exitCode: -1, problem },
    { ...QUIET, exitCode: -1, problem: 'Program "uv" was not found' },
  ];
  const item = { ...COMMANDED, notes: ["Mend it"] };
  assertEquals(results.map((result) => failedCheck(item, result, 1).hint), [
    "make `make test` succeed, then run: orc complete a",
    "make `make test` end with exit code 1, then run: orc complete a",
    "mend this first: working directory web does not exist, then run: orc complete a",
    "install uv, or put it on PATH, then run: orc complete a",
  ]);
});

Deno.test("failedCheck() shows the last words of a program, whichever stream it says them on", () => {
  const lines = Array.from({ length: 22 }, (_, index) => `line ${index}`);
  const outputs = [
    { stdout: "test sum ... FAILED\n", stderr: "first\nlast\n" },
    { stdout: "out\n", stderr: " \n" },
    { stdout: "", stderr: "" },
    { stdout: lines.join("\n"), stderr: lines.join("\n") },
    { stdout: "caf\ufffd", stderr: "", notUtf8: ["stdout"] as const },
  ];
  assertEquals(outputs.map(lastWords), [
    ["test sum ... FAILED", "first", "last"],
    ["out"],
    [],
    [...lines.slice(2), ...lines.slice(12)],
    ["caf\ufffd", "(stdout not valid UTF-8: \ufffd stands for it)"],
  ]);
});

Deno.test("failedCheck() lets out what git warns of, and shows what explains a failure better than its output", () => {
  const stderr = "warning: LF will be replaced\nfatal: no such path";
  const git = {
    ...commandResult(false),
    words: ["git", "grep"],
    stdout: "",
    stderr,
  };
  const linesOf = (...seen: readonly string[]) =>
    failedCheck(itemOf("it", { verification: COMMAND }), git, 1, seen)
      .message.split("\n").slice(1);
  assertEquals(linesOf(), ["  fatal: no such path"]);
  assertEquals(linesOf("found: a", "b"), ["  found: a", "  b"]);
});

Deno.test("failedCheck() lets neither colors nor empty lines nor counts hide what failed", () => {
  const outputs = [
    {
      stdout: "\x1b[0m\x1b[1m\x1b[31merror\x1b[0m: Test failed\n\x1b[0m",
      stderr: "",
    },
    {
      stdout: "\x1b]8;;file:///a.ts\x1b\\a.ts\x1b]8;;\x07\x1b(B\r\n",
      stderr: "",
    },
    { stdout: "10 %\r20 %\r100 %\r\n", stderr: "\x1b[2K1/2\r2/2" },
    {
      stdout: "not ok 1 - sum\n  ...\n1..1\n# tests 1\n# fail 1\n",
      stderr: "",
    },
    { stdout: "\n======\n\nE  sum\n------\n", stderr: "" },
  ];
  assertEquals(outputs.map(lastWords), [
    ["error: Test failed"],
    ["a.ts"],
    ["100 %", "2/2"],
    ["not ok 1 - sum", "1..1"],
    ["E  sum"],
  ]);
});

function lastWords(output: Partial<typeof QUIET>): readonly string[] {
  const result = { ...QUIET, ...output };
  const [said, ...lines] = failedCheck(COMMANDED, result, 1).message
    .split("\n  ");
  assertEquals(
    said,
    'Cannot complete item "a": command failed (exit code 2, expected 0)',
  );
  return lines;
}

Deno.test("failedCheck() speaks in the words of the workflow", () => {
  const description = "all tests pass";
  const item = itemOf("a", {
    verification: { ...COMMAND, description },
    notes: ["Mend the first failing test"],
  });
  const { message, hint } = failedCheck(item, QUIET, 1);
  assertMatch(message, /^Cannot complete item "a": .*all tests pass$/);
  assertEquals(hint, "Mend the first failing test, then run: orc complete a");
  const problem = "Command not found: make";
  assertEquals(
    failedCheck(item, { ...QUIET, problem }, 1).message,
    'Cannot complete item "a": command not found: make',
  );
});

Deno.test("failedCheck() has nobody write a file outside of the tree", () => {
  const item = itemOf("a", { verification: FILE });
  const hintFor = (name: string, problem: string) => {
    const result = { type: "file_exists", passed: false, path: name } as const;
    return failedCheck(item, { ...result, name, problem }, 1).hint ?? "";
  };
  for (const name of ["/etc/passwd", "../plan.md", "docs/../../plan.md"]) {
    assertMatch(
      hintFor(name, `${name} does not exist`),
      /^the workflow is wrong: a path must be relative to the working tree/,
    );
  }
  assertEquals(
    hintFor("plan.md", leadsOutOfTree("plan.md")),
    "put a file of the working tree in the place of plan.md, then run: orc complete a",
  );
});

Deno.test("failedCheck() sends nobody to write a file that is there under another spelling", () => {
  const hintFor = (name: string) => {
    const item = itemOf("a", { verification: { ...FILE, path: name } });
    const result = { type: "file_exists", passed: false, path: "x" } as const;
    const problem = `${name} does not exist, but docs/plan.md does`;
    return failedCheck(item, { ...result, name, problem }, 1).hint;
  };
  assertEquals(
    hintFor("docs/Plan.md"),
    "give what is there the name docs/Plan.md, then run: orc complete a",
  );
  for (const name of ["docs/*.md", "docs\\plan.md", "~/plan.md"]) {
    assertMatch(hintFor(name) ?? "", /^the workflow is wrong: a path is no /);
  }
});

Deno.test("failedCheck() says how the file or directory comes to be that the check asks for", () => {
  const hintFor = (directory: boolean, is: string) => {
    const item = itemOf("a", { verification: { ...FILE, directory } });
    const result = { type: "file_exists", passed: false, path: "x" } as const;
    const problem = `docs ${is}`;
    const { hint } = failedCheck(item, { ...result, name: "docs", problem }, 1);
    return hint?.replace(", then run: orc complete a", "");
  };
  assertEquals(hintFor(false, "is empty"), "write docs");
  assertEquals(
    hintFor(false, "is a directory, and not a file"),
    "put a file in the place of docs",
  );
  assertEquals(hintFor(true, "does not exist"), "make the directory docs");
  assertEquals(
    hintFor(true, "is a file, and not a directory"),
    "put a directory in the place of docs",
  );
});

Deno.test("failedCheck() tells programs both ends of a long output", () => {
  const output = `begin${"x".repeat(300_000)}end`;
  const result = { ...commandResult(false), stdout: output, stderr: output };
  const { details } = failedCheck(COMMANDED, result, 1);
  assert(JSON.stringify(details).length < 11_000);
  const cut = `${output.slice(0, 1024)}\n… left out …\n${output.slice(-4082)}`;
  assertEquals(details?.result, { ...result, stdout: cut, stderr: cut });
});
