import { OUTPUT_HEAD_BYTES, OUTPUT_TAIL_BYTES } from "../../src/base/limits.ts";
import { maskerOf } from "../../src/base/mask.ts";
import type {
  ProgramProgress,
  ProgramRequest,
  ProgramResult,
} from "../../src/host/host.ts";
import { listedProcess } from "../../src/host/liveness.ts";
import { BoundedOutput, runProgram } from "../../src/host/process.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { runScript } from "./script.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";

function run(
  command: ProgramRequest["command"],
  options: Partial<ProgramRequest> = {},
): Promise<ProgramResult> {
  return runProgram({
    command,
    workingDirectory: ".",
    timeoutMs: 20_000,
    ...options,
  });
}

function runShell(
  shell: string,
  options?: Partial<ProgramRequest>,
): Promise<ProgramResult> {
  return run({ shell }, options);
}

/** Asserts that the process whose id a program printed can do nothing any more. */
function assertEnded(pid: string): void {
  assert(/^\d+$/.test(pid.trim()), `"${pid}" is no process id`);
  // A killed process closes its files a moment before it is gone.
  for (let look = 0; look < 50; look++) {
    const process = listedProcess(Number(pid));
    if (process === undefined || process.isDefunct) return;
  }
  throw new Error(`Process ${pid} still runs`);
}

Deno.test("runProgram() returns output, exit code and duration", async () => {
  const result = await run(["sh", "-c", "echo out; echo err >&2; exit 3"]);
  const { durationSeconds, trace, ...rest } = result;
  assertEquals(trace?.stderr, {
    bytes: 4,
    sha256: "2ccde4875ec595757efdf23d7b1336fcd69cf0fb869310b12a0d219c52817b20",
  });
  assertEquals(rest, {
    exitCode: 3,
    stdout: "out\n",
    stderr: "err\n",
    notUtf8: [],
    problem: null,
  });
  assert(durationSeconds >= 0 && durationSeconds < 20);
});

Deno.test("runProgram() hands on each piece of output, also what its result leaves out", async () => {
  const pieces = { stdout: "", stderr: "" };
  const { stdout } = await runShell(
    "head -c 200000 /dev/zero | tr '\\0' x; echo err >&2",
    {
      onOutput: (name, piece) => {
        pieces[name] += new TextDecoder().decode(piece);
      },
    },
  );
  assertEquals(pieces.stdout, "x".repeat(200_000));
  assertEquals(pieces.stderr, "err\n");
  assert(stdout.length < 30_000);
});

Deno.test("runProgram() runs in the working directory, with the environment and more variables", async () => {
  await withTemporaryDirectory(async (directory) => {
    writeTree(directory, { "check.sh": '#!/bin/sh\npwd\necho "$PATH"\n' });
    Deno.chmodSync(`${directory}/check.sh`, 0o755);
    const { stdout } = await run(["./check.sh"], {
      workingDirectory: directory,
    });
    assertEquals(stdout, `${directory}\n${Deno.env.get("PATH")}\n`);
    const marked = await runShell('echo "$ORC_TEST $ORCHESTRATOR_CHECK"', {
      variables: { ORC_TEST: "a b" },
    });
    assertEquals(marked.stdout, "a b \n");
  });
});

Deno.test("runProgram() withholds variables, and masks what is printed", async () => {
  const { stdout, stderr } = await runShell(
    'echo "$HOME"; printf s3cr3t-; printf value; printf s3cr3t-value >&2',
    {
      withheld: ["HOME"],
      variables: { HOME: "mine" },
      masker: maskerOf([{ name: "KEY", value: "s3cr3t-value" }]),
    },
  );
  assertEquals([stdout, stderr], ["mine\n[secret KEY]", "[secret KEY]"]);
  Deno.env.set("ORC_WITHHELD", "seen");
  try {
    const withheld = ["ORC_WITHHELD"];
    const bare = await runShell('echo "<$ORC_WITHHELD>"', { withheld });
    assertEquals(bare.stdout, "<>\n");
  } finally {
    Deno.env.delete("ORC_WITHHELD");
  }
});

