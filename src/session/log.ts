import { MAX_LOG_LINE_BYTES, MAX_LOG_TAIL_BYTES } from "../base/limits.ts";
import { parentDirectory } from "../base/path.ts";
import {
  decodeLogLine,
  encodeLogLine,
  type RecordedEvent,
} from "../engine/event.ts";
import {
  joinedBytes,
  makeSole,
  openRegular,
  type ReadableFile,
  readAt,
  regularFileAt,
  syncDirectory,
  writeAll,
} from "../files/write.ts";

/** Which file a log is, and where it ends: as long as both stay, nobody else wrote to it. */
export interface LogEnd {
  readonly device: number;
  readonly inode: number | null;
  readonly sizeBytes: number;
}

interface Settlement {
  /** Events that the log may lack, or not hold durably: those that travel in state.json. */
  readonly lastEvents: readonly RecordedEvent[];
  /** Whether the log is to be made durable, because the events leave state.json. */
  readonly isDurable: boolean;
  /** Called with the serial the log is at before anything is mended; throws to stop it. */
  readonly judge: (lastSerial: number) => void;
  /** Called immediately before anything is mended; throws if the lock is lost. */
  readonly fence: () => void;
  /** The holder's, which names what a crash leaves behind. */
  readonly token: string;
  /** Sees the log once it is mended; says whether it is to be made durable. */
  readonly look?: (file: Deno.FsFile) => boolean;
  /** Whether the other name of a log with two is orc's own. */
  readonly isSpare?: (log: Deno.FileInfo) => boolean;
}

/** Appends the events of one update with a single write. Only the holder of the session's lock may. */
export function appendEvents(
  path: string,
  events: readonly RecordedEvent[],
): LogEnd {
  return withLog(path, { append: true }, (file) => {
    writeAll(file, textOf(events));
    return endOf(file.statSync());
  });
}

/** Where a log ends now; undefined when there is none. */
export function findLogEnd(path: string): LogEnd | undefined {
  const info = regularFileAt(path, "write");
  return info && endOf(info);
}

function endOf({ dev, ino, size }: Deno.FileInfo): LogEnd {
  return { device: dev, inode: ino, sizeBytes: size };
}

/** Makes a log durable that is known to be whole. */
export function syncLog(path: string): void {
  withLog(path, READ_TOO, (file) => file.syncDataSync());
}

/**
 * Brings the log up to the last update. It must succeed, and durably, before an update drops
 * events from state.json, which until then holds their only safe copy.
 *
 * Nothing is ever removed: what is missing of a line that a crash tore is written behind it.
 * Whoever wakes up here after the lock was taken over can at worst repeat events, which
 * readers know by their ids. Returns whether there was no log, although there should have been.
 */
export function settleLog(
  path: string,
  settlement: Settlement,
): boolean {
  const { lastEvents, isDurable, judge, fence, look } = settlement;
  const isNew = makeOwn(path, settlement);
  return withLog(path, READ_TOO, (file) => {
    judge(lastSerialIn(file));
    const missing = missingFrom(file, lastEvents);
    const mending = mendingOf(unendedLine(file), textOf(missing));
    if (mending !== "") {
      fence();
      writeAll(file, mending);
    }
    const isCounted = look?.(file) ?? false;
    if (isDurable || isCounted || mending !== "") file.syncDataSync();
    return isNew && missing.length > 0;
  });
}

/** Appends one line durably, behind what a crash tore. Only the holder of the session's lock may. */
export function appendLine(
  path: string,
  line: string,
  lock: { readonly token: string; readonly assertHeld: () => void },
): void {
  makeOwn(path, { token: lock.token, fence: () => lock.assertHeld() });
  withLog(path, READ_TOO, (file) => {
    const end = unendedLine(file) === undefined ? "" : "\n";
    writeAll(file, `${end}${line}\n`);
    file.syncDataSync();
  });
}

