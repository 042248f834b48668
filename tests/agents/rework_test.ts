import { plainOf } from "../../src/base/plain.ts";
import { readNext } from "../../src/work/agent.ts";
import { completeItem } from "../../src/work/complete.ts";
import { advancePhase } from "../../src/work/phase.ts";
import { rejectItem, reopen } from "../../src/work/rework.ts";
import { verifySession } from "../../src/trust/use.ts";
import { orc } from "../commands/orc.ts";
import {
  agent,
  codeOf,
  eventsOf,
  fixedHost,
  idOf,
  stateOf,
  withSession,
} from "../work/fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const TWO_PHASES = `name: Two
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: plan, name: Plan}
  - id: DO
    name: Do
    items:
      - {id: it, name: It}
`;
const WHY = "The way back is missing";

function within(test: (root: string) => Promise<void>): Promise<void> {
  return withSession(async (root) => {
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "plan" });
    await test(root);
  }, TWO_PHASES);
}

Deno.test("rejectItem() opens an item again for a human who types its id, and next begins with the reason", () =>
  within(async (root) => {
    const environment = { USER: "ada" };
    const host = fixedHost({ answers: ["plan"], environment, number: 2 });
    await rejectItem(host, { root, itemId: "plan", reason: WHY });
    assertEquals(host.questions, [
      `Session ${
        idOf(0, 0)
      }: Add login\nPhase PLAN, item plan: Plan\nTo reject item "plan", type plan: `,
    ]);
    const presence = plainOf(eventsOf(root).at(-1)?.details.get("presence"));
    assertEquals(presence, { user: "ada", host: "here", prompt_ms: 0 });
    const item = stateOf(root).phases.PLAN.items.plan;
    assertEquals([item.status, item.retry_count], ["failed", 1]);
    const { findings } = await verifySession(fixedHost(), { root });
    assertEquals(findings.map(({ code }) => code), ["session_open"]);
    const { rejections } = await readNext(fixedHost(), { root });
    assertEquals(rejections, [{ itemId: "plan", reason: WHY }]);
    const { out } = await orc(root, ["next"]);
    const [first] = out.split("\n");
    assertEquals(first, `Rejected: plan: ${WHY}`);
    const { out: status } = await orc(root, ["status"]);
    assertStringIncludes(status, `Rejected: plan: ${WHY}`);
    const again = fixedHost({ number: 3 });
    const { summary } = await completeItem(again, { root, itemId: "plan" });
    assertEquals(summary.rejections, []);
  }));

Deno.test("rejectItem() refuses an agent and logs its try", () =>
  within(async (root) => {
    const host = fixedHost({ environment: agent("1"), number: 2 });
    const options = { root, itemId: "plan", reason: WHY };
    assertEquals(
      await codeOf(() => rejectItem(host, options)),
      "denied approval_required",
    );
    const last = eventsOf(root).at(-1);
    assertEquals([last?.type, last?.itemId], ["error", "plan"]);
  }));

Deno.test("reopen() takes an item up again for an agent, and goes back to a phase only for a human", () =>
  within(async (root) => {
    const environment = agent("1");
    const asAgent = (number: number) => fixedHost({ environment, number });
    const session = idOf(0, 0);
    await reopen(asAgent(2), { root, session, id: "plan", reason: WHY });
    assertEquals(stateOf(root).phases.PLAN.items.plan.status, "pending");
    await completeItem(fixedHost({ number: 3 }), { root, itemId: "plan" });
    await advancePhase(fixedHost({ number: 4 }), { root });
    const back = { root, session, id: "PLAN", reason: WHY };
    assertEquals(
      await codeOf(() => reopen(asAgent(5), back)),
      "denied approval_required",
    );
    assertEquals(stateOf(root).current_phase_id, "DO");
    await reopen(fixedHost({ answers: ["PLAN"], number: 6 }), back);
    assertEquals(stateOf(root).current_phase_id, "PLAN");
    const { findings } = await verifySession(fixedHost(), { root });
    assertEquals(findings.map(({ code }) => code), ["session_open"]);
    assertEquals(
      await codeOf(() => reopen(asAgent(7), { ...back, id: "no" })),
      "not_found no_such_item",
    );
  }));
