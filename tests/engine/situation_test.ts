import { jsonObject } from "../../src/base/json.ts";
import {
  assertNotesFit,
  assertOpen,
  findItem,
  humanEvent,
  requireHuman,
  systemEvent,
  unchanged,
  withItem,
  withPhase,
} from "../../src/engine/situation.ts";
import {
  pendingItem,
  pendingPhase,
  phaseStateOf,
} from "../../src/engine/state.ts";
import type { SessionStatus } from "../../src/workflow/types.ts";
import { deepFreeze, orcErrorOf } from "./act.ts";
import {
  AGENT,
  HUMAN,
  inPhase,
  itemOf,
  NOBODY,
  phaseOf,
  sessionOf,
  SETTING,
  workflowOf,
} from "./fixtures.ts";
import { assertEquals, assertStrictEquals } from "@std/assert";

const SUBJECT = { phaseId: "PLAN", itemId: "a" };
const TEXT = { message: "Something", details: { key: 1 } };
const PLAN = phaseOf("PLAN", [itemOf("scope"), itemOf("plan")]);
const workflow = workflowOf([PLAN, phaseOf("LEARN", [itemOf("lessons")])]);
const started = deepFreeze(sessionOf(workflow));

Deno.test("systemEvent() names the agent that asked, and nobody else", () => {
  const detailsFor = (caller?: typeof AGENT) =>
    systemEvent("item_started", SUBJECT, TEXT, caller).details;
  assertEquals(
    detailsFor(AGENT),
    jsonObject({ key: 1, agent: "claude-code:5f0c" }),
  );
  for (const caller of [NOBODY, HUMAN, undefined]) {
    assertEquals(detailsFor(caller), jsonObject({ key: 1 }));
  }
});

Deno.test("systemEvent() may be about a phase or the session alone", () => {
  const { phaseId, itemId } = systemEvent(
    "phase_started",
    { phaseId: null },
    { message: "Started" },
  );
  assertEquals([phaseId, itemId], [null, null]);
});

Deno.test("humanEvent() tells how the human's presence was established", () => {
  const events = [HUMAN, SETTING].map((caller) =>
    humanEvent("human_override", SUBJECT, TEXT, caller)
  );
  assertEquals(events.map(({ actor }) => actor), ["human", "human"]);
  assertEquals(events.map(({ details }) => details), [
    jsonObject({ key: 1, origin: "terminal" }),
    jsonObject({ key: 1, origin: "setting", agent: "claude-code:5f0c" }),
  ]);
});

Deno.test("requireHuman() lets only those pass whose presence was established", () => {
  for (const caller of [HUMAN, SETTING]) requireHuman(caller, "do this");
  for (const caller of [AGENT, NOBODY]) {
    const error = orcErrorOf(() => requireHuman(caller, "do this"));
    assertEquals([error.kind, error.code], ["denied", "approval_required"]);
    assertEquals(
      error.message,
      "Cannot do this: only a human may, at a terminal",
    );
  }
});

Deno.test("assertNotesFit() counts code points", () => {
  for (const notes of [null, "", "x".repeat(2000), "🚀".repeat(2000)]) {
    assertNotesFit(notes);
  }
  const error = orcErrorOf(() => assertNotesFit("🚀".repeat(2001)));
  assertEquals([error.kind, error.code], ["usage", "notes_too_long"]);
  assertEquals(
    error.message,
    "The notes have 2001 characters; at most 2000 are kept",
  );
});

Deno.test("assertOpen() refuses a session that has ended", () => {
  for (const status of ["active", "paused"] as const) {
    assertOpen({ ...started, status });
  }
  const ended: readonly SessionStatus[] = ["completed", "abandoned"];
  for (const status of ended) {
    const error = orcErrorOf(() => assertOpen({ ...started, status }));
    assertEquals([error.kind, error.code], ["refused", "session_closed"]);
    assertEquals(
      error.message,
      `The session is ${status}; nothing in it can change any more`,
    );
  }
});

