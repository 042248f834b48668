import { requiredCheck } from "../../src/engine/check.ts";
import { runCheck } from "../../src/work/run_check.ts";
import type { CheckResult } from "../../src/workflow/types.ts";
import { itemOf, workflowWith } from "../engine/fixtures.ts";
import { fixedHost, type Machine, withRoot } from "./fixtures.ts";
import { assertEquals } from "@std/assert";

type Command = CheckResult & { readonly type: "command" };

/** Runs the check of an item with this command. */
async function run(
  root: string,
  command: string,
  { machine = {}, expectExitCode = 0, workingDir = null }: {
    machine?: Machine;
    expectExitCode?: number;
    workingDir?: string | null;
  } = {},
): Promise<Command> {
  const item = itemOf("a", {
    verification: {
      type: "command",
      command,
      expectExitCode,
      description: null,
    },
    timeoutSeconds: 7,
    workingDir,
  });
  const settings = { name: "Ada", evil: "a; rm" };
  const check = requiredCheck(workflowWith(item, settings), item);
  const site = { workingTree: root };
  const result = await runCheck(fixedHost(machine), check, site);
  if (result?.type !== "command") throw new Error("no command was run");
  return result;
}

Deno.test("runCheck() has nothing to run for items without a check and for manual gates", async () => {
  const host = fixedHost();
  const site = { workingTree: "/" };
  assertEquals(await runCheck(host, { type: "none" }, site), undefined);
  assertEquals(await runCheck(host, { type: "approval" }, site), undefined);
});

Deno.test("runCheck() looks for a file in the working tree", () =>
  withRoot({ "docs/plan.md": "" }, async (root) => {
    const check = (path: string) =>
      runCheck(fixedHost(), { type: "file_exists", path }, {
        workingTree: root,
      });
    assertEquals(await check("docs/plan.md"), {
      type: "file_exists",
      passed: true,
      name: "docs/plan.md",
      path: `${root}/docs/plan.md`,
      problem: null,
    });
    assertEquals(await check("docs/none.md"), {
      type: "file_exists",
      passed: false,
      name: "docs/none.md",
      path: `${root}/docs/none.md`,
      problem: "docs/none.md does not exist",
    });
    const outside = await check("../..");
    assertEquals(outside?.problem, "../.. leads out of the repository");
  }));

Deno.test("runCheck() runs words without a shell, in the working tree and within the time limit", () =>
  withRoot({}, async (root) => {
    const machine = { programs: { "make say Ada": { stdout: "hi" } } };
    const host = fixedHost(machine);
    const item = itemOf("a", {
      verification: {
        type: "command",
        command: "make 'say' {{name}}",
        expectExitCode: 0,
        description: null,
      },
      timeoutSeconds: 7,
    });
    const check = requiredCheck(workflowWith(item, { name: "Ada" }), item);
    const variables = { ORCHESTRATOR_CHECK: "s/a" };
    const onProgress = () => {};
    const site = { workingTree: root, variables, onProgress };
    assertEquals(await runCheck(host, check, site), {
      type: "command",
      passed: true,
      command: "make 'say' Ada",
      originalCommand: "make 'say' {{name}}",
      words: ["make", "say", "Ada"],
      shell: false,
      exitCode: 0,
      expectExitCode: 0,
      stdout: "hi",
      stderr: "",
      notUtf8: [],
      durationSeconds: 0.25,
      problem: null,
    });
    assertEquals(host.requests, [{
      command: ["make", "say", "Ada"],
      workingDirectory: root,
      timeoutMs: 7000,
      variables,
      onProgress,
    }]);
  }));

Deno.test("runCheck() hands a command with operators to the shell", () =>
  withRoot({}, async (root) => {
    const command = "make a && make b";
    const machine = { programs: { [command]: {} } };
    const { shell, words, passed } = await run(root, command, { machine });
    assertEquals([shell, words, passed], [true, [], true]);
  }));

Deno.test("runCheck() compares the exit code with the one expected", () =>
  withRoot({}, async (root) => {
    const ending = (exitCode: number) => ({
      programs: { make: { exitCode } },
    });
    for (
      const [exitCode, expectExitCode, passed] of [
        [0, 0, true],
        [1, 0, false],
        [3, 3, true],
        [0, 3, false],
      ] as const
    ) {
      const machine = ending(exitCode);
      const result = await run(root, "make", { machine, expectExitCode });
      assertEquals(result.passed, passed, `${exitCode} ${expectExitCode}`);
    }
  }));

Deno.test("runCheck() does not pass a program that did not end by itself, whatever its exit code", () =>
  withRoot({}, async (root) => {
    const problem = "It ran longer than 7 s";
    const machine = { programs: { make: { exitCode: -1, problem } } };
    const result = await run(root, "make", { machine, expectExitCode: -1 });
    assertEquals([result.passed, result.problem], [false, problem]);
  }));

Deno.test("runCheck() never runs a command that a setting makes unsafe", () =>
  withRoot({}, async (root) => {
    const { passed, exitCode, problem } = await run(root, "make {{evil}}");
    assertEquals([passed, exitCode], [false, -1]);
    assertEquals(typeof problem, "string");
  }));

Deno.test("runCheck() runs real programs", () =>
  withRoot({ "a.txt": "" }, async (root) => {
    const machine = { programs: "real" } as const;
    const listed = await run(root, "ls", { machine });
    assertEquals([listed.passed, listed.stdout], [true, "a.txt\n"]);
    const piped = await run(root, "ls | grep b.txt", { machine });
    assertEquals([piped.passed, piped.exitCode], [false, 1]);
    const missing = await run(root, "orc-has-no-such-program", { machine });
    assertEquals(missing.passed, false);
    assertEquals(typeof missing.problem, "string");
  }));

Deno.test("runCheck() leaves settings it does not know as they are", () =>
  withRoot({}, async (root) => {
    const machine = { programs: { "make {{other}}": {} } };
    const result = await run(root, "make {{other}}", { machine });
    assertEquals(result.words, ["make", "{{other}}"]);
  }));

Deno.test("runCheck() runs a program in the working directory of its item", () =>
  withRoot({ "pkg/web/a.txt": "" }, async (root) => {
    const machine = { programs: "real" } as const;
    const options = { machine, workingDir: "pkg/web" };
    const { passed, stdout } = await run(root, "pwd", options);
    assertEquals([passed, stdout], [true, `${root}/pkg/web\n`]);
  }));

Deno.test("runCheck() fails where the working directory is not there, not one, or elsewhere", () =>
  withRoot({ "pkg/a.txt": "" }, async (root) => {
    const problems = {
      "pkg/web": "Working directory pkg/web does not exist",
      "pkg/a.txt": "Working directory pkg/a.txt is a file",
      "../..": "Working directory ../.. leads out of the repository",
    };
    for (const [workingDir, problem] of Object.entries(problems)) {
      const result = await run(root, "make", { workingDir });
      assertEquals([result.passed, result.exitCode], [false, -1]);
      assertEquals(result.problem, problem);
    }
  }));

Deno.test("runCheck() passes a program whose output is no UTF-8, and names the stream", () =>
  withRoot({}, async (root) => {
    const machine = { programs: "real" } as const;
    const { passed, stdout, notUtf8 } = await run(root, "printf 'a\\377'", {
      machine,
    });
    assertEquals([passed, stdout, notUtf8], [true, "a\ufffd", ["stdout"]]);
  }));
