import { type OrcError, usage } from "./error.ts";
import { epochMsOf } from "./time.ts";
import { closestString } from "@std/text/closest-string";

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
  return cut(text, limit, 0, "…");
}

/** Stands between two ends; how much lay there is not known where a text was cut before. */
const LEFT_OUT = "\n… left out …\n";

/** The beginning and the end of a text, together at most `limit` code points. */
export function endsOf(
  text: string,
  limit: number,
  headLength: number,
): string {
  return cut(text, limit, headLength, LEFT_OUT);
}

/** A text of more than `limit` code points, with a mark in the place of what lies behind its head. */
export function cut(
  text: string,
  limit: number,
  headLength: number,
  mark: string,
): string {
  const points = Array.from(text);
  if (points.length <= limit) return text;
  const tailStart = points.length - (limit - headLength - mark.length);
  const head = points.slice(0, headLength).join("");
  return head + mark + points.slice(tailStart).join("");
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
  return escapeJson(JSON.stringify(tailOf(text, MAX_QUOTED_LENGTH)));
}

/**
 * What drives a terminal, ends a line without being a newline, turns the direction of text around,
 * or cannot be seen: control and format characters, blanks without a width, fillers, and the copies
 * of ASCII that only machines read.
 */
export const UNSEEN =
  // deno-lint-ignore no-control-regex
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|\udb40[\udc00-\udc7f]|(?<![^\0-\u036f\u2000-\u206f])[\u200c\u200d]|[\u200c\u200d](?![^\0-\u036f\u2000-\u206f])/g;
// The last two: joiners belong to emoji and to many scripts, and hide only where they join nothing.

/** Colours, links and titles: what a program writes for a terminal and not for a reader. */
const TERMINAL_SEQUENCE =
  // deno-lint-ignore no-control-regex
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z^-~])/g;

/** A program's output as its reader sees it at the end: plain, and of a line written over only the last. */
export function plainText(output: string): string {
  if (!output.includes("\x1b") && !output.includes("\r")) return output;
  return output.replaceAll(TERMINAL_SEQUENCE, "").replaceAll(/\r+\n/g, "\n")
    .replaceAll(/^.*\r(?=[^\r\n])/gm, "");
}

/** Shows what cannot be seen as `\x1b` or `\u200b`, so that data cannot drive a terminal or disguise text. */
export function escapeControls(text: string): string {
  // Nearly all of what is shown; the pattern for the rest takes long to be compiled.
  if (/^[\t\n -~]*$/.test(text)) return text;
  return text.replace(UNSEEN, (unseen) => {
    const code = unseen.charCodeAt(0);
    const digits = code.toString(16).padStart(2, "0");
    return code > 0xff ? escapeUnits(unseen) : `\\x${digits}`;
  });
}

/** Escapes what JSON leaves as it is although it cannot be seen; what it means stays the same. */
export function escapeJson(json: string): string {
  return json.replace(UNSEEN, escapeUnits);
}

/** A text of others as part of a line: nothing in it can begin another one, which would pass for orc's own. */
export function inOneLine(text: string): string {
  return escapeControls(text.trimEnd()).replaceAll("\n", "\\n");
}

/** A text of others that may have several lines: no further one begins where those of orc do. */
export function indented(text: string): string {
  return escapeControls(text.trimEnd()).replaceAll("\n", "\n  ");
}

