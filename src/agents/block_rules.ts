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

/**
 * The text without all such blocks, and the empty line before each; undefined where a mark has no other.
 * A mark is a whole line: who writes about one has made none. Of what stands between two marks only orc's
 * `own` lines go: what somebody wrote there stays in its place.
 */
export function withoutBlocks(
  text: string,
  own: readonly string[],
  [open, close]: Comment,
): string | undefined {
  const kept: string[] = [];
  let inside: string[] | undefined;
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const words = bare(line);
    const isBegin = words.startsWith(`${open}orc:begin`) &&
      words.endsWith(close);
    const isEnd = words === `${open}${END}${close}`;
    if (isBegin || isEnd) {
      if (isBegin !== (inside === undefined)) return undefined;
      if (isBegin && line.startsWith(BOM)) kept.push(BOM);
      const others = othersIn(inside ?? [], own);
      const isGap = isEnd && others.length === 0 && kept.length > 1 &&
        bare(kept.at(-1) ?? BOM) === "" && kept.at(-1) !== BOM;
      if (isGap) kept.pop();
      kept.push(...others);
      inside = isBegin ? [] : undefined;
    } else (inside ?? kept).push(line);
  }
  return inside === undefined ? kept.join("") : undefined;
}

const BOM = "\ufeff";

/** A line without its end, and without the mark of byte order before the first. */
function bare(line: string): string {
  return line.replace(/^\ufeff/, "").replace(/\r?\n$/, "");
}

/** Lines that are none of orc's, which stand in its order where nobody moved them. */
function othersIn(
  lines: readonly string[],
  own: readonly string[],
): readonly string[] {
  let next = 0;
  return lines.filter((line) => {
    const words = bare(line);
    const at = own[next] === words || words === "" ? next : own.indexOf(words);
    const isOwn = own[at] === words;
    if (isOwn) next = at + 1;
    return !isOwn;
  });
}
