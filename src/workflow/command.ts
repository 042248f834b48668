import type { JsonObject } from "../base/json.ts";
import {
  fillTemplate,
  PLACEHOLDER,
  pythonText,
  withNames,
} from "./template.ts";

/** How a check's command is run, with the settings filled in. */
export type CommandPlan =
  | {
    readonly kind: "words";
    readonly words: readonly string[];
    readonly filled: string;
  }
  | {
    readonly kind: "shell";
    readonly text: string;
    /** The settings in the text: each system's shell has signs of its own that they must not hold. */
    readonly values: readonly string[];
  }
  | { readonly kind: "invalid"; readonly problem: string };

/** A `{{name}}` of a text, and the text of the setting it stands for. */
interface Filling {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const UNSAFE = /[;&|`$(){}[\]<>\\!\r\n]/;

/** A word that is no name, so that it cannot make an assignment or expansion of what is beside it. */
const NEUTRAL_WORD = "0";

/** Plans how to run a command. Only the author's own text can ask for a shell, never a value filled in. */
export function planCommand(text: string, settings: JsonObject): CommandPlan {
  const fillings = fillingsOf(text, settings);
  const own = splitCommand(withNames(text, settings, () => NEUTRAL_WORD));
  if (own.kind === "invalid") return own;
  const unsafe = problemOfValues(fillings) ?? problemOfQuotes(text, fillings);
  if (unsafe !== undefined) return { kind: "invalid", problem: unsafe };
  const filled = fillTemplate(text, settings);
  if (own.kind === "shell") {
    const problem = problemOfComments(fillings) ?? problemOf(filled);
    if (problem !== undefined) return { kind: "invalid", problem };
    const values = fillings.map(({ value }) => value);
    return { kind: "shell", text: filled, values };
  }
  const line = splitWords(filled);
  if (line.kind === "words") return { ...line, filled };
  if (line.kind === "invalid") return line;
  const problem = "Command needs a shell only because of a setting";
  return { kind: "invalid", problem };
}

/** A value that could mean something to a shell must not become part of a command. */
function problemOfValues(fillings: readonly Filling[]): string | undefined {
  for (const { name, value } of fillings) {
    const [character] = UNSAFE.exec(value) ?? [];
    if (character === undefined) continue;
    const sign = JSON.stringify(character);
    return `Setting "${name}" holds ${sign}, which no setting may bring into a command`;
  }
  return undefined;
}

/** A value with a quote of its own must not turn the author's quoted text into unquoted text. */
function problemOfQuotes(
  text: string,
  fillings: readonly Filling[],
): string | undefined {
  let quoting: Quoting = "none";
  let at = 0;
  for (const { name, value, start, end } of fillings) {
    quoting = quotingAfter(text.slice(at, start), quoting);
    if (quotingAfter(value, quoting) !== quoting) {
      return `Setting "${name}" changes what is quoted in the command`;
    }
    at = end;
  }
  return undefined;
}

function problemOfComments(fillings: readonly Filling[]): string | undefined {
  const comment = fillings.find(({ value }) => /(?:^|\s)#/.test(value));
  return comment &&
    `Setting "${comment.name}" holds a "#", which hides the rest of the command`;
}

function fillingsOf(text: string, settings: JsonObject): Filling[] {
  return Array.from(text.matchAll(PLACEHOLDER)).flatMap((match) => {
    const [placeholder, name = ""] = match;
    const value = settings.get(name);
    if (value === undefined) return [];
    const start = match.index;
    const end = start + placeholder.length;
    return { name, value: pythonText(value), start, end };
  });
}

/** Longest command: a shell gets it as one argument, which Linux bounds at 128 KiB. */
const MAX_COMMAND_BYTES = 64 * 1024;

type CommandLine =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "shell" }
  | { readonly kind: "invalid"; readonly problem: string };

/** What quotes or a backslash make of the next character of a command. */
type Quoting = "none" | "single" | "double" | "escape" | "double escape";

const LEADING_BLANKS = /^[ \t\r\n]+/;
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;
const EXPANSION = /`|\$[A-Za-z_{(]/;

/** One piece of a word, or the blanks between two; a line break counts as blank only at the end. */
const PIECE = new RegExp(
  [
    /(?<blanks>[ \t\r\n]+$|[ \t\r]+)/,
    /\\\n/,
    /(?<plain>[^ \t\r\n\\'"`$|&;<>()]+|\$(?![A-Za-z_{(]))/,
    /\\(?<escaped>[^])/,
    /'(?<single>[^']*)'/,
    /"(?<double>[^"\\]*(?:\\[^][^"\\]*)*)"/,
  ].map((pattern) => pattern.source).join("|"),
  "gy",
);

/**
 * Splits a command into words as a POSIX shell would, or says that only a shell can run it. Patterns, `~`, `{}`, `!`
 * and `#` are plain characters, as for the Python tool.
 */
export function splitCommand(text: string): CommandLine {
  const line = splitWords(text);
  return line.kind === "words" &&
      ASSIGNMENT.test(text.replace(LEADING_BLANKS, ""))
    ? { kind: "shell" }
    : line;
}

/** Splits like {@linkcode splitCommand}, but a first word `NAME=value` is the program. */
export function splitWords(text: string): CommandLine {
  const problem = problemOf(text);
  if (problem !== undefined) return { kind: "invalid", problem };
  const source = text.replace(LEADING_BLANKS, "");
  const words: string[] = [];
  let word: string | undefined;
  let end = 0;
  for (const { 0: piece, groups = {} } of source.matchAll(PIECE)) {
    if (EXPANSION.test(withoutEscapes(groups.double))) return { kind: "shell" };
    end += piece.length;
    if (groups.blanks === undefined) {
      word = joined(word, groups);
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (end < source.length) return whyUnsplit(source, end);
  if (word !== undefined) words.push(word);
  return words[0]
    ? { kind: "words", words }
    : { kind: "invalid", problem: "Command names no program" };
}

/** Says what forbids a command whatever its quotes are; undefined when nothing does. */
function problemOf(text: string): string | undefined {
  if (text.includes("\0")) return "Command contains a NUL character";
  const size = new TextEncoder().encode(text).length;
  return size > MAX_COMMAND_BYTES
    ? `Command is longer than ${MAX_COMMAND_BYTES / 1024} KiB`
    : undefined;
}

/** Follows the quotes of a part of a command. */
export function quotingAfter(text: string, before: Quoting): Quoting {
  let quoting = before;
  for (const character of text) quoting = nextQuoting(quoting, character);
  return quoting;
}

function nextQuoting(quoting: Quoting, character: string): Quoting {
  switch (quoting) {
    case "escape":
      return "none";
    case "double escape":
      return "double";
    case "single":
      return character === "'" ? "none" : quoting;
    case "double":
      if (character === "\\") return "double escape";
      return character === '"' ? "none" : quoting;
    case "none":
      if (character === "\\") return "escape";
      if (character === '"') return "double";
      return character === "'" ? "single" : quoting;
  }
}

/** The word with one more piece; undefined as long as nothing has begun a word. */
function joined(
  word: string | undefined,
  { plain, escaped, single, double }: Record<string, string | undefined>,
): string | undefined {
  const text = plain ?? escaped ?? single ?? unescaped(double);
  return text === undefined ? word : (word ?? "") + text;
}

/** Between double quotes a backslash is special only before what a shell would interpret. */
function unescaped(quoted: string | undefined): string | undefined {
  return quoted?.replaceAll(
    /\\([$`"\\\n])/g,
    (_, character) => character === "\n" ? "" : character,
  );
}

function withoutEscapes(quoted: string | undefined): string {
  return quoted?.replaceAll(/\\[^]/g, "") ?? "";
}

/** What stands at the place where splitting ended too early. */
function whyUnsplit(source: string, at: number): CommandLine {
  const character = source.charAt(at);
  if (character === "'" || character === '"') {
    return { kind: "invalid", problem: `Command has an unclosed ${character}` };
  }
  return character === "\\"
    ? { kind: "invalid", problem: "Command ends with a backslash" }
    : { kind: "shell" };
}