/** Spells each UTF-16 unit as JSON and JavaScript do. */
export function escapeUnits(text: string): string {
  return text.replaceAll(
    /[^]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What a session is called: its name, if it has one, and what is to be done. */
export function titleOf(name: string | null, task: string): string {
  return name === null ? task : `${name}: ${task}`;
}

/** What a mode allows, in octal digits: `0644`. */
export function modeText(mode: number | null): string {
  return ((mode ?? 0) & 0o777).toString(8).padStart(4, "0");
}

const SIZE_UNITS = ["kB", "MB", "GB", "TB"];

/** A size for people: `512 B`, `1.2 MB`. */
export function sizeText(sizeBytes: number): string {
  let size = sizeBytes;
  let unit = "B";
  for (const larger of SIZE_UNITS) {
    if (size < 999.5) break;
    size /= 1000;
    unit = larger;
  }
  const digits = unit === "B" || size >= 99.5 ? 0 : 1;
  return `${size.toFixed(digits)} ${unit}`;
}

/** The candidate that was probably meant: at most one slip per three letters, a swap of neighbours being one. */
export function nearest(
  word: string,
  candidates: readonly string[],
): string | undefined {
  if (candidates.length === 0) return undefined;
  const best = closestString(word, candidates, { compareFn: slipsBetween });
  const slips = slipsBetween(word.toLowerCase(), best.toLowerCase());
  return slips <= Math.max(1, Math.floor(word.length / 3)) ? best : undefined;
}

/**
 * Refuses an option that a call does not take: it would do nothing, and nobody would be told.
 *
 * @throws {OrcError} `unknown_option` (usage), with the name that may be meant
 */
export function assertOptions(given: object, known: readonly string[]): void {
  const option = Object.keys(given).find((key) => !known.includes(key));
  if (option !== undefined) throw unknownOption(option, known);
}

export function unknownOption(
  option: string,
  known: readonly string[],
): OrcError {
  const meant = nearest(option, known) ?? null;
  return usage("unknown_option", `No option ${quoted(option)} here`, {
    hint: meant ? `did you mean ${meant}?` : `it takes ${known.join(", ")}`,
    details: { option, meant },
  });
}

/** Insertions, deletions, replacements and swaps of neighbours from one word to the other. */
function slipsBetween(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const costAt = (row: number, column: number) =>
    rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= from.length; row++) {
    const costs = rows[row] = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      costs[column] = Math.min(
        costAt(row, column - 1) + 1,
        costAt(row - 1, column) + 1,
        costAt(row - 1, column - 1) + (isSame ? 0 : 1),
        isSwap ? costAt(row - 2, column - 2) + 1 : Infinity,
      );
    }
  }
  return costAt(from.length, to.length);
}

/** A word as a shell takes it: ids of the Python tool's sessions may hold blanks and quotes. */
export function shellWord(word: string): string {
  // Letters of all languages take long to prepare for: most words need none.
  if (/^[\w@%+:,./-]+$/.test(word)) return word;
  if (/^[\p{L}\p{N}_@%+:,./-]+$/u.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Reads a whole number as typed behind a flag, or refuses it: usage `invalid_number`. */
export function parseWholeNumber(
  text: string,
  { flag, max }: { readonly flag: string; readonly max: number },
): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (number <= max) return number;
  throw usage(
    "invalid_number",
    `${flag} is ${quoted(text)}, not a whole number from 0 to ${max}`,
  );
}

/** Above this, minutes are more than anybody reads at a glance. */
const MAX_SHOWN_MINUTES = 90;
const MAX_SHOWN_HOURS = 48;

/** Whole minutes between two instants, never negative; undefined when either is no instant. */
export function minutesBetween(
  from: string | null,
  to: string,
): number | undefined {
  const start = epochMsOf(from);
  const end = epochMsOf(to);
  if (start === undefined || end === undefined) return undefined;
  return Math.max(0, Math.floor((end - start) / 60_000));
}

/** How long something took, in the unit that fits: `90 min`, `3 h`, `2 days`. */
export function durationText(minutes: number): string {
  if (minutes <= MAX_SHOWN_MINUTES) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours <= MAX_SHOWN_HOURS
    ? `${hours} h`
    : countOf(Math.floor(hours / 24), "day");
}

/** A time limit as it is said: `30 minutes`, and below one minute in seconds. */
export function limitText(minutes: number): string {
  return minutes < 1
    ? countOf(Number((minutes * 60).toPrecision(3)), "second")
    : countOf(minutes, "minute");
}

/** Refuses a "-" whose writer meant standard input: it would be kept as the text. */
export function assertIsText(text: string | null): void {
  if (text?.trim() !== "-") return;
  throw usage(
    "notes_not_read",
    'The text is "-", and standard input is read only for --evidence',
    "give the text itself, in quotes",
  );
}
