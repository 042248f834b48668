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
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
