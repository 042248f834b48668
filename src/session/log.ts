import { MAX_LOG_TAIL_BYTES } from "../base/limits.ts";
import { parentDirectory } from "../base/path.ts";
import {
  decodeLogLine,
  encodeLogLine,
  type RecordedEvent,
} from "../engine/event.ts";
import {
  openRegular,
  readAt,
  regularFileAt,
  syncDirectory,
  writeAll,
} from "../files/write.ts";

/** What was found wrong with the log's end, and mended. */
export type LogRepair = "none" | "completed" | "recreated";

/** Which file a log is, and where it ends: as long as both stay, nobody else wrote to it. */
export interface LogEnd {
  readonly device: number;
  readonly inode: number | null;
  readonly sizeBytes: number;
}

/** What the log has to agree with. */
interface Settlement {
  /** Events that the log may lack, or not hold durably: those that travel in state.json. */
  readonly lastEvents: readonly RecordedEvent[];
  /** Whether the log is to be made durable, because the events leave state.json. */
  readonly isDurable: boolean;
  /** Called with the serial the log is at before anything is mended; throws to stop it. */
  readonly judge: (lastSerial: number) => void;
  /** Called immediately before anything is mended; throws if the lock is lost. */
  readonly fence: () => void;
}

/** Appends the events of one update with a single write. Only the holder of the session's lock may. */
export function appendEvents(
  path: string,
  events: readonly RecordedEvent[],
): LogEnd {
  const file = openLog(path, { append: true });
  try {
    writeAll(file, textOf(events));
    return endOf(file.statSync());
  } finally {
    file.close();
  }
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
  const file = openLog(path, { read: true, append: true });
  try {
    file.syncDataSync();
  } finally {
    file.close();
  }
}

/**
 * Brings the log up to the last update. It must succeed, and durably, before an update drops
 * events from state.json, which until then holds their only safe copy.
 *
 * Nothing is ever removed: what is missing of a line that a crash tore is written behind it.
 * Whoever wakes up here after the lock was taken over can at worst repeat events, which
 * readers know by their ids.
 */
export function settleLog(
  path: string,
  { lastEvents, isDurable, judge, fence }: Settlement,
): LogRepair {
  const isNew = makeIfAbsent(path);
  const file = openLog(path, { read: true, append: true });
  try {
    judge(lastSerialIn(file));
    const missing = missingFrom(file, lastEvents);
    const mending = mendingOf(tornLine(file), textOf(missing));
    if (mending !== "") {
      fence();
      writeAll(file, mending);
    }
    if (isDurable || mending !== "") file.syncDataSync();
    if (missing.length === 0) return "none";
    return isNew ? "recreated" : "completed";
  } finally {
    file.close();
  }
}

/**
 * Appends one line to a file of lines, durably. What a crash left torn is ended first, so that
 * it takes no other line with it. Only the holder of the session's lock may.
 */
export function appendLine(path: string, line: string): void {
  makeIfAbsent(path);
  const file = openLog(path, { read: true, append: true });
  try {
    const end = tornLine(file) === "" ? "" : "\n";
    writeAll(file, `${end}${line}\n`);
    file.syncDataSync();
  } finally {
    file.close();
  }
}

/** A torn line is gone on with where it broke off, or ended if it is not ours. */
function mendingOf(torn: string, missing: string): string {
  if (torn === "") return missing;
  const isOurs = missing.startsWith(torn);
  return isOurs ? missing.slice(torn.length) : `\n${missing}`;
}

function textOf(events: readonly RecordedEvent[]): string {
  return events.map(encodeLogLine).join("");
}

function makeIfAbsent(path: string): boolean {
  if (regularFileAt(path, "write") !== undefined) return false;
  Deno.openSync(path, { createNew: true, write: true, mode: 0o644 }).close();
  syncDirectory(parentDirectory(path) ?? path);
  return true;
}

/** That the whole directory is gone is for the caller to tell. */
function openLog(path: string, options: Deno.OpenOptions): Deno.FsFile {
  return openRegular(path, regularFileAt(path, "write"), "write", options);
}

/** Read from a log at a time; a usual update is some 1 kB. */
const BLOCK_BYTES = 32 * 1024;

const NEWLINE = 10;

/** The last line of a log if it has no end; empty when it has one. Only its end, if it is endless. */
function tornLine(file: Deno.FsFile): string {
  const { size } = file.statSync();
  if (size === 0 || readAt(file, size - 1, 1)[0] === NEWLINE) return "";
  let torn = "";
  for (let stop = size; stop > searchStart(size); stop -= BLOCK_BYTES) {
    const start = Math.max(0, stop - BLOCK_BYTES);
    const piece = decode(readAt(file, start, stop - start));
    torn = piece.slice(piece.lastIndexOf("\n") + 1) + torn;
    if (piece.includes("\n")) break;
  }
  return torn;
}

/** A log may hold gigabytes; what matters of it is at its end. */
function searchStart(sizeBytes: number): number {
  return Math.max(0, sizeBytes - MAX_LOG_TAIL_BYTES);
}

