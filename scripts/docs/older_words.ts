import type { OlderWord } from "../../src/commands/older.ts";
import {
  findEntry,
  flagUsesIn,
  globalFlags,
  type Table,
} from "../../src/commands/command.ts";
import { code, plain, stacked, table } from "./markdown.ts";

const BEGINNING = "<!-- older words: made by deno task docs:cli -->";
const END = "<!-- end of older words -->";

/** Whether a page has room for the words; what stands there is replaced. */
export function withOlderWords(page: string, words: string): string {
  const [before, rest] = page.split(BEGINNING);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) {
    throw new Error("The page has no place for the older tool's words");
  }
  return `${before}${BEGINNING}\n\n${words}\n${END}${after}`;
}

/** The page without them. */
export function withoutOlderWords(page: string): string {
  return withOlderWords(page, "");
}

/** Every command and flag of the older tool, and what it comes to. */
export async function olderWordsSection(
  older: readonly OlderWord[],
  commands: Table,
): Promise<string> {
  const kept: string[][] = [];
  for (const { words, way } of older) {
    if (way === null) {
      kept.push([code(words), plain(await remarkOn(words, commands))]);
    }
  }
  const gone = older.flatMap(({ words, way }) =>
    way === null ? [] : [[code(words), plain(way)]]
  );
  return stacked([
    "### Typed as before",
    table(["the older tool", "here"], kept),
    "### Not here, and the way on",
    "Typed all the same, each of them ends with 2 (4 where `-d` names no directory) and names its way on.",
    table(["the older tool", "here"], gone),
  ]);
}

/** What help says of it. */
async function remarkOn(words: string, commands: Table): Promise<string> {
  const flagAt = words.indexOf(" -");
  const name = flagAt < 0 ? words : words.slice(0, flagAt);
  const entry = findEntry(commands, name.split(" "));
  if (entry === undefined) throw new Error(`"${name}" is no command`);
  if (flagAt < 0) return entry.summary;
  const spelling = words.slice(flagAt + 1);
  const flags = [...(await entry.load()).flags, ...globalFlags];
  const [use] = flagUsesIn(spelling, flags);
  if (use?.flag === undefined) throw new Error(`"${words}" is no flag`);
  return use.flag.summary;
}
