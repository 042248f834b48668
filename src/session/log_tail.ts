import { MAX_LOG_TAIL_BYTES } from "../base/limits.ts";
import {
  decodeLogLine,
  encodeLogLine,
  type RecordedEvent,
} from "../engine/event.ts";
import { readAt } from "../files/file_system.ts";

/** Read from a log at a time; a usual update is some 1 kB. */
const BLOCK_BYTES = 32 * 1024;

const NEWLINE = 10;

/** The last line of a log if it has no end; empty when it has one. Only its end, if it is endless. */
export function tornLine(file: Deno.FsFile): string {
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
export function lastSerialIn(file: Deno.FsFile): number {
  let stop = file.statSync().size;
  const earliest = searchStart(stop);
  for (; stop > earliest; stop -= BLOCK_BYTES) {
    for (const line of pieceBefore(file, stop).lines.toReversed()) {
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
export function missingFrom(
  file: Deno.FsFile,
  events: readonly RecordedEvent[],
): readonly RecordedEvent[] {
  let missing = events;
  let stop = file.statSync().size;
  const earliest = searchStart(stop);
  for (; missing.length > 0 && stop > earliest; stop -= BLOCK_BYTES) {
    const piece = pieceBefore(file, stop);
    missing = missing.filter((event) => !isIn(piece, event));
  }
  return missing;
}

interface Piece {
  readonly lines: readonly string[];
  /** Lines of which only the end is known. */
  readonly cut: readonly string[];
}

/** Each piece overlaps the one behind it, so that every usual line is whole in one of them. */
function pieceBefore(file: Deno.FsFile, stop: number): Piece {
  const start = Math.max(0, stop - 2 * BLOCK_BYTES);
  const lines = decode(readAt(file, start, stop - start)).split("\n");
  // The first line of a piece may begin before it.
  const cut = start > 0 ? lines.splice(0, 1) : [];
  return { lines, cut };
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
