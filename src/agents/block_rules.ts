/** Lines of orc in a file of others, between two marks. */

/** How a comment begins and ends. */
export type Comment = readonly [open: string, close: string];

export const MARKDOWN: Comment = ["<!-- ", " -->"];
export const HASH: Comment = ["# ", ""];

const BEGIN = "orc:begin, by orc agents install";
const END = "orc:end";

/** The line end that a text has, or would have. */
export function lineEndOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/** The text with the lines at its end; an empty line stands between, where anything stood there. */
export function withBlock(
  text: string,
  lines: readonly string[],
  [open, close]: Comment,
): string {
  const end = lineEndOf(text);
  const block = [`${open}${BEGIN}${close}`, ...lines, `${open}${END}${close}`];
  const isBare = text.replace(/^\ufeff/, "") === "";
  const gap = isBare ? "" : text.endsWith("\n") ? end : end + end;
  return text + gap + block.join(end) + end;
}

/** The text without such lines, and the empty line before them; undefined where only one mark is there. */
export function withoutBlock(
  text: string,
  [open, close]: Comment,
): string | undefined {
  const begin = text.indexOf(`${open}orc:begin`);
  const endMark = `${open}${END}${close}`;
  const end = text.indexOf(endMark);
  if (begin < 0 && end < 0) return text;
  if (begin < 0 || end < begin) return undefined;
  const before = text.slice(0, begin).replace(/(\r?\n)\r?\n$/, "$1");
  return before + text.slice(end + endMark.length).replace(/^\r?\n/, "");
}
