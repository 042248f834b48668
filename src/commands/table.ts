import type { CommandGroup, TableEntry } from "./command.ts";

// Each file is loaded with the first of its commands that is used: start-up time is what agents feel.
const agent = from(() => import("./groups/agent.ts"));
const agents = from(() => import("./groups/agents.ts"));
const approvals = from(() => import("./groups/approvals.ts"));
const begin = from(() => import("./groups/begin.ts"));
const checkpoints = from(() => import("./groups/checkpoints.ts"));
const config = from(() => import("./groups/config.ts"));
const doctor = from(() => import("./groups/doctor.ts"));
const feedback = from(() => import("./groups/feedback.ts"));
const history = from(() => import("./groups/history.ts"));
const migration = from(() => import("./groups/migration.ts"));
const persist = from(() => import("./groups/persist.ts"));
const secrets = from(() => import("./groups/secrets.ts"));
const servers = from(() => import("./groups/servers.ts"));
const sessions = from(() => import("./groups/sessions.ts"));
const snapshot = from(() => import("./groups/snapshot.ts"));
const status = from(() => import("./groups/status.ts"));
const store = from(() => import("./groups/store.ts"));
const trust = from(() => import("./groups/trust.ts"));
const upstream = from(() => import("./groups/upstream.ts"));
const work = from(() => import("./groups/work.ts"));