Deno.test("runProgram() tells how much a program printed, and its hash, although it keeps the ends alone", async () => {
  const size = 10_000_000;
  const { stdout, trace } = await run([
    "head",
    "-c",
    String(size),
    "/dev/zero",
  ]);
  assert(stdout.length < 100_000);
  const all = await crypto.subtle.digest("SHA-256", new Uint8Array(size));
  const sha256 = [...new Uint8Array(all)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  assertEquals(trace?.stdout, { bytes: size, sha256 });
  const masker = maskerOf([{ name: "KEY", value: "s3cr3t-value" }]);
  const masked = await runShell("printf s3cr3t-value", { masker });
  const plain = await runShell("printf '[secret KEY]'");
  assertEquals(masked.trace?.stdout, plain.trace?.stdout);
});

Deno.test("runProgram() tells which file ran, and none where none was found", async () => {
  await withTemporaryDirectory(async (directory) => {
    const own = `${directory}/own`;
    writeTree(directory, { own: "#!/bin/sh\n", "later/own": "#!/bin/sh\n" });
    Deno.chmodSync(own, 0o755);
    // A file that nobody may run is passed over, as the system does.
    const PATH = `${directory}/later:${directory}:/usr/bin:/bin`;
    const fileOf = async (word: string) =>
      (await run([word], {
        variables: { PATH },
        workingDirectory: directory,
      })).trace?.program;
    assertEquals(await fileOf("own"), own);
    assertEquals(await fileOf("./own"), own);
    assertEquals(await fileOf("not-there"), null);
    Deno.copyFileSync(own, `${directory}/sh`);
    const shell = await runShell("exit 0", { variables: { PATH } });
    assertEquals(shell.trace?.program, `${directory}/sh`);
  });
});

Deno.test("runProgram() ends a text of several lines at the first that fails, and a pipe where the shell can", async () => {
  const codeOf = async (
    shell: string,
    manner: { readonly stops: boolean; readonly pipefail: boolean },
    options?: Partial<ProgramRequest>,
  ) => (await run({ shell, manner }, options)).exitCode;
  const lines = { stops: true, pipefail: false };
  assertEquals(await codeOf("false\ntrue", lines), 1);
  assertEquals(await codeOf("true\nfalse || true\nexit 3", lines), 3);
  assertEquals(await codeOf("false\ntrue", { ...lines, stops: false }), 0);
  const both = { stops: true, pipefail: true };
  assertEquals(await codeOf("exit 3 | cat; exit 4", both) > 0, true);
  assertEquals(await codeOf("echo a | cat\nexit 5", both), 5);
  await withTemporaryDirectory(async (directory) => {
    // bash, as the shell of other systems, knows the option.
    writeTree(directory, { sh: '#!/bin/sh\nexec bash "$@"\n' });
    Deno.chmodSync(`${directory}/sh`, 0o755);
    const variables = { PATH: `${directory}:/usr/bin:/bin` };
    const pipe = "exit 3 | cat";
    const options = { variables };
    assertEquals(await codeOf(pipe, both, options), 3);
    const none = { stops: false, pipefail: false };
    assertEquals(await codeOf(pipe, none, options), 0);
  });
});

Deno.test("runProgram() hands on nothing that ties git to one repository", async () => {
  const { stdout: named } = await run(["git", "rev-parse", "--local-env-vars"]);
  const local = named.trim().split("\n");
  assert(local.includes("GIT_DIR"), named);
  const numbered = ["GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"];
  const ofPush = ["GIT_QUARANTINE_PATH", "GIT_NAMESPACE"];
  const kept = [
    "GIT_EDITOR",
    "GIT_EXEC_PATH",
    "GIT_DIRECTORY_OF_MINE",
    "MY_GIT_DIR",
  ];
  const names = [...local, ...numbered, ...ofPush, ...kept];
  const before = names.map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const name of names) Deno.env.set(name, "set");
    const { stdout } = await run(["env"]);
    const seen = stdout.split("\n").map((line) => line.replace(/=.*/, ""));
    assertEquals(names.filter((name) => seen.includes(name)), kept);
    const own = await run(["env"], { variables: { GIT_DIR: "/dev/null" } });
    assert(own.stdout.includes("GIT_DIR=/dev/null\n"), own.stdout);
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
});

