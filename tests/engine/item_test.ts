import { jsonObject, plainOf } from "../../src/base/json.ts";
import { act, orcErrorOf } from "./act.ts";
import {
  AGENT,
  AT,
  HUMAN,
  itemIn,
  itemOf,
  MANUAL,
  NOBODY,
  sessionOf,
  SETTING,
  withItemFields,
  workflowWith,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const workflow = workflowWith(itemOf("x", { verification: MANUAL }));
const APPROVE = { type: "approve_item", itemId: "x", notes: "Fine" } as const;

Deno.test("decide() completes a manual gate that a human approves", () => {
  const { state, events } = act(workflow, sessionOf(workflow), APPROVE, HUMAN);
  const { status, completedAt, notes, verificationResult } = itemIn(state, "x");
  assertEquals([status, completedAt, notes], ["completed", AT, "Fine"]);
  assertEquals(plainOf(verificationResult), {
    approved: true,
    approved_at: "2026-03-04T05:06:07+00:00",
    type: "manual_gate",
  });
  assertEquals(events, [{
    type: "item_completed",
    phaseId: "PLAN",
    itemId: "x",
    message: "Approved manual gate: x",
    details: jsonObject({
      notes: "Fine",
      approved: true,
      origin: "terminal",
    }),
    actor: "human",
  }]);
});

Deno.test("decide() shows in the log that a setting approved for an agent", () => {
  const [event] = act(workflow, sessionOf(workflow), APPROVE, SETTING).events;
  assertEquals(event?.details.get("origin"), "setting");
  assertEquals(event?.details.get("agent"), "claude-code:5f0c");
});

Deno.test("decide() denies an approval to whoever is not known to be a human", () => {
  for (const caller of [AGENT, NOBODY]) {
    const error = orcErrorOf(() =>
      act(workflow, sessionOf(workflow), APPROVE, caller)
    );
    assertEquals([error.kind, error.code], ["denied", "approval_required"]);
    assertEquals(
      error.message,
      'Cannot approve item "x": only a human may, at a terminal',
    );
  }
});

Deno.test("decide() refuses to approve what is no manual gate", () => {
  const other = workflowWith(itemOf("x", { stepType: "gate" }));
  const error = orcErrorOf(() => act(other, sessionOf(other), APPROVE, HUMAN));
  assertEquals([error.kind, error.code], ["refused", "cannot_approve"]);
  assertEquals(error.hint, "orc complete x");
});

Deno.test("decide() refuses to approve an item that was skipped", () => {
  const state = withItemFields(workflow, sessionOf(workflow), "x", {
    status: "skipped",
    skipReason: "There is no release",
  });
  const error = orcErrorOf(() => act(workflow, state, APPROVE, HUMAN));
  assertEquals(error.message, 'Cannot approve item "x": it was skipped');
});
