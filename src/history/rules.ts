import { notFound, usage } from "../base/error.ts";
import { minutesBetween, nearest, quoted } from "../base/text.ts";
import { DAY_MS, epochMsOf, instantOf } from "../base/time.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { isClosed } from "../engine/state.ts";
import type {
  EventType,
  SessionState,
  SessionStatus,
  Workflow,
} from "../workflow/types.ts";
import { isWork, waitedFor } from "./wait_rules.ts";

/** What a caller wants to see of a log, as it was typed. */
export interface HistoryQuery {
  /** Only events about this item. */
  readonly itemId?: string;
  /** Only events in this phase. */
  readonly phaseId?: string;
  /** Only events of this type, such as `item_completed`. */
  readonly type?: string;
  /**
   * Only events from this moment on: an instant such as `2026-03-01T10:00:00Z`, a date, which
   * begins at midnight UTC, or how long ago, such as `30m`, `2h`, `3d` or `1w`.
   */
  readonly since?: string;
  /** Only events up to this moment, in the same forms; a date ends at midnight. */
  readonly until?: string;
  /** Only events up to this update, or its digits; what another tool did next is among them. */
  readonly at?: number | string;
}

/** A query whose moments are known. */
export interface HistoryFilter
  extends Omit<HistoryQuery, "since" | "until" | "at"> {
  /** The last update. */
  readonly at?: number;
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
  w: 7 * DAY_MS,
};

const AGO = /^(\d{1,6})([smhdw])$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT =
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$/;

/** Reads a query; `now` is the instant from which durations count back. */
export function parseHistoryQuery(
  { itemId, phaseId, type, since, until }: HistoryQuery,
  now: string,
): HistoryFilter {
  assertType(type);
  const sinceMs = momentOf("--since", since, now);
  // A date is meant as a whole, the last millisecond included.
  const untilMs = momentOf("--until", until, now, DAY_MS - 1);
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs > untilMs) {
    throw usage(
      "empty_range",
      `Cannot look from ${quoted(since ?? "")} until ${
        quoted(until ?? "")
      }: the end lies before the beginning`,
      "exchange the values of --since and --until",
    );
  }
  return { itemId, phaseId, type, sinceMs, untilMs };
}

/** The types that orc writes, as keys, so that the compiler misses none. */
const OWN_TYPES: Readonly<Record<EventType, true>> = {
  workflow_started: true,
  phase_started: true,
  phase_completed: true,
  item_started: true,
  item_completed: true,
  item_skipped: true,
  verification_passed: true,
  verification_failed: true,
  gate_passed: true,
  gate_failed: true,
  evidence_validated: true,
  skip_validated: true,
  skip_rejected: true,
  human_override: true,
  workflow_completed: true,
  workflow_abandoned: true,
  note_added: true,
  error: true,
};

/** Types of events that tell of a check that ran, and whether it passed. */
export const CHECKED: Readonly<Partial<Record<string, boolean>>> = {
  verification_passed: true,
  gate_passed: true,
  verification_failed: false,
  gate_failed: false,
};

/** What only the Python tool writes. */
const FOREIGN_TYPES = [
  "gate_executed",
  "evidence_rejected",
  "review_started",
  "review_completed",
  "review_failed",
  "conflict_resolved",
  "conflict_escalated",
];

/** An answer without events would look as if nothing of the kind had happened. */
function assertType(type: string | undefined): void {
  const known = [...Object.keys(OWN_TYPES), ...FOREIGN_TYPES];
  if (type === undefined || known.includes(type)) return;
  throw usage(
    "unknown_event_type",
    `No event has the type ${quoted(type)}${nearestText(type, known)}`,
    {
      hint: `use one of these: ${known.join(", ")}`,
      details: { types: known },
    },
  );
}

/** A moment in milliseconds; where it is a whole day, so much later than its midnight. */
function momentOf(
  flag: string,
  text: string | undefined,
  now: string,
  laterMs = 0,
): number | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit] = AGO.exec(text) ?? [];
  const momentMs = amount && unit
    ? (epochMsOf(now) ?? NaN) - Number(amount) * (UNIT_MS[unit] ?? NaN)
    : calendarMoment(text);
  if (momentMs !== undefined) {
    return DATE.test(text) ? momentMs + laterMs : momentMs;
  }
  throw usage(
    "invalid_time",
    `Cannot use ${quoted(text)} as a time for ${flag}`,
    `use an instant, a date or how long ago, such as ${flag} 2026-03-01T10:00:00Z, 2026-03-01, 30m, 2h, 3d or 1w`,
  );
}

