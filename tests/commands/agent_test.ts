import { sessionLayout } from "../../src/base/layout.ts";
import { openSession } from "../../src/repository/select.ts";
import { withNext } from "../../src/work/agent.ts";
import { completeItem } from "../../src/work/complete.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  withRoot,
  withSession,
  WORKFLOW,
} from "../work/fixtures.ts";
import { inEmptyDirectory, orc, testOutput } from "./orc.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

testOutput({
  name: "orc context-reminder prints one line of JSON",
  argv: ["context-reminder"],
  result: { active: true, task: "Add login", phase: "PLAN", progress: "0/5" },
  text:
    '{"active":true,"task":"Add login","phase":"PLAN","progress":"0/5","constraints":[]}',
});

testOutput({
  name: "orc context-reminder says that nothing is active without a session",
  argv: ["context-reminder"],
  within: inEmptyDirectory,
  result: { active: false },
  text: '{"active":false}',
});

Deno.test("orc hook and context-reminder speak to a host in its own form, whatever the settings say of answers", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    await startSession(fixedHost(), { root, task: "Add login" });
    const edit = { file_path: `${root}/.orchestrator/current` };
    const input = JSON.stringify({ tool_name: "Edit", tool_input: edit });
    const hook = ["hook", "claude", "PreToolUse"];
    const reminder = ["context-reminder"];
    const said = async (argv: readonly string[], surroundings = {}) => {
      const given = { input, ...surroundings };
      return Object.keys(JSON.parse((await orc(root, argv, given)).out))[0];
    };
    const own = ["hookSpecificOutput", "active"];
    const asked = { environment: { ORCHESTRATOR_OUTPUT: "json" } };
    assertEquals([await said(hook, asked), await said(reminder, asked)], own);
    await orc(root, ["config", "set", "output", "json"]);
    assertEquals([await said(hook), await said(reminder)], own);
    for (const argv of [hook, reminder]) {
      assertEquals(await said([...argv, "--json"]), "ok");
    }
    assertEquals(await said(["next"]), "ok");
  }));

Deno.test("orc context-reminder keeps a task of several lines in one", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const task = 'Say "no"\nand\tmore \x1b[31m\x9b\u202e\u200b';
    await startSession(fixedHost(), { root, task });
    const { out } = await orc(root, ["context-reminder"]);
    assertEquals(out.split("\n").length, 2);
    assertEquals(JSON.parse(out).task, task);
    assertEquals(
      ["\x1b", "\x9b", "\u202e", "\u200b"].filter((each) => out.includes(each)),
      [],
    );
  }));

Deno.test("orc next and status show the older tool's tags as signs on a terminal, and as words elsewhere", () =>
  withSession(async (root) => {
    const said = async (name: string, columns?: number): Promise<string> =>
      (await orc(root, [name], columns === undefined ? {} : { columns })).out;
    for (const name of ["next", "status"]) {
      const [plain, signs] = [await said(name), await said(name, 80)];
      assertStringIncludes(plain, "Tip: Be brief\n");
      assertStringIncludes(signs, "💡 Be brief\n");
      assertStringIncludes(plain, "[own] Stays\n");
    }
  }, TAGGED));

const TAGGED = `name: Tagged
phases:
  - id: DO
    name: Do
    notes: ["[tip] Be brief", "[own] Stays"]
    items:
      - {id: it, name: It, notes: ["[TIP]  Be brief", "[own] Stays"]}
`;

Deno.test("orc next says what the task is, cut where it is long, what must hold, and the rule of the phase", () =>
  withRoot({ "workflow.yaml": WORKFLOW }, async (root) => {
    const task = `Add ${"very ".repeat(60)}long login`;
    const constraints = ["No new packages", "Keep the old API"];
    await startSession(fixedHost(), { root, task, constraints });
    const { out } = await orc(root, ["next"]);
    const [first = "", ...lines] = out.split("\n");
    assertEquals([first.length, first.at(-1)], ["Task: ".length + 200, "…"]);
    assertEquals(lines.slice(0, 2), [
      "Constraints: No new packages; Keep the old API",
      "In PLAN: Change no code yet",
    ]);
  }));

