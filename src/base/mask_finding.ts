import { type Span, tokensIn } from "./token_shapes.ts";

/** One spelling of a value, and what takes its place. */
export interface Needle {
  readonly text: string;
  readonly label: string;
}

/** A secret in a text. */
export interface MaskFinding {
  readonly span: Span;
  readonly label: string;
}

/** Stands for what nobody knows the name of. */
const UNKNOWN = "[secret]";

/** All secrets in a text in their order; those that overlap are one. */
export function findingsIn(
  text: string,
  needles: readonly Needle[],
): readonly MaskFinding[] {
  const found = needles.flatMap((needle) => occurrencesOf(needle, text));
  for (const span of tokensIn(text)) found.push({ span, label: UNKNOWN });
  if (found.length < 2) return found;
  found.sort((one, other) =>
    one.span[0] - other.span[0] || other.span[1] - one.span[1]
  );
  return merged(found);
}

/** A beginning or an end of a value that is as long as this is not seen by chance. */
const PART_LENGTH = 32;

/** Parts of a value shorter than this stand in words that tell nothing. */
const MIN_DIVIDED_LENGTH = 24;

/** Where a value stands; of a long one also its beginning or end, since messages are cut. */
function occurrencesOf({ text, label }: Needle, within: string): MaskFinding[] {
  const least = Math.min(PART_LENGTH, Math.ceil(text.length * 3 / 4));
  const spans = text.length < MIN_DIVIDED_LENGTH
    ? beginningsOf(text, within, text.length)
    : [...beginningsOf(text, within, least), ...endsOf(text, within, least)];
  return spans.map((span) => ({ span, label }));
}

/** Where at least so much of the beginning of a text stands, from left to right. */
function beginningsOf(text: string, within: string, least: number): Span[] {
  const beginning = text.slice(0, least);
  const spans: Span[] = [];
  let start = within.indexOf(beginning);
  while (start >= 0) {
    let length = least;
    while (length < text.length && within[start + length] === text[length]) {
      length++;
    }
    spans.push([start, start + length]);
    start = within.indexOf(beginning, start + length);
  }
  return spans;
}

/** Where at least so much of the end of a text stands, from right to left. */
function endsOf(text: string, within: string, least: number): Span[] {
  const ending = text.slice(-least);
  const spans: Span[] = [];
  let found = within.lastIndexOf(ending);
  while (found >= 0) {
    const end = found + least;
    let start = found;
    while (
      start > 0 && end - start < text.length &&
      within[start - 1] === text[text.length - (end - start) - 1]
    ) start--;
    spans.push([start, end]);
    // A negative position would count as 0, and be found again.
    found = start < least ? -1 : within.lastIndexOf(ending, start - least);
  }
  return spans;
}

/** A name says more than none: it stays where a known secret looks like a token too. */
function merged(sorted: readonly MaskFinding[]): readonly MaskFinding[] {
  const result: MaskFinding[] = [];
  for (const next of sorted) {
    const last = result.at(-1);
    if (last === undefined || next.span[0] >= last.span[1]) {
      result.push(next);
      continue;
    }
    const end = Math.max(last.span[1], next.span[1]);
    const label = last.label === UNKNOWN ? next.label : last.label;
    result[result.length - 1] = { span: [last.span[0], end], label };
  }
  return result;
}

/** The text with each secret replaced. */
export function masked(text: string, findings: readonly MaskFinding[]): string {
  let result = "";
  let position = 0;
  for (const { span: [start, end], label } of findings) {
    result += text.slice(position, start) + label;
    position = end;
  }
  return position === 0 ? text : result + text.slice(position);
}
