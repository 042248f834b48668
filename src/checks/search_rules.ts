/** Why a search in a file failed: checks of documents ask git whether a line is there, and git says no more. */
import { headOf } from "../base/markdown.ts";
import { escapeControls } from "../base/text.ts";

/** A search for a line in one file, as `git grep` is asked for it. */
export interface Search {
  /** Relative to the directory that the check runs in. */
  readonly path: string;
  readonly pattern: RegExp;
  /** Where the pattern asks for as many characters at the end: what comes before them. */
  readonly start: RegExp | null;
  readonly length: number;
  /** Whether a line that fits is what must not be there. */
  readonly wantsNone: boolean;
}

const MAX_LINES = 5;
const MAX_LINE_LENGTH = 120;

/** The search that a command makes; undefined for any other command. */
export function searchOf(words: readonly string[]): Search | undefined {
  const end = words.indexOf("--");
  const options = words.slice(2, end < 0 ? 2 : end);
  const [path, ...more] = words.slice(end + 1);
  const source = options[options.indexOf("-e") + 1];
  const isSearch = words[0] === "git" && words[1] === "grep" &&
    options.includes("-E") && options.includes("-e");
  if (!isSearch || source === undefined || path === undefined) return undefined;
  // More than one file, or a pattern for names, is not looked into.
  if (more.length > 0 || /[*?[:\\]/.test(path)) return undefined;
  const flags = options.includes("-i") ? "iu" : "u";
  const [, start, length] = /^(.*)\.\{(\d+)\}$/.exec(source) ?? [];
  try {
    return {
      path,
      pattern: new RegExp(asScript(source), flags),
      start: start === undefined ? null : new RegExp(asScript(start), flags),
      length: Number(length ?? 0),
      wantsNone: options.includes("-L"),
    };
  } catch {
    // It is written in a way that only git understands, and nothing is said of it.
    return undefined;
  }
}

/** The same pattern as the language of this program writes it. */
function asScript(pattern: string): string {
  return pattern.replaceAll("[[:space:]]", "\\s").replaceAll("[[]", "\\[")
    .replaceAll("[]]", "\\]");
}

/** What was found in the file, in few lines; nothing where that explains nothing. */
export function explainSearch(
  search: Search,
  /** Undefined where there is no such file. */
  text: string | undefined,
): readonly string[] {
  const { path, pattern, start, length, wantsNone } = search;
  if (text === undefined) return [`there is no file ${path}`];
  const lines = text.split(/\r?\n/).map((line, index) => ({ line, index }));
  const placeOf = (index: number): string => `${path}:${index + 1}`;
  if (wantsNone) {
    const fitting = lines.filter(({ line }) => pattern.test(line));
    const shown = fitting.slice(0, MAX_LINES).map(({ line, index }) =>
      `open: ${placeOf(index)}: ${shownLine(line)}`
    );
    const more = fitting.length - shown.length;
    return more > 0 ? [...shown, `… and ${more} more`] : shown;
  }
  if (start === null) return [];
  const begun = lines.flatMap(({ line, index }) => {
    const [head] = start.exec(line) ?? [];
    if (head === undefined) return [];
    return [{
      line,
      index,
      count: Array.from(line).length - Array.from(head).length,
    }];
  }).toSorted((one, other) => other.count - one.count);
  const [nearest] = begun;
  if (nearest === undefined) return [`no line of ${path} begins so`];
  const { line, index, count } = nearest;
  return [
    `found: ${placeOf(index)}: ${
      shownLine(line)
    } (${count} characters, ${length} are needed)`,
  ];
}

function shownLine(line: string): string {
  return `\`${escapeControls(headOf(line.trim(), MAX_LINE_LENGTH))}\``;
}
