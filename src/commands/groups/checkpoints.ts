import { shortSessionId } from "../../base/ids.ts";
import { headOf } from "../../base/markdown.ts";
import { countOf, inOneLine, sizeText } from "../../base/text.ts";
import type { CheckpointLine } from "../../checkpoints/rules.ts";
import type {
  CheckpointCleanup,
  CheckpointList,
  Resumed,
  SavedCheckpoint,
} from "../../checkpoints/use.ts";
import { changeSentence, proposalSentence } from "../../engine/restore.ts";
import { MAX_UNDONE } from "../../engine/undo.ts";
import type { HandedOff } from "../../handoff/use.ts";
import type { Host } from "../../host/host.ts";
import type { SessionOptions } from "../../repository/select.ts";
import type { Undone } from "../../work/undo.ts";
import { CHANGE, CHANGED } from "../brief.ts";
import { standing } from "../change_view.ts";
import { type Clamped, clamped } from "../clamp.ts";
import {
  arg,
  command,
  flag,
  humanFlag,
  type ResultOf,
  sessionOptions,
  type Style,
  type Values,
} from "../command.ts";
import {
  adviceText,
  blocksText,
  nextLine,
  nextParagraph,
  phaseLine,
  section,
} from "../view.ts";

type ListResult = Pick<CheckpointList, "checkpoints"> & {
  /** Whether they are those of all sessions. */
  readonly all: boolean;
};
type CleanupResult = ResultOf<CheckpointCleanup>;

const WITH_CLEANUP = { needs: "cleanup" };

export const checkpointsCommand = command<Clamped<ListResult | CleanupResult>>(
  clamped<ListResult | CleanupResult>({
    lists: ["checkpoints"],
    unless: "cleanup",
  }, {
    description:
      "Lists the checkpoints of the session. A damaged one is named and hides no other.\n\nWith --cleanup, removes those that are older than 30 days, but never the newest 5; --keep and --max-age say otherwise. With --keep alone, age does not count.",
    flags: [
      flag("-a, --all", "Those of all sessions of the repository", {
        excludes: ["cleanup"],
      }),
      flag("--cleanup", "Remove old checkpoints, after a yes", {
        effect: "rewrites",
      }),
      flag(
        "--keep NUMBER",
        "How many of the newest stay in any case; 5 without it",
        WITH_CLEANUP,
      ),
      flag("--max-age DAYS", "How old the others may become", WITH_CLEANUP),
      flag("--dry-run", "Show what would be removed", {
        ...WITH_CLEANUP,
        effect: "reads",
      }),
      flag("-y, --yes", "Remove without asking", WITH_CLEANUP),
      flag("--completed", "No effect: all are listed"),
    ],
    effect: "reads",
    examples: [
      "orc checkpoints",
      "orc checkpoints --cleanup --keep 10 --dry-run",
    ],
    use: (host, options, values) =>
      values.on("cleanup")
        ? cleanUp(host, values)
        : list(host, options, values),
    render: (result, style) =>
      "all" in result ? listText(result, style) : cleanupText(result, style),
  }),
);

async function list(
  host: Host,
  options: SessionOptions,
  values: Values,
): Promise<CheckpointList & ListResult> {
  const all = values.on("all");
  const { listCheckpoints } = await import("../../checkpoints/use.ts");
  return { ...await listCheckpoints(host, { ...options, all }), all };
}

async function cleanUp(host: Host, values: Values): Promise<CheckpointCleanup> {
  const { cleanupCheckpoints } = await import("../../checkpoints/use.ts");
  return await cleanupCheckpoints(host, {
    ...sessionOptions(values, "--cleanup"),
    keep: values.text("keep"),
    maxAge: values.text("max-age"),
    dryRun: values.on("dry-run"),
    yes: values.on("yes"),
  });
}

function listText({ checkpoints, all }: ListResult, style: Style): string {
  if (checkpoints.length === 0) {
    return "No checkpoints here yet: orc checkpoint";
  }
  return checkpoints.map((line) => {
    const session = all ? `${shortSessionId(line.session)}  ` : "";
    return session + lineText(line, style.columns - session.length);
  }).join("\n");
}

function cleanupText(result: CleanupResult, style: Style): string {
  const { dryRun, checkpoints, sizeBytes, kept } = result;
  const lines = checkpoints.map((line) => lineText(line, style.columns));
  const done = dryRun ? "to be removed" : "removed";
  const sum = `${checkpoints.length} ${done} (${sizeText(sizeBytes)})`;
  return [...lines, `${sum}, ${kept} kept`].join("\n");
}

