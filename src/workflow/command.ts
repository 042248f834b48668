import type { JsonObject } from "../base/json.ts";
import {
  problemOf,
  type Quoting,
  quotingAfter,
  splitCommand,
  splitWords,
} from "./command_line.ts";
import { pythonText } from "./python_text.ts";

/** How a check's command is run, with the settings filled in. */
export type CommandPlan =
  | {
    readonly kind: "words";
    readonly words: readonly string[];
    readonly filled: string;
  }
  | { readonly kind: "shell"; readonly text: string }
  | { readonly kind: "invalid"; readonly problem: string };

/** A setting's value that must not become part of a command. */
export interface UnsafeValue {
  readonly name: string;
  readonly value: string;
}

/** A `{{name}}` of a text, and the text of the setting it stands for. */
interface Filling {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** The names may hold what Python's regular expressions call word characters. */
const PLACEHOLDER = /\{\{([\p{L}\p{N}_]+)\}\}/gu;
const UNSAFE = /[;&|`$(){}[\]<>\\!\r\n]/;

/** A word that is no name, so that it cannot make an assignment or expansion of what is beside it. */
const NEUTRAL_WORD = "0";

/** Fills in each `{{name}}` that is a setting; other names and the values themselves stay as they are. */
export function fillTemplate(text: string, settings: JsonObject): string {
  return replaced(text, fillingsOf(text, settings), ({ value }) => value);
}

/** Fills in a command; a value that could mean something to a shell leaves it unfilled. */
export function fillCommand(
  text: string,
  settings: JsonObject,
): { readonly filled: string; readonly unsafe: UnsafeValue | null } {
  for (const { name, value } of fillingsOf(text, settings)) {
    if (UNSAFE.test(value)) return { filled: text, unsafe: { name, value } };
  }
  return { filled: fillTemplate(text, settings), unsafe: null };
}

/** Plans how to run a command. Only the author's own text can ask for a shell, never a value filled in. */
export function planCommand(text: string, settings: JsonObject): CommandPlan {
  const fillings = fillingsOf(text, settings);
  const own = splitCommand(replaced(text, fillings, () => NEUTRAL_WORD));
  if (own.kind === "invalid") return own;
  const { filled, unsafe } = fillCommand(text, settings);
  const problem = unsafe
    ? problemOfUnsafe(unsafe)
    : problemOfQuotes(text, fillings);
  if (problem !== undefined) return { kind: "invalid", problem };
  return own.kind === "shell" ? planShell(filled, fillings) : planWords(filled);
}

function planShell(
  text: string,
  fillings: readonly Filling[],
): CommandPlan {
  const comment = fillings.find(({ value }) => /(?:^|\s)#/.test(value));
  const problem = comment
    ? `Setting "${comment.name}" holds a "#", which hides the rest of the command`
    : problemOf(text);
  return problem === undefined
    ? { kind: "shell", text }
    : { kind: "invalid", problem };
}

function planWords(filled: string): CommandPlan {
  const line = splitWords(filled);
  switch (line.kind) {
    case "words":
      return { ...line, filled };
    case "invalid":
      return line;
    case "shell":
      return {
        kind: "invalid",
        problem: "Command needs a shell only because of a setting",
      };
  }
}

function problemOfUnsafe({ name, value }: UnsafeValue): string {
  const character = JSON.stringify(UNSAFE.exec(value)?.[0]);
  return `Setting "${name}" holds ${character}, which no setting may bring into a command`;
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

function fillingsOf(text: string, settings: JsonObject): Filling[] {
  return Array.from(text.matchAll(PLACEHOLDER)).flatMap((match) => {
    const [placeholder, name = ""] = match;
    const value = settings.get(name);
    if (value === undefined) return [];
    const start = match.index;
    return {
      name,
      value: pythonText(value),
      start,
      end: start + placeholder.length,
    };
  });
}

function replaced(
  text: string,
  fillings: readonly Filling[],
  textFor: (filling: Filling) => string,
): string {
  let result = "";
  let at = 0;
  for (const filling of fillings) {
    result += text.slice(at, filling.start) + textFor(filling);
    at = filling.end;
  }
  return result + text.slice(at);
}
