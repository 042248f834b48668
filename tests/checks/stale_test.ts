import { advancePhase, finishSession } from "../../src/work/phase.ts";
import { readNext } from "../../src/work/agent.ts";
import { approveItem } from "../../src/work/item.ts";
import { completeItem } from "../../src/work/complete.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { verifySession } from "../../src/trust/use.ts";
import { refusalOf, test, writeTree } from "../files/temporary.ts";
import { commit, gitHost, inGit, run } from "./fixtures.ts";
import {
  assertEquals,
  assertMatch,
  assertObjectMatch,
  assertStringIncludes,
} from "@std/assert";

const TESTS =
  "{id: tests, name: Tests, step_type: gate, verification: {type: command, command: grep -q good src/a}}";

/** A workflow of these items in the phase BUILD, and of others in END. */
function workflowOf(build: readonly string[], end: readonly string[] = []) {
  const list = (items: readonly string[]) =>
    items.map((item) => `      - ${item}\n`).join("");
  return `name: W
phases:
  - id: BUILD
    name: Build
    items:
${list(build)}  - id: END
    name: End
    items:
${list(["{id: words, name: Words}", ...end])}`;
}

const host = gitHost();

/** One in which nothing is left but to finish. */
async function beginAndDoAll(root: string): Promise<void> {
  await begin(root, workflowOf([TESTS]));
  await completeItem(host, { root, itemId: "tests" });
  await advancePhase(host, { root });
  await completeItem(host, { root, itemId: "words" });
}

/** A session in a project where the command of its first item passes. */
async function begin(root: string, workflow: string): Promise<void> {
  writeTree(root, { "workflow.yaml": workflow, "src/a": "good", b: "1" });
  await startSession(host, { root, task: "Add login" });
}

function write(root: string, path: string, text: string): void {
  writeTree(root, { [path]: text });
}

inGit(
  "a phase is not left while files differ from those that a check saw, and the check runs again",
  async (root) => {
    await begin(root, workflowOf([TESTS]));
    await completeItem(host, { root, itemId: "tests" });
    write(root, "src/a", "good too");
    const error = await refusalOf(() => advancePhase(host, { root }));
    assertObjectMatch(error, {
      kind: "refused",
      code: "check_stale",
      message:
        'Cannot leave phase "BUILD": the check of item "tests" saw other files: 1 file changed since: "src/a"',
      hint: "run again: orc complete tests",
      details: { stale: [{ itemId: "tests", paths: ["src/a"] }] },
    });
    const { next, warnings } = await readNext(host, { root });
    assertEquals(next?.command, "orc complete tests");
    assertEquals(warnings, [
      'The check of item "tests" saw other files: 1 file changed since: "src/a"; run it again: orc complete tests',
    ]);
    const { serial } = await readStatus(host, { root });
    const again = await completeItem(host, { root, itemId: "tests" });
    assertEquals(
      [
        again.renewed,
        again.check?.passed,
        again.events.map(({ type }) => type),
      ],
      [true, true, ["gate_passed"]],
    );
    assertEquals(again.serial, serial + 1);
    const third = await completeItem(host, { root, itemId: "tests" });
    assertEquals([third.renewed, third.changed], [false, false]);
    await advancePhase(host, { root });
  },
);

inGit(
  "one byte that changes after its test keeps a session from being finished, and a rebase does not",
  async (root) => {
    await begin(root, workflowOf([TESTS]));
    await completeItem(host, { root, itemId: "tests" });
    await commit(root);
    await advancePhase(host, { root });
    await completeItem(host, { root, itemId: "words" });
    write(root, "src/a", "gxod");
    const error = await refusalOf(() => finishSession(host, { root }));
    assertEquals(error.code, "check_stale");
    assertStringIncludes(error.message, '"src/a"');
    write(root, "src/a", "good");
    await run(root, "git", "commit", "--quiet", "--amend", "--message", "y");
    await run(root, "git", "commit", "--quiet", "--allow-empty", "-m", "z");
    await finishSession(host, { root });
    assertEquals((await verifySession(host, { root })).findings, []);
  },
);

