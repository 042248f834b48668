import { escapeJson, inOneLine } from "../../base/text.ts";
import {
  type Next,
  type OtherOwner,
  readNext,
  remindContext,
  type Reminder,
  type SessionEnd,
} from "../../work/agent.ts";
import { CHECK, NEXT } from "../brief.ts";
import { aheadText, endLine, leftOutLine } from "../change_view.ts";
import { command, type ResultOf, type Style } from "../command.ts";
import { goalLines, rejectionLines, section } from "../view.ts";

export const nextCommand = command<ResultOf<Next>>({
  description:
    "Shows one item, what good looks like, and the exact next command: all an agent needs, in few words.",
  effect: "reads",
  brief: () =>
    `owner,task,phaseId,constraints,rejections,${NEXT},phaseNotes,${CHECK},end`,
  examples: ["orc next", "orc next --json"],
  use: readNext,
  render: nextText,
});

function nextText(result: ResultOf<Next>, style: Style): string {
  if (result.owner !== null) return ownerText(result, result.owner);
  if (result.end !== null) return endText(result, result.end);
  return [
    ...rejectionLines(result, style),
    ...goalLines(result),
    aheadText({ ...result, rejections: [] }, style),
  ].join("\n");
}

/** Nothing in it is the caller's to do, and neither is the next step. */
function ownerText(
  { task }: Pick<Next, "task">,
  { agent, session }: OtherOwner,
): string {
  return [
    `This session belongs to agent "${agent}": ${inOneLine(task)}`,
    'start one of your own: orc start "TASK"',
    `or take it over: orc session switch ${session}`,
  ].join("\n");
}

/** After the end: what came of it, and that there is nothing left to do. */
function endText(
  { task }: ResultOf<Next>,
  end: SessionEnd,
): string {
  return [
    endLine(end, end.durationMinutes),
    ...goalLines({ task, constraints: [] }),
    ...section("Skipped", end.skipped.map(leftOutLine)),
    'For another task: orc start "TASK"',
  ].join("\n");
}

/** A reminder with the keys that hooks of the Python tool expect. */
type ReminderLine =
  | { readonly active: false }
  | {
    readonly active: true;
    readonly task: string;
    readonly phase: string;
    readonly progress: string;
    readonly constraints: readonly string[];
  };

export const contextReminderCommand = command<ReminderLine>({
  description:
    "Prints task, phase, progress and constraints as one line of JSON, for a hook that keeps them in an agent's context. Without a session, or in a closed one, it says that none is active. With --json the line is the result in the usual document.",
  effect: "reads",
  isWhole: true,
  examples: ["orc context-reminder"],
  isOwnForm: true,
  isValue: true,
  async use(host, options) {
    const { place, reminder } = await remindContext(host, options);
    return { place, ...lineOf(reminder) };
  },
  render: (line) => escapeJson(JSON.stringify(line)),
});

function lineOf(reminder: Reminder): ReminderLine {
  if (!reminder.active) return reminder;
  const { active, task, phaseId: phase, progress, constraints } = reminder;
  return { active, task, phase, progress, constraints };
}