Deno.test("a check in the hook of a push can change its own repository", () =>
  withTemporaryDirectory(async (cwd) => {
    const names = ["GIT_QUARANTINE_PATH", "GIT_NAMESPACE"];
    try {
      for (const name of names) Deno.env.set(name, cwd);
      const made = await runShell(
        "git init -q . && git -c user.name=x -c user.email=x commit -q --allow-empty -m x && git for-each-ref --format='%(refname)'",
        { workingDirectory: cwd },
      );
      assertMatch(made.stdout, /^refs\/heads\/\S+\n$/, made.stderr);
    } finally {
      for (const name of names) Deno.env.delete(name);
    }
  }));

Deno.test("runProgram() says why a program could not be started", async () => {
  await withTemporaryDirectory(async (directory) => {
    writeTree(directory, { "data.txt": "x" });
    const missing = `${directory}/missing`;
    const cases: [string, string, string][] = [
      ["no-such-program", ".", 'Program "no-such-program" was not found'],
      [
        `${directory}/data.txt`,
        ".",
        `Program "${directory}/data.txt" is not executable: make it so with chmod +x ${directory}/data.txt`,
      ],
      [directory, ".", `Program "${directory}" is a directory`],
      ["true", missing, `Working directory "${missing}" does not exist`],
      [
        "true",
        `${directory}/data.txt`,
        `Working directory "${directory}/data.txt" does not exist`,
      ],
    ];
    for (const [program, workingDirectory, problem] of cases) {
      const result = await run([program], { workingDirectory });
      assertEquals([result.exitCode, result.problem], [-1, problem]);
    }
  });
});

Deno.test("runProgram() survives a command the system refuses", async () => {
  const { exitCode, problem } = await run(["echo", "x".repeat(3_000_000)]);
  assertEquals(exitCode, -1);
  assert(
    problem?.startsWith('Program "echo" could not be started: '),
    problem ?? "",
  );
});

Deno.test("runProgram() ends a program and all it started at the time limit", async () => {
  const result = await runShell("sleep 30 & echo $!; wait", { timeoutMs: 300 });
  assertEquals([result.exitCode, result.problem], [
    -1,
    "Ended after the time limit of 0.3 s",
  ]);
  assertEnded(result.stdout);
});

Deno.test("runProgram() does not take a polite end at the time limit for success", async () => {
  const result = await runShell(
    "trap 'echo bye; exit 0' TERM; sleep 30 & wait",
    {
      timeoutMs: 300,
    },
  );
  assertEquals([result.exitCode, result.stdout], [-1, "bye\n"]);
  assert(result.durationSeconds < 2);
});

Deno.test("runProgram() kills what ignores the polite signal", async () => {
  const { stdout, problem, durationSeconds } = await runShell(
    "trap '' TERM; sleep 30 & echo $!; wait; sleep 30",
    { timeoutMs: 200 },
  );
  assertEquals(problem, "Ended after the time limit of 0.2 s");
  assertEnded(stdout);
  assert(durationSeconds > 2 && durationSeconds < 10);
});

Deno.test("runProgram() does not wait for a process left behind, and ends it", async () => {
  const result = await runShell("sleep 30 & echo $!; exit 4");
  assertEquals([result.exitCode, result.problem], [4, null]);
  assert(result.durationSeconds < 5);
  assertEnded(result.stdout);
});

Deno.test({
  name: "runProgram() does not wait for a process that left the group",
  ignore: (await run(["setsid", "true"])).exitCode !== 0,
  fn: async () => {
    const result = await runShell("setsid sleep 30 & echo $!");
    assert(result.durationSeconds < 5);
    Deno.kill(Number(result.stdout), "SIGKILL");
  },
});

