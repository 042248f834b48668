import { cut, UNSEEN } from "./text.ts";

const MIN_FENCE_LENGTH = 3;

/** Puts what was said by others between fences that nothing in it can close. */
export function fenced(text: string): string {
  const content = seen(text).trimEnd();
  const fence = "`".repeat(
    Math.max(MIN_FENCE_LENGTH, longestRun(content) + 1),
  );
  return `${fence}text\n${content}\n${fence}`;
}

/** Shows a short text as code within a sentence, whatever backticks it holds. */
export function codeSpan(text: string): string {
  const content = oneLine(text);
  const fence = "`".repeat(longestRun(content) + 1);
  const isOpen = /^`|`$/.test(content);
  return isOpen ? `${fence} ${content} ${fence}` : fence + content + fence;
}

/** The text with one sign in the place of each character that nobody could see. */
export function seen(text: string): string {
  return text.replaceAll(/\r\n?|[\u2028\u2029]/g, "\n")
    .replaceAll(UNSEEN, "\ufffd");
}

export function oneLine(text: string): string {
  return seen(text).replaceAll(/\s+/g, " ").trim();
}

/** The beginning of a text, at most `limit` code points, with a mark where something was cut. */
export function headOf(text: string, limit: number): string {
  return cut(text, limit, limit - 1, "…");
}

function longestRun(text: string): number {
  const runs = text.match(/`+/g) ?? [];
  return runs.reduce((longest, { length }) => Math.max(longest, length), 0);
}

/** What Markdown, or the HTML in it, would take for more than a character. */
const SPECIAL = /[\\`*_[\]<>|~&#$!]/g;

/** What makes a list, a heading or a line of what it begins. */
const BEGINNING = /^([-+=]|\d{1,9}(?=[.)]))/;

/** Shows a text in one line of Markdown as it is written, also within a table. */
export function markdownText(text: string): string {
  return oneLine(text).replaceAll(SPECIAL, String.raw`\$&`)
    .replace(
      BEGINNING,
      (start) => /\d/.test(start) ? `${start}\\` : `\\${start}`,
    );
}

/** A table of texts that are Markdown already. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)]
    .join("\n");
}
