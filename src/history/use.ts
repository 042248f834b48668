import { usage } from "../base/error.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { MAX_LISTED_EVENTS } from "../base/limits.ts";
import { membersOf, type PlainJson } from "../base/plain.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { isClosed } from "../engine/state.ts";
import { fileKind } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import {
  type Names,
  openRepository,
  type Place,
  placeOf,
  type RepositoryOptions,
  type SessionPlace,
} from "../repository/open.ts";
import { type Past, pastOf, updateIn } from "../repository/past.ts";
import { openSession, type SessionOptions } from "../repository/select.ts";
import { legacyLogOf, readLegacyState } from "../session/legacy.ts";
import { isOlderLog } from "../session/ownership.ts";
import {
  type LogReading,
  type LogSource,
  readLog,
  readLogBackwards,
  repeatFilter,
} from "../session/log_read.ts";
import { unlessDamaged } from "../session/entries.ts";
import type { Session } from "../session/store.ts";
import { shortPause } from "../work/pause.ts";
import {
  type Analysis,
  assertInWorkflow,
  endsHistory,
  type HistoryFilter,
  type HistoryQuery,
  matchesHistory,
  newAnalyzer,
  parseHistoryQuery,
} from "./rules.ts";

/** Where the events of a session are; the last ones are safe in its state too. */
export function logOf(
  layout: RepositoryLayout,
  { id, legacyPath, state, lastEvents }: Session,
): LogSource {
  const { root } = layout;
  const path = legacyPath === null
    ? sessionLayout(root, id).log
    : legacyLogOf(layout, legacyPath);
  return { root, path, workflowId: state.workflowId, lastEvents };
}

/** Told how much of a long reading is done: from 0 to 1. */
export type OnProgress = (fraction: number) => void;

/** Events between two reports: some milliseconds of reading. */
const EVENTS_PER_REPORT = 4096;

/** Gives the events of a log in constant memory, and warns at the end if it was read around damage. */
export function* eventsIn(
  source: LogSource,
  warnings: string[],
  onProgress?: OnProgress,
): Generator<RecordedEvent> {
  const reading = readLog(source);
  let count = 0;
  for (const event of reading.events) {
    if (onProgress && ++count % EVENTS_PER_REPORT === 0) {
      onProgress(reading.endBytes() / Math.max(1, reading.sizeBytes()));
    }
    yield event;
  }
  warnings.push(...damageWarnings(source.path, reading.damagedLines()));
}

function damageWarnings(path: string, count: number): readonly string[] {
  if (count === 0) return [];
  const lines = count === 1 ? "1 line that is" : `${count} lines that are`;
  return [`"${path}" holds ${lines} no event; the rest was read`];
}

/** Which events of a session are wanted. */
export interface HistoryOptions extends SessionOptions, HistoryQuery {
  /** How many at most, the last ones: 1 to 10,000; 50 without it. */
  readonly limit?: number;
}

/**
 * An event read from a log, as plain data: other writers know types of their own. From the Python
 * tool its id is empty and its serial 0.
 */
export type HistoryEvent = Omit<RecordedEvent, "details" | "link"> & {
  /** Facts for programs, by type; `agent` names who asked, `origin` how a human was known to be one. */
  readonly details: Readonly<Record<string, PlainJson>>;
};

function plainEvent(
  { link: _link, ...event }: RecordedEvent,
): HistoryEvent {
  return { ...event, details: membersOf(event.details) };
}

/** What happened in a session. */
export interface History {
  /** Which session it is, and where. */
  readonly place: SessionPlace;
  /** The last events that fit, oldest first. */
  readonly events: readonly HistoryEvent[];
  /** Whether there are earlier ones that fit. */
  readonly hasEarlier: boolean;
  /** Up to which update they are shown, where that was asked for. */
  readonly past?: Past;
  /** That the log was read around what is damaged in it. */
  readonly warnings: readonly string[];
}

const DEFAULT_LIMIT = 50;

/** Options that say which events are meant. */
const FILTERS = {
  itemId: true,
  phaseId: true,
  type: true,
  since: true,
  until: true,
  at: true,
  limit: true,
} as const;

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
 * @throws {OrcError} `no_such_update` (not_found) or `invalid_number` (usage) for an `at` that is none
 */