/** A message is worth a second line on a narrow terminal. */
const MIN_MESSAGE = 20;

function lineText(line: CheckpointLine, columns: number): string {
  const at = inOneLine(line.at.slice(0, 16).replace("T", " ")).padEnd(16);
  const phase = inOneLine(line.phaseId).padEnd(8);
  const beginning = `${line.id}  ${at}  ${phase}  `;
  const room = Math.max(MIN_MESSAGE, columns - beginning.length);
  return (beginning + headOf(inOneLine(line.message ?? ""), room)).trimEnd();
}

export const checkpointCommand = command<ResultOf<SavedCheckpoint>>({
  description:
    "Keeps the state of the session, and what a newcomer needs to go on: decisions, and files in progress. Up to 10 files that git sees as changed are added. The Python tool can read it.",
  flags: [
    flag("-m, --message TEXT", "What it is for, at most 2000 characters"),
    flag("--decision TEXT...", "What was decided"),
    flag("-f, --file FILE...", "File that is being worked on"),
  ],
  effect: "writes",
  permissions: ["run"],
  examples: [
    'orc checkpoint -m "Before the merge" --decision "Tokens live an hour"',
  ],
  use: async (host, options, values) =>
    (await import("../../checkpoints/use.ts")).saveCheckpoint(host, {
      ...options,
      message: values.text("message"),
      decisions: values.list("decision"),
      files: values.list("file"),
    }),
  render: ({ id }) => `Checkpoint ${id}\nTo return to it: orc resume ${id}`,
});

type ResumeResult = ResultOf<Resumed>;

export const resumeCommand = command<ResumeResult>({
  description:
    "Shows what an agent has to know that lost its memory: task, phase, decisions, files, notes and the next step. If the session has gone on since the checkpoint, it is put back to it, after a yes: items, phases and approvals. Notes and the log stay. What was never done since is not brought back, except by a human with --force.",
  args: [
    arg(
      "[ID]",
      "Checkpoint, or a part of its id; the latest without it",
      "checkpoint",
    ),
  ],
  flags: [
    flag("--from ID", "The same as ID", {
      values: "checkpoint",
      excludes: ["ID"],
    }),
    flag("--dry-run", "Show it all and change nothing", { effect: "reads" }),
    flag("-y, --yes", "Restore without asking"),
    humanFlag("--force", "Bring back also what was not done since"),
  ],
  effect: "rewrites",
  brief: () =>
    `changes,dryRun,checkpoint.id,checkpoint.message,checkpoint.files,decisions,summary.task,summary.constraints,summary.phaseNotes,summary.notes,${CHANGED}`,
  examples: ["orc resume --dry-run", "orc resume latest --yes"],
  use: async (host, options, values) =>
    (await import("../../checkpoints/use.ts")).resumeSession(host, {
      ...options,
      checkpoint: values.text("ID") ?? values.text("from"),
      dryRun: values.on("dry-run"),
      yes: values.on("yes"),
      force: values.on("force"),
    }),
  render: resumeText,
});

function resumeText(result: ResumeResult, style: Style): string {
  const { checkpoint, summary } = result;
  const sentenceOf = result.dryRun ? proposalSentence : changeSentence;
  return blocksText([
    [
      headline(result, style),
      ...result.changes.map((change) => `  ${sentenceOf(change)}`),
    ],
    [`Task: ${inOneLine(summary.task)}`, phaseLine(summary, style)],
    section("Constraints", summary.constraints),
    section("Decisions", result.decisions),
    section("Files", checkpoint.files),
    section(
      "Phase notes",
      summary.phaseNotes.map((note) => adviceText(note, style)),
    ),
    section("Notes", summary.notes),
    [nextParagraph({ ...summary, phaseNotes: [] }, style)],
  ]);
}

function headline(
  { checkpoint, changes, dryRun }: ResumeResult,
  style: Style,
): string {
  const { id, message } = checkpoint;
  const name = style.bold(id) +
    (message === null ? "" : ` "${inOneLine(message)}"`);
  if (changes.length === 0) return `All is as in checkpoint ${name}`;
  return dryRun ? `Checkpoint ${name} would change:` : `Restored ${name}:`;
}

type UndoResult = ResultOf<Undone>;