/** The runtime turns the 31st of February into the 3rd of March. */
function calendarMoment(text: string): number | undefined {
  if (!DATE.test(text) && !INSTANT.test(text)) return undefined;
  const date = text.slice(0, 10);
  const midnightMs = epochMsOf(`${date}T00:00:00Z`);
  const exists = midnightMs !== undefined &&
    instantOf(midnightMs).startsWith(date);
  if (!exists) return undefined;
  return DATE.test(text) ? midnightMs : epochMsOf(text);
}

export function matchesHistory(
  filter: HistoryFilter,
  event: RecordedEvent,
): boolean {
  const { itemId, phaseId, type, sinceMs, untilMs } = filter;
  if (itemId !== undefined && event.itemId !== itemId) return false;
  if (phaseId !== undefined && event.phaseId !== phaseId) return false;
  if (type !== undefined && event.type !== type) return false;
  if (sinceMs === undefined && untilMs === undefined) return true;
  // An event without a time, as other writers may leave, belongs to none.
  const atMs = epochMsOf(event.at) ?? NaN;
  return atMs >= (sinceMs ?? -Infinity) && atMs <= (untilMs ?? Infinity);
}

/** How far a clock may have been set back between two events. */
const CLOCK_SLACK_MS = 3_600_000;

/** Whether neither this event nor any before it can match. */
export function endsHistory(
  { sinceMs }: HistoryFilter,
  event: RecordedEvent,
): boolean {
  if (sinceMs === undefined) return false;
  const atMs = epochMsOf(event.at);
  return atMs !== undefined && atMs < sinceMs - CLOCK_SLACK_MS;
}

/** Refuses what the workflow does not have: an empty answer would look as if nothing had happened. */
export function assertInWorkflow(
  { phases }: Workflow,
  { itemId, phaseId }: HistoryQuery,
): void {
  const itemIds = phases.flatMap(({ items }) => items.map(({ id }) => id));
  const phaseIds = phases.map(({ id }) => id);
  const hint = "orc status";
  const unknownText = (kind: string, id: string, known: readonly string[]) =>
    `No ${kind} ${quoted(id)} in this workflow${nearestText(id, known)}`;
  if (itemId !== undefined && !itemIds.includes(itemId)) {
    const message = unknownText("item", itemId, itemIds);
    throw notFound("no_such_item", message, { hint, details: { itemIds } });
  }
  if (phaseId !== undefined && !phaseIds.includes(phaseId)) {
    const message = unknownText("phase", phaseId, phaseIds);
    throw notFound("no_such_phase", message, { hint, details: { phaseIds } });
  }
}

function nearestText(word: string, known: readonly string[]): string {
  const guess = nearest(word, known);
  return guess === undefined ? "" : `; the nearest is "${guess}"`;
}

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

/** How often a check ran. */
export interface CheckRuns {
  /** In all sessions. */
  readonly runs: number;
  /** How many of them failed. */
  readonly failures: number;
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
  /** By id of the item, most skipped first. */
  readonly skippedItems: Readonly<Record<string, SkippedItem>>;
  /** Failed checks by id of the item, most failures first. */
  readonly checkFailures: Readonly<Record<string, number>>;
  /** Runs of checks by id of the item, most runs first. */
  readonly checkRuns: Readonly<Record<string, CheckRuns>>;
  /** How long a human was waited for, by id of the item, or of the phase that was approved; the longest first. */
  readonly humanWaits: Readonly<Record<string, PhaseDuration>>;
  /** By id of the phase, in the order in which they were first completed. */
  readonly phaseDurations: Readonly<Record<string, PhaseDuration>>;
  /** All events that were counted. */
  readonly events: number;
  /** Whether there was more to keep apart than fits: some was left out. */
  readonly isCut: boolean;
}

/** Sums up sessions and their events, taken one by one: its memory does not grow with them. */
export interface Analyzer {
  /** By its state, which knows more than its log. */
  addSession(workflowId: string, status: SessionStatus): void;
  /** A workflow without a session is counted by its events. */
  addEvent(event: RecordedEvent): void;
  analysis(): Analysis;
}

type Outcome = "completed" | "abandoned" | "active";

const EVENT_OUTCOMES: ReadonlyMap<string, Outcome> = new Map([
  ["workflow_started", "active"],
  ["workflow_completed", "completed"],
  ["workflow_abandoned", "abandoned"],
]);

