import { OrcError } from "../../src/base/error.ts";
import {
  explainFailure,
  findWorkingFile,
  runCheck,
} from "../../src/checks/run.ts";
import { requiredCheck } from "../../src/engine/check.ts";
import type { CheckResult } from "../../src/workflow/types.ts";
import {
  COMMAND,
  commandResult,
  itemOf,
  workflowWith,
} from "../engine/fixtures.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { fixedHost, type Machine, withRoot } from "../work/fixtures.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

Deno.test("findWorkingFile() finds files and directories of the tree", () =>
  withTemporaryDirectory((tree) => {
    writeTree(tree, { "docs/plan.md": "x" });
    const cases = {
      "docs/plan.md": "/docs/plan.md",
      "./docs/../docs//plan.md": "/docs/plan.md",
      [`${tree}/docs/plan.md`]: "/docs/plan.md",
      "docs": "/docs",
      "docs/": "/docs",
      ".": "",
    };
    for (const [path, found] of Object.entries(cases)) {
      const expected = { path: `${tree}${found}`, problem: null };
      assertEquals(findWorkingFile(tree, path), expected);
    }
  }));

Deno.test("findWorkingFile() says that a file does not exist", () =>
  withTemporaryDirectory((tree) => {
    writeTree(tree, { file: "x" });
    for (const name of ["none", "none/deeper", "file/below"]) {
      const { path, problem } = findWorkingFile(tree, name);
      assertEquals(path, `${tree}/${name}`);
      assertEquals(problem, `${name} does not exist`);
    }
  }));

Deno.test("findWorkingFile() names the file of the tree that is there under another spelling", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { "tree/docs/plan.md": "x", "Secret": "x" });
    const tree = `${directory}/tree`;
    const problemOf = (path: string) => findWorkingFile(tree, path).problem;
    const spellings = ["Docs/plan.md", "docs\\plan.md", "docs/*.md"];
    for (const path of [...spellings, "~/docs/plan.md"]) {
      const problem = `${path} does not exist, but docs/plan.md does`;
      assertEquals(problemOf(path), problem);
    }
    assertEquals(problemOf("../secret"), "../secret does not exist");
  }));

Deno.test("findWorkingFile() takes no file outside of the tree", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { "tree/": "", "tree-2/secret": "x", secret: "x" });
    const tree = `${directory}/tree`;
    const tries = ["../secret", "../tree-2/secret", "..", `${tree}/../secret`];
    for (const path of tries) {
      const { problem } = findWorkingFile(tree, path);
      assertEquals(problem, `${path} leads out of the repository`);
    }
  }));

Deno.test("findWorkingFile() is asked for no file by an empty or impossible name", () =>
  withTemporaryDirectory((tree) => {
    const problem = "The workflow names no file to look for";
    for (const path of ["", "a\0b"]) {
      assertEquals(findWorkingFile(tree, path), { path, problem });
    }
  }));

Deno.test("findWorkingFile() names the permission it lacks", () =>
  withTemporaryDirectory((tree) => {
    const error = assertThrows(
      () => findWorkingFile(tree, "/nowhere/file"),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["denied", "permission_missing"]);
  }));

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
  const check = checkOf(command, expectExitCode, workingDir);
  const site = { workingTree: root };
  const ran = await runCheck(fixedHost(machine), check, site);
  const result = ran?.result;
  if (result?.type !== "command") throw new Error("no command was run");
  return result;
}

function checkOf(
  command: string,
  expectExitCode = 0,
  workingDir: string | null = null,
) {
  const verification = { ...COMMAND, command, expectExitCode };
  const item = itemOf("a", { verification, timeoutSeconds: 7, workingDir });
  const workflow = workflowWith(item, { name: "Ada", evil: "a; rm" });
  return requiredCheck(workflow, item);
}

function fileCheck(
  path: string,
  keys: { readonly mayBeEmpty?: boolean; readonly directory?: boolean } = {},
): ReturnType<typeof requiredCheck> {
  const verification = {
    type: "file_exists",
    path,
    description: null,
  } as const;
  const item = itemOf("a", { verification: { ...verification, ...keys } });
  return requiredCheck(workflowWith(item, {}), item);
}

Deno.test("runCheck() looks for a file in the working tree", () =>
  withRoot({ "docs/plan.md": "x" }, async (root) => {
    const problems = {
      "docs/plan.md": null,
      "docs/none.md": "docs/none.md does not exist",
    };
    for (const [path, problem] of Object.entries(problems)) {
      const check = fileCheck(path);
      const site = { workingTree: root };
      const ran = await runCheck(fixedHost(), check, site);
      assertEquals(ran?.result, {
        type: "file_exists",
        passed: problem === null,
        name: path,
        path: `${root}/${path}`,
        problem,
      });
    }
  }));

