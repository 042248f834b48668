import { type OrcError, usage } from "../base/error.ts";
import { assertIsText, nearest } from "../base/text.ts";
import {
  type ArgSpec,
  type Command,
  entriesBelow,
  findEntry,
  flag,
  type FlagSpec,
  type FlagUse,
  flagUsesIn,
  globalFlags,
  spellingsOf,
  type Style,
  type Table,
  type TableEntry,
  type Values,
} from "../commands/command.ts";
import type { Host } from "../host/host.ts";

/** Only before a command: behind one, `-v` is free for the command's own flags. */
const versionFlag = flag("-v, --version", "Show the version");

interface Request {
  /** Undefined when the command line ended before a command was named. */
  readonly entry: TableEntry | undefined;
  readonly words: readonly string[];
  /** The rest of the command line, not read yet. */
  readonly rest: Cursor;
}

export interface Invocation {
  readonly command: Command;
  readonly values: Values;
}

/** What a command line asks for: `--version` and `--help` before the command's name stand for commands. */
export function requestOf(
  argv: readonly string[],
  table: Table,
): Request {
  const selection = selectCommand(argv, table);
  const { words, rest } = selection;
  if (rest.given.has("version")) return redirect(table, "version", [], rest);
  if (rest.given.has("help")) return redirect(table, "help", words, rest);
  return selection;
}

/** Loads a command and reads its arguments; `--help` among them leads to help. */
export async function prepare(
  { name, load }: TableEntry,
  rest: Cursor,
  table: Table,
): Promise<Invocation> {
  const command = await load();
  const values = parseArguments(name, command, rest);
  if (!values.on("help")) return { command, values };
  return await prepareHelp(table, name.split(" "), rest);
}

export function prepareHelp(
  table: Table,
  words: readonly string[],
  before?: Cursor,
): Promise<Invocation> {
  const { entry, rest } = redirect(table, "help", words, before);
  return prepare(entry, rest, table);
}

function redirect(
  table: Table,
  name: string,
  words: readonly string[],
  before?: Cursor,
): Request & { readonly entry: TableEntry } {
  const entry = findEntry(table, [name]);
  if (entry === undefined) throw new Error(`The table lacks "${name}"`);
  const given = new Map(before?.given);
  given.delete("help");
  given.delete("version");
  const rest = { argv: words, position: 0, flagsEnded: true, given };
  return { entry, words: [name], rest };
}

/**
 * Reads the command line up to the command's name.
 *
 * `@std/cli/parse-args` was looked at and not taken: it refuses values that begin with "-", turns
 * what looks like a number into one, and cannot tell a missing value from an empty one.
 */
export function selectCommand(
  argv: readonly string[],
  table: Table,
): Request {
  refuseNul(argv);
  const rest = { argv, position: 0, flagsEnded: false, given: new Map() };
  const flags = [...globalFlags, versionFlag];
  const words: string[] = [];
  for (const word of wordsIn(rest, flags)) {
    words.push(word);
    const entry = findEntry(table, words);
    if (entry !== undefined) return { entry, words, rest };
    // Whoever tells of it says whether more words could make a command of these.
    if (entriesBelow(table, words).length === 0) break;
  }
  return { entry: undefined, words, rest };
}

export function parseArguments(
  name: string,
  { args, flags }: Pick<Command, "args" | "flags">,
  rest: Cursor,
): Values {
  const allFlags = [...flags, ...globalFlags];
  const words = Array.from(wordsIn(rest, allFlags));
  if (!rest.given.has("help")) {
    assignArguments(name, args, words, rest.given);
    assertCompatible([...args, ...flags], rest.given);
  }
  const names = [...args, ...allFlags].map((declared) => declared.name);
  return valuesOf(name, new Set(names), rest.given);
}

function refuseNul(argv: readonly string[]): void {
  const index = argv.findIndex((argument) => argument.includes("\0"));
  if (index < 0) return;
  throw usage(
    "nul_in_argument",
    `Argument ${index + 1} contains a NUL character`,
    "give text without NUL characters",
  );
}

