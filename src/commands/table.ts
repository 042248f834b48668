import { type OrcError, usage } from "../base/error.ts";
import { nearest } from "../base/text.ts";
import {
  type Command,
  flag,
  type FlagSpec,
  type TableEntry,
} from "./command.ts";

/** Commands that help shows together. */
export interface CommandGroup {
  readonly title: string;
  /** Named without their summaries where help lists all commands. */
  readonly isFolded?: boolean;
  readonly entries: readonly TableEntry[];
}

/** Flags of every command, before or after its name. */
export const globalFlags: readonly FlagSpec[] = [
  flag(
    "-d, --root, --dir DIR",
    "Repository root instead of the one found from here",
    { values: "directory" },
  ),
  flag(
    "--session ID",
    "Session instead of the current one; a unique prefix will do",
    { values: "session" },
  ),
  flag("--json", "Print one JSON document"),
  flag(
    "--output FORMAT",
    "Print json, jsonl or text; --output json is --json",
    { values: ["json", "jsonl", "text"] },
  ),
  flag("-q, --quiet", "Print only results and errors"),
  flag("--verbose", "Show where in orc an unexpected error arose"),
  flag("--no-color", "Print without colors"),
  flag(
    "--lock-timeout SECONDS",
    "How long to wait while another process changes the session",
  ),
  flag("-h, --help", "Show help for the command"),
];

