import { jsonObject } from "../../src/base/json.ts";
import type { Item } from "../../src/workflow/types.ts";
import { act, orcErrorOf, typesOf } from "./act.ts";
import {
  AGENT,
  AT,
  COMMAND,
  complete,
  GOOD_REASON,
  HUMAN,
  itemIn,
  itemOf,
  MANUAL,
  phaseOf,
  sessionOf,
  skip,
  withItemFields,
  workflowOf,
  workflowWith,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

function skipped(fields: Partial<Item>, action = skip("x"), caller = AGENT) {
  const workflow = workflowWith(itemOf("x", fields));
  return act(workflow, sessionOf(workflow), action, caller);
}

Deno.test("decide() skips an item and keeps the reason as it was given", () => {
  const reason = `  ${GOOD_REASON}\n`;
  const { state, events } = skipped({}, { ...skip("x"), reason });
  const { status, skippedAt, completedAt, skipReason } = itemIn(state, "x");
  assertEquals([status, skippedAt, completedAt], ["skipped", AT, null]);
  assertEquals(skipReason, reason);
  assertEquals(events, [{
    type: "item_skipped",
    phaseId: "PLAN",
    itemId: "x",
    message: "Skipped item: x",
    details: jsonObject({
      reason,
      step_type: "flexible",
      context_considered: null,
      force_skipped: false,
      agent: "claude-code:5f0c",
    }),
    actor: "system",
  }]);
});

Deno.test("decide() logs that the reason for a documented item was judged", () => {
  const reason = ` ${GOOD_REASON} 🚀`;
  const action = { ...skip("x"), reason };
  const { events } = skipped({ stepType: "documented" }, action);
  assertEquals(typesOf(events), ["skip_validated", "item_skipped"]);
  assertEquals(
    events[0]?.details,
    new Map([["reason_length", GOOD_REASON.length + 3]]),
  );
});

Deno.test("decide() refuses a reason that says nothing, whoever gives it", () => {
  const reason = "not needed";
  for (const caller of [AGENT, HUMAN]) {
    const error = orcErrorOf(() =>
      skipped({}, { ...skip("x"), reason }, caller)
    );
    assertEquals([error.kind, error.code], ["refused", "skip_reason"]);
    assertEquals(
      error.message,
      'Cannot skip item "x": "not needed" is not a reason',
    );
    assertEquals(
      error.hint,
      'say what makes it unnecessary here: orc skip x --reason "<why>"',
    );
  }
});

Deno.test("decide() wants a longer reason for a forced gate than for a flexible item", () => {
  const reason = "It needs hardware";
  assertEquals(
    itemIn(skipped({}, { ...skip("x"), reason }).state, "x").skipReason,
    reason,
  );
  const gate = { stepType: "gate", verification: COMMAND } as const;
  const error = orcErrorOf(() =>
    skipped(gate, { ...skip("x", true), reason }, HUMAN)
  );
  assertEquals(
    error.message,
    'Cannot skip item "x": the reason has 17 of at least 50 characters',
  );
});

Deno.test("decide() shows in the log which human skipped a gate by force", () => {
  const gate = { stepType: "gate", verification: COMMAND } as const;
  const { state, events } = skipped(gate, skip("x", true), HUMAN);
  assertEquals(itemIn(state, "x").status, "skipped");
  const [event] = events;
  assertEquals([event?.message, event?.actor], [
    "Force-skipped item: x",
    "human",
  ]);
  assertEquals(event?.details.get("force_skipped"), true);
  assertEquals(event?.details.get("origin"), "terminal");
});

Deno.test("decide() refuses to skip a required item", () => {
  const error = orcErrorOf(() =>
    skipped({ stepType: "required" }, skip("x", true), HUMAN)
  );
  assertEquals([error.kind, error.code], ["refused", "cannot_skip"]);
  assertEquals(error.message, 'Cannot skip item "x": it is required');
});

Deno.test("decide() says why an item cannot be skipped", () => {
  const reasons: readonly [Partial<Item>, string][] = [
    [{ stepType: "gate" }, "it is a gate"],
    [{ skippable: false }, "its workflow does not let it be skipped"],
  ];
  for (const [fields, because] of reasons) {
    const error = orcErrorOf(() => skipped(fields));
    assertEquals(error.message, `Cannot skip item "x": ${because}`);
  }
});

Deno.test("decide() lets no reason past a manual gate of high risk in hybrid mode", () => {
  const item = itemOf("x", {
    verification: MANUAL,
    skipConditions: ["hotfix"],
    risk: "high",
  });
  const workflow = workflowWith(item, { supervision_mode: "hybrid" });
  const error = orcErrorOf(() =>
    act(workflow, sessionOf(workflow), skip("x"), AGENT)
  );
  assertEquals([error.kind, error.code], ["refused", "approval_required"]);
  assertEquals(
    error.message,
    'Cannot skip item "x": a human must approve it',
  );
  assertEquals(
    error.hint,
    "a human runs, in a terminal: orc approve-item x",
  );
  const forced = act(workflow, sessionOf(workflow), skip("x", true), HUMAN);
  assertEquals(itemIn(forced.state, "x").status, "skipped");
});

Deno.test("decide() skips nothing that carries a required review, until it is made", () => {
  const ids = ["safety", "safety_review"];
  const workflow = workflowOf([
    phaseOf("PLAN", ids.map((id) => itemOf(id))),
    phaseOf("LEARN", [], { requiredReviews: ["safety"] }),
  ]);
  const state = sessionOf(workflow);
  for (const id of ids) {
    const error = orcErrorOf(() => act(workflow, state, skip(id), AGENT));
    assertEquals([error.kind, error.code], ["refused", "cannot_skip"]);
    assertEquals(
      error.message,
      `Cannot skip item "${id}": it carries the required review "safety", which does not count when it is skipped`,
    );
    assertEquals(error.hint, `orc complete ${id} --notes "<what you did>"`);
    orcErrorOf(() => act(workflow, state, skip(id, true), AGENT));
    const forced = act(workflow, state, skip(id, true), HUMAN);
    assertEquals(itemIn(forced.state, id).status, "skipped");
  }
  const made = act(workflow, state, complete("safety"), AGENT).state;
  const left = act(workflow, made, skip("safety_review"), AGENT).state;
  assertEquals(itemIn(left, "safety_review").status, "skipped");
});

Deno.test("decide() does not judge the reason of an item that is skipped already", () => {
  const workflow = workflowWith(itemOf("x", { stepType: "documented" }));
  const state = withItemFields(workflow, sessionOf(workflow), "x", {
    status: "skipped",
  });
  const action = { ...skip("x"), reason: "" };
  assertEquals(act(workflow, state, action, AGENT).events, []);
});