inGit(
  "a check that fails the second time opens its item, though its phase was left",
  async (root) => {
    await beginAndDoAll(root);
    write(root, "src/a", "bad");
    const failed = await refusalOf(() =>
      completeItem(host, { root, itemId: "tests" })
    );
    assertObjectMatch(failed, { code: "check_failed", details: { tries: 1 } });
    const blocked = await refusalOf(() => finishSession(host, { root }));
    assertEquals(
      [blocked.code, blocked.hint],
      ["blocked", 'orc complete tests --notes "<what you did>"'],
    );
    const { next } = await readStatus(host, { root });
    assertEquals([next?.action, next?.item?.id], ["complete", "tests"]);
    write(root, "src/a", "good again");
    await completeItem(host, { root, itemId: "tests" });
    await finishSession(host, { root });
    assertEquals((await verifySession(host, { root })).findings, []);
  },
);

inGit(
  "of a command that several items run the last run counts",
  async (root) => {
    const final = TESTS.replace("id: tests", "id: final");
    await begin(root, workflowOf([TESTS], [final]));
    await completeItem(host, { root, itemId: "tests" });
    await advancePhase(host, { root });
    write(root, "b", "2");
    await completeItem(host, { root, itemId: "words" });
    await completeItem(host, { root, itemId: "final" });
    const again = await completeItem(host, { root, itemId: "words" });
    assertEquals(again.changed, false);
    await finishSession(host, { root });
  },
);

inGit(
  "what had to fail before, and what depends on no file, is not asked for again",
  async (root) => {
    await begin(
      root,
      workflowOf([
        "{id: red, name: Red, verification: {type: command, command: grep -q new src/a, expect_exit_code: 1}}",
        "{id: note, name: Note, inputs: [], verification: {type: command, command: grep -q good src/a}}",
        "{id: own, name: Own, inputs: ['!src/**'], verification: {type: command, command: test -f b}}",
        "{id: other, name: Other, required: false, verification: {type: command, command: grep -q goo src/a}}",
      ]),
    );
    for (const itemId of ["red", "note", "own", "other"]) {
      await completeItem(host, { root, itemId });
    }
    write(root, "src/a", "new");
    const { warnings } = await readStatus(host, { root, check: true });
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings.join(), 'item "other" saw other files');
    await advancePhase(host, { root });
  },
);

inGit(
  "a human may finish in spite of it, and verify goes on saying so",
  async (root) => {
    await beginAndDoAll(root);
    write(root, "src/a", "bad");
    const approve = () => Promise.resolve({ approved: true as const });
    await finishSession(gitHost({ approve }), { root, force: true });
    const { findings } = await verifySession(host, { root });
    assertEquals(findings.map(({ code }) => code), ["stale"]);
  },
);

inGit("a check that writes what it is bound to is told so", async (root) => {
  const writes =
    "{id: tests, name: Tests, verification: {type: command, command: touch report}}";
  await begin(root, workflowOf([writes]));
  const { warnings } = await completeItem(host, { root, itemId: "tests" });
  assertStringIncludes(
    warnings.join(),
    '1 file changed while the check of item "tests" ran ("report")',
  );
  assertEquals(
    (await completeItem(host, { root, itemId: "tests" })).renewed,
    true,
  );
  const third = await completeItem(host, { root, itemId: "tests" });
  assertEquals([third.changed, third.warnings], [false, []]);
});

test("files are compared where there is no git, too", async (root) => {
  await begin(root, workflowOf([TESTS]));
  await completeItem(host, { root, itemId: "tests" });
  write(root, "b", "2");
  const { code } = await refusalOf(() => advancePhase(host, { root }));
  assertEquals(code, "check_stale");
  await completeItem(host, { root, itemId: "tests" });
  await advancePhase(host, { root });
});

inGit(
  "where git may not run nothing is refused, and a warning says why",
  async (root) => {
    await begin(root, workflowOf([TESTS]));
    await completeItem(host, { root, itemId: "tests" });
    write(root, "src/a", "good too");
    const { stderr, code } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--allow-read",
        `--allow-write=${root}/.orchestrator`,
        "cli.ts",
        "advance",
        "--root",
        root,
      ],
    }).output();
    assertStringIncludes(
      new TextDecoder().decode(stderr),
      "Whether files changed since checks saw them is not known: Git lists the files, and may not run",
    );
    assertEquals(code, 0);
  },
);

