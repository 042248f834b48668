import { ENDED_WELL } from "../../src/host/test_host.ts";
import { OrcError } from "../../src/base/error.ts";
import { requiredCheck } from "../../src/engine/check.ts";
import {
  assertOutsideOwnCheck,
  checkVariables,
  type Completed,
  completeItem,
  type CompleteOptions,
  findWorkingFile,
  runCheck,
} from "../../src/work/complete.ts";
import { addNote } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { readStatus } from "../../src/work/status.ts";
import type { CheckResult } from "../../src/workflow/types.ts";
import { COMMAND, itemOf, workflowWith } from "../engine/fixtures.ts";
import {
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import {
  agent,
  APPROVING,
  codeOf,
  codeWithoutTrace,
  eventsOf,
  fixedHost,
  HYBRID_WORKFLOW,
  idOf,
  loggedTypes,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withRoot,
  withSession,
  WORKFLOW,
} from "./fixtures.ts";
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

function completeLater(root: string, itemId: string, at: string) {
  return completeItem(fixedHost({ number: 2, at }), { root, itemId });
}

Deno.test("completeItem() starts the clock of a manual gate, stores that, and refuses until it is over", () =>
  withSession(async (root) => {
    const start = () => completeLater(root, "look", "2026-03-01T10:05:00Z");
    const error = await refusalOf(start);
    assertEquals([error.kind, error.code], ["refused", "approval_pending"]);
    assertEquals(error.details?.passesAt, "2026-03-01T10:35:00Z");
    const { status, started_at } = stateOf(root).phases.DO.items.look;
    assertEquals([status, started_at], ["in_progress", "2026-03-01T10:05:00Z"]);
    assertEquals(loggedTypes(root).slice(2), ["item_started"]);
    const [, look] = (await readStatus(fixedHost(), { root })).items;
    assertEquals(look?.approval, "clock");
    assertEquals(look?.passesAt, "2026-03-01T10:35:00Z");
    const early = await refusalWithoutTrace(
      root,
      () => completeLater(root, "look", "2026-03-01T10:34:59Z"),
    );
    assertEquals(early.message, error.message);
    await completeLater(root, "look", "2026-03-01T10:35:00Z");
    assertEquals(
      stateOf(root).phases.DO.items.look.skip_reason,
      "Auto-skipped (hybrid mode, not answered within 30 minutes)",
    );
  }, HYBRID_WORKFLOW));

function complete(
  root: string,
  itemId: string,
  options: Partial<CompleteOptions & Machine> = {},
): Promise<Completed> {
  const { environment, answers, programs, ...rest } = options;
  const host = fixedHost({ environment, answers, programs, number: 1 });
  return completeItem(host, { root, itemId, ...rest });
}

// deno-lint-ignore no-explicit-any
function itemWith(root: string, itemId: string): any {
  return stateOf(root).phases.PLAN.items[itemId];
}

const FAILING: Machine = {
  programs: { "make test": { exitCode: 2, stderr: "1 of 3 failed" } },
};
const PASSING: Machine = { programs: { "make test": {} } };

Deno.test("completeItem() completes an item that needs no check, with its notes", () =>
  withSession(async (root) => {
    const done = await complete(root, "idea", { notes: "Agreed with Ada" });
    assertEquals([done.itemId, done.changed, done.check], ["idea", true, null]);
    assertEquals(done.events.map(({ type }) => type), ["item_completed"]);
    assertEquals(done.serial, 2);
    assertEquals(done.summary.progress.completed, 1);
    const { status, notes } = itemWith(root, "idea");
    assertEquals([status, notes], ["completed", "Agreed with Ada"]);
  }));

Deno.test("completeItem() runs the check and keeps what it found", () =>
  withSession(async (root) => {
    const done = await complete(root, "tests", PASSING);
    assertEquals(done.check?.passed, true);
    assertEquals(loggedTypes(root).slice(2), ["gate_passed", "item_completed"]);
    assertEquals(itemWith(root, "tests").gate_result.exit_code, 0);
  }));

Deno.test("completeItem() hands on to the check what ends it, and waits for no lock once that is aborted", () =>
  withSession(async (root) => {
    const { signal } = new AbortController();
    const host = fixedHost();
    await completeItem(host, { root, itemId: "tests", signal }).catch(() => {});
    assertEquals(host.requests.at(-1)?.signal, signal);
    const gone = new Error("the caller went away");
    const error = await completeItem(host, {
      root,
      itemId: "idea",
      signal: AbortSignal.abort(gone),
    }).catch((error) => error);
    assertEquals(error, gone);
  }));

Deno.test("completeItem() counts and logs a failed check before it says so", () =>
  withSession(async (root) => {
    const error = await refusalOf(() => complete(root, "tests", FAILING));
    assertEquals([error.kind, error.code], ["refused", "check_failed"]);
    assertEquals(error.details?.tries, 1);
    assertEquals(itemWith(root, "tests").retry_count, 1);
    assertEquals(loggedTypes(root).slice(2), ["gate_failed"]);
    const again = await refusalOf(() => complete(root, "tests", FAILING));
    assertEquals(again.details?.tries, 2);
    assertEquals((await complete(root, "tests", PASSING)).changed, true);
  }));

Deno.test("completeItem() looks for a file that was written meanwhile", () =>
  withSession(async (root) => {
    const attempt = () => complete(root, "plan");
    assertEquals(await codeOf(attempt), "refused check_failed");
    assertEquals(itemWith(root, "plan").status, "failed");
    writeTree(root, { "docs/plan.md": "# Plan" });
    const { check } = await attempt();
    assert(check?.type === "file_exists" && check.passed);
    assertEquals(itemWith(root, "plan").status, "completed");
  }));

/** A machine whose check ends in some way after something else was done. */
function interruptedHost(exitCode: number, work: () => Promise<void>) {
  const runProgram = async () => {
    await work();
    return { ...ENDED_WELL, exitCode };
  };
  return { ...fixedHost({ number: 1 }), runProgram };
}

Deno.test("completeItem() holds no lock while a check runs, and decides on the state as it is then", () =>
  withSession(async (root) => {
    const host = interruptedHost(2, async () => {
      const paths = Object.keys(readTree(root));
      assertEquals(paths.filter((path) => path.endsWith("lock")), []);
      await addNote(fixedHost({ number: 2 }), { root, text: "Meanwhile" });
      await complete(root, "tests", PASSING);
    });
    // Somebody else completed it: the check that failed here is history.
    const late = await completeItem(host, { root, itemId: "tests" });
    assertEquals([late.changed, late.check?.passed], [false, false]);
    const { status, retry_count } = itemWith(root, "tests");
    assertEquals([status, retry_count], ["completed", 0]);
    assertEquals(late.summary.notes, ["Meanwhile"]);
  }));

const NO_CHECK = { skipVerify: true } as const;

/** What is refused at once: nobody is asked, and no check is run. */
const REFUSED: readonly (readonly [
  string,
  Partial<CompleteOptions & Machine>,
  string,
])[] = [
  ["code", {}, "refused item_in_other_phase"],
  ["tests", { ...NO_CHECK, answers: [] }, "refused cannot_complete"],
  [
    "consent",
    { ...NO_CHECK, environment: APPROVING },
    "refused approval_required",
  ],
  [
    "tests",
    { environment: { ORCHESTRATOR_CHECK: `${idOf(0, 0)}/tests` } },
    "refused inside_own_check",
  ],
];

Deno.test("completeItem() refuses before it runs a check or asks anybody", () =>
  withSession(async (root) => {
    for (const [itemId, options, expected] of REFUSED) {
      const attempt = () => complete(root, itemId, options);
      assertEquals(await codeWithoutTrace(root, attempt), expected);
    }
    await abandonSession(fixedHost({ number: 2 }), { root, reason: "Why not" });
    const late = () => complete(root, "tests");
    assertEquals(await codeWithoutTrace(root, late), "refused session_closed");
  }));

Deno.test("completeItem() skips a manual gate where the workflow does without humans, and asks nobody", () =>
  withSession(
    async (root) => {
      const environment = agent("1");
      const options = { environment, skipVerify: true };
      const done = await complete(root, "consent", options);
      assertEquals(done.events.map(({ type }) => type), ["item_skipped"]);
      // Nobody asked for what only a human may do, so nothing is logged as such.
      assertEquals(loggedTypes(root).slice(2), ["item_skipped"]);
    },
    WORKFLOW.replace("settings:", "settings:\n  supervision_mode: zero_human"),
  ));

Deno.test("completeItem() completes without the check for a human who types the item's id", () =>
  withSession(async (root) => {
    const options = { ...NO_CHECK, answers: ["plan"], notes: "Seen" };
    const done = await complete(root, "plan", options);
    assertEquals([done.changed, done.check], [true, null]);
    const [event] = eventsOf(root).slice(2);
    assertEquals(event?.actor, "human");
    assertEquals(event?.details.get("verification_skipped"), true);
  }));

const EVIDENCE = WORKFLOW.replace(
  "step_type: gate,",
  "step_type: gate, evidence_schema: SpecReviewEvidence,",
);

Deno.test("completeItem() takes evidence as an object, where nothing asks for it too", () =>
  withSession(async (root) => {
    const evidence = new Map([["seen", "Ada"]]);
    await complete(root, "idea", { evidence });
    assertEquals(itemWith(root, "idea").evidence, { seen: "Ada" });
  }));

Deno.test("completeItem() stores no file from outside of the working tree for an agent", () =>
  withTemporaryDirectory((directory) =>
    withSession(async (root) => {
      const outside = `${directory}/shadow.json`;
      Deno.writeTextFileSync(outside, '{"root": "x"}');
      const evidence = [outside];
      const code = await codeWithoutTrace(
        root,
        () =>
          completeItem(fixedHost({ environment: agent("5f0c") }), {
            ...{ root, itemId: "idea", evidence },
          }),
      );
      assertEquals(code, "denied approval_required");
      const host = fixedHost({ answers: ["idea"], number: 1 });
      await completeItem(host, { root, itemId: "idea", evidence });
      assertEquals(host.questions, [
        `To take evidence from "${outside}", outside of the repository, type idea: `,
      ]);
      assertEquals(itemWith(root, "idea").evidence, { root: "x" });
    })
  ));

Deno.test("completeItem() keeps evidence with a check that failed, for the next try", () =>
  withSession(async (root) => {
    const bare = () => complete(root, "tests");
    assertEquals(
      await codeWithoutTrace(root, bare),
      "refused evidence_missing",
    );
    const evidence = ["requirements_extracted=login"];
    await refusalOf(() => complete(root, "tests", { ...FAILING, evidence }));
    const types = ["evidence_validated", "gate_failed"];
    assertEquals(loggedTypes(root).slice(2), types);
    await complete(root, "tests", PASSING);
    const { status, evidence: kept } = itemWith(root, "tests");
    assertEquals(status, "completed");
    assertEquals(kept, { requirements_extracted: ["login"] });
  }, EVIDENCE));

Deno.test("completeItem() tells a check which item it checks, and reports how far it is", () =>
  withSession(async (root) => {
    const onProgress = () => {};
    const host = fixedHost({ ...PASSING, number: 1 });
    await completeItem(host, { root, itemId: "tests", onProgress });
    assertEquals(host.requests[0]?.variables, {
      ORCHESTRATOR_CHECK: `${idOf(0, 0)}/tests`,
    });
    assertEquals(host.requests[0]?.onProgress, onProgress);
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
  const result = await runCheck(fixedHost(machine), check, site);
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
      assertEquals(await runCheck(fixedHost(), check, site), {
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
  const result = await runCheck(fixedHost(), fileCheck(...asked), site);
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

Deno.test("checkVariables() names the check, after those around it", () => {
  const outer = checkVariables(fixedHost(), "s1", "tests");
  assertEquals(outer, { ORCHESTRATOR_CHECK: "s1/tests" });
  const inner = fixedHost({ environment: outer });
  assertEquals(checkVariables(inner, "s2", "größe"), {
    ORCHESTRATOR_CHECK: "s1/tests s2/größe",
  });
});

Deno.test("assertOutsideOwnCheck() refuses an item within its own check, however deep", () => {
  const environment = { ORCHESTRATOR_CHECK: "s1/tests s1/lint" };
  const host = fixedHost({ environment });
  for (const itemId of ["tests", "lint"]) {
    const error = assertThrows(
      () => assertOutsideOwnCheck(host, "s1", itemId),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["refused", "inside_own_check"]);
    assertEquals(
      error.message,
      `Cannot complete item "${itemId}": its own check asks for it`,
    );
  }
  assertOutsideOwnCheck(host, "s1", "test");
  assertOutsideOwnCheck(host, "s2", "tests");
  assertOutsideOwnCheck(fixedHost(), "s1", "tests");
});