Deno.test("runProgram() leaves a service alone that has closed its output", async () => {
  const result = await runShell("sleep 30 >/dev/null 2>&1 & echo $!");
  const service = Number(result.stdout);
  assertEquals(listedProcess(service)?.isDefunct, false);
  Deno.kill(service, "SIGKILL");
});

Deno.test("runProgram() keeps a gigabyte of output in bounded memory", async () => {
  const before = Deno.memoryUsage().rss;
  const result = await runShell("head -c 1000000000 /dev/zero; echo end");
  assertEquals(result.exitCode, 0);
  assert(result.stdout.includes("… 999979524 bytes left out …"));
  assert(result.stdout.endsWith("end\n"));
  assert(Deno.memoryUsage().rss - before < 500_000_000);
});

Deno.test("runProgram() accepts binary output", async () => {
  const { exitCode, stdout, notUtf8 } = await run([
    "printf",
    "a\\377\\000b",
  ]);
  assertEquals([exitCode, stdout], [0, "a\ufffd\0b"]);
  assertEquals(notUtf8, ["stdout"]);
  const both = await runShell("printf '\\303'; printf '\\200' >&2; exit 3");
  assertEquals([both.exitCode, both.notUtf8], [3, ["stdout", "stderr"]]);
});

Deno.test("runProgram() reports time and complete lines, at most four times a second", async () => {
  const reports: ProgramProgress[] = [];
  const { durationSeconds } = await runShell(
    "sleep 0.3; for i in 1 2 3 4 5 6; do echo line $i >&2; sleep 0.1; done; printf x",
    { onProgress: (progress) => reports.push(progress) },
  );
  const lines = reports.map(({ lastLine }) => lastLine ?? "line 0");
  assert(lines.length >= 2 && lines.length <= durationSeconds * 4, `${lines}`);
  assertEquals(lines, lines.toSorted());
  assertEquals(reports[0]?.lastLine, undefined);
  assertEquals(lines.at(-1)?.replace(/[1-6]$/, ""), "line ");
  const times = reports.map(({ elapsedMs }) => elapsedMs);
  assertEquals(times, times.toSorted((one, other) => one - other));
  assert((times[0] ?? 0) > 200, `${times}`);
});

Deno.test("runProgram() ends the program, and all it started, when it is aborted", async () => {
  const reason = new Error("nobody wants it any more");
  await withTemporaryDirectory(async (directory) => {
    const end = new AbortController();
    const ended = runShell(
      `sleep 30 & echo $! > '${directory}/pid'; echo started; wait`,
      {
        signal: end.signal,
        onProgress: ({ lastLine }) => {
          if (lastLine === "started") end.abort(reason);
        },
      },
    );
    assertEquals(await ended.catch((error) => error), reason);
    assertEnded(Deno.readTextFileSync(`${directory}/pid`));
    const again = runShell("echo > again", {
      workingDirectory: directory,
      signal: end.signal,
    });
    assertEquals(await again.catch((error) => error), reason);
    const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
    assertEquals(names, ["pid"], "nothing begins that is aborted already");
  });
});

Deno.test("runProgram() ends by force whom somebody in a hurry aborts", async () => {
  await withTemporaryDirectory(async (directory) => {
    const end = new AbortController();
    const hurry = new AbortController();
    setTimeout(() => end.abort(), 100);
    setTimeout(() => hurry.abort(), 200);
    const { now } = performance;
    // No time passes for orc, so that the grace period never ends.
    performance.now = () => 0;
    try {
      const error = await runShell(
        `trap '' TERM; sleep 10; touch '${directory}/late'`,
        { signal: end.signal, hurry: hurry.signal },
      ).catch((error) => error);
      assertEquals(error.name, "AbortError");
    } finally {
      performance.now = now;
    }
    assertEquals([...Deno.readDirSync(directory)], []);
  });
});