const GATED = `name: Gated
phases:
  - id: DO
    name: Do
    items:
      - {id: look, name: Look, shows: [docs/plan.md], verification: {type: manual_gate}}
      - {id: more, name: More, required: false}
  - {id: END, name: The end, items: [{id: it, name: It}]}
`;

Deno.test("orc next names the files that a human is shown", () =>
  withSession(async (root) => {
    const { out } = await orc(root, ["next"]);
    assertStringIncludes(out, "\nit shows: docs/plan.md\n");
    const said = await orc(root, ["next", "--json"]);
    assertEquals(JSON.parse(said.out).result.files, ["docs/plan.md"]);
  }, GATED));

Deno.test("orc next says between phases what is done and what comes, and after the end what came of it", () =>
  withSession(async (root) => {
    let number = 2;
    const play = (...argv: string[]) =>
      orc(root, argv, { number: number++, answers: ["look"] });
    writeTree(root, { "docs/plan.md": "A plan" });
    await play("approve-item", "look");
    await play("skip", "more", "--reason", "Nothing more is needed");
    assertStringIncludes(
      (await play("next")).out,
      "DO is done, 1 of 2 items completed, 1 skipped; END comes next: The end\nNext: orc advance\n",
    );
    await play("advance");
    await play("complete", "it", "--notes", "did it");
    assertStringIncludes(
      (await play("next")).out,
      "Every phase is done, 2 of 3 items completed, 1 skipped\nNext: orc finish\n",
    );
    await play("finish");
    assertEquals(
      (await play("next")).out,
      `The session is completed after less than a minute: 2 items completed, 1 skipped, 3 in all
Task: Add login
Skipped:
  DO more: Nothing more is needed
For another task: orc start "TASK"
`,
    );
    const { out } = await play("next", "--json");
    const { end } = JSON.parse(out).result;
    assertEquals([end.status, end.skipped.length], ["completed", 1]);
  }, GATED));

Deno.test("orc complete answers with what orc next would say, but for the task and the rule of the phase", () =>
  withSession(async (root) => {
    const completed = await orc(root, ["complete", "idea", "-n", "x"]);
    const [done, ...rest] = completed.out.split("\n");
    assertEquals(done, 'Completed item "idea"');
    const next = await orc(root, ["next"]);
    const [task, rule, ...same] = next.out.split("\n");
    assertEquals([task, rule], [
      "Task: Add login",
      "In PLAN: Change no code yet",
    ]);
    assertEquals(rest, same);
    const json = async (...argv: string[]) =>
      JSON.parse((await orc(root, [...argv, "--json"])).out).result;
    const again = await json("complete", "idea");
    assertEquals(again.next, (await json("next")).next);
    assertEquals(again.next.item.id, "plan");
    const skipped = await json("skip", "sketch", "-r", "Nobody needs one here");
    assertEquals(skipped.next.item.id, "plan");
  }));

Deno.test("withNext() keeps the answer of a change where what comes next cannot be read", () =>
  withSession(
    async (root) => {
      const host = fixedHost({ number: 2, programs: { make: {} } });
      const done = await completeItem(host, { root, itemId: "run" });
      assertEquals([done.next?.action, done.warnings], ["finish", []]);
      const opened = await openSession(host, { root });
      // The log, in which the checks stand that might be stale, is gone and a directory lies there.
      const { log } = sessionLayout(root, opened.session.id);
      Deno.removeSync(log);
      Deno.mkdirSync(log);
      const answer = await withNext(host, opened, done);
      assertEquals([answer.next, answer.serial], [done.next, done.serial]);
      assertEquals(answer.warnings.length, 1);
      assertStringIncludes(answer.warnings[0] ?? "", "log.jsonl");
    },
    `name: Checked
phases:
  - id: DO
    name: Do
    items:
      - {id: run, name: Run, verification: {type: command, command: make}}
`,
  ));

