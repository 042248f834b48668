import { OrcError } from "../../src/base/error.ts";
import { instantOf } from "../../src/base/time.ts";
import { decide } from "../../src/engine/decide.ts";
import type {
  Action,
  Caller,
  Decision,
  SessionState,
} from "../../src/workflow/types.ts";
import { pickerOf } from "../base/random.ts";
import {
  assertEarned,
  randomAction,
  randomWorkflow,
} from "../session/random_session.ts";
import { act, deepFreeze, orcErrorOf } from "./act.ts";
import {
  AGENT,
  AT,
  COMMAND,
  commandResult,
  complete,
  HUMAN,
  itemOf,
  MANUAL,
  NOBODY,
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
  { type: "approve_item", itemId: "look", notes: null },
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
});

Deno.test("decide() changes nothing in a session that has ended, not even for a human", () => {
  for (const status of ["completed", "abandoned"] as const) {
    const ended = { ...started, status };
    for (const action of ACTIONS) {
      for (const caller of [AGENT, HUMAN, SETTING]) {
        const error = orcErrorOf(() => act(workflow, ended, action, caller));
        assertEquals([error.kind, error.code], ["refused", "session_closed"]);
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

/** Long enough that some manual gates pass by themselves, and some do not. */
const MINUTES_PER_TURN = 7;

/** What a sequence of random actions led to. */
interface Played extends Decision {
  readonly status: SessionState["status"];
  readonly refusals: number;
}

/** Plays a session: sometimes as `nextStep` says, sometimes at random. */
function play(seed: number, callers: readonly Caller[]): Played {
  const pick = pickerOf(seed);
  const workflow = randomWorkflow(pick);
  let { state, events } = decide(workflow, undefined, START, {
    at: AT,
    caller: AGENT,
  });
  let refusals = 0;
  for (let turn = 0; turn < 60 && state.status === "active"; turn++) {
    const { action, caller } = randomAction(pick, { workflow, state, callers });
    try {
      const at = instantOf(Date.parse(AT) + turn * MINUTES_PER_TURN * 60_000);
      const decision = decide(workflow, state, action, { at, caller });
      state = decision.state;
      events = [...events, ...decision.events];
      assertEarned(workflow, state, events);
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      refusals++;
    }
  }
  return { state, events, status: state.status, refusals };
}

/** Plays many sessions; a failure names the seed that repeats it. */
function playMany(count: number, callers: readonly Caller[]): Played[] {
  return Array.from({ length: count }, (_, seed) => {
    try {
      return play(seed, callers);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause}`, { cause });
    }
  });
}

Deno.test("decide() completes no session that was not earned, whoever acts", () => {
  const played = playMany(500, [AGENT, NOBODY, HUMAN, SETTING]);
  const counted = (isCounted: (game: Played) => boolean) =>
    played.filter(isCounted).length;
  // The rules are only tried where sessions end in every way.
  assert(counted(({ status }) => status === "completed") > 100);
  assert(counted(({ status }) => status === "abandoned") > 10);
  assert(counted(({ refusals }) => refusals > 0) > 300);
  const isForced = ({ events }: Played) =>
    events.some(({ details }) => details.get("forced") === true);
  assert(counted(isForced) > 20);
  assert(
    counted((game) => game.status === "completed" && !isForced(game)) > 50,
  );
});

Deno.test("decide() lets agents do nothing in a human's name", () => {
  const played = playMany(300, [AGENT, NOBODY]);
  const completed = played.filter(({ status }) => status === "completed");
  assert(completed.length > 50);
  for (const { events } of played) {
    assert(events.every(({ actor }) => actor === "system"));
  }
});
