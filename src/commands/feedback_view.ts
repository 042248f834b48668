import type {
  ProcessReport,
  Repeated,
  Statement,
  ToolReport,
} from "../feedback/feedback_report.ts";
import type { Reviewed } from "../feedback/review_feedback.ts";
import type { Style } from "./command.ts";
import { shortTask } from "./view.ts";

/** Which parts of a review are shown. */
export interface FeedbackParts {
  readonly tool: boolean;
  readonly process: boolean;
  readonly suggestions: boolean;
}

/** A longer list says no more at a glance; programs get all of it. */
const MAX_SHOWN = 10;

/** A review of feedback, for people. */
export function feedbackText(
  reviewed: Omit<Reviewed, "place" | "warnings">,
  shown: FeedbackParts,
  style: Style,
): string {
  const { days, sessions, damagedLines, suggestions } = reviewed;
  const span = days === null ? "in all" : `in the last ${days} days`;
  const head = [`Feedback on ${sessions} ${nounOf(sessions)} ${span}`];
  if (damagedLines > 0) head.push(`Damaged lines left out: ${damagedLines}`);
  const sections = [
    head,
    ...(shown.tool ? [toolLines(reviewed.tool, style)] : []),
    ...(shown.process ? processSections(reviewed.process, style) : []),
    ...(shown.suggestions ? [section("Suggestions", suggestions, style)] : []),
  ];
  return sections.filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n")).join("\n\n");
}

function nounOf(sessions: number): string {
  return sessions === 1 ? "session" : "sessions";
}

function toolLines(tool: ToolReport, style: Style): readonly string[] {
  if (tool.sessions === 0) return [];
  const phases = tool.phases.map(({ phase, averageSeconds }) =>
    `${phase} ${minutesText(averageSeconds)}`
  );
  return section("Tool", [
    ...tool.averageSeconds === null
      ? []
      : [`${minutesText(tool.averageSeconds)} on average`],
    ...phases.length === 0 ? [] : [phases.join(" · ")],
    `errors: ${tool.errors}, items skipped: ${tool.itemsSkipped}`,
    `sessions with reviews: ${tool.withReviews}, with several agents: ${tool.withSeveralAgents}`,
  ], style);
}

function minutesText(seconds: number): string {
  return `${Math.round(seconds / 60)} min`;
}

function processSections(
  report: ProcessReport,
  style: Style,
): readonly (readonly string[])[] {
  return [
    section("Errors", report.errors.map(repeatedText), style),
    section("Skipped items", report.skippedItems.map(repeatedText), style),
    section("Learnings", report.learnings.map(statementText), style),
    section("Challenges", report.challenges.map(statementText), style),
    section("Went well", report.wentWell.map(statementText), style),
    section("Improvements", report.improvements.map(statementText), style),
  ];
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
  if (lines.length === 0) return [];
  const more = lines.length - MAX_SHOWN;
  return [
    style.bold(`${title}:`),
    ...lines.slice(0, MAX_SHOWN).map((line) => `  ${line}`),
    ...more > 0 ? [`  … and ${more} more`] : [],
  ];
}
