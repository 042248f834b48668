import { type OrcError, usage } from "../base/error.ts";
import { nearest } from "../base/text.ts";
import type { FlagSpec, TableEntry } from "./command.ts";

/** Commands that help shows together. */
export interface CommandGroup {
  readonly title: string;
  /** Named without their summaries where help lists all commands. */
  readonly isFolded?: boolean;
  readonly entries: readonly TableEntry[];
}

/** Flags of every command, before or after its name. */
export const globalFlags: readonly FlagSpec[] = [
  {
    name: "root",
    short: "d",
    aliases: ["dir"],
    value: "DIR",
    values: "directory",
    summary: "Repository root instead of the one found from here",
  },
  {
    name: "session",
    value: "ID",
    values: "session",
    summary: "Session instead of the current one; a unique prefix will do",
  },
  { name: "json", summary: "Print one JSON document" },
  {
    name: "output",
    value: "FORMAT",
    values: ["json", "jsonl", "text"],
    summary: "Print json, jsonl or text; --output json is --json",
  },
  {
    name: "quiet",
    short: "q",
    summary: "Print only results and errors",
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
        load: async () => (await import("./begin.ts")).initCommand,
      },
      {
        name: "validate",
        summary: "Check workflow.yaml and list all problems",
        load: async () => (await import("./begin.ts")).validateCommand,
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
        load: async () => (await import("./agent.ts")).nextCommand,
      },
      {
        name: "start-item",
        summary: "Say that work on an item has begun",
        load: async () => (await import("./items.ts")).startItemCommand,
      },
      {
        name: "complete",
        summary: "Check an item and mark it as completed",
        load: async () => (await import("./items.ts")).completeCommand,
      },
      {
        name: "skip",
        summary: "Skip an item, with a reason",
        load: async () => (await import("./items.ts")).skipCommand,
      },
      {
        name: "note",
        summary: "Keep a note in the session",
        load: async () => (await import("./items.ts")).noteCommand,
      },
      {
        name: "advance",
        summary: "Go on to the next phase",
        load: async () => (await import("./phases.ts")).advanceCommand,
      },
      {
        name: "finish",
        summary: "Close the session: completed or abandoned",
        load: async () => (await import("./phases.ts")).finishCommand,
      },
    ],
  },
  {
    title: "Approve",
    isFolded: true,
    entries: [
      {
        name: "approve-item",
        summary: "Give a human's yes to an item",
        load: async () => (await import("./items.ts")).approveItemCommand,
      },
      {
        name: "approve",
        summary: "Give a human's yes to a phase",
        load: async () => (await import("./phases.ts")).approveCommand,
      },
      {
        name: "verify-write-allowed",
        summary: "Tell a hook whether files may be changed now",
        load: async () =>
          (await import("./agent.ts")).verifyWriteAllowedCommand,
      },
    ],
  },
  {
    title: "Pass on",
    isFolded: true,
    entries: [
      {
        name: "checkpoint",
        summary: "Keep a copy of the state to return to",
        load: async () => (await import("./checkpoints.ts")).checkpointCommand,
      },
      {
        name: "checkpoints",
        summary: "List the checkpoints, newest first",
        load: async () => (await import("./checkpoints.ts")).checkpointsCommand,
      },
      {
        name: "resume",
        summary: "Return to a checkpoint, or recall what it says",
        load: async () => (await import("./checkpoints.ts")).resumeCommand,
      },
      {
        name: "handoff",
        summary: "Write a prompt for another agent, or run one on it",
        load: async () => (await import("./checkpoints.ts")).handoffCommand,
      },
      {
        name: "context-reminder",
        summary: "Print one line of JSON to remind an agent",
        load: async () => (await import("./agent.ts")).contextReminderCommand,
      },
    ],
  },
  {
    title: "Sessions",
    isFolded: true,
    entries: [
      {
        name: "session list",
        aliases: ["workflow list"],
        summary: "List the sessions, newest first",
        load: async () => (await import("./sessions.ts")).sessionListCommand,
      },
      {
        name: "session switch",
        aliases: ["workflow switch"],
        summary: "Make another session the current one",
        load: async () => (await import("./sessions.ts")).sessionSwitchCommand,
      },
      {
        name: "session info",
        aliases: ["workflow info"],
        summary: "Show one session in detail",
        load: async () => (await import("./sessions.ts")).sessionInfoCommand,
      },
      {
        name: "session rename",
        aliases: ["workflow rename"],
        summary: "Give a session a name",
        load: async () => (await import("./sessions.ts")).sessionRenameCommand,
      },
      {
        name: "session cleanup",
        aliases: ["workflow cleanup"],
        summary: "Remove old closed sessions",
        load: async () => (await import("./sessions.ts")).sessionCleanupCommand,
      },
      {
        name: "list",
        summary: "List the sessions of a directory tree",
        load: async () => (await import("./sessions.ts")).listCommand,
      },
      {
        name: "cleanup",
        summary: "Remove old closed sessions of a directory tree",
        load: async () => (await import("./sessions.ts")).cleanupCommand,
      },
      {
        name: "doctor",
        summary: "Find what is damaged or in the way",
        load: async () => (await import("./doctor.ts")).doctorCommand,
      },
      {
        name: "migrate",
        summary: "Move the older tool's files in, or back out",
        load: async () => (await import("./migration.ts")).migrateCommand,
      },
      {
        name: "import-legacy",
        summary: "Copy the older tool's files in from elsewhere",
        load: async () => (await import("./migration.ts")).importLegacyCommand,
      },
      {
        name: "unlock",
        summary: "Show who holds the locks, or remove them",
        load: async () => (await import("./sessions.ts")).unlockCommand,
      },
    ],
  },
  {
    title: "Look back",
    isFolded: true,
    entries: [
      {
        name: "history",
        summary: "Show what happened in the session",
        load: async () => (await import("./history.ts")).historyCommand,
      },
      {
        name: "analyze",
        summary: "Count what the sessions have in common",
        load: async () => (await import("./history.ts")).analyzeCommand,
      },
      {
        name: "learn",
        summary: "Sum up what the session has to teach",
        load: async () => (await import("./history.ts")).learnCommand,
      },
      {
        name: "feedback capture",
        summary: "Keep feedback on the session",
        load: async () =>
          (await import("./feedback.ts")).feedbackCaptureCommand,
      },
      {
        name: "feedback review",
        summary: "Sum up the feedback of the sessions",
        load: async () => (await import("./feedback.ts")).feedbackReviewCommand,
      },
      {
        name: "generate-md",
        summary: "Write the session as a page: WORKFLOW.md",
        load: async () => (await import("./history.ts")).generateMdCommand,
      },
    ],
  },
  {
    title: "Settings",
    isFolded: true,
    entries: [
      {
        name: "config list",
        summary: "List all settings and where their values come from",
        load: async () => (await import("./config.ts")).configListCommand,
      },
      {
        name: "config show",
        summary: "Show what each file, the environment and flags set",
        load: async () => (await import("./config.ts")).configShowCommand,
      },
      {
        name: "config get",
        summary: "Print the value of a setting",
        load: async () => (await import("./config.ts")).configGetCommand,
      },
      {
        name: "config set",
        summary: "Set a setting, for the repository or for you",
        load: async () => (await import("./config.ts")).configSetCommand,
      },
      {
        name: "config unset",
        summary: "Take a setting out of a file",
        load: async () => (await import("./config.ts")).configUnsetCommand,
      },
      {
        name: "config path",
        summary: "Print which file holds the settings",
        load: async () => (await import("./config.ts")).configPathCommand,
      },
      {
        name: "secrets init",
        summary: "Make the identity that secrets are encrypted to",
        load: async () => (await import("./secrets.ts")).secretsInitCommand,
      },
      {
        name: "secrets set",
        summary: "Keep a secret, encrypted",
        load: async () => (await import("./secrets.ts")).secretsSetCommand,
      },
      {
        name: "secrets get",
        summary: "Print a secret, for a program",
        load: async () => (await import("./secrets.ts")).secretsGetCommand,
      },
      {
        name: "secrets list",
        summary: "List the secrets by name, and where they come from",
        load: async () => (await import("./secrets.ts")).secretsListCommand,
      },
      {
        name: "secrets rm",
        summary: "Remove a stored secret",
        load: async () => (await import("./secrets.ts")).secretsRmCommand,
      },
      {
        name: "secrets source",
        summary: "Say where a secret comes from",
        load: async () => (await import("./secrets.ts")).secretsSourceCommand,
      },
      {
        name: "secrets test",
        summary: "Prove that a secret can be had, without showing it",
        load: async () => (await import("./secrets.ts")).secretsTestCommand,
      },
      {
        name: "secrets doctor",
        summary: "Find secrets that are missing or exposed",
        load: async () => (await import("./secrets.ts")).secretsDoctorCommand,
      },
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
          (await import("./completion.ts")).completeWordsCommand(
            commandGroups,
          ),
      },
      {
        name: "schema",
        summary: "Print the JSON Schema of workflow.yaml or of an answer",
        load: async () => (await import("./schema.ts")).schemaCommand,
      },
      {
        name: "version",
        summary: "Show the version of orc and of its runtime",
        load: async () => (await import("./begin.ts")).versionCommand,
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
  return usage(
    "unknown_command",
    `Unknown command "${given}"`,
    meant === undefined ? "orc help" : `orc ${meant}`,
  );
}

function namesOf(entry: TableEntry): readonly string[] {
  return [entry.name, ...entry.aliases ?? []];
}
