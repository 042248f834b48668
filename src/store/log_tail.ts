import {
  decodeLogLine,
  encodeLogLine,
  type RecordedEvent,
} from "../core/log_line.ts";
import { MAX_LOG_TAIL_BYTES } from "../core/limits.ts";

/** Read from a log at a time; a usual update is some 1 kB. */
const BLOCK_BYTES = 32 * 1024;

const NEWLINE = 10;
const NUL = 0;

/** What a log ends with when its last line has no end. */
export interface Fragment {
  readonly startBytes: number;
  /** Where the NULs begin that a power cut left, or where the log ends. */
  readonly endBytes: number;
  /** Whether it is longer than anything orc writes; then its start was not looked for. */
  readonly isEndless: boolean;
}

/** Finds the unfinished last line of a log; undefined when there is none. */
export function findFragment(file: Deno.FsFile): Fragment | undefined {
  const { size } = file.statSync();
  if (size === 0 || readAt(file, size - 1, 1)[0] === NEWLINE) return undefined;
  const earliest = searchStart(size);
  let endBytes = 0;
  for (let stop = size; stop > earliest; stop -= BLOCK_BYTES) {
    const start = Math.max(0, stop - BLOCK_BYTES);
    const block = readAt(file, start, stop - start);
    if (endBytes === 0) endBytes = contentEnd(block, start);
    const newline = block.lastIndexOf(NEWLINE);
    if (newline < 0) continue;
    const startBytes = start + newline + 1;
    return { startBytes, endBytes, isEndless: false };
  }
  return { startBytes: earliest, endBytes, isEndless: earliest > 0 };
}

/** A log may hold gigabytes; what matters of it is at its end. */
function searchStart(sizeBytes: number): number {
  return Math.max(0, sizeBytes - MAX_LOG_TAIL_BYTES);
}

/** Where the last byte that is no NUL ends; 0 when the block holds nothing else. */
function contentEnd(block: Uint8Array, start: number): number {
  const content = block.findLastIndex((byte) => byte !== NUL);
  return content < 0 ? 0 : start + content + 1;
}

/** Whether a fragment is nothing, or the beginning of an event that is known whole. */
export function isRestorable(
  file: Deno.FsFile,
  { startBytes, endBytes, isEndless }: Fragment,
  events: readonly RecordedEvent[],
): boolean {
  if (isEndless) return false;
  const length = endBytes - startBytes;
  if (length <= 0) return true;
  const lines = events.map(encodeLogLine).filter((line) =>
    line.length >= length
  );
  if (lines.length === 0) return false;
  const text = decode(readAt(file, startBytes, length));
  return lines.some((line) => line.startsWith(text));
}

/** The last serial in the last block of a log; events of other tools have none. */
export function lastSerialIn(file: Deno.FsFile): number {
  const { size } = file.statSync();
  const start = Math.max(0, size - BLOCK_BYTES);
  const lines = decode(readAt(file, start, size - start)).split("\n");
  for (const line of lines.reverse()) {
    const serial = decodeLogLine(line)?.serial ?? 0;
    if (serial > 0) return serial;
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
    // Each piece overlaps the next, so that every end of a line is whole in one of them.
    const start = Math.max(0, stop - 2 * BLOCK_BYTES);
    const lines = decode(readAt(file, start, stop - start)).split("\n");
    missing = missing.filter((event) => !isIn(lines, event));
  }
  return missing;
}

/**
 * Whether one of the lines is that of an event. Its id alone would not do: another tool may
 * have glued its own line to one that was torn behind the id, or have left a torn line in
 * front of it. The first line is judged by its end, since it may begin before the piece.
 */
function isIn([first = "", ...lines]: string[], event: RecordedEvent): boolean {
  const known = encodeLogLine(event).trimEnd();
  const idAt = known.lastIndexOf('"id": ');
  const end = known.slice(Math.max(0, idAt));
  return first.trimEnd().endsWith(end) ||
    lines.some((line) =>
      line.trimEnd().endsWith(end) && decodeLogLine(line) !== undefined
    );
}

function readAt(
  file: Deno.FsFile,
  offset: number,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(length);
  file.seekSync(offset, 0);
  let filled = 0;
  while (filled < length) {
    const count = file.readSync(bytes.subarray(filled));
    if (!count) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/** Log lines are ASCII; anything else only has to be comparable. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
