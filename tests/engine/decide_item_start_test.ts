import { act, orcErrorOf } from "./act.ts";
import {
  AGENT,
  AT,
  itemIn,
  itemOf,
  NOBODY,
  sessionOf,
  withItemFields,
  workflowWith,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const workflow = workflowWith(itemOf("x"));
const START_ITEM = { type: "start_item", itemId: "x" } as const;

Deno.test("decide() notes when an item was begun, and by which agent", () => {
  const { state, events } = act(
    workflow,
    sessionOf(workflow),
    START_ITEM,
    AGENT,
  );
  assertEquals(itemIn(state, "x").startedAt, AT);
  assertEquals(events, [{
    type: "item_started",
    phaseId: "PLAN",
    itemId: "x",
    message: "Started item: x",
    details: new Map([["agent", "claude-code:5f0c"]]),
    actor: "system",
  }]);
});

Deno.test("decide() names no agent where there is none", () => {
  const session = sessionOf(workflow);
  const [event] = act(workflow, session, START_ITEM, NOBODY).events;
  assertEquals(event?.details, new Map());
});

Deno.test("decide() keeps the first start of an item that is begun again", () => {
  const startedAt = "2026-01-01T00:00:00Z";
  const failed = withItemFields(workflow, sessionOf(workflow), "x", {
    status: "failed",
    startedAt,
    retryCount: 2,
  });
  const { state } = act(workflow, failed, START_ITEM, AGENT);
  const { status, retryCount } = itemIn(state, "x");
  assertEquals(itemIn(state, "x").startedAt, startedAt);
  assertEquals([status, retryCount], ["in_progress", 2]);
});

Deno.test("decide() refuses to start an item that is done", () => {
  const done = withItemFields(workflow, sessionOf(workflow), "x", {
    status: "skipped",
  });
  const error = orcErrorOf(() => act(workflow, done, START_ITEM, AGENT));
  assertEquals([error.kind, error.code], ["refused", "cannot_start"]);
  assertEquals(error.message, 'Cannot start item "x": it is skipped already');
  assertEquals(error.details, { item: "x" });
});
