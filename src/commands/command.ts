import type { OrcError } from "../base/error.ts";
import type { Host } from "../host/host.ts";
import type { Place } from "../repository/open.ts";
import type { SessionOptions } from "../repository/select.ts";
import type { CandidateKind } from "../sessions/list.ts";
import type { Changed } from "../work/change.ts";

export type { Place };

/**
 * What a value names, so that shells can complete it: one of these words, or
 * something that is looked up while the user types.
 *
 * `item` is any item of the workflow, `open-item` one of the current phase that
 * is neither completed nor skipped.
 */
export type ValueKind =
  | readonly string[]
  | CandidateKind
  | "command"
  | "file"
  | "directory";

/** What using a command or a flag does: it only `reads`, `writes`, `rewrites` several things, or only a `human` may. */
export type Effect = "reads" | "writes" | "rewrites" | "human";

/** A positional argument of a command. */
export interface ArgSpec {
  readonly name: string;
  readonly summary: string;
  readonly required: boolean;
  /** Takes all remaining arguments. */
  readonly variadic?: boolean;
  /** What the argument names. */
  readonly values?: ValueKind;
  /** See {@linkcode FlagSpec.excludes}. */
  readonly excludes?: readonly string[];
}

/** A flag of a command; without `value` it is a switch. */
export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** Placeholder of the value in help, such as `TEXT`. */
  readonly value?: string;
  /** What the value names. */
  readonly values?: ValueKind;
  /** May be given more than once. */
  readonly repeatable?: boolean;
  /** What the command does with this flag, where that is more than without. */
  readonly effect?: Effect;
  /** The flag without which this one would do nothing. */
  readonly needs?: string;
  /** Flags and arguments that say the opposite, or leave nothing for this one to do. */
  readonly excludes?: readonly string[];
}

/** What a command needs from `deno run` beyond reading and writing the root. */
export type Permission = "run" | "sys" | "net" | "listen" | "tree" | "own";

/** Arguments and flags as the parser hands them over: every declared name is a key. */
export interface Values {
  /** The command they are for. */
  readonly command: string;
  /** Value of an argument or flag; undefined when it was not given. */
  text(name: string): string | undefined;
  /** Value of a required argument. */
  need(name: string): string;
  /** All values of a repeatable flag or variadic argument. */
  list(name: string): readonly string[];
  /** Whether a switch was given. */
  on(name: string): boolean;
}

/** What a command's `run` returns: the result for programs, and where it holds. */
export interface Outcome<Result> {
  readonly place: Place | null;
  readonly result: Result;
  /** Sentences for people, shown on standard error. */
  readonly warnings?: readonly string[];
  /** Decides the exit code where a whole result is bad news; the result is shown all the same. */
  readonly refusal?: OrcError;
  /** What goes on once the result is shown; orc ends with it. */
  readonly lasts?: Promise<void>;
}

// The result in what a use case answers. No comment for tools: it would stand in all schemas.
export type ResultOf<Answer> = Omit<Answer, "place" | "warnings">;

/** How a command answers whose result may be of any length, or without an end: in parts, in constant memory. */
interface Streaming<Part = unknown> {
  /** Whether the flags ask for it; `--output jsonl` always does, `--json` never. */
  isWanted(values: Values): boolean;
  /** Calls one use case, as {@linkcode Command.run} does. */
  run(host: Host, values: Values): Promise<{
    /** As many parts at a time as are there without waiting. */
    readonly batches: AsyncIterable<readonly Part[]>;
    /** Sentences for people; asked for when all parts are printed. */
    warnings(): readonly string[];
  }>;
  /** Makes the text of one part for people, without a final newline. */
  render(part: Part, style: Style): string;
}

