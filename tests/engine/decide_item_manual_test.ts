import { jsonObject } from "../../src/base/json.ts";
import type { Item } from "../../src/workflow/types.ts";
import { act, orcErrorOf, typesOf } from "./act.ts";
import {
  AGENT,
  AT,
  complete,
  HUMAN,
  itemIn,
  itemOf,
  MANUAL,
  sessionOf,
  skip,
  withItemFields,
  workflowWith,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const HYBRID = { supervision_mode: "hybrid", approval_timeout_minutes: 30 };

function workflowFor(fields: Partial<Item> = {}, settings = HYBRID) {
  return workflowWith(
    itemOf("x", { verification: MANUAL, ...fields }),
    settings,
  );
}

/** A session whose clock has been running since a moment. */
function runningSince(startedAt: string, workflow = workflowFor()) {
  return withItemFields(workflow, sessionOf(workflow), "x", {
    status: "in_progress",
    startedAt,
  });
}

Deno.test("decide() skips a manual gate of low risk in hybrid mode, and says so", () => {
  const workflow = workflowFor({ risk: "low" });
  const action = complete("x", { notes: "Looks right" });
  const { state, events } = act(workflow, sessionOf(workflow), action, AGENT);
  const { status, skipReason, completedAt, notes } = itemIn(state, "x");
  assertEquals([status, completedAt, notes], ["skipped", null, "Looks right"]);
  assertEquals(skipReason, "Auto-skipped (hybrid mode, low risk)");
  assertEquals(events, [{
    type: "item_skipped",
    phaseId: "PLAN",
    itemId: "x",
    message: "Manual gate auto-skipped (hybrid mode, low risk): x",
    details: jsonObject({
      supervision_mode: "hybrid",
      risk: "low",
      gate_name: "Name of x",
      agent: "claude-code:5f0c",
    }),
    actor: "system",
  }]);
});

Deno.test("decide() starts the clock of a manual gate of medium risk, once", () => {
  const workflow = workflowFor();
  const action = complete("x", { notes: "Have a look" });
  const { state, events } = act(workflow, sessionOf(workflow), action, AGENT);
  const { status, startedAt, notes } = itemIn(state, "x");
  assertEquals([status, startedAt, notes], ["in_progress", AT, "Have a look"]);
  assertEquals(typesOf(events), ["item_started"]);
  const error = orcErrorOf(() => act(workflow, state, action, AGENT));
  assertEquals([error.kind, error.code], ["refused", "approval_pending"]);
  assertEquals(
    error.message,
    'Cannot complete item "x" yet: it passes by itself at 2026-03-04T05:36:07Z, unless a human approves it before',
  );
  assertEquals(
    error.hint,
    "a human runs, in a terminal: orc approve-item x; from then on anybody: orc complete x",
  );
  assertEquals(error.details, {
    item: "x",
    passesAt: "2026-03-04T05:36:07Z",
  });
});

Deno.test("decide() starts the clock with start-item too", () => {
  const workflow = workflowFor();
  const action = { type: "start_item", itemId: "x" } as const;
  const { state } = act(workflow, sessionOf(workflow), action, AGENT);
  const error = orcErrorOf(() => act(workflow, state, complete("x"), AGENT));
  assertEquals(error.code, "approval_pending");
});

Deno.test("decide() skips a manual gate that nobody answered in time, and not a moment before", () => {
  const workflow = workflowFor();
  const early = runningSince("2026-03-04T04:36:07.001000Z");
  const error = orcErrorOf(() => act(workflow, early, complete("x"), AGENT));
  assertEquals(error.code, "approval_pending");
  const due = runningSince("2026-03-04T04:36:07Z");
  const { state, events } = act(workflow, due, complete("x"), AGENT);
  const { status, skipReason, completedAt } = itemIn(state, "x");
  assertEquals([status, completedAt], ["skipped", null]);
  assertEquals(
    skipReason,
    "Auto-skipped (hybrid mode, not answered within 30 minutes)",
  );
  const [event] = events;
  assertEquals([event?.type, event?.actor], ["item_skipped", "system"]);
  assertEquals(event?.details.get("risk"), "medium");
  assertEquals(event?.details.get("approval_timeout_minutes"), 30);
});

Deno.test("decide() lets a human approve or skip while the clock runs", () => {
  const workflow = workflowFor({ skipConditions: ["hotfix"] });
  const running = runningSince(AT, workflow);
  const approve = { type: "approve_item", itemId: "x", notes: null } as const;
  const { state, events } = act(workflow, running, approve, HUMAN);
  assertEquals(itemIn(state, "x").status, "completed");
  assertEquals(events[0]?.actor, "human");
  const left = act(workflow, running, skip("x"), AGENT).state;
  assertEquals(itemIn(left, "x").status, "skipped");
});

Deno.test("decide() never lets a gate or a high risk pass by itself", () => {
  const long = "2020-01-01T00:00:00Z";
  const careful: readonly Partial<Item>[] = [
    { risk: "high" },
    { stepType: "gate", risk: "low" },
    { stepType: "gate", risk: "medium" },
  ];
  for (const fields of careful) {
    const workflow = workflowFor(fields);
    const running = runningSince(long, workflow);
    const error = orcErrorOf(() =>
      act(workflow, running, complete("x"), AGENT)
    );
    assertEquals(error.code, "approval_required");
  }
});

Deno.test("decide() starts a clock anew whose start cannot be read", () => {
  const workflow = workflowFor();
  const { state } = act(
    workflow,
    runningSince("yesterday"),
    complete("x"),
    AGENT,
  );
  assertEquals(itemIn(state, "x").startedAt, AT);
});
