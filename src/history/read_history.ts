import { OrcError } from "../base/error.ts";
import { MAX_LISTED_EVENTS } from "../base/limits.ts";
import type { RecordedEvent } from "../engine/event.ts";
import type { Host } from "../host/host.ts";
import {
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import type { Place } from "../repository/place.ts";
import type { Session } from "../session/session_store.ts";
import {
  type LogReading,
  type LogSource,
  readLogBackwards,
} from "../session/store_log_read.ts";
import {
  assertInWorkflow,
  endsHistory,
  type HistoryFilter,
  type HistoryQuery,
  matchesHistory,
  parseHistoryQuery,
} from "./rules.ts";
import { damageWarnings, logOf } from "./use.ts";

/** Which events of a session are wanted. */
export interface HistoryOptions extends SessionOptions, HistoryQuery {
  /** How many at most, the last ones: 1 to 10,000; 50 without it. */
  readonly limit?: number;
}

/** What happened in a session. */
export interface History {
  /** Which session it is, and where. */
  readonly place: Place;
  /** The last events that fit, oldest first. */
  readonly events: readonly RecordedEvent[];
  /** Whether there are earlier ones that fit. */
  readonly hasEarlier: boolean;
  /** That the log was read around what is damaged in it. */
  readonly warnings: readonly string[];
}

const DEFAULT_LIMIT = 50;

/**
 * Reads the last events of a session's log. Takes no lock, writes nothing, and
 * reads no more of a long log than it needs.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} `invalid_time`, `invalid_limit` or `unknown_event_type`
 *   (usage) if the options cannot be read, `empty_range` if they fit nothing
 * @throws {OrcError} `no_such_item` or `no_such_phase` (not_found) if the
 *   workflow does not have what is asked for
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, readHistory, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await startSession(host, { root, task: "Add login" });
 * const { events, hasEarlier } = await readHistory(host, { root, limit: 1 });
 * assertEquals(events.map(({ type }) => type), ["phase_started"]);
 * assertEquals(hasEarlier, true);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function readHistory(
  host: Host,
  options: HistoryOptions = {},
): Promise<History> {
  const { place, source, filter, limit } = await openHistory(host, options);
  const { events, hasEarlier, reading } = lastEvents(source, filter, limit);
  const warnings = damageWarnings(source.path, reading.damagedLines());
  return { place, events, hasEarlier, warnings };
}

/** A log and what is wanted of it, before anything of it was read. */
export interface OpenedHistory {
  readonly place: Place;
  readonly session: Session;
  readonly source: LogSource;
  readonly filter: HistoryFilter;
  readonly limit: number;
}

/** Opens the session a caller means, and checks what is asked of its log. */
export async function openHistory(
  host: Host,
  options: HistoryOptions,
): Promise<OpenedHistory> {
  const { itemId, phaseId, type, since, until, limit = DEFAULT_LIMIT } =
    options;
  const query = { itemId, phaseId, type, since, until };
  const filter = parseHistoryQuery(query, host.now());
  assertLimit(limit);
  const opened = await openSession(host, options);
  assertInWorkflow(opened.workflow, query);
  const { place, session, repository } = opened;
  const source = logOf(repository.layout, session);
  return { place, session, source, filter, limit };
}

function assertLimit(limit: number): void {
  const fits = Number.isInteger(limit) && limit >= 1 &&
    limit <= MAX_LISTED_EVENTS;
  if (fits) return;
  throw new OrcError(
    "usage",
    "invalid_limit",
    `The limit must be a whole number from 1 to ${MAX_LISTED_EVENTS}`,
    { hint: "for everything: orc history --all" },
  );
}

/** The end of a history. */
interface LastEvents extends Pick<History, "events" | "hasEarlier"> {
  /** The last event of all, whether it fits or not. */
  readonly newest: RecordedEvent | undefined;
  readonly reading: LogReading;
}

/** Reads a log backwards until enough is found. */
export function lastEvents(
  source: LogSource,
  filter: HistoryFilter,
  limit: number,
): LastEvents {
  const reading = readLogBackwards(source);
  const found: RecordedEvent[] = [];
  let hasEarlier = false;
  let newest: RecordedEvent | undefined;
  for (const event of reading.events) {
    newest ??= event;
    if (endsHistory(filter, event)) break;
    if (!matchesHistory(filter, event)) continue;
    hasEarlier = found.length === limit;
    if (hasEarlier) break;
    found.push(event);
  }
  return { events: found.reverse(), hasEarlier, newest, reading };
}
