import { countOf } from "../../base/text.ts";
import type { Repeated, Statement, ToolReport } from "../../feedback/rules.ts";
import {
  type Captured,
  captureFeedback,
  type Reviewed,
  reviewFeedback,
} from "../../feedback/use.ts";
import { type Clamped, clamped } from "../clamp.ts";
import {
  command,
  flag,
  type FlagSpec,
  type ResultOf,
  type Style,
  type Values,
} from "../command.ts";
import { blocksText, shortTask } from "../view.ts";

const TEXT_FLAGS: readonly FlagSpec[] = [
  flag("--learnings TEXT", "What you learned"),
  flag("--challenges TEXT", "What was hard"),
  flag("--went-well TEXT", "What went well"),
  flag("--improvements TEXT", "What should be better next time"),
];

type CaptureResult = Pick<Captured, "feedback" | "reason">;

export const feedbackCaptureCommand = command<CaptureResult>({
  description:
    "Keeps how the session went in two files beside it: how long it took and what failed, without names, and what was learned. A person at a terminal is asked. Nothing leaves the machine. The setting feedback turns it off.",
  flags: [
    flag("--auto", "Ask nobody; take all from the session"),
    flag("--interactive", "No effect: a person at a terminal is asked", {
      excludes: ["auto"],
    }),
    ...TEXT_FLAGS,
  ],
  effect: "writes",
  examples: [
    "orc feedback capture --auto",
    'orc feedback capture --learnings "The old API has no paging"',
  ],
  async use(host, options, values) {
    const { place, warnings, feedback, reason } = await captureFeedback(host, {
      ...options,
      auto: values.on("auto"),
      learnings: values.text("learnings"),
      challenges: values.text("challenges"),
      wentWell: values.text("went-well"),
      improvements: values.text("improvements"),
    });
    return { place, warnings, feedback, reason };
  },
  render: ({ feedback, reason }) =>
    feedback === null
      ? `No feedback is kept: ${reason}`
      : "Feedback is kept with the session",
});

type ReviewResult = ResultOf<Reviewed> & {
  readonly shown: FeedbackParts;
};

export const feedbackReviewCommand = command<Clamped<ReviewResult>>(
  clamped<ReviewResult>({
    lists: [
      "process.errors",
      "process.skippedItems",
      "process.learnings",
      "process.challenges",
      "process.wentWell",
      "process.improvements",
      "suggestions",
    ],
    limit: 10,
  }, {
    description:
      "Sums up the feedback of all sessions, and what the older tool left in the repository; each session counts once. Writes nothing and moves no file.",
    flags: [
      flag("--days DAYS", "How far to look back, 7 without it", {
        excludes: ["all"],
      }),
      flag("--all", "Look back to the beginning"),
      flag("--tool", "Show only what is about the tool"),
      flag("--process", "Show only what is about the work"),
      flag("--suggest", "Show what could be changed"),
    ],
    effect: "reads",
    examples: ["orc feedback review", "orc feedback review --all --suggest"],
    use: async (host, options, values) => ({
      ...await reviewFeedback(host, {
        ...options,
        days: values.text("days"),
        all: values.on("all"),
      }),
      shown: partsOf(values),
    }),
    render: (reviewed, style) => feedbackText(reviewed, reviewed.shown, style),
  }),
);

function partsOf(values: Values): FeedbackParts {
  const isOne = values.on("tool") || values.on("process");
  return {
    tool: values.on("tool") || !isOne,
    process: values.on("process") || !isOne,
    suggestions: values.on("suggest"),
  };
}

/** Which parts of a review are shown. */
interface FeedbackParts {
  readonly tool: boolean;
  readonly process: boolean;
  readonly suggestions: boolean;
}

function feedbackText(
  reviewed: ResultOf<Reviewed>,
  shown: FeedbackParts,
  style: Style,
): string {
  const { days, sessions, damagedLines, suggestions, process } = reviewed;
  const span = days === null ? "in all" : `in the last ${days} days`;
  const head = [`Feedback on ${countOf(sessions, "session")} ${span}`];
  if (damagedLines > 0) head.push(`Damaged lines left out: ${damagedLines}`);
  const lists: Readonly<Record<string, readonly string[]>> = {
    ...shown.tool && { Tool: toolLines(reviewed.tool) },
    ...shown.process && {
      Errors: process.errors.map(repeatedText),
      "Skipped items": process.skippedItems.map(({ itemId, sessions }) =>
        repeatedText({ text: itemId, sessions })
      ),
      Learnings: process.learnings.map(statementText),
      Challenges: process.challenges.map(statementText),
      "Went well": process.wentWell.map(statementText),
      Improvements: process.improvements.map(statementText),
    },
    ...shown.suggestions && { Suggestions: suggestions },
  };
  const sections = Object.entries(lists)
    .map(([title, lines]) => section(title, lines, style));
  return blocksText([head, ...sections]);
}

function toolLines(tool: ToolReport): readonly string[] {
  if (tool.sessions === 0) return [];
  const phases = tool.phases.map(({ phaseId, averageSeconds }) =>
    `${phaseId} ${minutesText(averageSeconds)}`
  );
  return [
    ...tool.averageSeconds === null
      ? []
      : [`${minutesText(tool.averageSeconds)} on average`],
    ...phases.length === 0 ? [] : [phases.join(" · ")],
    `errors: ${tool.errors}, items skipped: ${tool.itemsSkipped}`,
    `sessions with reviews: ${tool.withReviews}, with several agents: ${tool.withSeveralAgents}`,
  ];
}

function minutesText(seconds: number): string {
  return `${Math.round(seconds / 60)} min`;
}

function repeatedText({ text, sessions }: Repeated): string {
  return sessions === 1 ? text : `${text} (${sessions} sessions)`;
}

function statementText({ task, text }: Statement): string {
  return task === null ? text : `${text} (${shortTask(task, 40)})`;
}

function section(
  title: string,
  lines: readonly string[],
  style: Style,
): readonly string[] {
  return lines.length === 0
    ? []
    : [style.bold(`${title}:`), ...lines.map((line) => `  ${line}`)];
}
