/** The events of a session in its log, a batch at a time. */
import {
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../../base/layout.ts";
import { decodeLogLine, type RecordedEvent } from "../../engine/event.ts";
import { asOrcError, ifThere } from "../../files/errors.ts";
import { isThere } from "../../files/read.ts";
import { pause as pauseFor } from "../../files/wait.ts";
import { bytesOfLine, linesBackwards, linesFrom } from "../log.ts";
import {
  type LogReading,
  type LogSource,
  openForReading,
  readLog,
  readLogBackwards,
  repeatFilter,
} from "../log_read.ts";
import { noSuchSession } from "../read.ts";
import type { EventBatch, EventsOptions, LogLine, Session } from "../store.ts";

const MAX_BATCH_EVENTS = 64;
/** A line may have megabytes. */
const MAX_BATCH_BYTES = 256 * 1024;

const POLL_INTERVAL_MS = 250;

/** Waits a quarter of a second. Aborting ends the waiting, and the signal's reason is thrown. */
export function shortPause(signal?: AbortSignal): Promise<void> {
  return pauseFor(POLL_INTERVAL_MS, signal);
}

/** What is another one after each update, which replaces the file; undefined where there is none. */
export function stampOf(path: string): string | undefined {
  try {
    const info = ifThere(() => Deno.lstatSync(path));
    return info && `${info.ino} ${info.size} ${info.mtime?.getTime()}`;
  } catch (error) {
    throw asOrcError(error, "look at", path);
  }
}

/** The same of a session, whether it is packed or not. */
export function versionOf(
  { state, packed }: SessionLayout,
): string | undefined {
  return stampOf(state) ?? stampOf(packed);
}

/** The events of a session of a repository; the last ones are safe in its state too. */
export function sessionEvents(
  { root }: RepositoryLayout,
  { id, state: { workflowId }, lastEvents }: Session,
  options?: EventsOptions,
): AsyncIterable<EventBatch> {
  const { log: path, directory } = sessionLayout(root, id);
  // Who follows a session that was removed would wait for ever.
  // deno-lint-ignore require-await
  const isOver = async (): Promise<boolean> => {
    if (isThere(directory)) return false;
    throw noSuchSession(id, directory);
  };
  return eventsIn({ root, path, workflowId, lastEvents }, options, isOver);
}

/** The lines of a session's log, a batch at a time; the file is open until the end, or until the loop is left. */
export async function* loggedLines(
  { root }: Pick<RepositoryLayout, "root">,
  id: string,
  startBytes = 0,
): AsyncGenerator<readonly LogLine[]> {
  const file = openForReading({ root, path: sessionLayout(root, id).log });
  if (file === undefined) return;
  try {
    let lines: LogLine[] = [];
    let begunBytes = startBytes;
    for (const line of linesFrom(file, startBytes)) {
      lines.push({ ...line, bytes: () => bytesOfLine(file, line) });
      if (line.endBytes - begunBytes < MAX_BATCH_BYTES) continue;
      yield lines;
      lines = [];
      begunBytes = line.endBytes;
    }
    if (lines.length > 0) yield lines;
  } finally {
    file.close();
  }
}

/** Reads the events of a log, and follows it until `isOver`, asked after each look, says so. */
export async function* eventsIn(
  source: LogSource,
  options: EventsOptions = {},
  isOver: () => Promise<boolean> = () => Promise.resolve(false),
): AsyncGenerator<EventBatch> {
  const { after, follow: isGrowing = false, pause = shortPause } = options;
  if (options.backwards) return yield* backwards(source, after);
  const { lastEvents = [] } = source;
  const place = placeIn(source, after);
  const known = lastEvents.filter(({ serial }) => serial <= place.serial)
    .map(({ id }) => id);
  const isRepeat = repeatFilter({ known, rememberedIds: lastEvents.length });
  let { startBytes, serial, damagedLines } = place;
  function* look(log: LogSource, isFirst: boolean): Generator<EventBatch> {
    const reading = readLog(log, { startBytes, isGrowing, isRepeat });
    for (const batch of batchesOf(reading, MAX_BATCH_EVENTS)) {
      // A crash may have written once more what came before.
      const events = batch.events.filter(isAfter(after));
      serial = Math.max(serial, lastSerial(events));
      const isNews = isFirst || events.length > 0 || batch.done < 1 ||
        reading.damagedLines() > 0;
      const count = damagedLines + reading.damagedLines();
      const warnings = damageWarnings(log.path, count);
      // A log that was moved away begins anew.
      const endBytes = Math.min(reading.endBytes(), reading.sizeBytes());
      const end = `${endBytes} ${serial} ${count}`;
      if (isNews) yield { ...batch, events, end, warnings };
    }
    startBytes = Math.min(reading.endBytes(), reading.sizeBytes());
    damagedLines += reading.damagedLines();
  }
  yield* look(source, true);
  while (isGrowing) {
    await pause(options.signal);
    options.signal?.throwIfAborted();
    yield* look({ ...source, lastEvents: [] }, false);
    if (await isOver()) return;
  }
}

function* backwards(
  source: LogSource,
  after: EventsOptions["after"],
): Generator<EventBatch> {
  const reading = readLogBackwards(source);
  const isWanted = isAfter(after);
  let newest = lastSerial(source.lastEvents);
  // Most readers want the last few, and the file is read no further than they go.
  for (const batch of batchesOf(reading, 1)) {
    const stop = batch.events.findIndex((event) => !isWanted(event));
    const events = stop < 0 ? batch.events : batch.events.slice(0, stop);
    const done = stop < 0 ? batch.done : 1;
    newest = Math.max(newest, lastSerial(batch.events));
    const count = reading.damagedLines();
    const end = `${reading.endBytes()} ${newest} ${count}`;
    const warnings = damageWarnings(source.path, count);
    yield { events, done, end, warnings };
    if (stop >= 0) return;
  }
}

/** The last one may be empty, and tells that nothing follows. */
function* batchesOf(
  reading: LogReading,
  firstCount: number,
): Generator<Pick<EventBatch, "events" | "done">> {
  let events: RecordedEvent[] = [];
  let most = firstCount;
  let begunBytes = 0;
  for (const event of reading.events) {
    events.push(event);
    const readBytes = reading.readBytes();
    const isFull = events.length >= most ||
      readBytes - begunBytes >= MAX_BATCH_BYTES;
    if (!isFull) continue;
    // Nobody knows yet whether more will come.
    const done = Math.min(0.999, readBytes / Math.max(1, reading.sizeBytes()));
    yield { events, done };
    events = [];
    begunBytes = readBytes;
    most = Math.min(2 * most, MAX_BATCH_EVENTS);
  }
  yield { events, done: 1 };
}

/** What another tool wrote has no number: it belongs to the update before it. */
function isAfter(
  after: EventsOptions["after"],
): (event: RecordedEvent) => boolean {
  if (typeof after !== "number") return () => true;
  return ({ serial }) => serial === 0 || serial > after;
}

function lastSerial(events: readonly RecordedEvent[] = []): number {
  return Math.max(0, ...events.map(({ serial }) => serial));
}

/** A place in a log: its bytes, and the last update and the damaged lines that were read up to it. */
interface LogPlace {
  readonly startBytes: number;
  readonly serial: number;
  readonly damagedLines: number;
}

function placeIn(source: LogSource, after: EventsOptions["after"]): LogPlace {
  if (typeof after === "string") {
    const [startBytes = 0, serial = 0, damagedLines = 0] = after.split(" ")
      .map(Number);
    return { startBytes, serial, damagedLines };
  }
  const startBytes = after === undefined ? 0 : endOfUpdate(source, after);
  return { startBytes, serial: after ?? 0, damagedLines: 0 };
}

/** Where the last line of an update ends, or of one before it. */
function endOfUpdate(source: LogSource, after: number): number {
  const file = openForReading(source);
  if (file === undefined) return 0;
  try {
    for (const { text = "", endBytes } of linesBackwards(file)) {
      const serial = decodeLogLine(text)?.serial ?? 0;
      if (serial > 0 && serial <= after) return endBytes;
    }
    return 0;
  } finally {
    file.close();
  }
}

/** What is said of so many lines of a log that were passed over. */
export function damageWarnings(path: string, count: number): readonly string[] {
  if (count === 0) return [];
  const lines = count === 1 ? "1 line that is" : `${count} lines that are`;
  return [`"${path}" holds ${lines} no event; the rest was read`];
}
