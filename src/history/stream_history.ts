import { sessionLayout } from "../base/layout.ts";
import { repeatFilter } from "../base/repeats.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { fileKind } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import type { Place } from "../repository/place.ts";
import {
  type LogReading,
  type LogSource,
  readLog,
} from "../session/store_log_read.ts";
import type { SessionStatus } from "../workflow/types.ts";
import {
  type HistoryOptions,
  lastEvents,
  type OpenedHistory,
  openHistory,
} from "./read_history.ts";
import { matchesHistory } from "./rules.ts";
import { damageWarnings } from "./use.ts";

/** How a history is streamed. */
export interface HistoryStreamOptions extends HistoryOptions {
  /** Begins with the first event that fits instead of the last few. */
  readonly all?: boolean;
  /** Goes on with new events until the session is closed. */
  readonly follow?: boolean;
  /** Waits until it is worth to look again; a quarter of a second without it. */
  readonly pause?: () => Promise<void>;
}

/** A history of any length, in constant memory. */
export interface HistoryStream {
  readonly place: Place;
  /** Events in order, as many at a time as can be had without waiting, up to 64. */
  readonly batches: AsyncIterable<readonly RecordedEvent[]>;
  /** What was found wrong so far. */
  warnings(): readonly string[];
}

const BATCH_EVENTS = 64;
const POLL_INTERVAL_MS = 250;

/** In these, a session takes no further event. */
const CLOSED: readonly SessionStatus[] = ["completed", "abandoned"];

/** What brings a session there. */
const CLOSING: readonly string[] = [
  "workflow_completed",
  "workflow_abandoned",
];

/** Opens the log of a session to be read event by event. Takes no lock and writes nothing. */
export async function streamHistory(
  host: Host,
  options: HistoryStreamOptions,
): Promise<HistoryStream> {
  const opened = await openHistory(host, options);
  const progress: Progress = {
    startBytes: 0,
    damagedLines: 0,
    isClosed: CLOSED.includes(opened.session.state.status),
    hasMoved: false,
  };
  return {
    place: opened.place,
    batches: batchesOf(opened, options, progress),
    warnings: () => warningsOf(opened, progress),
  };
}

/** How far a stream is. */
interface Progress {
  startBytes: number;
  damagedLines: number;
  /** Whether the session takes no further event. */
  isClosed: boolean;
  /** Whether the log goes on in another file. */
  hasMoved: boolean;
}

async function* batchesOf(
  opened: OpenedHistory,
  options: HistoryStreamOptions,
  progress: Progress,
): AsyncGenerator<readonly RecordedEvent[]> {
  const { source } = opened;
  const { all = false, follow = false, pause = shortPause } = options;
  if (!all) yield theLast(opened, progress);
  if (!all && !follow) return;
  const lastIds = source.lastEvents?.map(({ id }) => id);
  const isRepeat = repeatFilter({
    known: all ? [] : lastIds,
    rememberedIds: lastIds?.length,
  });
  const read = (log: LogSource): Iterable<readonly RecordedEvent[]> => {
    const { startBytes } = progress;
    const reading = readLog(log, { startBytes, isGrowing: follow, isRepeat });
    return wantedBatches(opened, reading, progress);
  };
  if (all) yield* read(source);
  while (follow && !progress.isClosed && !progress.hasMoved) {
    await pause();
    yield* read({ ...source, lastEvents: [] });
    progress.hasMoved = hasMoved(opened);
  }
}

/** The end of the log; what follows begins where it was read from. */
function theLast(
  { source, filter, limit }: OpenedHistory,
  progress: Progress,
): readonly RecordedEvent[] {
  const { events, newest, reading } = lastEvents(source, filter, limit);
  progress.startBytes = reading.endBytes();
  progress.damagedLines = reading.damagedLines();
  // The session may have been closed since its state was read.
  progress.isClosed ||= CLOSING.includes(newest?.type ?? "");
  return events;
}

/** Reads the log from where it was left to its present end. */
function* wantedBatches(
  { filter }: OpenedHistory,
  reading: LogReading,
  progress: Progress,
): Generator<readonly RecordedEvent[]> {
  let batch: RecordedEvent[] = [];
  for (const event of reading.events) {
    progress.isClosed ||= CLOSING.includes(event.type);
    if (matchesHistory(filter, event)) batch.push(event);
    if (batch.length < BATCH_EVENTS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
  // A log that was moved away begins anew.
  progress.startBytes = Math.min(reading.endBytes(), reading.sizeBytes());
  progress.damagedLines += reading.damagedLines();
}

/** The first update of a legacy session copies its log to the new place. */
function hasMoved({ session, source }: OpenedHistory): boolean {
  if (session.legacyPath === null) return false;
  const { log } = sessionLayout(source.root, session.id);
  return fileKind(log) === "file";
}

function warningsOf(
  { session, source }: OpenedHistory,
  { damagedLines, hasMoved }: Progress,
): readonly string[] {
  const moved = `Session "${session.id}" was moved to the new layout meanwhile`;
  return [
    ...damageWarnings(source.path, damagedLines),
    ...hasMoved ? [`${moved}; follow it again with orc history --follow`] : [],
  ];
}

function shortPause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
}