/** A torn line is gone on with where it broke off, or ended if it is not ours. */
function mendingOf(torn: Line | undefined, missing: string): string {
  if (torn === undefined) return missing;
  const { text } = torn;
  const isOurs = text !== undefined && missing.startsWith(text);
  return isOurs ? missing.slice(text.length) : `\n${missing}`;
}

function unendedLine(file: Deno.FsFile): Line | undefined {
  const [last] = lastLines(file);
  return last?.isEnded ? undefined : last;
}

function textOf(events: readonly RecordedEvent[]): string {
  return events.map(encodeLogLine).join("");
}

function makeOwn(
  path: string,
  lock: Pick<Settlement, "token" | "fence" | "isSpare">,
): boolean {
  const info = regularFileAt(path, "write");
  if (info !== undefined) {
    const isShared = (info.nlink ?? 1) > 1 && !lock.isSpare?.(info);
    if (isShared) makeSole(path, info, lock);
    return false;
  }
  Deno.openSync(path, { createNew: true, write: true, mode: 0o644 }).close();
  syncDirectory(parentDirectory(path) ?? path);
  return true;
}

const READ_TOO = { read: true, append: true };

/** That the whole directory is gone is for the caller to tell. */
function withLog<Result>(
  path: string,
  options: Deno.OpenOptions,
  use: (file: Deno.FsFile) => Result,
): Result {
  const seen = regularFileAt(path, "write");
  const file = openRegular(path, seen, "write", options);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** The last lines of a log: it may hold gigabytes, and what matters of it is at its end. */
function lastLines(file: Deno.FsFile): Generator<Line> {
  const { size } = file.statSync();
  return linesBackwards(file, Math.max(0, size - MAX_LOG_TAIL_BYTES));
}

/** The last serial near the end of a log; events of other tools have none. */
function lastSerialIn(file: Deno.FsFile): number {
  for (const { text = "" } of lastLines(file)) {
    // Other tools may have written thousands of lines behind it.
    const isOurs = text.includes('"serial":');
    const serial = isOurs ? decodeLogLine(text)?.serial ?? 0 : 0;
    if (serial > 0) return serial;
  }
  return 0;
}

/**
 * Which events have no line near the end of a log; one that is written again because it lies
 * deeper is dropped by whoever reads the log. Its id alone would not do: another tool may have
 * glued its own line to one that was torn behind the id, or have left a torn line in front of it.
 */
function missingFrom(
  file: Deno.FsFile,
  events: readonly RecordedEvent[],
): readonly RecordedEvent[] {
  const missing = new Map(events.map((event) => [event, endOfLine(event)]));
  for (const { text = "" } of lastLines(file)) {
    if (missing.size === 0) break;
    for (const [event, end] of missing) {
      const isIts = text.trimEnd().endsWith(end) &&
        decodeLogLine(text) !== undefined;
      if (isIts) missing.delete(event);
    }
  }
  return [...missing.keys()];
}

function endOfLine(event: RecordedEvent): string {
  const line = encodeLogLine(event).trimEnd();
  return line.slice(Math.max(0, line.lastIndexOf('"id": ')));
}

/** Read from a file at a time; a usual line is some 300 bytes. */
const BLOCK_BYTES = 64 * 1024;

/** Read first from the end of a file: mostly its last lines say all that is asked. */
const LAST_BLOCK_BYTES = 4 * 1024;
const MIN_BLOCK_BYTES = 1024;

const NEWLINE = 10;

/** A line of a file, without its end. */
export interface Line {
  /** Undefined when it is not UTF-8, or longer than any that orc writes. */
  readonly text: string | undefined;
  readonly startBytes: number;
  /** Where the next line begins, or the file ends. */
  readonly endBytes: number;
  /** False for what stands behind the last newline. */
  readonly isEnded: boolean;
}

/** Reads lines from a place in a file on to its end; holds one block and one line. */
export function* linesFrom(
  file: ReadableFile,
  startBytes: number,
): Generator<Line> {
  // Most logs are short, and thousands of them may be read.
  const restBytes = file.statSync().size - startBytes;
  const buffer = new Uint8Array(
    Math.min(Math.max(restBytes + 1, MIN_BLOCK_BYTES), BLOCK_BYTES),
  );
  const pieces = new LinePieces();
  let endBytes = startBytes;
  const takeLine = (isEnded: boolean): Line => {
    const lineStart = endBytes;
    endBytes += pieces.lengthBytes + (isEnded ? 1 : 0);
    return { text: pieces.take(), startBytes: lineStart, endBytes, isEnded };
  };
  for (let place = startBytes;;) {
    // Who takes a line may read elsewhere in the file.
    file.seekSync(place, 0);
    const count = file.readSync(buffer);
    if (!count) break;
    place += count;
    let block = buffer.subarray(0, count);
    for (let stop = block.indexOf(NEWLINE); stop >= 0;) {
      pieces.append(block.subarray(0, stop));
      yield takeLine(true);
      block = block.subarray(stop + 1);
      stop = block.indexOf(NEWLINE);
    }
    pieces.append(block.slice());
  }
  if (pieces.lengthBytes > 0) yield takeLine(false);
}

/** All bytes of a line but its end, however many they are. */
export function* bytesOfLine(
  file: ReadableFile,
  { startBytes, endBytes, isEnded }: Line,
): Generator<Uint8Array> {
  const stop = isEnded ? endBytes - 1 : endBytes;
  for (let start = startBytes; start < stop; start += BLOCK_BYTES) {
    yield readAt(file, start, Math.min(BLOCK_BYTES, stop - start));
  }
}

/** Reads lines from the end of a file back to its beginning or another place, the last one first. */
export function* linesBackwards(
  file: ReadableFile,
  earliestBytes = 0,
): Generator<Line> {
  const pieces = new LinePieces();
  let startBytes = file.statSync().size;
  let isEnded = false;
  const takeLine = (): Line => {
    const endBytes = startBytes;
    startBytes -= pieces.lengthBytes + (isEnded ? 1 : 0);
    return { text: pieces.take(), startBytes, endBytes, isEnded };
  };
  let blockBytes = LAST_BLOCK_BYTES;
  for (let stop = startBytes; stop > earliestBytes;) {
    const start = Math.max(earliestBytes, stop - blockBytes);
    blockBytes = BLOCK_BYTES;
    let block = readAt(file, start, stop - start);
    for (let end = block.lastIndexOf(NEWLINE); end >= 0;) {
      pieces.prepend(block.subarray(end + 1));
      const line = takeLine();
      // Nothing stands behind the newline that ends a whole file.
      if (line.endBytes > line.startBytes) yield line;
      isEnded = true;
      block = block.subarray(0, end);
      end = block.lastIndexOf(NEWLINE);
    }
    pieces.prepend(block);
    stop = start;
  }
  if (startBytes > earliestBytes) yield takeLine();
}

/** One line as it is put together from the blocks it lies in. */
class LinePieces {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #pieces: Uint8Array[] = [];
  lengthBytes = 0;

  append(piece: Uint8Array): void {
    if (this.#count(piece)) this.#pieces.push(piece);
  }

  prepend(piece: Uint8Array): void {
    if (this.#count(piece)) this.#pieces.unshift(piece);
  }

  #count({ length }: Uint8Array): boolean {
    this.lengthBytes += length;
    // What is too long is only measured, or it would fill the memory.
    if (this.lengthBytes > MAX_LOG_LINE_BYTES) this.#pieces = [];
    return length > 0 && this.lengthBytes <= MAX_LOG_LINE_BYTES;
  }

  /** Returns the line and begins the next one. */
  take(): string | undefined {
    const isTooLong = this.lengthBytes > MAX_LOG_LINE_BYTES;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.lengthBytes = 0;
    return isTooLong ? undefined : decode(this.#decoder, joinedBytes(pieces));
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
