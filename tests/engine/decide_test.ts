import type { Action } from "../../src/engine/action.ts";
import { act, deepFreeze, orcErrorOf } from "./act.ts";
import {
  AGENT,
  COMMAND,
  commandResult,
  complete,
  HUMAN,
  itemOf,
  MANUAL,
  phaseOf,
  sessionOf,
  SETTING,
  skip,
  START,
  withItemFields,
  workflowOf,
} from "./fixtures.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const workflow = workflowOf([
  phaseOf("PLAN", [
    itemOf("a"),
    itemOf("test", { stepType: "gate", verification: COMMAND }),
    itemOf("look", { verification: MANUAL }),
  ], { exitGate: "human_approval" }),
  phaseOf("LEARN", []),
]);
const started = sessionOf(workflow);

/** One of every type, and each of them possible in a session that has just started. */
const ACTIONS: readonly Exclude<Action, typeof START>[] = [
  { type: "start_item", itemId: "a" },
  complete("a", { notes: "Done" }),
  complete("test", { result: commandResult(false) }),
  skip("a"),
  { type: "approve_item", itemId: "look", notes: null, early: true },
  { type: "advance", force: true },
  { type: "approve_phase", phaseId: null },
  { type: "finish", notes: "Enough", force: true },
  { type: "abandon", reason: "Dropped", notes: null },
  { type: "note", text: "Remember", itemId: null },
  { type: "refuse_approval", request: "approve", itemId: null },
  {
    type: "restore",
    checkpointId: "cp_x",
    stored: withItemFields(workflow, started, "a", { status: "completed" }),
    force: true,
  },
];

Deno.test("decide() records something for every action it allows", () => {
  for (const action of ACTIONS) {
    const { events } = act(workflow, started, action, HUMAN);
    assert(events.length > 0, action.type);
  }
});

Deno.test("deepFreeze() makes changes throw, of Maps too", () => {
  const value = deepFreeze({ list: [{ a: 1 }], map: new Map([["a", 1]]) });
  assertThrows(() => Object.assign(value.list[0] ?? {}, { a: 2 }), TypeError);
  assertThrows(() => value.list.push({ a: 2 }), TypeError);
  assertThrows(() => value.map.set("a", 2), TypeError);
  assertThrows(() => value.map.clear(), TypeError);
});

Deno.test("decide() takes nothing but a start without a session", () => {
  for (const action of ACTIONS) {
    assertThrows(
      () => act(workflow, undefined, action, HUMAN),
      Error,
      `action "${action.type}" needs a session`,
    );
  }
  assertThrows(
    () => act(workflow, started, START, HUMAN),
    Error,
    "a session starts without a state",
  );
  assertThrows(
    () => act(workflowOf([]), undefined, START, HUMAN),
    Error,
    "a parsed workflow has a phase",
  );
});

Deno.test("decide() changes nothing in a session that has ended, not even for a human", () => {
  for (const status of ["completed", "abandoned"] as const) {
    const ended = { ...started, status };
    for (const action of ACTIONS) {
      for (const caller of [AGENT, HUMAN, SETTING]) {
        const error = orcErrorOf(() => act(workflow, ended, action, caller));
        assertEquals([error.kind, error.code], ["refused", "session_closed"]);
        assertEquals(
          error.message,
          `The session is ${status}; nothing in it can change any more`,
        );
      }
    }
  }
});

Deno.test("decide() lets a paused session go on", () => {
  const paused = { ...started, status: "paused" } as const;
  const { events } = act(workflow, paused, complete("a"), AGENT);
  assertEquals(events.length, 1);
});

Deno.test("decide() changes the item and the phase it is about, and nothing else", () => {
  const { state } = act(workflow, started, complete("a"), AGENT);
  const { phases, ...rest } = state;
  const { phases: before, ...restBefore } = started;
  assertEquals(rest, restBefore);
  assertEquals(phases[1], before[1]);
  assertEquals(phases[0]?.items.slice(1), before[0]?.items.slice(1));
});
