/** The sessions that the contract plays with, and what it expects of them. */
import { isOrcError } from "../base/error.ts";
import { decide } from "../engine/decide.ts";
import type { RecordedEvent } from "../engine/event.ts";
import type {
  EventBatch,
  EventsOptions,
  LogLine,
  Session,
  SessionStore,
} from "../session/store.ts";
import { traceSession } from "../session/trace.ts";
import { parseWorkflow } from "../workflow/parse.ts";
import type {
  Decision,
  Event,
  SessionState,
  SessionStatus,
} from "../workflow/types.ts";

/** A store to be tested, and what else can be done to what it keeps. */
export interface StoreFixture {
  /** The store; it is empty. */
  readonly store: SessionStore;
  /** A store on the same sessions in which nothing is remembered; absent where all ends with the process. */
  readonly reopen?: () => SessionStore;
  /**
   * Makes the next update be stored and its answer get lost; absent where an answer cannot get lost,
   * because nothing lies between the store and its caller.
   */
  readonly loseAnswer?: () => void;
  /** Replaces what is kept as the state of a session, and signs it; absent where nobody else can. */
  readonly rewrite?: (
    id: string,
    change: (state: string) => string,
  ) => Promise<void>;
  /** The state of a session as it is kept. */
  readonly kept?: (id: string) => string | Promise<string>;
}

/** One promise of a store. */
export interface ContractCase {
  /** What is promised. */
  readonly name: string;
  /** Throws where the store breaks it. The store must be empty. */
  run(fixture: StoreFixture): Promise<void>;
}

export const ID = "01kjtest00000000000000abcd";
export const OTHER = "01kjtest00000000000000abce";

/** A session of three open items. */
export function newSession(id: string): Parameters<SessionStore["create"]>[0] {
  return {
    id,
    decision: {
      state: startedState(),
      events: [eventOf("workflow_started", null)],
    },
    localTime: "2026-03-01T11:00:00.000",
  };
}

/** All that a store gives of the events of a session. */
export async function batchesOf(
  { store }: StoreFixture,
  options?: EventsOptions,
): Promise<EventBatch[]> {
  return await collect(store.events(await store.read(ID), options));
}

export async function eventsOf(
  fixture: StoreFixture,
  options?: EventsOptions,
): Promise<RecordedEvent[]> {
  return (await batchesOf(fixture, options)).flatMap(({ events }) => events);
}

export const serialsOf = (
  events: readonly RecordedEvent[],
): readonly number[] => events.map(({ serial }) => serial);

/** Numbers from one to another. */
export function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

export async function linesOf(
  store: SessionStore,
  startBytes?: number,
  id = ID,
): Promise<readonly (Omit<LogLine, "bytes"> & { readonly bytes: number })[]> {
  const lines: (Omit<LogLine, "bytes"> & { readonly bytes: number })[] = [];
  for await (const batch of store.log(id, startBytes)) {
    lines.push(...batch.map(({ bytes, ...line }) => {
      const lengths = [...bytes()].map(({ length }) => length);
      return { ...line, bytes: lengths.reduce((a, b) => a + b, 0) };
    }));
  }
  return lines;
}

export async function idsOf(
  store: SessionStore,
  status: SessionStatus,
): Promise<readonly string[]> {
  return (await store.list({ status })).map(({ id }) => id);
}

/** Gives a session up. */
export function abandon({ state }: Session): Decision {
  return {
    state: { ...state, status: "abandoned" },
    events: [eventOf("workflow_abandoned", null)],
  };
}

export async function noteTimes(
  store: SessionStore,
  count: number,
): Promise<void> {
  for (const number of numbers(1, count)) {
    await store.update(ID, noteOf(`Note ${number}`));
  }
}

/** A workflow of one phase with three items. */
export const { workflow: WORKFLOW } = parseWorkflow({
  name: "Tiny",
  phases: [{
    id: "PLAN",
    name: "Plan",
    items: ["a", "b", "c"].map((id) => ({ id, name: `Item ${id}` })),
  }],
});

const AT = "2026-03-01T10:00:00Z";

function startedState(): SessionState {
  return decide(WORKFLOW, undefined, {
    ...{ type: "start", workflowId: "wf_00c0ffee", task: "Add login" },
    ...{ project: null, constraints: [], definition: null },
    metadata: new Map(),
  }, { at: AT, caller: { agent: null, approval: "terminal" } }).state;
}

/** An event of such a session. */
export function eventOf(type: Event["type"], itemId: string | null): Event {
  return {
    ...{ type, phaseId: "PLAN", itemId, message: `${type}: ${itemId}` },
    ...{ details: new Map([["note", "größer"]]), actor: "system" },
  };
}

/** Decides that an item is completed; nothing happens when it is already. */
export function complete(itemId: string): (session: Session) => Decision {
  return ({ state }) => {
    if (completedItems(state).includes(itemId)) return { state, events: [] };
    const phases = state.phases.map((phase) => ({
      ...phase,
      items: phase.items.map((item) =>
        item.id === itemId ? { ...item, status: "completed" as const } : item
      ),
    }));
    return {
      state: { ...state, phases },
      events: [eventOf("item_completed", itemId)],
    };
  };
}

/** A change that records an event and nothing else. */
export function noteOf(text: string): (session: Session) => Decision {
  return ({ state }) => ({
    state,
    events: [{ ...eventOf("note_added", null), message: text }],
  });
}

/** Ids of the completed items. */
export function completedItems({ phases }: SessionState): readonly string[] {
  return phases.flatMap(({ items }) => items)
    .filter(({ status }) => status === "completed")
    .map(({ id }) => id);
}

/** What a call is refused with, which it must be. */
export async function refusalOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new Error("It was not refused");
}

/** Kind and code of what a call is refused with. */
export async function codeOf(run: () => unknown): Promise<string> {
  const error = await refusalOf(run);
  return isOrcError(error) ? `${error.kind} ${error.code}` : String(error);
}

/** A promise of a store without sessions. */
export function onStore(
  name: string,
  run: ContractCase["run"],
): ContractCase {
  return { name, run };
}

/** A promise of a store with one session. */
export function onSession(
  name: string,
  run: ContractCase["run"],
): ContractCase {
  return onStore(name, async (fixture) => {
    await fixture.store.create(newSession(ID));
    await run(fixture);
  });
}

/** What the log of a session says against its state, as `verify` would find out. */
export async function chainTroubles(
  store: SessionStore,
  session: Session,
): Promise<readonly string[]> {
  const { contradictions, coveredFrom } = await traceSession(
    { layout: { root: "/nowhere" }, store },
    session,
    WORKFLOW,
  );
  if (coveredFrom !== 1) return [`The log begins at ${coveredFrom}`];
  return contradictions.map(({ code }) => code)
    .filter((code) => /^(?:chain|log)_/.test(code));
}

/** All that comes, in its order. */
export async function collect<Value>(
  values: AsyncIterable<Value>,
): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}