export const undoCommand = command<UndoResult>({
  description:
    "Takes back the last updates of the session, one without N, in a further update that is logged like any other: items, phases and approvals are as before. Notes and the log stay, and failed tries go on counting. Anybody may take back what was done, an agent also a human's approval, and the log says so.\n\nWhat those updates took back, such as an item that was reopened or rejected, is brought back only by a human with --force; so is a session whose last update ended it. An undo is an update too: to go further back, name more of them.",
  args: [
    arg("[N]", "How many of the last updates; 1 to 100"),
  ],
  flags: [
    flag("-r, --reason TEXT", "Why; at most 2000 characters"),
    flag("--dry-run", "Show what would change, and change nothing", {
      effect: "reads",
    }),
    humanFlag("--force", "Bring back what those updates took back, too"),
  ],
  effect: "rewrites",
  brief: () => `updates,to,changes,dryRun,${CHANGED}`,
  examples: ["orc undo --dry-run", 'orc undo 2 --reason "The wrong item"'],
  use: async (host, options, values) =>
    (await import("../../work/undo.ts")).undoUpdates(host, {
      ...options,
      updates: wholeNumber(values.text("N")),
      reason: values.text("reason"),
      dryRun: values.on("dry-run"),
      force: values.on("force"),
    }),
  render: undoText,
});

/** What is no number is refused as none. */
function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : NaN;
}

function undoText(
  { updates, to, changes, dryRun, summary }: UndoResult,
  style: Style,
): string {
  const what = countOf(updates, "update");
  if (changes.length === 0) {
    const last = updates === 1 ? "update" : what;
    const further = to > 1 && updates < MAX_UNDONE
      ? `. Further back: orc undo ${updates + 1}`
      : "";
    return `Nothing to undo: the last ${last} left items, phases and approvals as they were; notes stay${further}`;
  }
  const sentenceOf = dryRun ? proposalSentence : changeSentence;
  return [
    dryRun ? `To undo ${what} would change:` : `Undid ${what}:`,
    ...changes.map((change) => `  ${sentenceOf(change)}`),
    ...dryRun ? [] : [standing(summary, style)],
  ].join("\n").trimEnd();
}

/** What programs get after a handoff. */
type HandoffResult = ResultOf<HandedOff>;

/** The prompt itself; after a run, how it ended and where the session stands. */
function handoffText(result: HandoffResult, style: Style): string {
  const { prompt, run, summary } = result;
  if (prompt === null) {
    return ["Nothing to hand off", nextLine(summary.next, style)].join("\n")
      .trimEnd();
  }
  if (run === null) return prompt.trimEnd();
  return [
    `Program "${run.program}" ended after ${run.durationSeconds} s`,
    run.stdout.trim(),
    standing(summary, style),
  ].filter((text) => text !== "").join("\n\n");
}

const WITH_EXECUTE = { needs: "execute" };

export const handoffCommand = command<HandoffResult>({
  description:
    "Writes what another agent needs to go on: task, constraints, open items and what good looks like, what failed last, and the exact commands. With --execute an agent's program gets it on standard input: the one named, else that of the setting agent_program. No lock is held meanwhile.",
  flags: [
    flag("-x, --execute", "Run the program and wait for it", {
      effect: "writes",
    }),
    flag(
      "-p, --provider WHO",
      "manual: only print the prompt; agent: for the program",
      { values: ["manual", "agent"] },
    ),
    flag(
      "--agent-program COMMAND",
      "Program that gets the prompt on standard input",
      WITH_EXECUTE,
    ),
    flag("-f, --files A,B", "What to look at first"),
    flag("--criteria A,B", "What the result must fulfil"),
    flag(
      "-t, --timeout SECONDS",
      "How long the program may run, 3600 without it",
      WITH_EXECUTE,
    ),
  ],
  effect: "reads",
  permissions: ["run"],
  brief: () => `prompt,itemIds,run,${CHANGE}`,
  examples: [
    "orc handoff",
    'orc handoff -x --agent-program "claude --print" --files src/login.ts',
  ],
  isValue: true,
  use: async (host, options, values) =>
    (await import("../../handoff/use.ts")).handOff(host, {
      ...options,
      criteria: listed(values.text("criteria")),
      files: listed(values.text("files")),
      execute: values.on("execute"),
      provider: values.text("provider"),
      agentProgram: values.text("agent-program"),
      timeout: values.text("timeout"),
    }),
  render: handoffText,
});

function listed(text: string | undefined): readonly string[] {
  return (text ?? "").split(",").map((each) => each.trim()).filter(Boolean);
}
