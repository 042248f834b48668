import { OrcError } from "../base/error.ts";
import { inOneLine } from "../base/text.ts";
import { type Resumed, resumeSession } from "../checkpoints/resume_session.ts";
import { changeSentence, proposalSentence } from "../engine/restore_change.ts";
import { command, sessionOptions, type Style, type Values } from "./command.ts";
import { nextParagraph, phaseLine, section } from "./view.ts";

type ResumeResult = Omit<Resumed, "place" | "warnings">;

/** `orc resume` */
export const resumeCommand = command<ResumeResult>({
  name: "resume",
  summary: "Return to a checkpoint, or recall what it says",
  description:
    "Shows what an agent has to know that lost its memory: task, phase, decisions, files, notes and the next step. If the session has gone on since the checkpoint, it is put back to it, after a yes: items, phases and approvals. Notes and the log stay. What was never done since is not brought back, except by a human with --force.",
  args: [{
    name: "ID",
    summary: "Checkpoint, or a part of its id; the latest without it",
    required: false,
    values: "checkpoint",
  }],
  flags: [
    {
      name: "from",
      value: "ID",
      values: "checkpoint",
      summary: "The same as ID",
    },
    { name: "dry-run", summary: "Show it all and change nothing" },
    { name: "yes", short: "y", summary: "Restore without asking" },
    {
      name: "force",
      summary: "Bring back also what was not done since",
      effect: "human",
    },
  ],
  effect: "writes",
  permissions: [],
  examples: ["orc resume --dry-run", "orc resume latest --yes"],
  async run(host, values) {
    const { place, warnings, ...result } = await resumeSession(host, {
      ...sessionOptions(values, "resume"),
      checkpoint: chosenIn(values),
      dryRun: values.on("dry-run"),
      yes: values.on("yes"),
      force: values.on("force"),
    });
    return { place, warnings, result };
  },
  render: resumeText,
});

function chosenIn(values: Values): string | undefined {
  const id = values.text("ID");
  const from = values.text("from");
  if (id === undefined || from === undefined) return id ?? from;
  throw new OrcError(
    "usage",
    "conflicting_flags",
    "The checkpoint is named twice: as ID and with --from",
    { hint: "orc help resume" },
  );
}

function resumeText(result: ResumeResult, style: Style): string {
  const { checkpoint, summary } = result;
  const sections = [
    [headline(result, style), ...changeLines(result)],
    [`Task: ${inOneLine(summary.task)}`, phaseLine(summary, style)],
    section("Constraints", summary.constraints),
    section("Decisions", result.decisions),
    section("Files", checkpoint.files),
    section("Phase notes", summary.phaseNotes),
    section("Notes", summary.notes),
    [nextParagraph(summary, style)],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
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

function changeLines({ changes, dryRun }: ResumeResult): readonly string[] {
  const sentenceOf = dryRun ? proposalSentence : changeSentence;
  return changes.map((change) => `  ${sentenceOf(change)}`);
}
