import { escapeJson, inOneLine } from "../../base/text.ts";
import {
  type Next,
  type NextEvidence,
  type OtherOwner,
  readNext,
  remindContext,
  type Reminder,
} from "../../work/agent.ts";
import { describeFields } from "../../workflow/evidence.ts";
import { NEXT } from "../brief.ts";
import { command, type ResultOf } from "../command.ts";
import { nextParagraph } from "../view.ts";

export const nextCommand = command<ResultOf<Next>>({
  description:
    "Shows one item, what good looks like, and the exact next command: all an agent needs, in few words.",
  effect: "reads",
  brief: () => `status,task,phaseId,constraints,rejections,${NEXT},evidence`,
  examples: ["orc next", "orc next --json"],
  use: readNext,
  render: (result, style) =>
    result.owner === null
      ? nextParagraph(result, style, [
        ...commandLines(result),
        ...evidenceLines(result.evidence),
      ])
      : ownerText(result, result.owner),
});

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

/** Where the check is put in words, what it runs is said besides, and how that has to end where success is not it. */
function commandLines(
  { command, expects, next }: Pick<Next, "command" | "expects" | "next">,
): readonly string[] {
  const isSaid = command === null || command === next?.item?.check;
  return [
    ...isSaid ? [] : [`it runs: ${command}`],
    ...expects === null || expects.exitCode === 0
      ? []
      : [`it passes with exit code ${expects.exitCode} alone`],
    ...expects?.prove ? ["it has to fail on the base first"] : [],
  ];
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