inGit("a file that was asked for is looked for again", async (root) => {
  await begin(
    root,
    workflowOf([
      "{id: plan, name: Plan, verification: {type: file_exists, path: plan.md}}",
      "{id: once, name: Once, inputs: [], verification: {type: file_exists, path: b}}",
    ]),
  );
  write(root, "plan.md", "Sell apples");
  for (const itemId of ["plan", "once"]) {
    await completeItem(host, { root, itemId });
  }
  Deno.removeSync(`${root}/plan.md`);
  Deno.removeSync(`${root}/b`);
  const { code, message, hint } = await refusalOf(() =>
    advancePhase(host, { root })
  );
  assertEquals([code, hint], ["check_stale", "run again: orc complete plan"]);
  assertStringIncludes(message, "plan.md does not exist");
  const failed = await refusalOf(() =>
    completeItem(host, { root, itemId: "plan" })
  );
  assertEquals(failed.code, "check_failed");
  write(root, "plan.md", "Sell pears");
  await completeItem(host, { root, itemId: "plan" });
  await advancePhase(host, { root });
});

inGit(
  "a run by an optional item counts for the required one with the same check",
  async (root) => {
    const twin = TESTS.replace("id: tests", "id: again, required: false")
      .replace("step_type: gate, ", "");
    await begin(root, workflowOf([TESTS, twin]));
    await completeItem(host, { root, itemId: "tests" });
    await completeItem(host, { root, itemId: "again" });
    write(root, "src/a", "bad");
    const { message } = await refusalOf(() => advancePhase(host, { root }));
    assertStringIncludes(message, 'the check of item "tests"');
  },
);

inGit(
  "a check that asks for less says nothing for one that asks for more",
  async (root) => {
    const proved = TESTS.replace("src/a}", "src/a, expect_tests: false}");
    const again = TESTS.replace("id: tests", "id: again");
    await begin(root, workflowOf([proved, again]));
    await completeItem(host, { root, itemId: "tests" });
    write(root, "b", "2");
    await completeItem(host, { root, itemId: "again" });
    const { message } = await refusalOf(() => advancePhase(host, { root }));
    assertStringIncludes(message, 'the check of item "tests"');
  },
);

inGit(
  "verify says what it could not compare, and so does finish",
  async (root) => {
    await begin(root, workflowOf([TESTS]));
    const shell = `printf x > "$(printf '%s' "$1"; printf '\\377')"`;
    await run(root, "sh", "-c", shell, "sh", `${root}/`);
    await completeItem(host, { root, itemId: "tests" });
    await run(root, "sh", "-c", `rm "$(printf '\\377')"`);
    const saw = /^What the check of item "tests" saw cannot be compared: /;
    const advanced = await advancePhase(host, { root });
    assertMatch(advanced.warnings.join(), saw);
    const { findings } = await verifySession(host, { root });
    const [unknown] = findings.filter(({ code }) => code === "tree_unknown");
    assertMatch(unknown?.message ?? "", saw);
    assertEquals(unknown?.itemId, "tests");
  },
);

inGit("nobody is sent on who would be refused there", async (root) => {
  const lint =
    "{id: lint, name: Lint, verification: {type: command, command: test -f b}}";
  await begin(root, workflowOf([TESTS, lint]));
  await completeItem(host, { root, itemId: "tests" });
  write(root, "src/a", "good too");
  const { summary, warnings } = await completeItem(host, {
    root,
    itemId: "lint",
  });
  assertEquals(summary.next?.command, "orc complete tests");
  assertStringIncludes(warnings.join(), 'The check of item "tests" saw');
});

inGit("next names the human who has to look again", async (root) => {
  const shows =
    "{id: ok, name: Ok, shows: [b], verification: {type: manual_gate}}";
  await begin(root, workflowOf([shows]));
  const approve = () => Promise.resolve({ approved: true as const });
  await approveItem(gitHost({ approve }), { root, itemId: "ok" });
  write(root, "b", "2");
  const { next, warnings } = await readNext(host, { root });
  assertEquals([next?.action, next?.human], ["approve_item", true]);
  assertStringIncludes(warnings.join(), '1 file changed since: "b"');
  const { code } = await refusalOf(() => advancePhase(host, { root }));
  assertEquals(code, "approval_stale");
});

inGit(
  "a run by an optional item renews the required one with the same check",
  async (root) => {
    const twin = TESTS.replace("id: tests", "id: again, required: false")
      .replace("step_type: gate, ", "");
    await begin(root, workflowOf([TESTS, twin]));
    await completeItem(host, { root, itemId: "tests" });
    write(root, "b", "2");
    await completeItem(host, { root, itemId: "again" });
    await advancePhase(host, { root });
  },
);
