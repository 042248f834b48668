/*
 * SHA-256 (FIPS 180-4) that answers at once. An update hashes a few hundred bytes: the runtimes' own
 * hash them on another thread, and that of Node takes 20 ms to load, more than the update.
 */
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

const FIRST_WORDS = Int32Array.from(
  firstPrimes(8),
  (prime) => fractionOf(Math.sqrt(prime)),
);

let constants: Int32Array | undefined;

const encoder = new TextEncoder();

/** Filled anew for each piece of a text. */
const encoded = new Uint8Array(4096);

/** Filled anew for each block: nothing waits in the middle of one. */
const schedule = new Int32Array(ROUNDS);

/** Hashes bytes that come in pieces. */
export class Sha256 {
  readonly #words = FIRST_WORDS.slice();
  readonly #block = new Uint8Array(BLOCK_BYTES);
  readonly #view = new DataView(this.#block.buffer);
  #lengthBytes = 0;

  update(bytes: Uint8Array, lengthBytes = bytes.length): this {
    let used = this.#lengthBytes % BLOCK_BYTES;
    // A view of each piece would be most of what a long log leaves to be collected.
    for (let i = 0; i < lengthBytes; i++) {
      this.#block[used++] = bytes[i] ?? 0;
      if (used < BLOCK_BYTES) continue;
      this.#mix();
      used = 0;
    }
    this.#lengthBytes += lengthBytes;
    return this;
  }

  /** Adds a text in UTF-8. */
  updateText(text: string): this {
    for (let rest = text; rest !== "";) {
      const { read, written } = encoder.encodeInto(rest, encoded);
      this.update(encoded, written);
      rest = rest.slice(read);
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
    let digits = "";
    for (const word of this.#words) {
      digits += (word >>> 0).toString(16).padStart(8, "0");
    }
    return digits;
  }

  #mix(): void {
    constants ??= Int32Array.from(
      firstPrimes(ROUNDS),
      (prime) => fractionOf(Math.cbrt(prime)),
    );
    const words = this.#words;
    for (let i = 0; i < 16; i++) schedule[i] = this.#view.getInt32(i * 4);
    for (let i = 16; i < ROUNDS; i++) {
      const early = schedule[i - 15] ?? 0;
      const late = schedule[i - 2] ?? 0;
      schedule[i] = (schedule[i - 16] ?? 0) + (schedule[i - 7] ?? 0) +
        (turned(early, 7) ^ turned(early, 18) ^ (early >>> 3)) +
        (turned(late, 17) ^ turned(late, 19) ^ (late >>> 10));
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = words;
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
    const mixed = [a, b, c, d, e, f, g, h];
    for (let i = 0; i < mixed.length; i++) {
      words[i] = (words[i] ?? 0) + (mixed[i] ?? 0);
    }
  }
}

function turned(word: number, bits: number): number {
  return word >>> bits | word << (32 - bits);
}
