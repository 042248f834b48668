import { startSession } from "../../src/work/start.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { inEmptyDirectory, orc, testOutput } from "./orc.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

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
        return [out.split("\n").slice(1, -2), JSON.parse(json).result.expects];
      };
      assertEquals(await said("red"), [
        ["orc checks: make red", "it passes with exit code 2 alone"],
        { exitCode: 2, prove: null },
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