export async function readHistory(
  host: Host,
  options: HistoryOptions = {},
): Promise<History> {
  const { place, session, source, filter, limit } = await openHistory(
    host,
    options,
    FILTERS,
  );
  const { at } = filter;
  const { events, hasEarlier, reading } = lastEvents(source, limit, filter);
  const warnings = damageWarnings(source.path, reading.damagedLines());
  const past = at !== undefined && { past: pastOf(session, at, null) };
  return {
    ...{ place, events: events.map(plainEvent), hasEarlier },
    ...past,
    warnings,
  };
}

/** Opens the session a caller means, and checks what is asked of its log, before any of it is read. */
async function openHistory<Options extends HistoryOptions>(
  host: Host,
  options: Options,
  names: Names<Options>,
) {
  const { limit = DEFAULT_LIMIT } = options;
  const filter = parseHistoryQuery(options, host.now());
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LISTED_EVENTS) {
    throw usage(
      "invalid_limit",
      `The limit must be a whole number from 1 to ${MAX_LISTED_EVENTS}`,
      "for everything: orc history --all",
    );
  }
  const opened = await openSession(host, options, names);
  assertInWorkflow(opened.workflow, options);
  const { place, session, repository } = opened;
  const source = logOf(repository.layout, session);
  const { at } = options;
  const until = at === undefined ? {} : { at: updateIn(session, at) };
  return { place, session, source, filter: { ...filter, ...until }, limit };
}

interface LastEvents extends Pick<History, "hasEarlier"> {
  readonly events: readonly RecordedEvent[];
  /** The last event of all, whether it fits or not. */
  readonly newest: RecordedEvent | undefined;
  readonly reading: LogReading;
}

export function lastEvents(
  source: LogSource,
  limit: number,
  filter: HistoryFilter = {},
): LastEvents {
  const reading = readLogBackwards(source);
  const found: RecordedEvent[] = [];
  const { at = Infinity } = filter;
  let hasEarlier = false;
  let newest: RecordedEvent | undefined;
  // What another tool wrote has no number: it belongs to the update before it.
  let isReached = at === Infinity;
  for (const event of reading.events) {
    newest ??= event;
    if (endsHistory(filter, event)) break;
    if (event.serial > at) {
      found.length = 0;
      hasEarlier = false;
      continue;
    }
    isReached ||= event.serial > 0;
    if (!matchesHistory(filter, event)) continue;
    hasEarlier ||= found.length === limit;
    if (!hasEarlier) found.push(event);
    else if (isReached) break;
  }
  return { events: found.reverse(), hasEarlier, newest, reading };
}

/** Which events of a session are wanted, and until when. */
export interface HistoryStreamOptions extends HistoryOptions {
  /** Begins with the first event that fits instead of the last few. */
  readonly all?: boolean;
  /** Goes on with new events until the session is closed; not beside `at`, which is an end. */
  readonly follow?: boolean;
  /** Waits until it is worth to look again; a quarter of a second without it. */
  readonly pause?: (signal?: AbortSignal) => Promise<void>;
}

/** A history of any length, in constant memory. */
export interface HistoryStream extends Pick<History, "place"> {
  /** Events in order, as many at a time as can be had without waiting, up to 64. */
  readonly batches: AsyncIterable<readonly HistoryEvent[]>;
  /** What was found wrong so far. */
  warnings(): readonly string[];
  /** Whether following ended because the session, a legacy one, was moved to its new place. */
  isMoved(): boolean;
}

const BATCH_EVENTS = 64;

/** Types of events after which a session takes no further one. */
const CLOSING: readonly string[] = ["workflow_completed", "workflow_abandoned"];

/**
 * Opens the log of a session to be read event by event. Takes no lock and writes nothing.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} what {@linkcode readHistory} throws
 */
