import { OrcError } from "../core/error.ts";
import { nearest } from "../core/suggest.ts";
import type { TableEntry } from "./command.ts";

/** The entry that exactly these words select. */
export function findEntry(
  table: readonly TableEntry[],
  words: readonly string[],
): TableEntry | undefined {
  const name = words.join(" ");
  return table.find((entry) => namesOf(entry).includes(name));
}

/** Entries whose names begin with these words and go on. */
export function entriesBelow(
  table: readonly TableEntry[],
  words: readonly string[],
): readonly TableEntry[] {
  const beginning = `${words.join(" ")} `;
  return table.filter((entry) =>
    namesOf(entry).some((name) => name.startsWith(beginning))
  );
}

/** The error for words that select nothing, with the command that was probably meant. */
export function unknownCommand(
  table: readonly TableEntry[],
  words: readonly string[],
): OrcError {
  const given = words.join(" ");
  const known = table.flatMap(namesOf);
  const meant = known.find((name) => name.endsWith(` ${given}`)) ??
    nearest(given, known);
  return new OrcError(
    "usage",
    "unknown_command",
    `Unknown command "${given}"`,
    { hint: meant === undefined ? "orc help" : `orc ${meant}` },
  );
}

function namesOf(entry: TableEntry): readonly string[] {
  return [entry.name, ...entry.aliases ?? []];
}
