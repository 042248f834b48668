import { epochMsOf } from "../base/time.ts";
import type { RecordedEvent } from "../engine/event.ts";
import type { SessionStatus } from "../workflow/types.ts";

/** How often an item was skipped, and why. */
export interface SkippedItem {
  /** How often, over all sessions. */
  readonly count: number;
  /** The first few different reasons, each cut to 200 characters. */
  readonly reasons: readonly string[];
}

/** How long a phase took. */
export interface PhaseDuration {
  /** Mean of the sessions that completed it, in minutes. */
  readonly averageMinutes: number;
  /** How often it was completed. */
  readonly count: number;
}

/** What many sessions have in common. Ids of items are counted together. */
export interface Analysis {
  /** All sessions. */
  readonly total: number;
  /** Sessions that were finished. */
  readonly completed: number;
  /** Sessions that were abandoned. */
  readonly abandoned: number;
  /** Sessions that are still open. */
  readonly active: number;
  /** By item, most skipped first. */
  readonly skippedItems: ReadonlyMap<string, SkippedItem>;
  /** Failed checks by item, most failures first. */
  readonly checkFailures: ReadonlyMap<string, number>;
  /** By phase, in the order in which they were first completed. */
  readonly phaseDurations: ReadonlyMap<string, PhaseDuration>;
  /** All events that were counted. */
  readonly events: number;
  /** Whether there was more to keep apart than fits: some was left out. */
  readonly isCut: boolean;
}

/** Takes sessions and events one by one; its memory does not grow with their number. */
export interface Analyzer {
  /** Counts a session by its state, which knows more than its log. */
  addSession(workflowId: string, status: SessionStatus): void;
  /** Counts an event; a workflow without a session is counted by its events. */
  addEvent(event: RecordedEvent): void;
  /** Sums up what was added so far. */
  analysis(): Analysis;
}

/** Workflows, items or phases that are kept apart; a repository has a few dozen. */
const MAX_KEPT_APART = 10_000;
const MAX_REASONS = 5;
const MAX_REASON_LENGTH = 200;

/** Makes an analyzer to which nothing was added yet. */
export function newAnalyzer(): Analyzer {
  const sessions = newSessionCounter();
  const skips = boundedMap<{ count: number; reasons: string[] }>();
  const failures = boundedMap<number>();
  const phases = newPhaseClock();
  let events = 0;
  return {
    addSession: sessions.addSession,
    addEvent: (event) => {
      events++;
      sessions.addEvent(event);
      phases.addEvent(event);
      const { itemId } = event;
      if (itemId === null) return;
      if (event.type === "item_skipped") addSkip(skips, itemId, event);
      if (isCheckFailure(event)) {
        failures.set(itemId, (failures.get(itemId) ?? 0) + 1);
      }
    },
    analysis: () => ({
      ...sessions.counts(),
      skippedItems: mostFirst(skips, ({ count }) => count),
      checkFailures: mostFirst(failures, (count) => count),
      phaseDurations: phases.durations(),
      events,
      isCut: sessions.isCut() || skips.isFull() || failures.isFull(),
    }),
  };
}

/** Whether an event says that a check failed. */
export function isCheckFailure({ type }: RecordedEvent): boolean {
  return type === "verification_failed" || type === "gate_failed";
}

/** A map that takes no further keys once it is full. */
interface BoundedMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  entries(): Iterable<[string, Value]>;
  /** Whether a key was left out. */
  isFull(): boolean;
}

function boundedMap<Value>(): BoundedMap<Value> {
  const map = new Map<string, Value>();
  let isFull = false;
  return {
    get: (key) => map.get(key),
    set: (key, value) => {
      if (map.has(key) || map.size < MAX_KEPT_APART) map.set(key, value);
      else isFull = true;
    },
    delete: (key) => {
      map.delete(key);
    },
    entries: () => map.entries(),
    isFull: () => isFull,
  };
}

function mostFirst<Value>(
  map: BoundedMap<Value>,
  countOf: (value: Value) => number,
): ReadonlyMap<string, Value> {
  return new Map(
    [...map.entries()].sort(([, a], [, b]) => countOf(b) - countOf(a)),
  );
}

function addSkip(
  skips: BoundedMap<{ count: number; reasons: string[] }>,
  itemId: string,
  { details }: RecordedEvent,
): void {
  const skip = skips.get(itemId) ?? { count: 0, reasons: [] };
  skip.count++;
  skips.set(itemId, skip);
  const reason = details.get("reason");
  if (typeof reason !== "string" || reason.trim() === "") return;
  const short = Array.from(reason.trim()).slice(0, MAX_REASON_LENGTH).join("");
  if (skip.reasons.length < MAX_REASONS && !skip.reasons.includes(short)) {
    skip.reasons.push(short);
  }
}

type Outcome = "completed" | "abandoned" | "active";

/** Counts sessions by their states, and workflows without one by their events. */
function newSessionCounter(): {
  addSession: Analyzer["addSession"];
  addEvent: Analyzer["addEvent"];
  counts(): Pick<Analysis, "total" | Outcome>;
  isCut(): boolean;
} {
  const counts = { total: 0, completed: 0, abandoned: 0, active: 0 };
  const known = new Set<string>();
  const eventOnly = boundedMap<Outcome>();
  return {
    addSession: (workflowId, status) => {
      known.add(workflowId);
      counts.total++;
      counts[outcomeOf(status)]++;
    },
    addEvent: ({ type, workflowId }) => {
      const outcome = EVENT_OUTCOMES.get(type);
      if (outcome === undefined || known.has(workflowId)) return;
      eventOnly.set(workflowId, outcome);
    },
    counts: () => {
      const sum = { ...counts };
      for (const [, outcome] of eventOnly.entries()) {
        sum.total++;
        sum[outcome]++;
      }
      return sum;
    },
    isCut: eventOnly.isFull,
  };
}

const EVENT_OUTCOMES: ReadonlyMap<string, Outcome> = new Map([
  ["workflow_started", "active"],
  ["workflow_completed", "completed"],
  ["workflow_abandoned", "abandoned"],
]);

function outcomeOf(status: SessionStatus): Outcome {
  return status === "completed" || status === "abandoned" ? status : "active";
}

/** Measures phases from the event that starts one to the event that completes it. */
function newPhaseClock(): {
  addEvent: Analyzer["addEvent"];
  durations(): ReadonlyMap<string, PhaseDuration>;
} {
  const startedMs = boundedMap<number>();
  const sums = boundedMap<{ totalMs: number; count: number }>();
  const stop = (key: string, phaseId: string, at: string): void => {
    const start = startedMs.get(key);
    const end = epochMsOf(at);
    startedMs.delete(key);
    if (start === undefined || end === undefined) return;
    const { totalMs, count } = sums.get(phaseId) ?? { totalMs: 0, count: 0 };
    const durationMs = Math.max(0, end - start);
    sums.set(phaseId, { totalMs: totalMs + durationMs, count: count + 1 });
  };
  return {
    addEvent: ({ type, workflowId, phaseId, at }) => {
      if (phaseId === null) return;
      const key = `${workflowId} ${phaseId}`;
      if (type === "phase_completed") stop(key, phaseId, at);
      if (type !== "phase_started") return;
      const start = epochMsOf(at);
      if (start !== undefined) startedMs.set(key, start);
    },
    durations: () =>
      new Map(Array.from(sums.entries(), ([id, { totalMs, count }]) => [
        id,
        { averageMinutes: totalMs / count / 60_000, count },
      ])),
  };
}
