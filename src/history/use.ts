import { usage } from "../base/error.ts";
import { MAX_LISTED_EVENTS } from "../base/limits.ts";
import { membersOf, type PlainJson } from "../base/plain.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { isClosed } from "../engine/state.ts";
import type { Host } from "../host/host.ts";
import {
  type Names,
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
  type SessionPlace,
} from "../repository/open.ts";
import { type Past, pastOf, updateIn } from "../repository/past.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { legacyLogOf, readLegacyState } from "../session/legacy.ts";
import { isOlderLog } from "../session/ownership.ts";
import { unlessDamaged } from "../session/entries.ts";
import { eventsIn } from "../session/kept/events.ts";
import type { EventBatch, EventsOptions, Session } from "../session/store.ts";
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

/** Told how much of a long reading is done: from 0 to 1. */
export type OnProgress = (fraction: number) => void;

/** Reads the events of a session, also of one that still lies in the older tool's files. */
export function readEvents(
  { layout, store }: Repository,
  session: Session,
  options?: EventsOptions,
): AsyncIterable<EventBatch> {
  const { id, legacyPath, state: { workflowId }, lastEvents } = session;
  if (legacyPath === null) return store.events(session, options);
  const path = legacyLogOf(layout, legacyPath);
  const source = { root: layout.root, path, workflowId, lastEvents };
  // The first update of a legacy session copies its log to the new place.
  const isMoved = async () => await store.version(id) !== undefined;
  return eventsIn(source, options, isMoved);
}

/** Gives the events of a session in constant memory, and warns at the end if they were read around damage. */
export function eventsOf(
  repository: Repository,
  session: Session,
  ...told: [warnings: string[], onProgress?: OnProgress]
): AsyncGenerator<readonly RecordedEvent[]> {
  return toldOf(readEvents(repository, session), ...told);
}

/** Batches between two reports: some milliseconds of reading. */
const BATCHES_PER_REPORT = 64;

async function* toldOf(
  batches: AsyncIterable<EventBatch>,
  warnings: string[],
  onProgress?: OnProgress,
): AsyncGenerator<readonly RecordedEvent[]> {
  let last: EventBatch | undefined;
  let count = 0;
  for await (last of batches) {
    if (++count % BATCHES_PER_REPORT === 0) onProgress?.(last.done);
    yield last.events;
  }
  warnings.push(...last?.warnings ?? []);
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
  const { opened, filter, limit } = await openHistory(host, options, FILTERS);
  const { place, session } = opened;
  const { at } = filter;
  const { events, hasEarlier, warnings } = await lastEvents(
    opened,
    limit,
    filter,
  );
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
  const { at } = options;
  const until = at === undefined ? {} : { at: updateIn(opened.session, at) };
  return { opened, filter: { ...filter, ...until }, limit };
}

interface LastEvents extends Pick<History, "hasEarlier" | "warnings"> {
  readonly events: readonly RecordedEvent[];
  /** The last event of all, whether it fits or not. */
  readonly newest: RecordedEvent | undefined;
  /** Where reading goes on with what is logged later. */
  readonly end: string | undefined;
}

export async function lastEvents(
  { repository, session }: Pick<OpenedSession, "repository" | "session">,
  limit: number,
  filter: HistoryFilter = {},
): Promise<LastEvents> {
  const found: RecordedEvent[] = [];
  const { at = Infinity } = filter;
  let hasEarlier = false;
  let newest: RecordedEvent | undefined;
  let last: EventBatch | undefined;
  // What another tool wrote has no number: it belongs to the update before it.
  let isReached = at === Infinity;
  /** Whether all is found. */
  const take = (event: RecordedEvent): boolean => {
    newest ??= event;
    if (endsHistory(filter, event)) return true;
    if (event.serial > at) {
      found.length = 0;
      hasEarlier = false;
      return false;
    }
    isReached ||= event.serial > 0;
    if (!matchesHistory(filter, event)) return false;
    hasEarlier ||= found.length === limit;
    if (!hasEarlier) found.push(event);
    return hasEarlier && isReached;
  };
  const backwards = { backwards: true };
  for await (last of readEvents(repository, session, backwards)) {
    if (last.events.some(take)) break;
  }
  const { end, warnings = [] } = last ?? {};
  return { events: found.reverse(), hasEarlier, newest, end, warnings };
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
  const asked = await openHistory(host, options, {
    ...FILTERS,
    all: true,
    follow: true,
    pause: true,
  });
  const { opened, filter, limit } = asked;
  const { place, session, repository } = opened;
  const { all = false, pause, signal } = options;
  const { at = Infinity } = filter;
  let isOver = isClosed(session.state.status);
  let isMoved = false;
  let warnings: readonly string[] = [];
  async function* batches(): AsyncGenerator<readonly HistoryEvent[]> {
    let after: string | undefined;
    const mayFollow = (options.follow ?? false) && at === Infinity;
    if (!all) {
      const last = await lastEvents(opened, limit, filter);
      ({ warnings, end: after } = last);
      // The session may have been closed since its state was read.
      isOver ||= CLOSING.includes(last.newest?.type ?? "");
      yield last.events.map(plainEvent);
      if (!mayFollow || isOver) return;
    }
    const follow = mayFollow && !isOver;
    const wanted = { after, follow, pause, signal };
    for await (const batch of readEvents(repository, session, wanted)) {
      ({ warnings } = batch);
      const end = batch.events.findIndex(({ serial }) => serial > at);
      const events = end < 0 ? batch.events : batch.events.slice(0, end);
      isOver ||= events.some(({ type }) => CLOSING.includes(type));
      const fitting = events.filter((event) => matchesHistory(filter, event));
      if (fitting.length > 0) yield fitting.map(plainEvent);
      // It may have been opened again since.
      if (end >= 0 || follow && isOver && batch.done === 1) return;
    }
    isMoved = follow;
  }
  const moved =
    `Session "${session.id}" was moved to the new layout meanwhile; follow it again with orc history --follow`;
  return {
    place,
    batches: batches(),
    warnings: () => isMoved ? [...warnings, moved] : warnings,
    isMoved: () => isMoved,
  };
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
  const add = (
    batches: AsyncIterable<EventBatch>,
    isWanted = isLeft,
    report = onProgress,
  ) =>
    unlessDamaged(async () => {
      for await (const events of toldOf(batches, warnings, report)) {
        events.filter(isWanted).forEach(analyzer.addEvent);
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
    await add(store.events(session), () => true, report);
  }
  const legacy = await unlessDamaged(() => readLegacyState(layout), warnings);
  const state = legacy?.session.state;
  if (state && isLeft(state)) {
    analyzer.addSession(state.workflowId, state.status);
  }
  for (const path of [layout.legacyLog, layout.sessionlessLog]) {
    if (isOlderLog(path)) await add(eventsIn({ root: layout.root, path }));
  }
  const analysis = analyzer.analysis();
  if (analysis.isCut) {
    warnings.push("There is too much to keep apart; some is left out");
  }
  return { place: placeOf(repository, null), analysis, warnings };
}
