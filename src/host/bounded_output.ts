import { OUTPUT_HEAD_BYTES, OUTPUT_TAIL_BYTES } from "../base/limits.ts";
import type { MaskingStream } from "../base/mask.ts";

/** Keeps the beginning and the end of a stream, however much it carries. */
export class BoundedOutput {
  readonly #masking: MaskingStream | undefined;
  readonly #head = new Uint8Array(OUTPUT_HEAD_BYTES);
  /** The end of the stream; the byte with number `n` behind the head lies at `n % length`. */
  readonly #ring = new Uint8Array(OUTPUT_TAIL_BYTES);
  #headBytes = 0;
  #tailBytes = 0;

  /** With a masking stream, no secret is kept, wherever reads and cuts divide it. */
  constructor(masking?: MaskingStream) {
    this.#masking = masking;
  }

  /** Takes the next bytes; they are copied, so that no large buffer stays alive. */
  add(bytes: Uint8Array): void {
    this.#keep(this.#masking?.push(bytes) ?? bytes);
  }

  /** Takes what the masking held back to see what follows. */
  end(): void {
    if (this.#masking !== undefined) this.#keep(this.#masking.end());
  }

  #keep(bytes: Uint8Array): void {
    const room = this.#head.length - this.#headBytes;
    const first = bytes.subarray(0, room);
    this.#head.set(first, this.#headBytes);
    this.#headBytes += first.length;
    this.#addToRing(bytes.subarray(room));
  }

  #addToRing(bytes: Uint8Array): void {
    const size = this.#ring.length;
    const kept = bytes.subarray(-size);
    this.#tailBytes += bytes.length;
    const start = (this.#tailBytes - kept.length) % size;
    const untilEnd = kept.subarray(0, size - start);
    this.#ring.set(untilEnd, start);
    this.#ring.set(kept.subarray(untilEnd.length), 0);
  }

  /** The text so far; where bytes were left out, a line says how many. */
  text(): string {
    const [start, end] = this.#kept();
    if (end === undefined) return decode(start);
    const bytes = this.#headBytes + this.#tailBytes;
    const leftOut = bytes - start.length - end.length;
    return `${decode(start)}\n… ${leftOut} bytes left out …\n${decode(end)}`;
  }

  /** Whether the text shows all bytes as the characters they stand for. */
  isUtf8(): boolean {
    return this.#kept().every((bytes) => bytes === undefined || isUtf8(bytes));
  }

  /** All bytes, or the beginning and the end. */
  #kept(): readonly [Uint8Array, Uint8Array?] {
    const head = this.#head.subarray(0, this.#headBytes);
    const tail = this.#tail();
    return this.#tailBytes === tail.length
      ? [concat(head, tail)]
      : [withoutOpenSequence(head), withoutSequenceRest(tail)];
  }

  /** The last complete line that is not blank; undefined as long as there is none. */
  lastLine(): string | undefined {
    const head = this.#head.subarray(0, this.#headBytes);
    const lines = decode(concat(head, this.#tail())).split(/[\r\n]+/);
    return lines.slice(0, -1).findLast((line) => line.trim() !== "");
  }

  #tail(): Uint8Array {
    if (this.#tailBytes <= this.#ring.length) {
      return this.#ring.subarray(0, this.#tailBytes);
    }
    const seam = this.#tailBytes % this.#ring.length;
    return concat(this.#ring.subarray(seam), this.#ring.subarray(0, seam));
  }
}

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
const STRICT_DECODER = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array): string {
  return DECODER.decode(bytes);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    STRICT_DECODER.decode(bytes);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first, 0);
  bytes.set(second, first.length);
  return bytes;
}

/** A cut in the middle of a character must not look like a broken character. */
function withoutOpenSequence(bytes: Uint8Array): Uint8Array {
  for (let length = 1; length <= 3; length++) {
    const byte = bytes.at(-length) ?? 0;
    if (isContinuation(byte)) continue;
    return sequenceLength(byte) > length ? bytes.subarray(0, -length) : bytes;
  }
  return bytes;
}

function withoutSequenceRest(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start] ?? 0)) start++;
  return bytes.subarray(start);
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Bytes of the UTF-8 sequence that this byte begins. */
function sequenceLength(byte: number): number {
  if (byte < 0xc0) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}
