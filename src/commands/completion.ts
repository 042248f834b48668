import type { Host } from "../host/host.ts";
import type { SessionOptions } from "../repository/open_session.ts";
import { type Candidate, listCandidates } from "../sessions/candidates.ts";
import {
  type Command,
  command,
  type FlagSpec,
  type TableEntry,
} from "./command.ts";
import { type CompletionLine, readCompletionLine } from "./completion_point.ts";
import { type CommandGroup, entriesBelow, tableOf } from "./table.ts";

/** What a shell may offer at the cursor. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What of the file system fits, too; each shell finds it in its own way. */
  readonly paths: "file" | "directory" | null;
}

/** `orc complete-words`, which the scripts of `orc completions` call for each press of the key. */
export function completeWordsCommand(
  groups: readonly CommandGroup[],
): Command<Completion> {
  return command({
    name: "complete-words",
    summary: "List what may stand at the cursor, for a shell",
    description:
      "Prints what may be typed next: a word, a tab and its meaning in a line; :file or :directory where a path may. Called by what orc completions prints.",
    args: [{
      name: "WORDS",
      summary: "The words behind orc, up to the one with the cursor",
      required: false,
      variadic: true,
    }],
    flags: [{
      name: "current",
      value: "WORD",
      summary: "The word with the cursor",
    }],
    effect: "reads",
    permissions: [],
    examples: ["orc complete-words --current=wri -- complete"],
    async run(host, values) {
      const table = tableOf(groups).filter(({ isHidden }) => !isHidden);
      const words = values.list("WORDS");
      const current = values.text("current") ?? "";
      const line = await readCompletionLine(table, words, current);
      return { place: null, result: await completionOf(host, table, line) };
    },
    render: ({ candidates, paths }) =>
      [
        ...paths === null ? [] : [`:${paths}`],
        ...candidates.map(({ word, summary }) => `${word}\t${summary}`),
      ].join("\n"),
  });
}

async function completionOf(
  host: Host,
  table: readonly TableEntry[],
  { point, given }: CompletionLine,
): Promise<Completion> {
  switch (point.type) {
    case "nothing":
      return { candidates: [], paths: null };
    case "flag":
      return { candidates: point.flags.map(flagCandidate), paths: null };
    case "value": {
      const { values, prefix, earlier } = point;
      if (values === "file" || values === "directory") {
        return { candidates: [], paths: values };
      }
      const candidates = values === "command"
        ? nextWords(table, earlier)
        : typeof values === "string"
        ? await listCandidates(host, values, optionsIn(given))
        : values.map((word) => ({ word, summary: "" }));
      return { candidates: candidates.map(behind(prefix)), paths: null };
    }
  }
}

function flagCandidate({ name, summary }: FlagSpec): Candidate {
  return { word: `--${name}`, summary };
}

/** What the line says about where to look. */
function optionsIn(given: ReadonlyMap<string, string>): SessionOptions {
  return { root: given.get("root"), session: given.get("session") };
}

function behind(prefix: string): (candidate: Candidate) => Candidate {
  return ({ word, summary }) => ({ word: prefix + word, summary });
}

/** The words that go on with a command's name; of a family only the first. */
function nextWords(
  table: readonly TableEntry[],
  earlier: readonly string[],
): readonly Candidate[] {
  const below = earlier.length === 0 ? table : entriesBelow(table, earlier);
  const families = new Map<string, TableEntry[]>();
  for (const entry of below) {
    const word = entry.name.split(" ")[earlier.length] ?? "";
    families.set(word, [...families.get(word) ?? [], entry]);
  }
  return Array.from(families, ([word, entries]) => ({
    word,
    summary: summaryOf(entries, earlier.length + 1),
  }));
}

function summaryOf(entries: readonly TableEntry[], depth: number): string {
  const [first, ...others] = entries;
  if (first === undefined) return "";
  if (others.length === 0) return first.summary;
  return entries
    .map(({ name }) => name.split(" ").slice(depth).join(" "))
    .join(", ");
}
