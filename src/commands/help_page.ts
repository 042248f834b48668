import type {
  ArgSpec,
  Effect,
  FlagSpec,
  Permission,
  TableEntry,
} from "./command.ts";
import {
  type CommandGroup,
  entriesBelow,
  findEntry,
  globalFlags,
  tableOf,
  unknownCommand,
} from "./table.ts";

/** A command in a list of commands. */
export interface ListedCommand {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
}

/** All commands. */
export interface OverviewPage {
  readonly type: "overview";
  readonly groups: readonly {
    readonly title: string;
    /** Named without their summaries. */
    readonly isFolded: boolean;
    readonly commands: readonly ListedCommand[];
  }[];
  readonly globalFlags: readonly FlagSpec[];
}

/** Commands that share their first word. */
export interface FamilyPage {
  readonly type: "family";
  readonly name: string;
  readonly commands: readonly ListedCommand[];
}

/** One command with all it takes and needs. */
export interface CommandPage extends ListedCommand {
  readonly type: "command";
  readonly description: string;
  readonly args: readonly ArgSpec[];
  readonly flags: readonly FlagSpec[];
  readonly globalFlags: readonly FlagSpec[];
  /** What it does to files, without any flag. */
  readonly effect: Effect;
  readonly permissions: readonly Permission[];
  readonly examples: readonly string[];
}

/** What help shows; `--json` prints it as it is. */
export type HelpPage = OverviewPage | FamilyPage | CommandPage;

/** Finds the page for the words after `orc help`. */
export async function pageFor(
  groups: readonly CommandGroup[],
  words: readonly string[],
): Promise<HelpPage> {
  if (words.length === 0) return overviewOf(groups);
  const table = tableOf(groups);
  const entry = findEntry(table, words);
  if (entry !== undefined) return await commandPage(entry);
  const below = entriesBelow(table, words);
  if (below.length === 0) throw unknownCommand(table, words);
  return { type: "family", name: words.join(" "), commands: below.map(listed) };
}

function overviewOf(groups: readonly CommandGroup[]): OverviewPage {
  return {
    type: "overview",
    groups: groups.map(({ title, isFolded = false, entries }) => ({
      title,
      isFolded,
      commands: entries.filter(({ isHidden }) => !isHidden).map(listed),
    })),
    globalFlags,
  };
}

async function commandPage(entry: TableEntry): Promise<CommandPage> {
  const { description, args, flags, effect, permissions, examples } =
    await entry.load();
  return {
    type: "command",
    ...listed(entry),
    description,
    args,
    flags,
    globalFlags,
    effect,
    permissions,
    examples,
  };
}

function listed({ name, aliases, summary }: TableEntry): ListedCommand {
  return { name, aliases: aliases ?? [], summary };
}
