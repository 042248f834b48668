import { headOf, oneLine } from "../../base/markdown.ts";
import { countOf } from "../../base/text.ts";
import type { Repeated, Statement, ToolReport } from "../../feedback/rules.ts";
import {
  type Captured,
  captureFeedback,
  type Reviewed,
  reviewFeedback,
} from "../../feedback/use.ts";
import { type Bar, barsText } from "../../history/bar_rules.ts";
import { learningsSection } from "../../history/page_rules.ts";
import type { Learned } from "../../history/pages.ts";
import type { Analysis, SkippedItem } from "../../history/rules.ts";
import type { OnProgress } from "../../history/use.ts";
import type { Terminal } from "../../host/host.ts";
import { type Clamped, clamped } from "../clamp.ts";
import {
  command,
  flag,
  type FlagSpec,
  type ResultOf,
  type Style,
  type Values,
} from "../command.ts";
import { barOf, withProgress } from "../change_view.ts";
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

/** What programs get, with the keys of the Python tool. */
interface AnalyzeResult {
  readonly total_workflows: number;
  readonly completed: number;
  readonly abandoned: number;
  readonly active: number;
  readonly completion_rate: string;
  readonly skipped_items: Analysis["skippedItems"];
  readonly verification_failures: Analysis["checkFailures"];
  readonly check_runs: Analysis["checkRuns"];
  readonly human_waits: Readonly<Record<string, PhaseRow>>;
  readonly phase_durations: Readonly<Record<string, PhaseRow>>;
  readonly total_events: number;
  /** Whether people see every row. */
  readonly all: boolean;
}

interface PhaseRow {
  readonly avg_minutes: string;
  readonly count: number;
}

interface NoData {
  readonly status: "no_data";
  readonly message: string;
}

export const analyzeCommand = command<AnalyzeResult | NoData>({
  description:
    "Counts over all sessions of the repository and the log that the Python tool left: how they ended, which items were skipped and why, how often checks ran and failed, how long a human was waited for, and how long the phases took. A terminal shows bars. Items and phases that have the same id are counted together, whatever their workflow.",
  flags: [
    flag(
      "--all",
      "Show every row instead of the ten largest; --json always does",
    ),
  ],
  effect: "reads",
  examples: ["orc analyze", "orc analyze --json"],
  async use(host, options, values) {
    const { analyzeSessions } = await import("../../history/use.ts");
    const { place, analysis, warnings } = await withProgress(
      host,
      values,
      (show) =>
        analyzeSessions(host, { ...options, onProgress: onReading(show) }),
    );
    return { place, warnings, ...resultOf(analysis, values.on("all")) };
  },
  render: (result, style) =>
    "status" in result ? result.message : analysisText(result, style),
});

function resultOf(
  analysis: Analysis,
  all: boolean,
): AnalyzeResult | NoData {
  const { total, completed, abandoned, active, events } = analysis;
  if (total === 0 && events === 0) {
    return { status: "no_data", message: "No sessions here yet" };
  }
  return {
    total_workflows: total,
    completed,
    abandoned,
    active,
    completion_rate: `${
      (total === 0 ? 0 : 100 * completed / total).toFixed(1)
    }%`,
    skipped_items: analysis.skippedItems,
    verification_failures: analysis.checkFailures,
    check_runs: analysis.checkRuns,
    human_waits: rowsIn(analysis.humanWaits),
    phase_durations: rowsIn(analysis.phaseDurations),
    total_events: events,
    all,
  };
}

function rowsIn(
  durations: Analysis["phaseDurations"],
): Readonly<Record<string, PhaseRow>> {
  return Object.fromEntries(
    Object.entries(durations).map(([id, { averageMinutes, count }]) => [
      id,
      { avg_minutes: averageMinutes.toFixed(1), count },
    ]),
  );
}

/** Rows of each list, unless all are asked for. */
const SHOWN_ROWS = 10;

/** Longest reason that people see; programs see more. */
const MAX_REASON_LENGTH = 60;

type Row = readonly [id: string, text: string];

