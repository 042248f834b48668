import { jsonObject } from "../../src/base/json.ts";
import type { RecordedEvent } from "../../src/engine/event.ts";
import { tallyEvents } from "../../src/feedback/feedback_tally.ts";
import { assertEquals } from "@std/assert";

function event(
  type: string,
  itemId: string | null = null,
  agent: string | null = null,
): RecordedEvent {
  return {
    id: "",
    serial: 0,
    at: "",
    type,
    workflowId: "wf_00c0ffee",
    phaseId: "PLAN",
    itemId,
    message: `${type} happened`,
    details: jsonObject(agent === null ? {} : { agent }),
    actor: "system",
  };
}

Deno.test("tallyEvents() counts what went wrong and says each thing once", () => {
  const tally = tallyEvents([
    event("item_completed", "a"),
    event("verification_failed", "b"),
    event("verification_failed", "b"),
    event("gate_failed", "c"),
    event("error"),
  ]);
  assertEquals(tally, {
    errors: 4,
    errorTexts: [
      "b: verification_failed happened",
      "c: gate_failed happened",
      "error happened",
    ],
    hasReviews: false,
    agents: 0,
  });
});

Deno.test("tallyEvents() keeps some of the texts of a long log, and counts all", () => {
  const many = Array.from(
    { length: 1000 },
    (_, number) => event("gate_failed", `item_${number}`),
  );
  const { errors, errorTexts } = tallyEvents(many);
  assertEquals([errors, errorTexts.length], [1000, 20]);
});

Deno.test("tallyEvents() tells agents apart and sees reviews", () => {
  const tally = tallyEvents([
    event("item_completed", "a", "claude-code:1"),
    event("item_completed", "b", "claude-code:1"),
    event("review_completed", null, "codex:2"),
  ]);
  assertEquals([tally.agents, tally.hasReviews], [2, true]);
});
