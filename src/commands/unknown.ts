import { type OrcError, usage } from "../base/error.ts";
import { nearest } from "../base/text.ts";
import { namesOf, type Table } from "./command.ts";

/** The error for words that select nothing, with the command that was probably meant. */
export function unknownCommand(
  table: Table,
  words: readonly string[],
): OrcError {
  const given = words.join(" ");
  const known = table.flatMap(namesOf);
  const meant = known.find((name) => name.endsWith(` ${given}`)) ??
    nearest(given, known);
  return usage(
    "unknown_command",
    `Unknown command "${given}"`,
    {
      hint: meant === undefined ? "orc help" : `orc ${meant}`,
      details: { command: given },
    },
  );
}
