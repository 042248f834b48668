import type { JsonValue } from "../../src/base/json.ts";
import { linkEvents, newChain } from "../../src/replay/chain.ts";
import { decide } from "../../src/engine/decide.ts";
import type { RecordedEvent } from "../../src/engine/event.ts";
import { EarlierStates } from "../../src/replay/earlier.ts";
import { newReplayer } from "../../src/replay/replay.ts";
import { unearnedIn } from "../../src/replay/earned.ts";
import type { Action } from "../../src/engine/action.ts";
import type { SessionState } from "../../src/workflow/types.ts";
import { encodeDefinition } from "../../src/workflow/encode.ts";
import {
  complete,
  HUMAN,
  itemIn,
  itemOf,
  phaseOf,
  sessionOf,
  START,
  workflowOf,
} from "../engine/fixtures.ts";
import { assertEquals } from "@std/assert";

const WORKFLOW = workflowOf([phaseOf("DO", [itemOf("a"), itemOf("b")])]);
const STATE = sessionOf(WORKFLOW);
const REOPEN = { type: "reopen_item", itemId: "a", reason: "A gap" } as const;

/** A log in memory, and the states after its updates. */
class Log {
  readonly states: SessionState[] = [];
  readonly events: RecordedEvent[] = [];
  #chain = newChain("01jd3v0000000000000000000a");

  constructor() {
    this.act({ ...START, definition: encodeDefinition(WORKFLOW) });
  }

  act(action: Action): SessionState {
    const serial = this.states.length + 1;
    const at = `2026-03-01T10:00:${String(serial).padStart(2, "0")}Z`;
    const before = this.states.at(-1);
    const decision = decide(WORKFLOW, before, action, { at, caller: HUMAN });
    const { workflowId } = decision.state;
    const made = decision.events.map((event, index) => ({
      ...{ ...event, id: `${serial}.${index}`, serial, at, workflowId },
    }));
    const linked = linkEvents(this.#chain, made, decision.state);
    this.#chain = linked.chain;
    this.events.push(...linked.events);
    this.states.push(decision.state);
    return decision.state;
  }

  undo(updates: number): SessionState {
    const stored = this.states.at(-1 - updates) ?? STATE;
    return this.act({
      ...{ type: "undo", updates, stored, reason: null, force: true },
    });
  }

  /** Lets the last event say something else. */
  forge(key: string, value: JsonValue): void {
    const event = this.events.pop();
    if (event === undefined) return;
    const details = new Map(event.details).set(key, value);
    this.events.push({ ...event, details });
  }

  /** What the older tool says it did, as it writes it. */
  byOther(type: string, itemId: string): void {
    const [first] = this.events;
    if (first === undefined) return;
    const { link: _link, ...event } = first;
    const said = { type, itemId, phaseId: "DO", message: "Said so" };
    this.events.push({ ...event, ...said, id: "", serial: 0 });
  }

  replayed(asked?: number) {
    const last = this.states.at(-1) ?? STATE;
    const replayer = newReplayer(WORKFLOW, last, asked);
    this.events.forEach(replayer.take);
    return replayer.result();
  }

  /** What is wrong with it. */
  problems(): readonly string[] {
    const last = this.states.at(-1) ?? STATE;
    const replayed = this.replayed();
    const wrong = [...replayed.problems, ...unearnedIn(last, replayed)];
    return wrong.map(({ message }) => message);
  }
}

Deno.test("newReplayer() follows an undo, and the undo of an undo, to the states they led to", () => {
  const log = new Log();
  log.act(complete("a", { notes: "Written" }));
  log.act(complete("b"));
  log.undo(2);
  assertEquals(itemIn(log.undo(1), "a").notes, "Written");
  log.act(REOPEN);
  log.undo(1);
  assertEquals(log.problems(), []);
  const { earlier } = log.replayed();
  for (const [index, state] of log.states.entries()) {
    assertEquals(earlier.get(index + 1)?.phases, state.phases);
  }
});

Deno.test("newReplayer() follows no undo that goes back to what the events do not lead to", () => {
  for (const undone of [0, 1, 3, 7, 101, -1, 0.5, "2", null]) {
    const log = new Log();
    log.act(complete("a"));
    log.act(complete("b"));
    log.undo(2);
    log.forge("undone", undone);
    assertEquals(log.problems().length > 0, true, `${undone}`);
  }
});

Deno.test("newReplayer() goes back to after what another tool did, and not behind it", () => {
  const log = new Log();
  log.act(complete("b"));
  log.byOther("item_completed", "a");
  log.act({ type: "note", text: "Mind the gap", itemId: null });
  const { earlier } = log.replayed();
  assertEquals([...earlier.keys()], [2, 3]);
  const [stored = STATE] = earlier.values();
  assertEquals(itemIn(stored, "a").status, "completed");
});

Deno.test("newReplayer() knows of what counts again by an undo that orc did not see it done", () => {
  const log = new Log();
  log.byOther("item_completed", "a");
  const [stored = STATE] = log.replayed().earlier.values();
  log.states[0] = stored;
  log.act(REOPEN);
  log.act(complete("a"));
  assertEquals(log.replayed().elsewhere.has("item a"), false);
  log.undo(2);
  assertEquals(log.replayed().elsewhere.has("item a"), true);
  assertEquals(log.problems(), []);
});

Deno.test("EarlierStates keeps the last hundred, and the one that was asked for", () => {
  const earlier = new EarlierStates(3);
  const none = new Map();
  for (let serial = 1; serial <= 300; serial++) {
    earlier.keep(STATE, none, serial);
  }
  const [start] = new Log().events;
  const undone = (updates: number) =>
    start && earlier.before([{
      ...start,
      serial: 301,
      details: new Map([["undone", updates]]),
    }])?.serial;
  assertEquals([0, 100, 101, 201].map(undone), [
    300,
    200,
    undefined,
    undefined,
  ]);
  const kept = [...earlier.states().keys()];
  assertEquals([kept.length, kept[0], kept[1]], [102, 3, 200]);
  earlier.forget();
  earlier.keep(STATE, none);
  assertEquals([...earlier.states().keys()], [3, 300]);
});
