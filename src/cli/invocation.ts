import { OrcError } from "../base/error.ts";
import type { Command, TableEntry, Values } from "../commands/command.ts";
import { findEntry } from "../commands/table.ts";
import type { Cursor } from "./flags.ts";
import { parseArguments, type Selection } from "./parse.ts";

/** A command that was asked for, and the rest of its command line. */
export interface Request {
  readonly entry: TableEntry;
  readonly rest: Cursor;
}

/** A loaded command with its values. */
export interface Invocation {
  readonly name: string;
  readonly command: Command;
  readonly values: Values;
}

/** What a selection asks for: `--version` and `--help` stand for commands; undefined when it names nothing. */
export function requestOf(
  selection: Selection,
  table: readonly TableEntry[],
): Request | undefined {
  const { entry, words, rest } = selection;
  if (rest.given.has("version")) return redirect(table, ["version"], rest);
  if (rest.given.has("help")) return helpRequest(table, words, rest);
  return entry === undefined ? undefined : { entry, rest };
}

/** Loads the command and reads its arguments; `--help` among them leads to help. */
export async function prepare(
  request: Request,
  table: readonly TableEntry[],
): Promise<Invocation> {
  const { entry, rest } = request;
  const command = await entry.load();
  const values = parseArguments(command, rest);
  if (!values.on("help")) return { name: entry.name, command, values };
  return await prepare(helpRequest(table, entry.name.split(" "), rest), table);
}

/** The request that `orc help WORDS` makes. */
export function helpRequest(
  table: readonly TableEntry[],
  words: readonly string[],
  rest: Cursor,
): Request {
  return redirect(table, ["help", ...words], rest);
}

/** The error for a command line that stops before a command is named. */
export function missingCommand(
  words: readonly string[],
): OrcError {
  const message = words.length === 0
    ? "No command given"
    : `Command "${words.join(" ")}" is not complete`;
  return new OrcError("usage", "missing_command", message, {
    hint: ["orc help", ...words].join(" "),
  });
}

function redirect(
  table: readonly TableEntry[],
  [name, ...words]: readonly [string, ...string[]],
  rest: Cursor,
): Request {
  const entry = findEntry(table, [name]);
  if (entry === undefined) throw new Error(`The table lacks "${name}"`);
  const given = new Map(rest.given);
  given.delete("help");
  given.delete("version");
  return { entry, rest: { argv: words, position: 0, flagsEnded: true, given } };
}