export function newAnalyzer(): Analyzer {
  const counts = { total: 0, completed: 0, abandoned: 0, active: 0 };
  const known = new Set<string>();
  const outcomes = new BoundedMap<Outcome>();
  const skips = new BoundedMap<Skip>();
  const failures = new BoundedMap<Failure>();
  const startedMs = new BoundedMap<number>();
  const durations = new BoundedMap<Duration>();
  const runs = new BoundedMap<Runs>();
  const workedMs = new BoundedMap<number>();
  const waits = new BoundedMap<Duration>();
  let events = 0;
  return {
    addSession: (workflowId, status) => {
      known.add(workflowId);
      counts.total++;
      counts[isClosed(status) ? status : "active"]++;
    },
    addEvent: (event) => {
      events++;
      const outcome = EVENT_OUTCOMES.get(event.type);
      if (outcome !== undefined && !known.has(event.workflowId)) {
        outcomes.set(event.workflowId, outcome);
      }
      countSkip(skips, event);
      countFailure(failures, event);
      measurePhase(startedMs, durations, event);
      countRun(runs, event);
      measureWait(workedMs, waits, event);
    },
    analysis: () => {
      const sum = { ...counts };
      for (const outcome of outcomes.values()) {
        sum.total++;
        sum[outcome]++;
      }
      return {
        ...sum,
        skippedItems: Object.fromEntries(mostFirst(skips)),
        checkFailures: Object.fromEntries(
          Array.from(mostFirst(failures), ([item, { count }]) => [item, count]),
        ),
        checkRuns: Object.fromEntries(
          Array.from(mostFirst(runs), ([item, { count, failures }]) => [
            item,
            { runs: count, failures },
          ]),
        ),
        humanWaits: averagesOf(
          [...waits].sort(([, a], [, b]) => b.totalMs - a.totalMs),
        ),
        phaseDurations: averagesOf(durations),
        events,
        isCut: outcomes.isCut || skips.isCut || failures.isCut,
      };
    },
  };
}

function averagesOf(
  durations: Iterable<readonly [string, Duration]>,
): Readonly<Record<string, PhaseDuration>> {
  return Object.fromEntries(
    Array.from(durations, ([id, { totalMs, count }]) => [
      id,
      { averageMinutes: totalMs / count / 60_000, count },
    ]),
  );
}

/** Workflows, items or phases that are kept apart; a repository has a few dozen. */
const MAX_KEPT_APART = 10_000;
const MAX_REASONS = 5;
const MAX_REASON_LENGTH = 200;

/**
 * Takes no further keys once it is full; what it holds counts in place, or a long log would fill
 * the memory.
 */
class BoundedMap<Value> extends Map<string, Value> {
  isCut = false;

  override set(key: string, value: Value): this {
    if (this.has(key) || this.size < MAX_KEPT_APART) super.set(key, value);
    else this.isCut = true;
    return this;
  }

  /** The value of a key, where there is none yet the first one. */
  at(key: string, first: Value): Value {
    const value = this.get(key) ?? first;
    this.set(key, value);
    return value;
  }
}

function mostFirst<Value extends { readonly count: number }>(
  map: ReadonlyMap<string, Value>,
): ReadonlyMap<string, Value> {
  return new Map([...map].sort(([, a], [, b]) => b.count - a.count));
}

interface Skip {
  count: number;
  readonly reasons: string[];
}

function countSkip(
  skips: BoundedMap<Skip>,
  { type, itemId, details }: RecordedEvent,
): void {
  if (type !== "item_skipped" || itemId === null) return;
  const skip = skips.at(itemId, { count: 0, reasons: [] });
  skip.count++;
  const reason = details.get("reason");
  if (typeof reason !== "string" || reason.trim() === "") return;
  const short = Array.from(reason.trim()).slice(0, MAX_REASON_LENGTH).join("");
  if (skip.reasons.length < MAX_REASONS && !skip.reasons.includes(short)) {
    skip.reasons.push(short);
  }
}

interface Failure {
  count: number;
  last: string;
}

function countFailure(
  failures: BoundedMap<Failure>,
  { type, itemId, message }: RecordedEvent,
): void {
  const isFailure = type === "verification_failed" || type === "gate_failed";
  if (!isFailure || itemId === null) return;
  const failure = failures.at(itemId, { count: 0, last: "" });
  failure.count++;
  failure.last = message;
}

interface Duration {
  totalMs: number;
  count: number;
}

function measurePhase(
  startedMs: BoundedMap<number>,
  durations: BoundedMap<Duration>,
  { type, workflowId, phaseId, at }: RecordedEvent,
): void {
  const isEnd = type === "phase_completed";
  if (phaseId === null || !isEnd && type !== "phase_started") return;
  const key = `${workflowId} ${phaseId}`;
  const atMs = epochMsOf(at);
  if (!isEnd) {
    if (atMs !== undefined) startedMs.set(key, atMs);
    return;
  }
  const start = startedMs.get(key);
  startedMs.delete(key);
  if (start === undefined || atMs === undefined) return;
  const duration = durations.at(phaseId, { totalMs: 0, count: 0 });
  duration.totalMs += Math.max(0, atMs - start);
  duration.count++;
}

