import type { Command, FlagSpec, TableEntry, ValueKind } from "./command.ts";
import { findEntry, globalFlags } from "./table.ts";

/** What may stand where the cursor is. */
export type CompletionPoint =
  | { readonly type: "nothing" }
  | { readonly type: "flag"; readonly flags: readonly FlagSpec[] }
  | {
    readonly type: "value";
    readonly values: ValueKind;
    /** What stands before the value in the same word, such as `--root=`. */
    readonly prefix: string;
    /** Words that belong to the same value; a command's name has several. */
    readonly earlier: readonly string[];
  };

/** A command line up to the cursor, as far as it can be understood. */
export interface CompletionLine {
  readonly point: CompletionPoint;
  /** Values by the names of their flags. */
  readonly given: ReadonlyMap<string, string>;
}

/** What the words before the cursor say. */
interface Reading {
  command: Command | undefined;
  /** Names a command, or what follows its name. */
  words: string[];
  /** The flag that the next word is the value of. */
  pending: FlagSpec | undefined;
  flagsEnded: boolean;
  readonly given: Map<string, string>;
}

const NOTHING: CompletionPoint = { type: "nothing" };

/** Finds out what may stand at the cursor. A line that makes no sense yet is no error: somebody is typing it. */
export async function readCompletionLine(
  table: readonly TableEntry[],
  earlier: readonly string[],
  current: string,
): Promise<CompletionLine> {
  const reading: Reading = {
    command: undefined,
    words: [],
    pending: undefined,
    flagsEnded: false,
    given: new Map(),
  };
  for (const word of earlier) {
    if (isFlag(reading, word)) readFlag(reading, word);
    else await readWord(reading, word, table);
  }
  return { point: pointAt(reading, current), given: reading.given };
}

function isFlag({ pending, flagsEnded }: Reading, word: string): boolean {
  return pending === undefined && !flagsEnded && /^-./.test(word);
}

async function readWord(
  reading: Reading,
  word: string,
  table: readonly TableEntry[],
): Promise<void> {
  if (reading.pending !== undefined) {
    reading.given.set(reading.pending.name, word);
    reading.pending = undefined;
    return;
  }
  reading.words.push(word);
  if (reading.command !== undefined) return;
  const entry = findEntry(table, reading.words);
  if (entry === undefined) return;
  reading.command = await entry.load();
  reading.words = [];
}

function readFlag(reading: Reading, word: string): void {
  if (word === "--") reading.flagsEnded = true;
  else if (word.startsWith("--")) take(reading, longFlag(reading, word));
  else readShortFlags(reading, word);
}

/** A flag in a word, and its value when it stands there too. */
interface FlagUse {
  readonly flag: FlagSpec | undefined;
  readonly value: string | undefined;
}

function longFlag(reading: Reading, word: string): FlagUse {
  const [, name = "", value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const flag = flagsOf(reading).find((each) =>
    [each.name, ...each.aliases ?? []].includes(name)
  );
  return { flag, value };
}

/** Several switches may share a word; what stands behind a flag with a value is that value. */
function readShortFlags(reading: Reading, word: string): void {
  const letters = Array.from(word.slice(1));
  const flags = flagsOf(reading);
  for (const [index, letter] of letters.entries()) {
    const flag = flags.find(({ short }) => short === letter);
    const rest = letters.slice(index + 1).join("");
    const hasValue = flag?.value !== undefined;
    take(reading, { flag, value: hasValue ? rest || undefined : "" });
    if (hasValue) return;
  }
}

function take(reading: Reading, { flag, value }: FlagUse): void {
  if (flag === undefined) return;
  if (flag.value !== undefined && value === undefined) reading.pending = flag;
  else reading.given.set(flag.name, value ?? "");
}

function flagsOf({ command }: Reading): readonly FlagSpec[] {
  return [...command?.flags ?? [], ...globalFlags];
}

function pointAt(reading: Reading, current: string): CompletionPoint {
  const { pending, flagsEnded, words, command } = reading;
  if (pending !== undefined) return valueOf(pending.values, "", []);
  if (!flagsEnded && current.startsWith("-")) {
    const { flag, value } = longFlag(reading, current);
    return value === undefined
      ? openFlags(reading)
      : valueOf(flag?.values, `--${current.slice(2).split("=")[0]}=`, []);
  }
  if (command === undefined) return valueOf("command", "", words);
  const arg = command.args[words.length] ?? command.args.at(-1);
  const isWanted = arg !== undefined &&
    (arg.variadic === true || words.length < command.args.length);
  if (isWanted) return valueOf(arg.values, "", words);
  return flagsEnded ? NOTHING : openFlags(reading);
}

function valueOf(
  values: ValueKind | undefined,
  prefix: string,
  earlier: readonly string[],
): CompletionPoint {
  return values === undefined
    ? NOTHING
    : { type: "value", values, prefix, earlier };
}

/** Flags that may still be given. */
function openFlags(reading: Reading): CompletionPoint {
  const flags = flagsOf(reading).filter(({ name, repeatable }) =>
    repeatable || !reading.given.has(name)
  );
  return { type: "flag", flags };
}
