import {
  findingsIn,
  masked,
  type MaskFinding,
  type Needle,
} from "./mask_finding.ts";
import { bytesOf, charactersOf } from "./secret_forms.ts";
import { isOpenEnd, openTokenIn } from "./token_shapes.ts";

/** Bytes kept back in a stream at most, unless a known value is longer. */
const MAX_HELD = 32 * 1024;

/** Masks a stream. What may be the beginning of a secret waits for what comes next. */
export class MaskingStream {
  readonly #needles: readonly Needle[];
  readonly #maxHeld: number;
  #held = "";

  /** Takes needles in bytes, each spelled as one character. */
  constructor(needles: readonly Needle[]) {
    this.#needles = needles;
    const longest = Math.max(0, ...needles.map(({ text }) => text.length));
    this.#maxHeld = Math.max(MAX_HELD, 2 * longest);
  }

  /** Takes the next bytes and returns those of which it is certain what they are. */
  push(bytes: Uint8Array): Uint8Array {
    const text = this.#held + charactersOf(bytes);
    const findings = findingsIn(text, this.#needles);
    const cut = this.#cut(text, findings);
    this.#held = text.slice(cut);
    const before = findings.filter(({ span: [, end] }) => end <= cut);
    return bytesOf(masked(text.slice(0, cut), before));
  }

  /** Returns the rest, which nothing follows. */
  end(): Uint8Array {
    const text = this.#held;
    this.#held = "";
    return bytesOf(masked(text, findingsIn(text, this.#needles)));
  }

  /** Where the text can be divided without dividing a secret, known or to come. */
  #cut(text: string, findings: readonly MaskFinding[]): number {
    const open = Math.min(
      openTokenIn(text),
      ...this.#needles.map((needle) => openNeedleIn(text, needle.text)),
    );
    // A stream that never says what it is must not fill the memory.
    const isForced = text.length - open > this.#maxHeld;
    const wanted = isForced ? text.length - this.#maxHeld / 2 : open;
    const divided = findings.find(({ span }) =>
      span[0] < wanted && (span[1] > wanted || isOpenEnd(text, span))
    );
    if (divided === undefined) return wanted;
    const [start, end] = divided.span;
    return isForced || text.length - start > this.#maxHeld ? end : start;
  }
}

/** Where the longest end of a text begins that stands in a needle: beginnings and ends of one are found too. */
function openNeedleIn(text: string, needle: string): number {
  let least = 0;
  let most = Math.min(text.length, needle.length);
  // Whatever stands in it does so without its first character too.
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (needle.includes(text.slice(text.length - middle))) least = middle;
    else most = middle - 1;
  }
  return text.length - least;
}