function analysisText(result: AnalyzeResult, style: Style): string {
  const { completed, abandoned, active, completion_rate } = result;
  const sessions =
    `${result.total_workflows} (${completed} completed, ${abandoned} abandoned, ${active} active)`;
  const lists: readonly (readonly [title: string, rows: readonly Row[]])[] = [
    ["Skipped items:", rowsOf(result.skipped_items, skipText)],
    [
      "Checks:",
      barsOf(result.check_runs, style, ({ runs, failures }) => ({
        value: runs,
        part: failures,
        text: `${countOf(runs, "run")}${
          failures === 0 ? "" : `, ${failures} failed`
        }`,
      })),
    ],
    ["Waiting for humans:", timeRows(result.human_waits, style, "answered")],
    ["Phases:", timeRows(result.phase_durations, style, "completed")],
  ];
  return blocksText([
    [
      `Sessions   ${sessions}`,
      `Completed  ${completion_rate}`,
      `Events     ${result.total_events}`,
    ],
    ...lists.map(([title, rows]) =>
      rowLines(style.bold(title), rows, result.all)
    ),
  ]);
}

/** A terminal gets a bar before each text. */
function barsOf<Value>(
  values: Readonly<Record<string, Value>>,
  style: Style,
  barOf: (value: Value) => Omit<Bar, "label">,
): readonly Row[] {
  const bars = Object.values(values).map(barOf);
  const drawn = style.isTerminal ? barsText(bars, style.symbols) : [];
  return Object.keys(values).map((id, index) => [
    oneLine(id),
    [drawn[index] ?? [], bars[index]?.text ?? ""].flat().join("  "),
  ]);
}

function timeRows(
  values: Readonly<Record<string, PhaseRow>>,
  style: Style,
  done: string,
): readonly Row[] {
  return barsOf(values, style, ({ avg_minutes, count }) => ({
    value: Number(avg_minutes),
    part: 0,
    text: `${avg_minutes} min on average, ${done} ${
      count === 1 ? "once" : `${count} times`
    }`,
  }));
}

function rowsOf<Value>(
  values: Readonly<Record<string, Value>>,
  textOf: (value: Value) => string,
): readonly Row[] {
  return Object.entries(values)
    .map(([id, value]) => [oneLine(id), textOf(value)]);
}

function skipText({ count, reasons }: SkippedItem): string {
  const [first = ""] = reasons;
  const reason = headOf(oneLine(first), MAX_REASON_LENGTH);
  const others = reasons.length > 1 ? `, and ${reasons.length - 1} more` : "";
  return reason === "" ? String(count) : `${count}  ${reason}${others}`;
}

function rowLines(
  title: string,
  rows: readonly Row[],
  all: boolean,
): readonly string[] {
  if (rows.length === 0) return [];
  const shown = all ? rows : rows.slice(0, SHOWN_ROWS);
  const width = Math.max(...shown.map(([id]) => id.length));
  const left = rows.length - shown.length;
  return [
    title,
    ...shown.map(([id, text]) => `  ${id.padEnd(width)}  ${text}`),
    ...left > 0 ? [`  and ${left} more: orc analyze --all`] : [],
  ];
}

type LearnResult = ResultOf<Learned> & {
  readonly session: string;
};

export const learnCommand = command<LearnResult>({
  description:
    "Shows what was skipped and why, which checks failed and how often, where a human set the rules aside, the notes, and how long the phases took. --save appends it to LEARNINGS.md at the root, unless there is nothing to learn or it stands there already.",
  flags: [
    flag("--save", "Append it to LEARNINGS.md", { effect: "writes" }),
    flag("--no-save", "Only show it, as without any flag", {
      excludes: ["save"],
    }),
  ],
  effect: "reads",
  permissions: ["tree"],
  examples: ["orc learn", "orc learn --save"],
  async use(host, options, values) {
    const { writeLearnings } = await import("../../history/pages.ts");
    const save = values.on("save");
    const learned = await withProgress(
      host,
      values,
      (show) =>
        writeLearnings(host, { ...options, save, onProgress: onReading(show) }),
    );
    return { ...learned, session: learned.place.session };
  },
  render: ({ learnings, session, hasLearnings, path, saved }) => {
    const text = learningsSection(learnings, session, oneLine);
    if (!hasLearnings) return `${text}\n\nNothing to learn from yet`;
    if (path === null) return text;
    const kept = saved ? `Appended to ${path}` : `${path} holds it already`;
    return `${text}\n\n${kept}`;
  },
});

function onReading(show?: Terminal["showProgress"]): OnProgress | undefined {
  return show && ((fraction) => show(readingLine(fraction)));
}

/** How much of a log is read; one that grows meanwhile has more than all of it. */
export function readingLine(fraction: number): string {
  const part = Math.min(1, Math.max(0, fraction));
  return `Reading the log ${barOf(part)} ${Math.floor(part * 100)} %`;
}