export async function streamHistory(
  host: Host,
  options: HistoryStreamOptions,
): Promise<HistoryStream> {
  const opened = await openHistory(host, options, {
    ...FILTERS,
    all: true,
    follow: true,
    pause: true,
  });
  const { place, session, source, filter, limit } = opened;
  const { all = false, signal } = options;
  const { at = Infinity } = filter;
  const follow = (options.follow ?? false) && at === Infinity;
  const { pause = shortPause } = options;
  const lastIds = source.lastEvents?.map(({ id }) => id);
  const isRepeat = repeatFilter({
    known: all ? [] : lastIds,
    rememberedIds: lastIds?.length,
  });
  let startBytes = 0;
  let damagedLines = 0;
  let isOver = isClosed(session.state.status);
  let isMoved = false;
  /** Reads a log from where it was left to its present end. */
  function* read(log: LogSource): Generator<readonly HistoryEvent[]> {
    const reading = readLog(log, { startBytes, isGrowing: follow, isRepeat });
    let batch: HistoryEvent[] = [];
    for (const event of reading.events) {
      if (event.serial > at) break;
      isOver ||= CLOSING.includes(event.type);
      if (matchesHistory(filter, event)) batch.push(plainEvent(event));
      if (batch.length < BATCH_EVENTS) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
    // A log that was moved away begins anew.
    startBytes = Math.min(reading.endBytes(), reading.sizeBytes());
    damagedLines += reading.damagedLines();
  }
  async function* batches(): AsyncGenerator<readonly HistoryEvent[]> {
    if (all) yield* read(source);
    else {
      const { events, newest, reading } = lastEvents(source, limit, filter);
      startBytes = reading.endBytes();
      damagedLines = reading.damagedLines();
      // The session may have been closed since its state was read.
      isOver ||= CLOSING.includes(newest?.type ?? "");
      yield events.map(plainEvent);
    }
    while (follow && !isOver && !isMoved) {
      await pause(signal);
      signal?.throwIfAborted();
      yield* read({ ...source, lastEvents: [] });
      // The first update of a legacy session copies its log to the new place.
      isMoved = session.legacyPath !== null &&
        fileKind(sessionLayout(source.root, session.id).log) === "file";
    }
  }
  const warnings = () => {
    const damaged = damageWarnings(source.path, damagedLines);
    if (!isMoved) return damaged;
    return [
      ...damaged,
      `Session "${session.id}" was moved to the new layout meanwhile; follow it again with orc history --follow`,
    ];
  };
  return { place, batches: batches(), warnings, isMoved: () => isMoved };
}

/** Where to look, and who wants to know how far it is. */
export interface AnalyzeOptions extends RepositoryOptions {
  /** Called now and then with the part that is done, from 0 to 1. */
  readonly onProgress?: OnProgress;
}

/** What the sessions of a repository have in common. */
export interface Analyzed {
  /** Where they are; no session. */
  readonly place: Place;
  /** Over all sessions, and the workflows in the older tool's logs. */
  readonly analysis: Analysis;
  /** What could not be read, and is not counted. */
  readonly warnings: readonly string[];
}

/**
 * Analyzes all sessions of a repository, and what is left of the older tool's logs. Takes no
 * lock and writes nothing. Its time grows with the logs, its memory does not.
 *
 * Requires `--allow-read`.
 */
export async function analyzeSessions(
  host: Host,
  options: AnalyzeOptions = {},
): Promise<Analyzed> {
  const repository = openRepository(host, options, { onProgress: true });
  const { layout, store } = repository;
  const { onProgress } = options;
  const analyzer = newAnalyzer();
  const warnings: string[] = [];
  const known = new Set<string>();
  // What was adopted of the older tool's files is counted in its new place.
  const isLeft = ({ workflowId }: { readonly workflowId: string }) =>
    !known.has(workflowId);
  const addLog = (log: LogSource, isWanted = isLeft, report = onProgress) =>
    unlessDamaged(() => {
      for (const event of eventsIn(log, warnings, report)) {
        if (isWanted(event)) analyzer.addEvent(event);
      }
    }, warnings);
  const ids = await store.ids();
  for (const [index, id] of ids.entries()) {
    const session = await unlessDamaged(() => store.read(id), warnings);
    if (session === undefined) continue;
    const { workflowId, status } = session.state;
    known.add(workflowId);
    analyzer.addSession(workflowId, status);
    const report = onProgress &&
      ((part: number) => onProgress((index + part) / ids.length));
    await addLog(logOf(layout, session), () => true, report);
  }
  const legacy = await unlessDamaged(() => readLegacyState(layout), warnings);
  const state = legacy?.session.state;
  if (state && isLeft(state)) {
    analyzer.addSession(state.workflowId, state.status);
  }
  for (const path of [layout.legacyLog, layout.sessionlessLog]) {
    if (isOlderLog(path)) await addLog({ root: layout.root, path });
  }
  const analysis = analyzer.analysis();
  if (analysis.isCut) {
    warnings.push("There is too much to keep apart; some is left out");
  }
  return { place: placeOf(repository, null), analysis, warnings };
}