/** Looks at a file of the tree as an item asks for it; returns the problem. */
async function problemAt(
  root: string,
  ...asked: Parameters<typeof fileCheck>
): Promise<string | null> {
  const site = { workingTree: root };
  const ran = await runCheck(fixedHost(), fileCheck(...asked), site);
  const result = ran?.result;
  assert(result?.type === "file_exists");
  assertEquals(result.passed, result.problem === null);
  return result.problem;
}

Deno.test("runCheck() takes nothing empty and no directory for the file it looks for", () =>
  withRoot({ "full.md": "x", "empty.md": "", "docs/": "" }, async (root) => {
    assertEquals(await problemAt(root, "full.md"), null);
    assertEquals(await problemAt(root, "empty.md"), "empty.md is empty");
    const directory = "docs is a directory, and not a file";
    assertEquals(await problemAt(root, "docs"), directory);
    const mayBeEmpty = { mayBeEmpty: true };
    assertEquals(await problemAt(root, "empty.md", mayBeEmpty), null);
    assertEquals(await problemAt(root, "docs", mayBeEmpty), directory);
  }));

Deno.test("a file of blanks alone is no plan", () =>
  withRoot({}, async (root) => {
    const path = `${root}/plan.md`;
    for (const text of ["\n", " \t\r\n\n", "\ufeff", "\ufeff\n", "\0\0"]) {
      Deno.writeTextFileSync(path, text);
      const problem = "plan.md holds nothing but blanks";
      assertEquals(await problemAt(root, "plan.md"), problem);
      const mayBeEmpty = { mayBeEmpty: true };
      assertEquals(await problemAt(root, "plan.md", mayBeEmpty), null);
    }
    for (const text of ["\n.\n", `${" ".repeat(5000)}`]) {
      Deno.writeTextFileSync(path, text);
      assertEquals(await problemAt(root, "plan.md"), null);
    }
  }));

Deno.test("runCheck() takes a directory, and no file, where the item asks for one", () =>
  withRoot({ "full.md": "x", "docs/": "" }, async (root) => {
    const asked = { directory: true };
    assertEquals(await problemAt(root, "docs", asked), null);
    assertEquals(
      await problemAt(root, "full.md", asked),
      "full.md is a file, and not a directory",
    );
  }));

Deno.test("runCheck() takes no pipe for a file, and never waits for one", () =>
  withRoot({}, async (root) => {
    await new Deno.Command("mkfifo", { args: [`${root}/pipe`] }).output();
    const is = "pipe is a pipe, socket or device, and not a";
    const mayBeEmpty = true;
    assertEquals(await problemAt(root, "pipe", { mayBeEmpty }), `${is} file`);
    const directory = true;
    assertEquals(
      await problemAt(root, "pipe", { directory }),
      `${is} directory`,
    );
  }));

Deno.test("runCheck() runs words without a shell, in the working tree and within the time limit", () =>
  withRoot({}, async (root) => {
    const machine = { programs: { "make say Ada": { stdout: "hi" } } };
    const host = fixedHost(machine);
    const check = checkOf("make 'say' {{name}}");
    const variables = { ORCHESTRATOR_CHECK: "s/a" };
    const onProgress = () => {};
    const site = { workingTree: root, variables, onProgress };
    assertEquals((await runCheck(host, check, site))?.result, {
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
    const requests = host.requests.map(({ environment, ...request }) => {
      assert(environment !== undefined);
      return request;
    });
    assertEquals(requests, [{
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
    const table = [[0, 0, true], [1, 0, false], [3, 3, true], [0, 3, false]];
    for (const [exitCode, expectExitCode, passed] of table) {
      const machine = { programs: { make: { exitCode: Number(exitCode) } } };
      const expected = { machine, expectExitCode: Number(expectExitCode) };
      const result = await run(root, "make", expected);
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

Deno.test("explainFailure() says what a search found, and from a sub-directory where paths begin", () =>
  withRoot({ "pkg/plan.md": "- [ ] short", "pkg/sub/": "" }, (root) => {
    const search = "git grep -q -E -e ^-[[:space:]][[][[:space:]][]].{15} --";
    const asked = (path: string, workingDirectory = root) =>
      explainFailure({ workingDirectory }, {
        ...commandResult(false),
        words: [...search.split(" "), path],
      }, { workingTree: root, workingDir: null });
    const found =
      "found: pkg/plan.md:1: `- [ ] short` (6 characters, 15 are needed)";
    assertEquals(asked("pkg/plan.md"), [found]);
    assertEquals(asked("pkg/plan.md", `${root}/pkg/sub`), [
      found,
      `paths begin at the root of the repository: ${root}`,
    ]);
    assertEquals(asked("gone.md"), ["there is no file gone.md"]);
    // Nothing outside of the tree is read, and nothing is said of other commands.
    assertEquals(asked("../secret.md"), ["there is no file ../secret.md"]);
    const other = explainFailure(
      { workingDirectory: root },
      commandResult(false),
      {
        workingTree: root,
        workingDir: null,
      },
    );
    assertEquals(other, []);
    return Promise.resolve();
  }));