Deno.test("runProgram() names the permission that is missing", async () => {
  const source = `import { runProgram } from "./src/host/process.ts";
    const request = { command: ["true"], workingDirectory: ".", timeoutMs: 99 };
    await runProgram(request).catch((error) =>
      console.log([error.name, error.kind, error.code, error.message].join("|")));`;
  for (const flags of [[], ["--allow-env"], ["--allow-run"]]) {
    const { stdout } = await runScript(source, {
      flags: ["--allow-read=src", ...flags],
    });
    assertEquals(
      stdout,
      'OrcError|denied|permission_missing|Cannot run "true": orc has no permission to run programs\n',
      `${flags}`,
    );
  }
});

const KEPT_BYTES = OUTPUT_HEAD_BYTES + OUTPUT_TAIL_BYTES;

/** The output after a stream that came in parts of the given size. */
function outputOf(bytes: Uint8Array, partBytes: number): BoundedOutput {
  const output = new BoundedOutput();
  for (let start = 0; start < bytes.length; start += partBytes) {
    output.add(bytes.subarray(start, start + partBytes));
  }
  return output;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("BoundedOutput.text() keeps all that fits, wherever its parts end", () => {
  const full = "é".repeat(KEPT_BYTES / 2);
  for (const text of ["", "a", "é\r\n日本😀\0\u001b[1m", "\ufeffa", full]) {
    for (const partBytes of [1, 2, 100, 4095, 65536]) {
      assertEquals(outputOf(bytesOf(text), partBytes).text(), text);
    }
  }
});

Deno.test("BoundedOutput.text() keeps beginning and end and names what is missing", () => {
  const lines = Array.from({ length: 10_000 }, (_, line) => `line ${line}\n`);
  const bytes = bytesOf(lines.join(""));
  const decoder = new TextDecoder();
  const expected = decoder.decode(bytes.subarray(0, OUTPUT_HEAD_BYTES)) +
    `\n… ${bytes.length - KEPT_BYTES} bytes left out …\n` +
    decoder.decode(bytes.subarray(-OUTPUT_TAIL_BYTES));
  for (const partBytes of [7, 4096, 10_000, 16384, 20480, 65536, 1e6]) {
    assertEquals(outputOf(bytes, partBytes).text(), expected);
  }
});

Deno.test("BoundedOutput.text() cuts no character in two", () => {
  for (const character of ["é", "日", "😀"]) {
    for (let shift = 0; shift < 4; shift++) {
      const text = "x".repeat(shift) + character.repeat(20_000);
      const bytes = bytesOf(text + "y".repeat(shift));
      const [head = "", note = "", tail = ""] = outputOf(bytes, 5000).text()
        .split("\n");
      assert(!`${head}${tail}`.includes("\ufffd"), `${character} ${shift}`);
      const kept = bytesOf(head).length + bytesOf(tail).length;
      assertEquals(note, `… ${bytes.length - kept} bytes left out …`);
      assert(kept > KEPT_BYTES - 8 && kept <= KEPT_BYTES);
    }
  }
});

Deno.test("BoundedOutput.text() shows invalid UTF-8 as replacement characters", () => {
  const bytes = new Uint8Array([0x61, 0xff, 0x62, 0xc3, 0x28, 0x80]);
  assertEquals(outputOf(bytes, 2).text(), "a\ufffdb\ufffd(\ufffd");
  assertEquals(outputOf(bytes, 2).isUtf8(), false);
  const many = new Uint8Array(30_000).fill(0x80);
  const text = outputOf(many, 999).text();
  assert(text.includes(` ${30_000 - KEPT_BYTES + 3} bytes left out `), text);
});

Deno.test("BoundedOutput.isUtf8() does not blame a program for where its output is cut", () => {
  for (const character of ["é", "日", "😀"]) {
    for (let shift = 0; shift < 4; shift++) {
      const text = "x".repeat(shift) + character.repeat(20_000) + "\ufffd";
      assertEquals(outputOf(bytesOf(text), 5000).isUtf8(), true);
      const cut = bytesOf(text).subarray(0, -1);
      assertEquals(outputOf(cut, 5000).isUtf8(), false);
    }
  }
  assertEquals(outputOf(bytesOf("a\ufffd\ufeff"), 1).isUtf8(), true);
});

Deno.test("BoundedOutput does not keep the buffers it gets", () => {
  const output = new BoundedOutput();
  const buffer = bytesOf("abc");
  output.add(buffer);
  buffer.fill(0x78);
  assertEquals(output.text(), "abc");
});

Deno.test("BoundedOutput.lastLine() returns the last complete line", () => {
  const lines: Record<string, string | undefined> = {
    "": undefined,
    "unfinished": undefined,
    "\n\n": undefined,
    "one\n": "one",
    "one\ntwo": "one",
    "one\r\ntwo\r\n\n  \n": "two",
    "10 %\r20 %\r30": "20 %",
  };
  for (const [text, line] of Object.entries(lines)) {
    assertEquals(outputOf(bytesOf(text), 3).lastLine(), line, text);
  }
  const long = "x\n".repeat(50_000) + "last\nnext";
  assertEquals(outputOf(bytesOf(long), 1000).lastLine(), "last");
});

Deno.test("BoundedOutput keeps no part of a secret where reads and cuts divide it", () => {
  const value = "s3cret-value-of-some-length";
  const masker = maskerOf([{ name: "KEY", value }]);
  for (const before of [0, 4090, 4096 - 5]) {
    const output = new BoundedOutput(masker.stream());
    const text = `${"\n".repeat(before)}${value}${"\n".repeat(30_000)}${value}`;
    const bytes = new TextEncoder().encode(text);
    for (let start = 0; start < bytes.length; start += 7) {
      output.add(bytes.subarray(start, start + 7));
    }
    output.end();
    assertEquals(/s3cr|value|length/.test(output.text()), false);
    assertEquals(output.text().endsWith("[secret KEY]"), true);
  }
});

const MUCH = "x".repeat(3_000_000);

/** Exit code and output of commands. */
const RUNS: readonly [
  does: string,
  command: ProgramRequest["command"],
  [number, string],
  input?: string,
][] = [
  [
    "hands on words without a shell",
    ["printf", "%s,", "a | b", "", "$HOME", "*"],
    [0, "a | b,,$HOME,*,"],
  ],
  ["lets a shell fail", { shell: "echo hi | grep x && echo ok" }, [1, ""]],
  ["lets a shell run on", { shell: "echo h | grep h && echo ok" }, [
    0,
    "h\nok\n",
  ]],
  ["gives the program no input", ["cat"], [0, ""]],
  ["reports SIGKILL as a shell does", { shell: "kill -KILL $$" }, [137, ""]],
  ["reports SIGTERM as a shell does", { shell: "kill -TERM $$" }, [143, ""]],
  [
    "hands on the input and its end",
    { shell: "cat; echo over" },
    [0, "é\n\0xover\n"],
    "é\n\0x",
  ],
  [
    "tells no input from an empty one",
    { shell: "cat; echo over" },
    [0, "over\n"],
    "",
  ],
  [
    "hands on more than a pipe holds",
    { shell: "wc -c | tr -d ' '" },
    [0, "3000000\n"],
    MUCH,
  ],
  [
    "lets a program end without reading its input",
    { shell: "echo no; exit 3" },
    [3, "no\n"],
    MUCH,
  ],
];

for (const [does, command, expected, input] of RUNS) {
  Deno.test(`runProgram() ${does}`, async () => {
    const { exitCode, stdout, problem } = await run(command, { input });
    assertEquals([exitCode, stdout, problem], [...expected, null]);
  });
}

Deno.test("runProgram() does not wait for a program that never reads its input", async () => {
  const result = await run(["sleep", "30"], { timeoutMs: 200, input: MUCH });
  assertEquals(result.problem, "Ended after the time limit of 0.2 s");
  assert(result.durationSeconds < 10);
});

Deno.test("runProgram() says that a program with input is missing", async () => {
  const result = await run(["no-such-program"], { input: "x" });
  assertEquals([result.exitCode, result.problem], [
    -1,
    'Program "no-such-program" was not found',
  ]);
});
