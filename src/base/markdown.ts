import { oneLine } from "./fence.ts";

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