function assignArguments(
  name: string,
  args: readonly ArgSpec[],
  words: readonly string[],
  given: Given,
): void {
  let remaining = words;
  for (const arg of args) {
    const taken = arg.variadic ? remaining : remaining.slice(0, 1);
    if (arg.required && taken.length === 0) {
      throw usage("missing_argument", `Command "${name}" needs ${arg.name}`);
    }
    if (arg.name === "TASK") assertIsText(taken[0] ?? null);
    if (taken.length > 0) given.set(arg.name, taken);
    remaining = remaining.slice(taken.length);
  }
  if (remaining.length === 0) return;
  throw usage(
    "unexpected_argument",
    `Unexpected argument "${remaining[0]}"`,
    "put text of several words in quotes",
  );
}

/** Refuses what would be dropped without a word: a flag that does nothing beside the others. */
function assertCompatible(
  declared: readonly Pick<FlagSpec, "name" | "needs" | "excludes">[],
  given: Given,
): void {
  for (const { name, needs, excludes = [] } of declared) {
    if (!given.has(name)) continue;
    if (needs !== undefined && !given.has(needs)) {
      throw usage(
        "conflicting_flags",
        `${spelled(name)} does nothing without ${spelled(needs)}`,
      );
    }
    const other = excludes.find((each) => given.has(each));
    if (other === undefined) continue;
    throw usage(
      "conflicting_flags",
      `${spelled(name)} and ${spelled(other)} do not go together`,
    );
  }
}

/** Names of arguments stand in capitals. */
function spelled(name: string): string {
  return /^[A-Z]/.test(name) ? name : `--${name}`;
}

function valuesOf(
  command: string,
  names: ReadonlySet<string>,
  given: Given,
): Values {
  const list = (name: string): readonly string[] => {
    if (names.has(name)) return given.get(name) ?? [];
    throw new Error(`No argument or flag "${name}" is declared`);
  };
  return {
    command,
    text: (name) => list(name)[0],
    need(name) {
      const [value] = list(name);
      if (value === undefined) throw new Error(`"${name}" is not required`);
      return value;
    },
    list,
    on: (name) => list(name).length > 0,
  };
}

export interface Presentation {
  /** A program reads it: errors are documents too. */
  readonly json: boolean;
  /** Each part of a streamed result is a document on a line of its own. */
  readonly lines: boolean;
  /** Whether a document leaves out nothing. */
  readonly full: boolean;
  /** What of the result is asked for; undefined leaves that to the command. */
  readonly fields: string | undefined;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: ColorChoice;
  /** Whether no flag says in which form the answer is to be; then a setting may. */
  readonly isFormatOpen: boolean;
}

export function presentationOf(values: Values, isOwn = false): Presentation {
  const format = formatOf(values);
  return {
    json: format !== "text",
    lines: format === "jsonl",
    full: values.on("full"),
    fields: values.text("fields"),
    quiet: values.on("quiet"),
    verbose: values.on("verbose"),
    color: values.on("no-color") ? "never" : "auto",
    isFormatOpen: !isOwn && !values.on("output") &&
      !JSON_FLAGS.some((flag) => values.on(flag)),
  };
}

/** As long as nothing of a command line is read. */
export const UNDECIDED: Presentation = {
  json: false,
  lines: false,
  full: false,
  fields: undefined,
  quiet: false,
  verbose: false,
  color: "auto",
  isFormatOpen: true,
};

const FORMATS = ["text", "json", "jsonl"] as const;

/** Who says what of a document they want wants a document. */
const JSON_FLAGS = ["json", "full", "fields"] as const;

function formatOf(values: Values): typeof FORMATS[number] {
  const output = values.text("output");
  const wanting = JSON_FLAGS.find((flag) => values.on(flag));
  const format = FORMATS.find((format) => format === (output ?? "text"));
  if (format === undefined) {
    throw usage(
      "invalid_value",
      `Flag "--output" needs json, jsonl or text, not "${output}"`,
    );
  }
  if (wanting === undefined) return format;
  if (output === undefined || format === "json") return "json";
  if (wanting === "full" && format === "jsonl") return format;
  throw usage(
    "conflicting_flags",
    `Flags "--${wanting}" and "--output ${format}" contradict each other`,
  );
}