export interface Style {
  /** Whether a person sees it, and not a program. */
  readonly isTerminal: boolean;
  readonly columns: number;
  /** Whether signs beyond ASCII may be used. */
  readonly symbols: boolean;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

/** One command: help, parser, documentation and JSON all come from here. The table gives it a name and a summary. */
export interface Command<Result = unknown, Part = unknown> {
  /** Paragraphs for `orc help COMMAND`. */
  readonly description: string;
  readonly args: readonly ArgSpec[];
  readonly flags: readonly FlagSpec[];
  /** What it does to files, without any flag. */
  readonly effect: Effect;
  readonly permissions: readonly Permission[];
  readonly examples: readonly string[];
  /** Whether its text is a value or a document, which programs get as it is: no character of it is escaped for them. */
  readonly isValue?: boolean;
  /** Whether another program reads its text, in that program's own form: no setting makes a document of it. */
  readonly isOwnForm?: boolean;
  /**
   * What of the result a program gets that asks for no more, as for `--fields`: `task,next.command`.
   * Without it all; what is null and lists without entries are left out either way.
   */
  readonly brief?: (values: Values) => string | Promise<string>;
  /** Whether the result is a document of another kind, in which null and an empty list say something. */
  readonly isWhole?: boolean;
  /** Calls one use case. Never prints, never exits, never opens a file. */
  run(host: Host, values: Values): Promise<Outcome<Result>>;
  /** Makes the text for people, without a final newline. */
  render(result: Result, style: Style): string;
  /** Whether it is to serve requests until its input ends, in place of `run`; `--json` never does. */
  serves?(values: Values): boolean;
  /** Takes the place of `run` and `render` where a stream is asked for. */
  readonly stream?: Streaming<Part>;
}

type Optional = "args" | "flags" | "permissions";

/** What a use case answers: the members of a result, and around them what an outcome has besides. */
type Answer<Result> = Result & Omit<Outcome<unknown>, "result">;

/** Calls one use case, with what all of them take and what the command line says besides. */
export interface Using<Result> {
  use(
    host: Host,
    options: SessionOptions,
    values: Values,
  ): Answer<Result> | Promise<Answer<Result>>;
}

export type Declaration<Result, Part> =
  & Omit<Command<Result, Part>, Optional | "run">
  & Partial<Pick<Command, Optional>>
  & (Using<Result> | Pick<Command<Result>, "run">);

/** Declares a command; keeps the types of what it answers and renders together. */
export function command<Result, Part = unknown>(
  declaration: Declaration<Result, Part>,
): Command<Result, Part> {
  const defaults = { args: [], flags: [], permissions: [] };
  if (!("use" in declaration)) return { ...defaults, ...declaration };
  const { use, ...declared } = declaration;
  return {
    ...defaults,
    ...declared,
    async run(host, values) {
      const options = sessionOptions(values);
      const answer = await use(host, options, values);
      const { place, warnings, refusal, ...result } = answer;
      return { place, warnings, refusal, result: Object(result) };
    },
  };
}

/** What the placeholders of values name, wherever they stand. */
const PLACEHOLDERS: Readonly<Record<string, ValueKind>> = {
  DIR: "directory",
  FILE: "file",
  ITEM: "item",
  PHASE: "phase",
};

/** A flag, spelled as help shows it: `-n, --notes TEXT`, or `--file FILE...` where it may be repeated. */
export function flag(
  spelling: string,
  summary: string,
  more: FlagExtras = {},
): FlagSpec {
  // Without any pattern: flags are declared at each start, and a pattern is compiled by its first use.
  const words = spelling.split(" ");
  const last = words.at(-1)?.startsWith("-") ? undefined : words.pop();
  const value = last?.replace("...", "");
  const spelled = words.map((word) => word.replace(",", ""));
  const [name = "", ...others] = spelled
    .filter((word) => word.startsWith("--")).map((word) => word.slice(2));
  return {
    name,
    short: spelled.find((word) => !word.startsWith("--"))?.slice(1),
    aliases: others.length === 0 ? undefined : others,
    value,
    summary,
    repeatable: last === value ? undefined : true,
    effect: undefined,
    ...more,
    values: more.values ?? PLACEHOLDERS[value ?? ""],
  };
}

type FlagExtras = Pick<FlagSpec, "values" | "effect" | "needs" | "excludes">;

export function humanFlag(
  spelling: string,
  summary: string,
  more: FlagExtras = {},
): FlagSpec {
  return flag(spelling, summary, { ...more, effect: "human" });
}

/** An argument, as the usage of its command shows it: `ITEM`, `[ID]`, `[WORDS]...`. */
export function arg(
  usage: string,
  summary: string,
  values?: ValueKind,
  more: Pick<ArgSpec, "excludes"> = {},
): ArgSpec {
  return {
    name: usage.replaceAll(/[[\].]/g, ""),
    summary,
    required: !usage.startsWith("["),
    variadic: usage.endsWith("...") || undefined,
    values,
    ...more,
  };
}

/** A line of the command table: enough to find and list a command without loading it. */
export interface TableEntry {
  /** Words that select the command, such as `session list`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** Called by scripts of shells, not by people: no list shows it. */
  readonly isHidden?: boolean;
  load(): Promise<Command>;
}

export type Table = readonly TableEntry[];

export interface CommandGroup {
  readonly title: string;
  /** Where help lists all commands, these have their summaries, and the others are only named. */
  readonly open?: readonly string[];
  readonly entries: Table;
}

/** What every command about a session takes from the global flags; who waits for its lock is told all of the purpose. */
export function sessionOptions(
  values: Values,
  ...details: readonly string[]
): SessionOptions {
  return {
    root: values.text("root"),
    session: values.text("session"),
    lockTimeout: values.text("lock-timeout"),
    purpose: ["orc", values.command, ...details].join(" "),
  };
}

/** What programs get after a change: what happened, and where the session stands. */
export type ChangeResult<Extra> = ResultOf<Changed> & Extra;

/** Flags of every command, before or after its name. */
export const globalFlags: readonly FlagSpec[] = [
  flag(
    "-d, --root, --dir DIR",
    "Repository root instead of the one found from here",
  ),
  flag(
    "--session ID",
    "Session instead of the current one; a unique prefix will do",
    { values: "session" },
  ),
  flag("--json", "Print one JSON document, without what is null or empty"),
  flag("--full", "Print all that is known as JSON"),
  flag("--fields LIST", "Print these as JSON, such as task,next.command"),
  flag(
    "--output FORMAT",
    "Print json, jsonl or text; --output json is --json",
    { values: ["json", "jsonl", "text"] },
  ),
  flag("-q, --quiet", "Print errors and what is shown, nothing of a change"),
  flag("--no-input", "Ask nobody, and refuse what needs an answer"),
  flag("--verbose", "Show where in orc an unexpected error arose"),
  flag("--no-color", "Print without colors"),
  flag(
    "--lock-timeout SECONDS",
    "How long to wait while another process changes the session",
  ),
  flag("-h, --help", "Show help for the command"),
];

export function tableOf(
  groups: readonly CommandGroup[],
): Table {
  return groups.flatMap((group) => group.entries);
}

export function findEntry(
  table: Table,
  words: readonly string[],
): TableEntry | undefined {
  const name = words.join(" ");
  return table.find((entry) => namesOf(entry).includes(name));
}

/** Entries whose names begin with these words and go on. */
export function entriesBelow(
  table: Table,
  words: readonly string[],
): Table {
  const beginning = `${words.join(" ")} `;
  return table.filter((entry) =>
    namesOf(entry).some((name) => name.startsWith(beginning))
  );
}

/** All that selects a command. */
export function namesOf(entry: TableEntry): readonly string[] {
  return [entry.name, ...entry.aliases ?? []];
}

export interface FlagUse {
  /** Undefined where nothing is spelled so. */
  readonly flag: FlagSpec | undefined;
  readonly spelling: string;
  /** The value when it stands in the same word. */
  readonly attached: string | undefined;
}

/** The flags in one word: `--notes=TEXT`, `-q`, several switches as in `-qy`, values as in `-nTEXT` or `-n=TEXT`. */
export function* flagUsesIn(
  word: string,
  flags: readonly FlagSpec[],
): Generator<FlagUse> {
  const find = (spelling: string): FlagSpec | undefined =>
    flags.find((flag) => spellingsOf(flag).includes(spelling));
  if (word.startsWith("--")) {
    const [, spelling = "", attached] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    yield { flag: find(spelling), spelling, attached };
    return;
  }
  const letters = Array.from(word.slice(1));
  for (const [index, letter] of letters.entries()) {
    const spelling = `-${letter}`;
    const flag = find(spelling);
    const rest = letters.slice(index + 1).join("");
    const hasValue = flag?.value !== undefined && rest !== "";
    const attached = hasValue ? rest.replace(/^=/, "") : undefined;
    yield { flag, spelling, attached };
    if (hasValue) return;
  }
}

export function spellingsOf(
  { name, short, aliases }: FlagSpec,
): readonly string[] {
  const long = [name, ...aliases ?? []].map((each) => `--${each}`);
  return short === undefined ? long : [...long, `-${short}`];
}
