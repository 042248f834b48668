import { OrcError } from "../base/error.ts";
import { nearest } from "../base/suggest.ts";
import { quoted } from "../base/text.ts";
import { epochMsOf, instantOf } from "../base/time.ts";
import type { RecordedEvent } from "../engine/event.ts";
import type { EventType, Workflow } from "../workflow/types.ts";

/** What a caller wants to see of a log, as it was typed. */
export interface HistoryQuery {
  /** Only events about this item. */
  readonly itemId?: string;
  /** Only events in this phase. */
  readonly phaseId?: string;
  /** Only events of this type, such as `item_completed`. */
  readonly type?: string;
  /**
   * Only events from this moment on: an instant such as
   * `2026-03-01T10:00:00Z`, a date, which begins at midnight UTC, or how long
   * ago, such as `30m`, `2h`, `3d` or `1w`.
   */
  readonly since?: string;
  /** Only events up to this moment, in the same forms; a date ends at midnight. */
  readonly until?: string;
}

/** A query whose moments are known. */
export interface HistoryFilter extends Omit<HistoryQuery, "since" | "until"> {
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const AGO = /^(\d{1,6})([smhdw])$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT =
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Reads a query; `now` is the instant from which durations count back.
 *
 * @throws {OrcError} usage `invalid_time`, `unknown_event_type` or `empty_range`
 */
export function parseHistoryQuery(
  { since, until, ...query }: HistoryQuery,
  now: string,
): HistoryFilter {
  assertType(query.type);
  const sinceMs = momentOf("--since", since, now);
  const untilMs = endOf(until, momentOf("--until", until, now));
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs > untilMs) {
    throw emptyRange(since, until);
  }
  return { ...query, sinceMs, untilMs };
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
  const guess = nearest(type, known);
  throw new OrcError(
    "usage",
    "unknown_event_type",
    `No event has the type ${quoted(type)}` +
      (guess ? `; the nearest is "${guess}"` : ""),
    {
      hint: `use one of these: ${known.join(", ")}`,
      details: { types: known },
    },
  );
}

function emptyRange(
  since: string | undefined,
  until: string | undefined,
): OrcError {
  return new OrcError(
    "usage",
    "empty_range",
    `Cannot look from ${quoted(since ?? "")} until ${
      quoted(until ?? "")
    }: the end lies before the beginning`,
    { hint: "exchange the values of --since and --until" },
  );
}

/** A date is meant as a whole, the last millisecond included. */
function endOf(
  text: string | undefined,
  momentMs: number | undefined,
): number | undefined {
  return text !== undefined && momentMs !== undefined && DATE.test(text)
    ? momentMs + 86_400_000 - 1
    : momentMs;
}

function momentOf(
  flag: string,
  text: string | undefined,
  now: string,
): number | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit] = AGO.exec(text) ?? [];
  const momentMs = amount && unit
    ? (epochMsOf(now) ?? NaN) - Number(amount) * (UNIT_MS[unit] ?? NaN)
    : calendarMoment(text);
  if (momentMs !== undefined) return momentMs;
  throw new OrcError(
    "usage",
    "invalid_time",
    `Cannot use ${quoted(text)} as a time for ${flag}`,
    {
      hint:
        `use an instant, a date or how long ago, such as ${flag} 2026-03-01T10:00:00Z, 2026-03-01, 30m, 2h, 3d or 1w`,
    },
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

/** Whether an event is one that was asked for. */
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

/**
 * Refuses an item or a phase that the workflow does not have: an empty answer
 * would look as if nothing had happened.
 *
 * @throws {OrcError} not_found `no_such_item` or `no_such_phase`
 */
export function assertInWorkflow(
  { phases }: Workflow,
  { itemId, phaseId }: HistoryQuery,
): void {
  const items = phases.flatMap(({ items }) => items.map(({ id }) => id));
  assertAmong("item", itemId, items);
  assertAmong("phase", phaseId, phases.map(({ id }) => id));
}

function assertAmong(
  kind: "item" | "phase",
  id: string | undefined,
  known: readonly string[],
): void {
  if (id === undefined || known.includes(id)) return;
  const guess = nearest(id, known);
  throw new OrcError(
    "not_found",
    `no_such_${kind}`,
    `No ${kind} ${quoted(id)} in this workflow` +
      (guess ? `; the nearest is "${guess}"` : ""),
    { hint: "orc status", details: { [`${kind}s`]: known } },
  );
}