/** Every command in the order of help; loaded file by file, because start-up time is what agents feel. */
export const commandGroups: readonly CommandGroup[] = [
  {
    title: "Begin",
    entries: [
      ...from(async () => (await import("./begin.ts")).commands, [
        ["init", "Prepare the repository and write a workflow.yaml"],
        ["validate", "Check workflow.yaml and list all problems"],
      ]),
      ...from(async () => (await import("./start.ts")).commands, [
        ["start", "Start a session for a task"],
      ]),
    ],
  },
  {
    title: "Work",
    entries: [
      ...from(async () => (await import("./status.ts")).commands, [
        ["status", "Show the phase, its items and what is open"],
      ]),
      ...from(async () => (await import("./agent.ts")).commands, [
        ["next", "Show the next item and the command for it"],
      ]),
      ...from(async () => (await import("./items.ts")).commands, [
        ["start-item", "Say that work on an item has begun"],
        ["complete", "Check an item and mark it as completed"],
        ["skip", "Skip an item, with a reason"],
        ["note", "Keep a note in the session"],
      ]),
      ...from(async () => (await import("./phases.ts")).commands, [
        ["advance", "Go on to the next phase"],
        ["finish", "Close the session: completed or abandoned"],
      ]),
    ],
  },
  {
    title: "Approve",
    isFolded: true,
    entries: [
      ...from(async () => (await import("./items.ts")).commands, [
        ["approve-item", "Give a human's yes to an item"],
      ]),
      ...from(async () => (await import("./phases.ts")).commands, [
        ["approve", "Give a human's yes to a phase"],
      ]),
      ...from(async () => (await import("./agent.ts")).commands, [
        [
          "verify-write-allowed",
          "Tell a hook whether files may be changed now",
        ],
      ]),
    ],
  },
  {
    title: "Pass on",
    isFolded: true,
    entries: [
      ...from(async () => (await import("./checkpoints.ts")).commands, [
        ["checkpoint", "Keep a copy of the state to return to"],
        ["checkpoints", "List the checkpoints, newest first"],
        ["resume", "Return to a checkpoint, or recall what it says"],
        ["handoff", "Write a prompt for another agent, or run one on it"],
      ]),
      ...from(async () => (await import("./agent.ts")).commands, [
        ["context-reminder", "Print one line of JSON to remind an agent"],
      ]),
    ],
  },
  {
    title: "Sessions",
    isFolded: true,
    entries: [
      ...from(async () => (await import("./sessions.ts")).commands, [
        ["session list", "List the sessions, newest first"],
        ["session switch", "Make another session the current one"],
        ["session info", "Show one session in detail"],
        ["session rename", "Give a session a name"],
        ["session cleanup", "Remove old closed sessions"],
      ]).map(alsoWorkflow),
      ...from(async () => (await import("./sessions.ts")).commands, [
        ["list", "List the sessions of a directory tree"],
        ["cleanup", "Remove old closed sessions of a directory tree"],
      ]),
      ...from(async () => (await import("./doctor.ts")).commands, [
        ["doctor", "Find what is damaged or in the way"],
      ]),
      ...from(async () => (await import("./migration.ts")).commands, [
        ["migrate", "Move the older tool's files in, or back out"],
        ["import-legacy", "Copy the older tool's files in from elsewhere"],
      ]),
      ...from(async () => (await import("./sessions.ts")).commands, [
        ["unlock", "Show who holds the locks, or remove them"],
      ]),
    ],
  },
  {
    title: "Look back",
    isFolded: true,
    entries: [
      ...from(async () => (await import("./history.ts")).commands, [
        ["history", "Show what happened in the session"],
        ["analyze", "Count what the sessions have in common"],
        ["learn", "Sum up what the session has to teach"],
      ]),
      ...from(async () => (await import("./feedback.ts")).commands, [
        ["feedback capture", "Keep feedback on the session"],
        ["feedback review", "Sum up the feedback of the sessions"],
      ]),
      ...from(async () => (await import("./history.ts")).commands, [
        ["generate-md", "Write the session as a page: WORKFLOW.md"],
      ]),
    ],
  },
  {
    title: "Settings",
    isFolded: true,
    entries: [
      ...from(async () => (await import("./config.ts")).commands, [
        ["config list", "List all settings and where their values come from"],
        ["config show", "Show what each file, the environment and flags set"],
        ["config get", "Print the value of a setting"],
        ["config set", "Set a setting, for the repository or for you"],
        ["config unset", "Take a setting out of a file"],
        ["config path", "Print which file holds the settings"],
      ]),
      ...from(async () => (await import("./secrets.ts")).commands, [
        ["secrets init", "Make the identity that secrets are encrypted to"],
        ["secrets set", "Keep a secret, encrypted"],
        ["secrets get", "Print a secret, for a program"],
        ["secrets list", "List the secrets by name, and where they come from"],
        ["secrets rm", "Remove a stored secret"],
        ["secrets source", "Say where a secret comes from"],
        ["secrets test", "Prove that a secret can be had, without showing it"],
        ["secrets doctor", "Find secrets that are missing or exposed"],
      ]),
    ],
  },
  {
    title: "About orc",
    isFolded: true,
    entries: [
      {
        name: "help",
        summary: "Show help for orc or for one command",
        load: async () =>
          (await import("./help.ts")).helpCommand(commandGroups),
      },
      {
        name: "completions",
        summary: "Print what makes a shell complete commands of orc",
        load: async () => (await import("./completion.ts")).completionsCommand,
      },
      {
        name: "complete-words",
        summary: "List what may stand at the cursor, for a shell",
        isHidden: true,
        load: async () =>
          (await import("./completion.ts")).completeWordsCommand(commandGroups),
      },
      ...from(async () => (await import("./begin.ts")).commands, [
        ["schema", "Print the JSON Schema of workflow.yaml or of an answer"],
        ["version", "Show the version of orc and of its runtime"],
      ]),
    ],
  },
];

/** Commands of one file with their summaries: the file is loaded with the first of them that is used. */
function from<Name extends string>(
  load: () => Promise<Readonly<Record<Name, Command>>>,
  summaries: readonly (readonly [name: Name, summary: string])[],
): readonly TableEntry[] {
  return summaries.map(([name, summary]) => ({
    name,
    summary,
    load: async () => (await load())[name],
  }));
}

/** The older tool says workflow for a session. */
function alsoWorkflow(entry: TableEntry): TableEntry {
  return { ...entry, aliases: [entry.name.replace("session", "workflow")] };
}

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
  return usage(
    "unknown_command",
    `Unknown command "${given}"`,
    meant === undefined ? "orc help" : `orc ${meant}`,
  );
}

function namesOf(entry: TableEntry): readonly string[] {
  return [entry.name, ...entry.aliases ?? []];
}
