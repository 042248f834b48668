import { OrcError } from "../base/error.ts";
import type {
  ArgSpec,
  Command,
  TableEntry,
  Values,
} from "../commands/command.ts";
import {
  entriesBelow,
  findEntry,
  globalFlags,
  unknownCommand,
} from "../commands/table.ts";
import { type Cursor, type Given, nextWord } from "./flags.ts";
import type { ColorChoice } from "./style.ts";

/** Only before a command: behind one, `-v` is free for the command's own flags. */
const versionFlag = {
  name: "version",
  short: "v",
  summary: "Show the version",
};

/** The words that select a command, and the rest of the command line, not read yet. */
export interface Selection {
  readonly words: readonly string[];
  /** Undefined when the command line ended before a command was named. */
  readonly entry: TableEntry | undefined;
  readonly rest: Cursor;
}

/**
 * Reads the command line up to the command's name.
 *
 * `@std/cli/parse-args` was looked at and not taken: it refuses values that
 * begin with "-", turns what looks like a number into one, and cannot tell a
 * missing value from an empty one.
 */
export function selectCommand(
  argv: readonly string[],
  table: readonly TableEntry[],
): Selection {
  refuseNul(argv);
  const rest = cursorOver(argv);
  const flags = [...globalFlags, versionFlag];
  const words: string[] = [];
  for (;;) {
    const word = nextWord(rest, flags);
    if (word === undefined) return { words, entry: undefined, rest };
    words.push(word);
    const entry = findEntry(table, words);
    if (entry !== undefined) return { words, entry, rest };
    if (entriesBelow(table, words).length === 0) {
      throw unknownCommand(table, words);
    }
  }
}

/** A command line with nothing read yet. */
export function cursorOver(argv: readonly string[]): Cursor {
  return { argv, position: 0, flagsEnded: false, given: new Map() };
}

/** Reads what stands behind the command's name, as the command declares it. */
export function parseArguments(command: Command, rest: Cursor): Values {
  const flags = [...command.flags, ...globalFlags];
  const words: string[] = [];
  for (;;) {
    const word = nextWord(rest, flags);
    if (word === undefined) break;
    words.push(word);
  }
  if (!rest.given.has("help")) assignArguments(command, words, rest.given);
  const names = [...command.args, ...flags].map((declared) => declared.name);
  return valuesOf(new Set(names), rest.given);
}

function refuseNul(argv: readonly string[]): void {
  const index = argv.findIndex((argument) => argument.includes("\0"));
  if (index < 0) return;
  throw new OrcError(
    "usage",
    "nul_in_argument",
    `Argument ${index + 1} contains a NUL character`,
    { hint: "give text without NUL characters" },
  );
}

function assignArguments(
  command: Command,
  words: readonly string[],
  given: Given,
): void {
  let remaining = words;
  for (const arg of command.args) {
    const taken = arg.variadic ? remaining : remaining.slice(0, 1);
    if (arg.required && taken.length === 0) throw missingArgument(command, arg);
    if (taken.length > 0) given.set(arg.name, taken);
    remaining = remaining.slice(taken.length);
  }
  const [unexpected] = remaining;
  if (unexpected !== undefined) throw unexpectedArgument(unexpected);
}

function missingArgument(command: Command, arg: ArgSpec): OrcError {
  return new OrcError(
    "usage",
    "missing_argument",
    `Command "${command.name}" needs ${arg.name}`,
  );
}

function unexpectedArgument(argument: string): OrcError {
  return new OrcError(
    "usage",
    "unexpected_argument",
    `Unexpected argument "${argument}"`,
    { hint: "put text of several words in quotes" },
  );
}

function valuesOf(names: ReadonlySet<string>, given: Given): Values {
  const list = (name: string): readonly string[] => {
    if (names.has(name)) return given.get(name) ?? [];
    throw new Error(`No argument or flag "${name}" is declared`);
  };
  const text = (name: string): string | undefined => list(name)[0];
  return {
    text,
    need(name: string): string {
      const value = text(name);
      if (value === undefined) throw new Error(`"${name}" is not required`);
      return value;
    },
    list,
    on: (name) => list(name).length > 0,
  };
}

/** How the answer is to look. */
export interface Presentation {
  /** A program reads it: errors are documents too. */
  readonly json: boolean;
  /** Each part of a streamed result is a document on a line of its own. */
  readonly lines: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: ColorChoice;
  /** Whether no flag says in which form the answer is to be; then a setting may. */
  readonly isFormatOpen: boolean;
}

/** How a command line that could be read wants its answer. */
export function presentationOf(values: Values): Presentation {
  const format = formatOf(values);
  return {
    json: format !== "text",
    lines: format === "jsonl",
    quiet: values.on("quiet"),
    verbose: values.on("verbose"),
    color: values.on("no-color") ? "never" : "auto",
    isFormatOpen: !values.on("json") && !values.on("output"),
  };
}

/** How a command line that cannot be read probably wants the error: a program must not get prose. */
export function guessPresentation(argv: readonly string[]): Presentation {
  const end = argv.indexOf("--");
  const flags = end < 0 ? argv : argv.slice(0, end);
  return {
    json: flags.some((flag) => /^--json(?:=|$)/.test(flag)) ||
      / --output[ =]jsonl? /.test(
        ` ${flags.join(" ")} `,
      ),
    lines: false,
    quiet: false,
    verbose: flags.includes("--verbose"),
    color: "auto",
    isFormatOpen: false,
  };
}

type Format = "text" | "json" | "jsonl";

const FORMATS: readonly Format[] = ["text", "json", "jsonl"];

function formatOf(values: Values): Format {
  const output = values.text("output");
  const format = FORMATS.find((format) => format === (output ?? "text"));
  if (format === undefined) {
    throw new OrcError(
      "usage",
      "invalid_value",
      `Flag "--output" needs json, jsonl or text, not "${output}"`,
    );
  }
  if (!values.on("json")) return format;
  if (output === undefined || format === "json") return "json";
  throw new OrcError(
    "usage",
    "conflicting_flags",
    `Flags "--json" and "--output ${format}" contradict each other`,
  );
}
