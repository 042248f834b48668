import { headOf, oneLine } from "../base/fence.ts";
import type { Analysis, SkippedItem } from "../history/analysis.ts";
import { analyzeSessions } from "../history/analyze_sessions.ts";
import { command, sessionOptions, type Style } from "./command.ts";
import { withLogProgress } from "./log_progress.ts";

/** What programs get, with the keys of the Python tool. */
interface AnalyzeResult {
  readonly total_workflows: number;
  readonly completed: number;
  readonly abandoned: number;
  readonly active: number;
  readonly completion_rate: string;
  readonly skipped_items: Analysis["skippedItems"];
  readonly verification_failures: Analysis["checkFailures"];
  readonly phase_durations: ReadonlyMap<string, PhaseRow>;
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

/** `orc analyze` */
export const analyzeCommand = command<AnalyzeResult | NoData>({
  name: "analyze",
  summary: "Count what the sessions have in common",
  description:
    "Counts over all sessions of the repository and the log that the Python tool left: how they ended, which items were skipped and why, whose checks failed, and how long the phases took. Items and phases that have the same id are counted together, whatever their workflow.",
  args: [],
  flags: [{
    name: "all",
    summary: "Show every row instead of the ten largest; --json always does",
  }],
  effect: "reads",
  permissions: [],
  examples: ["orc analyze", "orc analyze --json"],
  async run(host, values) {
    const options = sessionOptions(values, "analyze");
    const { place, analysis, warnings } = await withLogProgress(
      host,
      values,
      (onProgress) => analyzeSessions(host, { ...options, onProgress }),
    );
    const result = resultOf(analysis, values.on("all"));
    return { place, warnings, result };
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
    phase_durations: new Map(
      Array.from(
        analysis.phaseDurations,
        ([id, { averageMinutes, count }]) => [
          id,
          { avg_minutes: averageMinutes.toFixed(1), count },
        ],
      ),
    ),
    total_events: events,
    all,
  };
}

/** Rows of each list, unless all are asked for. */
const SHOWN_ROWS = 10;

/** Longest reason that people see; programs see more. */
const MAX_REASON_LENGTH = 60;

/** A line of a list: an id, and what is said about it. */
type Row = readonly [id: string, text: string];

function analysisText(result: AnalyzeResult, style: Style): string {
  const { completed, abandoned, active, completion_rate } = result;
  const sessions =
    `${result.total_workflows} (${completed} completed, ${abandoned} abandoned, ${active} active)`;
  const sections = [
    [
      `Sessions   ${sessions}`,
      `Completed  ${completion_rate}`,
      `Events     ${result.total_events}`,
    ],
    ...listsOf(result).map(([title, rows]) =>
      section(style.bold(title), rows, result.all)
    ),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function listsOf(
  result: AnalyzeResult,
): readonly (readonly [title: string, rows: readonly Row[]])[] {
  const { skipped_items, verification_failures, phase_durations } = result;
  return [
    ["Skipped items:", rowsOf(skipped_items, skipText)],
    ["Failed checks:", rowsOf(verification_failures, String)],
    [
      "Phases:",
      rowsOf(
        phase_durations,
        ({ avg_minutes, count }) =>
          `${avg_minutes} min on average, completed ${timesOf(count)}`,
      ),
    ],
  ];
}

function rowsOf<Value>(
  values: ReadonlyMap<string, Value>,
  textOf: (value: Value) => string,
): readonly Row[] {
  return Array.from(values, ([id, value]) => [oneLine(id), textOf(value)]);
}

function skipText({ count, reasons }: SkippedItem): string {
  const [first = ""] = reasons;
  const reason = headOf(oneLine(first), MAX_REASON_LENGTH);
  const others = reasons.length > 1 ? `, and ${reasons.length - 1} more` : "";
  return reason === "" ? String(count) : `${count}  ${reason}${others}`;
}

function timesOf(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function section(
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
