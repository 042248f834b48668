/** Says how many there are: `1 phase`, `2 phases`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Length in code points, as people and the Python tool count. */
export function lengthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let length = 0;
  for (const _ of text) length++;
  return length;
}

/** The end of a text, at most `limit` code points, with a mark where something was cut. */
export function tailOf(text: string, limit: number): string {
  const points = Array.from(text);
  return points.length <= limit
    ? text
    : `…${points.slice(points.length - limit + 1).join("")}`;
}

/** Stands between two ends; how much lay there is not known where a text was cut before. */
const LEFT_OUT = "\n… left out …\n";

/** The beginning and the end of a text, together at most `limit` code points. */
export function endsOf(
  text: string,
  limit: number,
  headLength: number,
): string {
  const points = Array.from(text);
  if (points.length <= limit) return text;
  const tailLength = limit - headLength - LEFT_OUT.length;
  const head = points.slice(0, headLength).join("");
  const tail = points.slice(points.length - tailLength).join("");
  return head + LEFT_OUT + tail;
}

/** Names a few of many in one line: `a, b, c and 4 more`. */
export function listOf(names: readonly string[], limit: number): string {
  if (names.length <= limit) return names.join(", ");
  return `${names.slice(0, limit).join(", ")} and ${names.length - limit} more`;
}

/** A sentence as the second half of another. */
export function uncapitalised(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** Code points of a caller's text that an error repeats. */
const MAX_QUOTED_LENGTH = 80;

/** In double quotes, cut, and with everything escaped that could move a cursor or hide text. */
export function quoted(text: string): string {
  return JSON.stringify(tailOf(text, MAX_QUOTED_LENGTH)).replaceAll(
    /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => unicodeEscape(character.charCodeAt(0)),
  );
}

/**
 * Characters that drive a terminal instead of being shown: C0 without tab and
 * newline, DEL, C1, those that end a line without being a newline, and those
 * that turn the direction of text around.
 */
export const CONTROLS =
  // deno-lint-ignore no-control-regex
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/** Shows control characters as `\x1b`, so that data cannot drive a terminal or disguise text. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    return code > 0xff ? unicodeEscape(code) : `\\x${hex(code, 2)}`;
  });
}

/** A text of others as part of a line: nothing in it can begin another one, which would pass for orc's own. */
export function inOneLine(text: string): string {
  return escapeControls(text.trimEnd()).replaceAll("\n", "\\n");
}

/** A text of others that may have several lines: no further one begins where those of orc do. */
export function indented(text: string): string {
  return escapeControls(text.trimEnd()).replaceAll("\n", "\n  ");
}

/** Spells a UTF-16 unit as JSON and JavaScript do. */
export function unicodeEscape(code: number): string {
  return `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

/** What a session is called: its name, if it has one, and what is to be done. */
export function titleOf(name: string | null, task: string): string {
  return name === null ? task : `${name}: ${task}`;
}