testOutput({
  name: "orc verify-write-allowed allows it in the phase EXECUTE",
  argv: ["verify-write-allowed"],
  within: (test) =>
    withSession(test, EASY_WORKFLOW.replace("id: DO", "id: EXECUTE")),
  result: { active: true, phaseId: "EXECUTE" },
  text: 'Files may be changed: the session is in phase "EXECUTE"',
});

testOutput({
  name: "orc verify-write-allowed refuses it in another phase",
  argv: ["verify-write-allowed"],
  exitCode: 3,
  code: "write_not_allowed",
  text:
    `! Cannot change files now: the session is in phase "PLAN", not in EXECUTE
! Try: orc next`,
});

testOutput({
  name: "orc verify-write-allowed allows it without a session",
  argv: ["verify-write-allowed"],
  within: inEmptyDirectory,
  result: { active: false, phaseId: null },
  text: "Files may be changed: no session is open",
});

Deno.test("orc next says how a check has to end where success alone is not it", () =>
  withSession(
    async (root) => {
      const said = async (itemId: string) => {
        const { out } = await orc(root, ["next"]);
        assertStringIncludes(out, `${itemId} · `);
        const { out: json } = await orc(root, ["next", "--json"]);
        const { expects = null } = JSON.parse(json).result;
        return [out.split("\n").slice(2, -2), expects];
      };
      assertEquals(await said("red"), [
        ["orc checks: make red", "it passes with exit code 2 alone"],
        { exitCode: 2 },
      ]);
      const reason = "The directory of the tests is no part of this change";
      const skip = (id: string, number: number) =>
        orc(root, ["skip", id, "--reason", reason], { number });
      await skip("red", 2);
      assertEquals(await said("proved"), [
        ["orc checks: make test", "it has to fail on the base first"],
        { exitCode: 0, prove: "base" },
      ]);
      await skip("proved", 3);
      assertEquals(await said("plain"), [["orc checks: make"], null]);
    },
    `name: Checked
phases:
  - id: DO
    name: Do
    items:
      - {id: red, name: Red, skippable: true, verification: {type: command, command: make red, expect_exit_code: 2}}
      - {id: proved, name: Proved, skippable: true, verification: {type: command, command: make test, prove: base}}
      - {id: plain, name: Plain, verification: {type: command, command: make}}
`,
  ));

Deno.test("orc says a long command in short where words say what it looks for, and all of it on demand", () => {
  const short = `make ${"a".repeat(195)}`;
  const long = `${short}b`;
  const head = `${long.slice(0, 59)}…`;
  const item = (id: string, command: string, words = "") =>
    `      - {id: ${id}, name: ${id}, verification: {type: command, command: ${command}${words}}}\n`;
  return withSession(
    async (root) => {
      let number = 2;
      const complete = async (itemId: string) => {
        const programs = { [short]: {}, [long]: {} };
        const argv = ["complete", itemId];
        const { out } = await orc(root, argv, { programs, number: number++ });
        return out.split("\n");
      };
      const next = async () => (await orc(root, ["next"])).out.split("\n");
      assert((await next()).includes(`orc checks: ${long}`));
      const [done, ...ahead] = await complete("bare");
      assertEquals(done, `Completed item "bare", checked by: ${head}`);
      assert(ahead.includes(`it runs: ${head} (all of it: orc next --full)`));
      const { out } = await orc(root, ["next", "--full"]);
      assertEquals(JSON.parse(out).result.command, long);
      assert((await complete("long")).includes(`it runs: ${short}`));
    },
    `name: Long\nphases:\n  - id: DO\n    name: Do\n    items:\n${
      item("bare", long) + item("long", long, ", description: It is made") +
      item("short", short, ", description: It is made")
    }`,
  );
});