interface Runs {
  count: number;
  failures: number;
}

function countRun(
  runs: BoundedMap<Runs>,
  { type, itemId }: RecordedEvent,
): void {
  const passed = CHECKED[type];
  if (passed === undefined || itemId === null) return;
  const run = runs.at(itemId, { count: 0, failures: 0 });
  run.count++;
  if (!passed) run.failures++;
}

function measureWait(
  workedMs: BoundedMap<number>,
  waits: BoundedMap<Duration>,
  event: RecordedEvent,
): void {
  const { workflowId, itemId, phaseId, at } = event;
  const key = itemId ?? phaseId;
  const waitedMs = waitedFor(event, workedMs.get(workflowId));
  if (waitedMs !== undefined && key !== null) {
    const wait = waits.at(key, { totalMs: 0, count: 0 });
    wait.totalMs += waitedMs;
    wait.count++;
  }
  const atMs = epochMsOf(at);
  if (atMs !== undefined && isWork(event)) workedMs.set(workflowId, atMs);
}

/** An item whose checks failed. */
export interface FailedItem {
  /** Id of the item. */
  readonly itemId: string;
  /** How many of its checks failed. */
  readonly count: number;
  /** What the last of them said. */
  readonly last: string;
}

/** What one session has to teach. */
export interface Learnings {
  /** What was to be done, as given at start. */
  readonly task: string;
  /** Name of the workflow. */
  readonly workflow: string;
  /** How far the session is. */
  readonly status: SessionStatus;
  /** When its last update was made, an instant in UTC. */
  readonly updatedAt: string;
  /** Items that were left out, and why. */
  readonly skipped: readonly {
    /** Id of the item. */
    readonly itemId: string;
    /** As given; empty when an older log does not say. */
    readonly reason: string;
  }[];
  /** Items whose checks failed, most failures first. */
  readonly failures: readonly FailedItem[];
  /** Where a human set the rules aside, in order; the first 50. */
  readonly overrides: readonly {
    /** When it was done, an instant in UTC. */
    readonly at: string;
    /** One sentence, such as `Force-skipped item: tests`. */
    readonly message: string;
  }[];
  /** What somebody said was worth remembering, oldest first. */
  readonly notes: readonly string[];
  /** How long each phase took that was entered, in whole minutes. */
  readonly phases: readonly {
    /** Id of the phase. */
    readonly phaseId: string;
    /** Up to now in the current phase; null when its times are not known. */
    readonly durationMinutes: number | null;
  }[];
}

const MAX_OVERRIDES = 50;

/** The events of a log, some at a time. */
export type Batches =
  | AsyncIterable<readonly RecordedEvent[]>
  | Iterable<readonly RecordedEvent[]>;

export async function learningsOf(
  state: SessionState,
  batches: Batches,
): Promise<Learnings> {
  const failures = new BoundedMap<Failure>();
  const overrides: Learnings["overrides"][number][] = [];
  const take = (event: RecordedEvent): void => {
    countFailure(failures, event);
    if (isOverride(event) && overrides.length < MAX_OVERRIDES) {
      overrides.push({ at: event.at, message: event.message });
    }
  };
  for await (const events of batches) events.forEach(take);
  return {
    task: state.task,
    workflow: state.workflowType,
    status: state.status,
    updatedAt: state.updatedAt,
    skipped: state.phases.flatMap(({ items }) => items)
      .filter(({ status }) => status === "skipped")
      .map(({ id, skipReason }) => ({ itemId: id, reason: skipReason ?? "" })),
    failures: Array.from(mostFirst(failures), ([itemId, failure]) => ({
      itemId,
      ...failure,
    })),
    overrides,
    notes: state.notes.map(({ text }) => text),
    phases: state.phases
      .filter(({ status }) => status === "active" || status === "completed")
      .map(({ id, startedAt, completedAt }) => ({
        phaseId: id,
        durationMinutes:
          minutesBetween(startedAt, completedAt ?? state.updatedAt) ?? null,
      })),
  };
}

/** Details of an event that say that a rule was set aside: not every yes of a human does that. */
export const OVERRIDING: readonly string[] = [
  "force_skipped",
  "forced",
  "verification_skipped",
];

function isOverride({ details }: RecordedEvent): boolean {
  return OVERRIDING.some((key) => details.get(key) === true);
}

export function hasLearnings(learnings: Learnings): boolean {
  const { skipped, failures, overrides, notes } = learnings;
  return [skipped, failures, overrides, notes].some(({ length }) => length > 0);
}