/** The last serial near the end of a log; events of other tools have none. */
function lastSerialIn(file: Deno.FsFile): number {
  for (const { lines } of lastPieces(file)) {
    for (const line of lines.toReversed()) {
      // Other tools may have written thousands of lines behind it.
      const isOurs = line.includes('"serial":');
      const serial = isOurs ? decodeLogLine(line)?.serial ?? 0 : 0;
      if (serial > 0) return serial;
    }
  }
  return 0;
}

/**
 * Which events have no line near the end of a log. Reads backwards, since they are the last
 * written; one that is written again because it lies deeper is dropped by whoever reads the log.
 */
function missingFrom(
  file: Deno.FsFile,
  events: readonly RecordedEvent[],
): readonly RecordedEvent[] {
  let missing = events;
  const pieces = lastPieces(file);
  while (missing.length > 0) {
    const { value: piece, done } = pieces.next();
    if (done) break;
    missing = missing.filter((event) => !isIn(piece, event));
  }
  return missing;
}

interface Piece {
  readonly lines: readonly string[];
  /** Lines of which only the end is known. */
  readonly cut: readonly string[];
}

/**
 * The pieces near the end of a log, the last one first. Each overlaps the one behind it, so
 * that every usual line is whole in one of them.
 */
function* lastPieces(file: Deno.FsFile): Generator<Piece, void> {
  let stop = file.statSync().size;
  const earliest = searchStart(stop);
  for (; stop > earliest; stop -= BLOCK_BYTES) {
    const start = Math.max(0, stop - 2 * BLOCK_BYTES);
    const lines = decode(readAt(file, start, stop - start)).split("\n");
    // The first line of a piece may begin before it.
    const cut = start > 0 ? lines.splice(0, 1) : [];
    yield { lines, cut };
  }
}

/**
 * Whether one of the lines is that of an event. Its id alone would not do: another tool may
 * have glued its own line to one that was torn behind the id, or have left a torn line in
 * front of it.
 */
function isIn({ lines, cut }: Piece, event: RecordedEvent): boolean {
  const known = encodeLogLine(event).trimEnd();
  const end = known.slice(Math.max(0, known.lastIndexOf('"id": ')));
  return cut.some((line) => line.trimEnd().endsWith(end)) ||
    lines.some((line) =>
      line.trimEnd().endsWith(end) && decodeLogLine(line) !== undefined
    );
}

/** Log lines are ASCII; anything else only has to be comparable. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

/** More torn lines in front of one event than crashes in a row could leave. */
const MAX_TORN_LINES = 8;

/** Tells damaged lines from those that a crash tore and the next update wrote again. */
interface DamageFinder<Line> {
  /** Takes the next line, its text, undefined when it is none, and whether it is whole. */
  take(line: Line, text: string | undefined, isWhole: boolean): void;
  /** Torn lines of which only the next line tells what they are. */
  pending(): readonly Line[];
}

/**
 * Reports the damaged lines of a log that is read from its beginning on. What a crash tore and
 * the next update wrote again is not damaged: it is the beginning of the line that follows, or
 * consists of the zeros that a power cut leaves.
 */
export function damageFinder<Line>(
  report: (line: Line) => void,
): DamageFinder<Line> {
  let torn: { readonly line: Line; readonly beginning: string }[] = [];
  const settle = (following: string | undefined): void => {
    for (const { line, beginning } of torn) {
      if (!following?.startsWith(beginning)) report(line);
    }
    torn = [];
  };
  return {
    take: (line, text, isWhole) => {
      const read = withoutZeros(text);
      if (isWhole) return settle(read);
      if (read === "") return;
      if (torn.length === MAX_TORN_LINES) settle(undefined);
      if (read === undefined) report(line);
      else torn.push({ line, beginning: read });
    },
    pending: () => torn.map(({ line }) => line),
  };
}

/** Counts lines that hold nothing anybody can read. */
export interface DamageCount {
  /** Takes the next line, undefined when it is no text, and whether it is whole. */
  take(text: string | undefined, isWhole: boolean): void;
  total(): number;
}

/** Counts the damaged lines of a log, as {@linkcode damageFinder} tells them. */
export function damageCount(direction: "forwards" | "backwards"): DamageCount {
  let count = 0;
  if (direction === "forwards") {
    const finder = damageFinder(() => count++);
    return {
      take: (text, isWhole) => finder.take(undefined, text, isWhole),
      total: () => count + finder.pending().length,
    };
  }
  let following = "";
  return {
    take: (text, isWhole) => {
      const read = withoutZeros(text);
      if (isWhole) following = read ?? "";
      else if (read === undefined || !following.startsWith(read)) count++;
    },
    total: () => count,
  };
}

/** An empty line, and one of zeros only, hold nothing that could be damaged. */
function withoutZeros(text: string | undefined): string | undefined {
  return text?.replace(/\0+$/, "");
}
