import {
  MIN_FORCED_SKIP_REASON_LENGTH,
  MIN_SKIP_REASON_LENGTH,
} from "../base/limits.ts";
import { lengthOf } from "../base/text.ts";
import type { StepType } from "./types.ts";

/** Phrases that say nothing; the Python tool lists them but never reaches its list. */
const STOCK_PHRASES: ReadonlySet<string> = new Set([
  "already done",
  "do not need it",
  "does not apply",
  "done",
  "fine",
  "n a",
  "no need",
  "no reason",
  "none",
  "not applicable",
  "not needed",
  "not necessary",
  "not relevant",
  "not required",
  "obvious",
  "ok",
  "skip",
  "skip this",
  "skipped",
  "skipping this",
  "unnecessary",
]);

/** Fewer different characters than this in a whole reason is a key held down. */
const MIN_DISTINCT_CHARACTERS = 5;

/** As few different words as this, each of them twice on average, are a phrase said over and over. */
const MAX_REPEATED_WORDS = 4;

/** Returns what is wrong with a reason for skipping an item, or undefined when it is one. */
export function problemOfSkipReason(
  reason: string,
  stepType: StepType,
): string | undefined {
  const text = reason.trim();
  const words = wordsOf(text);
  const minimum = stepType === "flexible"
    ? MIN_SKIP_REASON_LENGTH
    : MIN_FORCED_SKIP_REASON_LENGTH;
  if (text === "") return "The reason is empty";
  if (!words.some((word) => /\p{L}/u.test(word))) {
    return "The reason has no words";
  }
  if (isStockPhrase(words)) return `"${text}" is not a reason`;
  if (lengthOf(text) < minimum) {
    return `The reason has ${lengthOf(text)} of at least ${minimum} characters`;
  }
  return isRepetition(text)
    ? "The reason repeats itself instead of giving one"
    : undefined;
}

/** Words that dress a phrase up without adding to it. */
const FILLERS: ReadonlySet<string> = new Set(
  "a all an and at be for here i in is it item just now of really s simply so step that the this to was we"
    .split(" "),
);

function isStockPhrase(words: readonly string[]): boolean {
  const bare = words.filter((word) => !FILLERS.has(word));
  return STOCK_PHRASES.has(words.join(" ")) || bare.length === 0 ||
    STOCK_PHRASES.has(bare.join(" "));
}

/** The words of a text in any script, without case and punctuation. */
function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

/** Whether a text is a key held down, or a phrase said over and over. */
export function isRepetition(text: string): boolean {
  const words = wordsOf(text);
  const characters = new Set(words.join(""));
  const { size } = new Set(words);
  return characters.size < MIN_DISTINCT_CHARACTERS ||
    (size <= MAX_REPEATED_WORDS && words.length >= 2 * size);
}