interface Cursor {
  readonly argv: readonly string[];
  position: number;
  /** Whether `--` was read: from there on everything is an argument. */
  flagsEnded: boolean;
  readonly given: Given;
}

/** Values by the name of their flag or argument; a switch has one empty value. */
type Given = Map<string, readonly string[]>;

/** Reads flags, and gives the arguments between and behind them one by one. */
function* wordsIn(
  cursor: Cursor,
  flags: readonly FlagSpec[],
): Generator<string> {
  for (;;) {
    const argument = cursor.argv[cursor.position++];
    if (argument === undefined) return;
    if (cursor.flagsEnded || !/^-./s.test(argument)) yield argument;
    else if (argument === "--") cursor.flagsEnded = true;
    else {
      for (const use of flagUsesIn(argument, flags)) take(cursor, flags, use);
    }
  }
}

function take(
  cursor: Cursor,
  flags: readonly FlagSpec[],
  { flag, spelling, attached }: FlagUse,
): void {
  if (flag === undefined) throw unknownFlag(flags, spelling);
  const { name, value } = flag;
  const takesNext = value !== undefined && attached === undefined;
  const next = takesNext ? cursor.argv[cursor.position++] : undefined;
  const wanting = `Flag "${spelling}" needs a value: ${value}`;
  // Who leaves a value out means the flag behind it, and must not lose it.
  if (
    next?.startsWith("--") &&
    flags.some((other) => spellingsOf(other).includes(next))
  ) {
    const hint = `to give it that text write --${name}=${next}`;
    throw usage("missing_value", wanting, hint);
  }
  const earlier = cursor.given.get(name) ?? [];
  if (earlier.length > 0 && !flag.repeatable) {
    throw usage(
      "repeated_flag",
      `Flag "${spelling}" was given twice`,
      `give --${name} once`,
    );
  }
  if (value === undefined && attached !== undefined) {
    throw usage(
      "unexpected_value",
      `Flag "${spelling}" takes no value`,
      `use ${spelling} alone`,
    );
  }
  if (takesNext && next === undefined) throw usage("missing_value", wanting);
  const text = attached ?? next ?? "";
  if (value === "TEXT") assertIsText(text);
  cursor.given.set(name, [...earlier, text]);
}

function unknownFlag(flags: readonly FlagSpec[], spelling: string): OrcError {
  const known = flags.flatMap(spellingsOf);
  // Each other letter is one letter away from it.
  const meant = spelling.length > 2
    ? nearest(spelling, known)
    : known.find((one) => one.toLowerCase() === spelling.toLowerCase());
  const hint = /[\s\d]/.test(spelling)
    ? 'put -- before an argument that begins with "-"'
    : meant && `use ${meant}`;
  return usage("unknown_flag", `Unknown flag "${spelling}"`, {
    hint,
    details: { flag: spelling },
  });
}

const DEFAULT_COLUMNS = 80;
/** A narrower terminal wraps by itself: layouts need not work with a handful of columns. */
const MIN_COLUMNS = 20;

/** Whether text is colored; `auto` colors it where a person reads it. */
export type ColorChoice = "auto" | "always" | "never";

export function styleFor(host: Host, color: ColorChoice): Style {
  const { isOutputTerminal } = host.terminal;
  const width = isOutputTerminal ? host.terminal.columns : DEFAULT_COLUMNS;
  const isPlain = !isOutputTerminal || !!host.env("NO_COLOR") ||
    host.env("TERM") === "dumb";
  const colored = color === "always" || (color === "auto" && !isPlain);
  const paint = (on: number, off: number) => (text: string): string =>
    colored && text !== "" ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    isTerminal: isOutputTerminal,
    symbols: isOutputTerminal && host.env("TERM") !== "dumb",
    columns: Math.max(MIN_COLUMNS, width),
    bold: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
    bad: paint(31, 39),
    warn: paint(33, 39),
  };
}
