import { OrcError } from "../core/error.ts";
import { nearest } from "../core/suggest.ts";
import type { FlagSpec, TableEntry } from "./command.ts";

/** Commands that help shows together. */
export interface CommandGroup {
  readonly title: string;
  readonly entries: readonly TableEntry[];
}

/** Flags of every command, before or after its name. */
export const globalFlags: readonly FlagSpec[] = [
  {
    name: "root",
    short: "d",
    aliases: ["dir"],
    value: "DIR",
    summary: "Repository root instead of the one found from here",
  },
  {
    name: "session",
    value: "ID",
    summary: "Session instead of the current one; a unique prefix will do",
  },
  { name: "json", summary: "Print one JSON document" },
  {
    name: "output",
    value: "FORMAT",
    summary: "Print json or text; --output json is --json",
  },
  {
    name: "quiet",
    short: "q",
    summary: "Print no warnings; results and errors still appear",
  },
  { name: "verbose", summary: "Show where in orc an unexpected error arose" },
  { name: "no-color", summary: "Print without colors" },
  {
    name: "lock-timeout",
    value: "SECONDS",
    summary: "How long to wait while another process changes the session",
  },
  { name: "help", short: "h", summary: "Show help for the command" },
];

/** Every command in the order of help; loaded one by one, because start-up time is what agents feel. */
export const commandGroups: readonly CommandGroup[] = [
  {
    title: "Begin",
    entries: [
      {
        name: "init",
        summary: "Prepare the repository and write a workflow.yaml",
        load: async () => (await import("./init.ts")).initCommand,
      },
      {
        name: "validate",
        summary: "Check workflow.yaml and list all problems",
        load: async () => (await import("./validate.ts")).validateCommand,
      },
      {
        name: "start",
        summary: "Start a session for a task",
        load: async () => (await import("./start.ts")).startCommand,
      },
    ],
  },
  {
    title: "Work",
    entries: [
      {
        name: "status",
        summary: "Show the phase, its items and what is open",
        load: async () => (await import("./status.ts")).statusCommand,
      },
      {
        name: "next",
        summary: "Show the next item and the command for it",
        load: async () => (await import("./next.ts")).nextCommand,
      },
      {
        name: "start-item",
        summary: "Say that work on an item has begun",
        load: async () => (await import("./start_item.ts")).startItemCommand,
      },
      {
        name: "complete",
        summary: "Check an item and mark it as completed",
        load: async () => (await import("./complete.ts")).completeCommand,
      },
      {
        name: "skip",
        summary: "Skip an item, with a reason",
        load: async () => (await import("./skip.ts")).skipCommand,
      },
      {
        name: "note",
        summary: "Keep a note in the session",
        load: async () => (await import("./note.ts")).noteCommand,
      },
      {
        name: "advance",
        summary: "Go on to the next phase",
        load: async () => (await import("./advance.ts")).advanceCommand,
      },
      {
        name: "finish",
        summary: "Close the session: completed or abandoned",
        load: async () => (await import("./finish.ts")).finishCommand,
      },
    ],
  },
  {
    title: "Approve",
    entries: [
      {
        name: "approve-item",
        summary: "Give a human's yes to an item",
        load: async () =>
          (await import("./approve_item.ts")).approveItemCommand,
      },
      {
        name: "approve",
        summary: "Give a human's yes to a phase",
        load: async () => (await import("./approve.ts")).approveCommand,
      },
    ],
  },
  {
    title: "Sessions",
    entries: [
      {
        name: "session list",
        aliases: ["workflow list"],
        summary: "List the sessions, newest first",
        load: async () =>
          (await import("./session_list.ts")).sessionListCommand,
      },
      {
        name: "session switch",
        aliases: ["workflow switch"],
        summary: "Make another session the current one",
        load: async () =>
          (await import("./session_switch.ts")).sessionSwitchCommand,
      },
      {
        name: "session info",
        aliases: ["workflow info"],
        summary: "Show one session in detail",
        load: async () =>
          (await import("./session_info.ts")).sessionInfoCommand,
      },
      {
        name: "unlock",
        summary: "Show who holds the locks, or remove them",
        load: async () => (await import("./unlock.ts")).unlockCommand,
      },
    ],
  },
  {
    title: "About orc",
    entries: [
      {
        name: "help",
        summary: "Show help for orc or for one command",
        load: async () =>
          (await import("./help.ts")).helpCommand(commandGroups),
      },
      {
        name: "version",
        summary: "Show the version of orc and of its runtime",
        load: async () => (await import("./version.ts")).versionCommand,
      },
    ],
  },
];

/** All entries of the groups, in their order. */
export function tableOf(
  groups: readonly CommandGroup[],
): readonly TableEntry[] {
  return groups.flatMap((group) => group.entries);
}

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