Deno.test("unchanged() hands back the state itself", () => {
  const { state, events } = unchanged(started);
  assertStrictEquals(state, started);
  assertEquals(events, []);
});

Deno.test("findItem() finds an item of the current phase with its progress", () => {
  const { phase, item, itemState } = findItem(workflow, started, "plan");
  assertStrictEquals(phase, PLAN);
  assertStrictEquals(item, PLAN.items[1]);
  assertEquals(itemState, pendingItem("plan"));
});

Deno.test("findItem() refuses an item of another phase", () => {
  const learning = inPhase(workflow, started, "LEARN");
  for (
    const [state, id, home, here] of [
      [started, "lessons", "LEARN", "PLAN"],
      [learning, "plan", "PLAN", "LEARN"],
    ] as const
  ) {
    const error = orcErrorOf(() => findItem(workflow, state, id));
    assertEquals([error.kind, error.code], ["refused", "item_in_other_phase"]);
    assertEquals(
      error.message,
      `Item "${id}" belongs to phase "${home}"; the session is in phase "${here}"`,
    );
  }
});

Deno.test("findItem() suggests the nearest id of the whole workflow", () => {
  const errors = ["Plan", "lesons", "zzzzzz", "", "__proto__"].map((id) =>
    orcErrorOf(() => findItem(workflow, started, id))
  );
  assertEquals(errors.map(({ message }) => message), [
    'No item "Plan" in this workflow; the nearest is "plan"',
    'No item "lesons" in this workflow; the nearest is "lessons"',
    'No item "zzzzzz" in this workflow',
    'No item "" in this workflow',
    'No item "__proto__" in this workflow',
  ]);
  for (const { kind, code, details } of errors) {
    assertEquals([kind, code], ["not_found", "no_such_item"]);
    assertEquals(details, { phase: "PLAN", items: ["scope", "plan"] });
  }
});

Deno.test("findItem() counts an item the state does not know as untouched", () => {
  for (const phases of [[], [{ ...pendingPhase(PLAN), items: [] }]]) {
    const { itemState } = findItem(workflow, { ...started, phases }, "plan");
    assertEquals(itemState, pendingItem("plan"));
  }
});

Deno.test("findItem() does not take an item that only the state knows", () => {
  const state = withItem(started, PLAN, pendingItem("extra"));
  assertEquals(
    orcErrorOf(() => findItem(workflow, state, "extra")).code,
    "no_such_item",
  );
});

Deno.test("withItem() changes one item and keeps the order and the rest", () => {
  const plan = { ...pendingItem("plan"), status: "completed" as const };
  const state = withItem(started, PLAN, plan);
  const { items } = phaseStateOf(state, PLAN);
  assertEquals(items, [pendingItem("scope"), plan]);
  assertStrictEquals(state.phases[1], started.phases[1]);
});

Deno.test("withItem() adds what the state does not know", () => {
  const bare = { ...started, phases: [] };
  const state = withItem(bare, PLAN, { ...pendingItem("plan"), retryCount: 1 });
  assertEquals(phaseStateOf(state, PLAN).items.map(({ id }) => id), [
    "scope",
    "plan",
  ]);
  const extra = withItem(started, PLAN, pendingItem("extra"));
  assertEquals(
    phaseStateOf(extra, PLAN).items.map(({ id }) => id),
    ["scope", "plan", "extra"],
  );
});

Deno.test("withPhase() keeps what a phase was read from", () => {
  const source = jsonObject({ id: "PLAN", extra: 1 });
  const [plan] = started.phases;
  if (!plan) throw new Error("the session has a phase");
  const read = withPhase(started, { ...plan, source });
  const item = { ...pendingItem("plan"), retryCount: 1 };
  assertStrictEquals(withItem(read, PLAN, item).phases[0]?.source, source);
});
