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

/** Acts of a human that let something pass, and one that lets nothing pass. */
const YESES: readonly Action[] = [
  { type: "approve_item", itemId: "look", notes: null, early: true },
  { type: "approve_phase", phaseId: null },
  { type: "advance", force: true },
  { type: "finish", notes: null, force: true },
  complete("checked", { skipVerify: true }),
  skip("test", true),
  ...ACTIONS.filter(({ type }) => type === "restore"),
];

Deno.test("decide() takes no yes without a signature where its workflow asks for one, by no setting at all, and a no from any human", () => {
  const signed = {
    ...workflowOf([
      phaseOf("PLAN", [
        itemOf("a"),
        itemOf("test", { stepType: "gate", verification: COMMAND }),
        itemOf("look", { verification: MANUAL }),
        itemOf("checked", { verification: COMMAND }),
      ], { exitGate: "human_approval" }),
      phaseOf("LEARN", []),
    ]),
    settings: new Map([["approvals", "signed"]]),
  };
  const session = sessionOf(signed);
  const signature = new Map([["principal", "alice"]]);
  assertEquals(YESES.length, 7);
  for (const yes of YESES) {
    for (const caller of [HUMAN, { ...SETTING, signature }]) {
      const error = orcErrorOf(() => act(signed, session, yes, caller));
      assertEquals(
        `${error.kind} ${error.code}`,
        "denied signature_required",
        yes.type,
      );
    }
    const { events } = act(signed, session, yes, { ...HUMAN, signature });
    for (const { actor, details } of events) {
      const kept = actor === "human" ? signature : undefined;
      assertEquals(details.get("signature"), kept, yes.type);
    }
    assert(events.some(({ actor }) => actor === "human"), yes.type);
  }
  const no = { type: "reject", itemId: "look", reason: "No" } as const;
  assertEquals(act(signed, session, no, HUMAN).events.length, 1);
});
