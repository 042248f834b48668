import { headOf } from "../base/markdown.ts";
import { countOf, durationText, inOneLine, lengthOf } from "../base/text.ts";
import type { LeftOut } from "../engine/phase.ts";
import type { Summary } from "../engine/standing.ts";
import type { Host, Terminal } from "../host/host.ts";
import type { Ahead, NextEvidence } from "../work/agent.ts";
import { describeFields } from "../workflow/evidence.ts";
import type { Style, Values } from "./command.ts";
import { nextLine, nextParagraph, phaseLine } from "./view.ts";

const BAR_COLUMNS = 20;

/** A bar for the part of a work that is done, from 0 to 1. */
export function barOf(part: number): string {
  const full = Math.round(part * BAR_COLUMNS);
  return `[${"#".repeat(full).padEnd(BAR_COLUMNS, ".")}]`;
}

/** Does what may take long; it may show a line meanwhile where a person sees it. */
export async function withProgress<Answer>(
  { terminal }: Host,
  values: Values,
  work: (show?: Terminal["showProgress"]) => Promise<Answer>,
): Promise<Answer> {
  if (values.on("quiet") || !terminal.isErrorTerminal) return await work();
  try {
    return await work((line) => terminal.showProgress(line));
  } finally {
    terminal.showProgress(undefined);
  }
}

/** Where a session stands after a change, short enough to be read each time. */
export function standing(summary: Summary, style: Style): string {
  const lines = [phaseLine(summary, style), nextLine(summary.next, style)];
  return lines.filter((line) => line !== "").join("\n");
}

/** One sentence on what was done, then where the session stands. */
export function changeText(
  done: string,
  { summary }: { readonly summary: Summary },
  style: Style,
): string {
  return [done, standing(summary, style)].join("\n").trimEnd();
}

/** What comes next, in as many words as whoever does it needs. */
export function aheadText(ahead: Ahead, style: Style): string {
  return nextParagraph(ahead, style, [
    ...ahead.files.length === 0 ? [] : [`it shows: ${ahead.files.join(", ")}`],
    ...commandLines(ahead),
    ...evidenceLines(ahead.evidence),
  ]);
}

/** Where the check is put in words, what it runs is said besides, and how that has to end where success is not it. */
function commandLines(
  { command, expects, next }: Ahead,
): readonly string[] {
  const isSaid = command === null || command === next?.item?.check;
  return [
    ...isSaid ? [] : [`it runs: ${runText(command)}`],
    ...expects === null || expects.exitCode === 0
      ? []
      : [`it passes with exit code ${expects.exitCode} alone`],
    ...expects?.prove ? ["it has to fail on the base first"] : [],
  ];
}

/** So long a command is read by nobody who was told in words what it looks for. */
const MAX_COMMAND_LENGTH = 200;

function runText(command: string): string {
  return lengthOf(command) <= MAX_COMMAND_LENGTH
    ? command
    : `${commandHead(command)} (all of it: orc next --full)`;
}

/** Enough of a command to know it again. */
export function commandHead(command: string): string {
  return headOf(inOneLine(command), 60);
}

function evidenceLines(evidence: NextEvidence | null): readonly string[] {
  if (evidence === null) return [];
  const { schema, prompt, given } = evidence;
  return [
    ...(prompt === null ? [] : [`evidence to collect: ${prompt}`]),
    ...(schema === null
      ? []
      : [`evidence file (${schema}): ${describeFields(schema)}`]),
    ...(given ? ["evidence was handed in before, and new replaces it"] : []),
  ];
}

/** The same behind one sentence on what was done; the rule of a phase is said when it begins. */
export function doneText(done: string, ahead: Ahead, style: Style): string {
  return [done, aheadText({ ...ahead, phaseNotes: [] }, style)].join("\n");
}

/** How a session ended, and what was done in it. */
export function endLine(
  { status, progress }: Pick<Summary, "status" | "progress">,
  minutes: number | null,
): string {
  const { completed, skipped, total } = progress;
  return `The session is ${status}${tookText(minutes)}: ${
    countOf(completed, "item")
  } completed, ${skipped} skipped, ${total} in all`;
}

/** How long something took; nothing where that is not known. */
export function tookText(minutes: number | null): string {
  if (minutes === null) return "";
  return ` after ${
    minutes === 0 ? "less than a minute" : durationText(minutes)
  }`;
}

/** What was left out, where, and why. */
export function leftOutLine({ phaseId, itemId, reason }: LeftOut): string {
  return `${phaseId} ${itemId}: ${reason ?? "for no reason that was kept"}`;
}