export const commandGroups: readonly CommandGroup[] = [
  {
    title: "Begin",
    open: ["init", "start"],
    entries: [
      begin("init", "Prepare the repository and write a workflow.yaml"),
      begin("start", "Start a session for a task"),
      begin("validate", "Check workflow.yaml and list all problems"),
      begin("workflows", "List or show the workflows that come with orc"),
      upstream("workflow resolve", "Show the workflow with its includes"),
      upstream("include update", "Pin what is included to newer commits"),
      {
        name: "schema",
        summary: "Print the JSON Schema of workflow.yaml or of an answer",
        load: async () =>
          (await import("./schema.ts")).schemaCommand(commandGroups),
      },
    ],
  },
  {
    title: "Work",
    open: ["next", "complete"],
    entries: [
      agent("next", "Show the next item and the command for it"),
      status("status", "Show the phase, its items and what is open"),
      work("complete", "Check an item and mark it as completed"),
      work("start-item", "Say that work on an item has begun"),
      work("skip", "Skip an item, with a reason"),
      work("note", "Keep a note in the session"),
      work("advance", "Go on to the next phase"),
      history("finish", "Close the session: completed or abandoned"),
      agents(
        "verify-write-allowed",
        "Tell a hook whether files may be changed now",
      ),
    ],
  },
  {
    title: "Approve",
    entries: [
      approvals("approvals", "List what waits for a human in all sessions"),
      work("approve-item", "Give a human's yes to an item"),
      approvals("wait", "Wait until a human has answered"),
      approvals("reject", "Give a human's no to an item"),
      approvals("reopen", "Take up an item again, or go back to a phase"),
      work("approve", "Give a human's yes to a phase"),
      checkpoints("undo", "Take back the last updates"),
    ],
  },
  {
    title: "Pass on",
    entries: [
      checkpoints("checkpoint", "Keep a copy of the state to return to"),
      checkpoints("checkpoints", "List the checkpoints, newest first"),
      checkpoints("resume", "Return to a checkpoint, or recall what it says"),
      checkpoints(
        "handoff",
        "Write a prompt for another agent, or run one on it",
      ),
      agents("prime", "Print what an agent has to know, in few words"),
      trust("attest", "Say for others what a session did, and what it saw"),
      history("generate-md", "Write the session as a page: WORKFLOW.md"),
      snapshot("snapshot export", "Pack sessions into a file, to leave here"),
      snapshot("snapshot inspect", "Show what a snapshot holds"),
      snapshot("snapshot import", "Bring the sessions of a snapshot in"),
      persist("persist probe", "Find out what a remote takes"),
      persist("persist push", "Send sessions to a remote"),
      persist("persist pull", "Bring sessions from a remote"),
      persist("persist status", "Compare sessions with a remote"),
      persist("persist prune", "Remove old copies at a remote"),
    ],
  },
  {
    title: "Sessions",
    entries: [
      sessions("session list", "List the sessions, newest first"),
      sessions("session switch", "Make another session the current one"),
      sessions("session info", "Show one session in detail"),
      sessions("session rename", "Give a session a name"),
      sessions("session pack", "Make closed sessions one compressed file each"),
      sessions("session unpack", "Give packed sessions their files back"),
      sessions("session cleanup", "Remove old closed sessions"),
      sessions("list", "List the sessions of a directory tree"),
      sessions("cleanup", "Remove old closed sessions of a directory tree"),
      trust("recover", "Bring a session back whose files are gone"),
      trust("trust", "Let a session from elsewhere run its commands"),
      doctor("doctor", "Find what is damaged or in the way"),
      migration("migrate", "Move the older tool's files in, or back out"),
      migration("import-legacy", "Copy the older tool's files from elsewhere"),
      sessions("unlock", "Show who holds the locks, or remove them"),
      { ...approvals("notify test", "Try to be told"), isHidden: true },
      { ...approvals("notify deliver", "Tell somebody"), isHidden: true },
      { ...agents("hook", "Answer a hook of an agent's host"), isHidden: true },
    ],
  },
  {
    title: "Look back",
    entries: [
      history("history", "Show what happened in the session"),
      history("output", "Print what the check of an item printed"),
      trust("verify", "Check whether what a session says is so"),
      { ...trust("verify-push", "Judge what git pushes"), isHidden: true },
      feedback("analyze", "Count what the sessions have in common"),
      feedback("learn", "Sum up what the session has to teach"),
      feedback("feedback capture", "Keep feedback on the session"),
      feedback("feedback review", "Sum up the feedback of the sessions"),
    ],
  },
  {
    title: "Settings",
    entries: [
      config("config list", "List all settings with their origins"),
      config("config show", "Show what files, environment and flags set"),
      config("config get", "Print the value of a setting"),
      config("config set", "Set a setting, for the repository or for you"),
      config("config unset", "Take a setting out of a file"),
      config("config path", "Print which file holds the settings"),
      agents("agents install", "Set agents up: instructions, hooks, a skill"),
      agents(
        "agents status",
        "Show which agents call orc, and whether it answers",
      ),
      agents("agents uninstall", "Take away what agents install wrote"),
      secrets(
        "secrets init",
        "Make the identity that secrets are encrypted to",
      ),
      secrets("secrets set", "Keep a secret, encrypted"),
      secrets("secrets get", "Print a secret, for a program"),
      secrets("secrets list", "List the secrets and where they come from"),
      secrets("secrets rm", "Remove a stored secret"),
      secrets("secrets source", "Say where a secret comes from"),
      secrets(
        "secrets test",
        "Prove that a secret can be had, without showing it",
      ),
      secrets("secrets doctor", "Find secrets that are missing or exposed"),
      agent("context-reminder", "Print one line of JSON to remind an agent"),
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
      servers("serve", "Show the sessions in a browser, live"),
      servers("mcp", "Serve the tools of an MCP client"),
      store("store status", "Show where sessions are kept"),
      store("store move", "Move sessions between files and a database"),
      store("store upgrade", "Make the tables of a database, or renew them"),
      begin("version", "Show the version of orc and of its runtime"),
    ],
  },
];

/** `session list` is declared as `sessionListCommand`. */
type ConstantOf<Name extends string> = Name extends
  `${infer First}${" " | "-"}${infer Rest}`
  ? `${First}${Capitalize<ConstantOf<Rest>>}`
  : `${Name}Command`;

function from<Module>(
  load: () => Promise<Module>,
): <Name extends string>(
  name: ConstantOf<Name> extends keyof Module ? Name : never,
  summary: string,
) => TableEntry {
  return (name, summary) => ({
    name,
    // The older tool says workflow for a session.
    aliases: name.startsWith("session ")
      ? [name.replace("session", "workflow")]
      : undefined,
    summary,
    load: async () => Object(await load())[constantOf(name)],
  });
}

function constantOf(name: string): string {
  const camel = name.replaceAll(/[ -](.)/g, (_, first) => first.toUpperCase());
  return `${camel}Command`;
}
