import { startSession } from "../../src/work/start.ts";
import { agent, fixedHost, idOf, withRoot } from "../work/fixtures.ts";
import { inEmptyDirectory, orc } from "../commands/orc.ts";
import { assertEquals } from "@std/assert";

const GATED = `name: Gated
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: look, name: Somebody looks, verification: {type: manual_gate}}
`;

const FIRST = idOf(2, 0);
const SECOND = idOf(3, 0);

function inTwoSessions(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": GATED }, async (root) => {
    for (const number of [2, 3]) {
      const host = fixedHost({ environment: agent(`${number}`), number });
      await startSession(host, { root, task: `Task ${number}` });
    }
    await test(root);
  });
}

const LISTED = `PLAN look · Somebody looks
  Task 2
  session ${FIRST}, claude-code:2, for 0 min
  orc approve-item look --session ${FIRST}
PLAN look · Somebody looks
  Task 3
  session ${SECOND}, claude-code:3, for 0 min
  orc approve-item look --session ${SECOND}`;

Deno.test("orc approvals lists what waits in all sessions, with the exact commands", () =>
  inTwoSessions(async (root) => {
    const { exitCode, out } = await orc(root, ["approvals"]);
    assertEquals([exitCode, out], [0, `${LISTED}\n`]);
    const { out: json } = await orc(root, ["approvals", "--full"]);
    const { result } = JSON.parse(json);
    const sessions = result.approvals.map((each: { session: string }) =>
      each.session
    );
    assertEquals(sessions, [FIRST, SECOND]);
  }));

Deno.test("orc approvals says when nothing waits", () =>
  inEmptyDirectory(async (root) => {
    const { exitCode, out } = await orc(root, ["approvals"]);
    assertEquals([exitCode, out], [0, "Nothing waits for a human\n"]);
  }));

Deno.test("orc approvals --watch is no one document", () =>
  inEmptyDirectory(async (root) => {
    const argv = ["approvals", "--watch", "--full"];
    const { exitCode, out } = await orc(root, argv);
    const { error } = JSON.parse(out);
    assertEquals([exitCode, error.code], [2, "conflicting_flags"]);
  }));

Deno.test("orc approve-item without a session at a terminal shows the sessions, then what is approved", () =>
  inTwoSessions(async (root) => {
    const machine = { answers: ["2", "look"], number: 4 };
    const { exitCode } = await orc(root, ["approve-item", "look"], machine);
    assertEquals(exitCode, 0);
    const { out } = await orc(root, ["approvals"], { number: 5 });
    assertEquals(out.includes(SECOND), false);
    assertEquals(out.includes(FIRST), true);
  }));
