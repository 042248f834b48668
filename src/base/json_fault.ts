import { OrcError } from "./error.ts";
import { MAX_DEPTH } from "./limits.ts";

/** A text that is being read as JSON, and how to speak about it. */
export interface JsonInput {
  readonly text: string;
  /** Name of the file, as people know it. */
  readonly source: string;
  /** What to do about a broken one. */
  readonly hint: string | undefined;
}

/** The error of a text that is no JSON; the sentence goes on after the file's name. */
export function invalidJson(
  { source, hint }: JsonInput,
  sentence: string,
  details?: Readonly<Record<string, unknown>>,
): OrcError {
  return new OrcError("corrupt", "invalid_json", `${source}${sentence}`, {
    hint,
    path: source,
    details,
  });
}

/** The error of a text that goes wrong at `at`; the sentence goes on after the position. */
export function invalidJsonAt(
  input: JsonInput,
  at: number,
  sentence: string,
): OrcError {
  const position = positionOf(input.text, at);
  const { line, column } = position;
  return invalidJson(input, `:${line}:${column} ${sentence}`, position);
}

/** The error of a text that holds something else at `at` than was expected there. */
export function unexpected(
  input: JsonInput,
  at: number,
  expected: string,
): OrcError {
  const point = input.text.codePointAt(at);
  const found = point === undefined
    ? `it ends after ${offsetBytesOf(input.text, at)} bytes`
    : `found ${nameOf(point)}`;
  const sentence = `is not valid JSON: ${found} where ${expected} was expected`;
  return invalidJsonAt(input, at, sentence);
}

function positionOf(
  text: string,
  at: number,
): { line: number; column: number; offsetBytes: number } {
  const before = text.slice(0, at);
  return {
    line: before.split("\n").length,
    column: at - before.lastIndexOf("\n"),
    offsetBytes: offsetBytesOf(text, at),
  };
}

function offsetBytesOf(text: string, at: number): number {
  return new TextEncoder().encode(text.slice(0, at)).length;
}

/** Characters that a terminal would not show are named by number. */
function nameOf(point: number): string {
  const isVisible = point > 0x20 && point < 0x7f;
  return isVisible
    ? `"${String.fromCodePoint(point)}"`
    : `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Refuses to make what could not be read back: a container inside `depth` others. */
export function refuseTooDeep(depth: number): void {
  if (depth < MAX_DEPTH) return;
  const message = `Cannot store data nested deeper than ${MAX_DEPTH} levels`;
  throw new OrcError("refused", "too_deep", message);
}
