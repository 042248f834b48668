import { MAX_LOG_LINE_BYTES } from "../base/limits.ts";
import { readAt } from "../files/file_system.ts";

/** Read from a file at a time; a usual line is some 300 bytes. */
const BLOCK_BYTES = 64 * 1024;

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
  file: Deno.FsFile,
  startBytes: number,
): Generator<Line> {
  const buffer = new Uint8Array(BLOCK_BYTES);
  const pieces = linePieces();
  let endBytes = startBytes;
  const takeLine = (isEnded: boolean): Line => {
    const lineStart = endBytes;
    endBytes += pieces.lengthBytes() + (isEnded ? 1 : 0);
    return { text: pieces.take(), startBytes: lineStart, endBytes, isEnded };
  };
  file.seekSync(startBytes, 0);
  for (;;) {
    const count = file.readSync(buffer);
    if (!count) break;
    let block = buffer.subarray(0, count);
    for (let stop = block.indexOf(NEWLINE); stop >= 0;) {
      pieces.append(block.subarray(0, stop));
      yield takeLine(true);
      block = block.subarray(stop + 1);
      stop = block.indexOf(NEWLINE);
    }
    pieces.append(block.slice());
  }
  if (pieces.lengthBytes() > 0) yield takeLine(false);
}

/** Reads lines from the end of a file back to its beginning, the last one first. */
export function* linesBackwards(file: Deno.FsFile): Generator<Line> {
  const pieces = linePieces();
  let startBytes = file.statSync().size;
  let isEnded = false;
  const takeLine = (): Line => {
    const endBytes = startBytes;
    startBytes -= pieces.lengthBytes() + (isEnded ? 1 : 0);
    return { text: pieces.take(), startBytes, endBytes, isEnded };
  };
  for (let stop = startBytes; stop > 0;) {
    const start = Math.max(0, stop - BLOCK_BYTES);
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
  if (startBytes > 0) yield takeLine();
}

/** One line as it is put together from the blocks it lies in. */
interface LinePieces {
  append(piece: Uint8Array): void;
  prepend(piece: Uint8Array): void;
  lengthBytes(): number;
  /** Returns the line and begins the next one. */
  take(): string | undefined;
}

function linePieces(): LinePieces {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let pieces: Uint8Array[] = [];
  let lengthBytes = 0;
  const count = (piece: Uint8Array): boolean => {
    lengthBytes += piece.length;
    // What is too long is only measured, or it would fill the memory.
    if (lengthBytes > MAX_LOG_LINE_BYTES) pieces = [];
    return piece.length > 0 && lengthBytes <= MAX_LOG_LINE_BYTES;
  };
  return {
    append: (piece) => {
      if (count(piece)) pieces.push(piece);
    },
    prepend: (piece) => {
      if (count(piece)) pieces.unshift(piece);
    },
    lengthBytes: () => lengthBytes,
    take: () => {
      const isTooLong = lengthBytes > MAX_LOG_LINE_BYTES;
      const text = isTooLong ? undefined : decode(decoder, joined(pieces));
      pieces = [];
      lengthBytes = 0;
      return text;
    },
  };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(), ...others] = pieces;
  if (others.length === 0) return first;
  const lengthBytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const whole = new Uint8Array(lengthBytes);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
