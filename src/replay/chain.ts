/**
 * How events are tied together: each carries the SHA-256 of the one before it, of what other tools
 * wrote to the log meanwhile, and of its own line. Whoever cuts, edits or reorders the log, or
 * puts an older state back, leaves values that no longer meet.
 */
import { canonicalJson } from "../base/json_print.ts";
import {
  encodeLogLine,
  type EventLink,
  type RecordedEvent,
} from "../engine/event.ts";
import { encodeProgress } from "../engine/progress.ts";
import { closedIn } from "../engine/state.ts";
import type { SessionState } from "../workflow/types.ts";

/** Where the chain of a session's events stands; `metadata.orc.chain` in its state. */
export interface Chain {
  /** That of the last event; of none the id of the session. */
  readonly head: string;
  /** How many lines of other tools are covered. */
  readonly others: number;
  /** Of those lines, each with the digest before it; empty before the first. */
  readonly othersDigest: string;
  /** Up to here the log was looked through for them, and is durable. */
  readonly offsetBytes: number;
  /** How many items were done after the last update: a state that was edited has another number. */
  readonly closed: number;
}

/** A chain without events. */
export function newChain(sessionId: string): Chain {
  return {
    head: sessionId,
    others: 0,
    othersDigest: "",
    offsetBytes: 0,
    closed: 0,
  };
}

/** The digest of other tools' lines with a further one, in pieces. */
export function withOther(
  digest: string,
  line: Iterable<Uint8Array>,
): string {
  const hash = new Sha256().update(encoder.encode(`${digest}\n`));
  for (const piece of line) hash.update(piece);
  return hash.hex();
}

const encoder = new TextEncoder();

/** Ties the events of one update to those before them; `after` is the state they lead to. */
export function linkEvents<Event extends RecordedEvent>(
  chain: Chain,
  events: readonly Event[],
  after: SessionState,
): { readonly chain: Chain; readonly events: readonly Event[] } {
  let { head } = chain;
  const { others, othersDigest } = chain;
  const linked = events.map((event) => {
    const link: EventLink = {
      others,
      base: event.link?.base ?? null,
      chain: "",
    };
    const line = encodeLogLine({ ...event, link }).trimEnd();
    head = nextHead(head, othersDigest, line);
    return { ...event, link: { ...link, chain: head } };
  });
  return { chain: { ...chain, head, closed: closedIn(after) }, events: linked };
}

/** The head after an event, whose line is without its own `chain`. */
export function nextHead(
  head: string,
  othersDigest: string,
  line: string,
): string {
  const text = `${head}\n${othersDigest}\n${line}`;
  return new Sha256().update(encoder.encode(text)).hex();
}

/** The first event holds the state that a chain begins with which did not begin with its session. */
export function withBase<Event extends RecordedEvent>(
  [first, ...rest]: readonly Event[],
  state: SessionState,
  logBytes: number,
): readonly Event[] {
  if (first === undefined) return [];
  const definition = encoder.encode(canonicalJson(state.definition));
  const base = new Map(encodeProgress(state))
    .set("definition_sha256", new Sha256().update(definition).hex())
    .set("log_bytes", logBytes);
  return [{ ...first, link: { others: 0, base, chain: "" } }, ...rest];
}

/** A line of orc's own: its text without the chain, and that. */
export interface LinkedLine {
  readonly line: string;
  readonly chain: string;
}

const CHAIN_END = /, "chain": "([0-9a-f]{64})"\}$/;

/** Undefined for what orc did not write, or an orc that knew no chain. */
export function linkedLine(text: string): LinkedLine | undefined {
  const [end = "", chain] = CHAIN_END.exec(text) ?? [];
  if (chain === undefined) return undefined;
  return { line: `${text.slice(0, -end.length)}}`, chain };
}

const BLOCK_BYTES = 64;
const ROUNDS = 64;

/** Of a prime's root: what stands behind the point, in 32 bits. */
function fractionOf(root: number): number {
  return ((root - Math.floor(root)) * 2 ** 32) | 0;
}

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = [];
  for (let next = 2; primes.length < count; next++) {
    if (primes.every((prime) => next % prime !== 0)) primes.push(next);
  }
  return primes;
}

let constants: Int32Array | undefined;

/** SHA-256 (FIPS 180-4) on this thread: of a few hundred bytes, asking another one costs more. */
export class Sha256 {
  readonly #words = Int32Array.from(
    firstPrimes(8),
    (prime) => fractionOf(Math.sqrt(prime)),
  );
  readonly #block = new Uint8Array(BLOCK_BYTES);
  readonly #schedule = new Int32Array(ROUNDS);
  #lengthBytes = 0;

  update(bytes: Uint8Array): this {
    for (let start = 0; start < bytes.length;) {
      const used = this.#lengthBytes % BLOCK_BYTES;
      const piece = bytes.subarray(start, start + BLOCK_BYTES - used);
      this.#block.set(piece, used);
      this.#lengthBytes += piece.length;
      start += piece.length;
      if (used + piece.length === BLOCK_BYTES) this.#mix();
    }
    return this;
  }

  /** Ends it: nothing can be added afterwards. */
  hex(): string {
    const lengthBytes = this.#lengthBytes;
    const used = (lengthBytes + 1 + 8) % BLOCK_BYTES;
    const end = new Uint8Array(1 + (BLOCK_BYTES - used) % BLOCK_BYTES + 8);
    end[0] = 0x80;
    const bits = new DataView(end.buffer, end.length - 8);
    bits.setBigUint64(0, BigInt(lengthBytes) * 8n);
    this.update(end);
    return Array.from(
      this.#words,
      (word) => (word >>> 0).toString(16).padStart(8, "0"),
    ).join("");
  }

  #mix(): void {
    constants ??= Int32Array.from(
      firstPrimes(ROUNDS),
      (prime) => fractionOf(Math.cbrt(prime)),
    );
    const schedule = this.#schedule;
    const block = new DataView(this.#block.buffer);
    for (let i = 0; i < 16; i++) schedule[i] = block.getInt32(i * 4);
    for (let i = 16; i < ROUNDS; i++) {
      const early = schedule[i - 15] ?? 0;
      const late = schedule[i - 2] ?? 0;
      schedule[i] = (schedule[i - 16] ?? 0) + (schedule[i - 7] ?? 0) +
        (turned(early, 7) ^ turned(early, 18) ^ (early >>> 3)) +
        (turned(late, 17) ^ turned(late, 19) ^ (late >>> 10));
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = this.#words;
    for (let i = 0; i < ROUNDS; i++) {
      const one = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) +
        ((e & f) ^ (~e & g)) + (constants[i] ?? 0) + (schedule[i] ?? 0);
      const two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) +
        ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) {
      this.#words[i] = (this.#words[i] ?? 0) + word;
    }
  }
}

function turned(word: number, bits: number): number {
  return word >>> bits | word << (32 - bits);
}
