/** A report in words: as lines for a terminal, and as a page of Markdown for a pull request. */
import {
  codeSpan,
  headOf,
  markdownTable,
  markdownText,
  oneLine,
} from "../base/markdown.ts";
import { countOf, durationText, listOf } from "../base/text.ts";
import type { LeftOut } from "../engine/phase.ts";
import { END, isMarked } from "./page_rules.ts";
import type { Report, ReportedCheck, ReportedItem } from "./report_rules.ts";

/** Stands at the beginning of each report, so that nothing else is replaced by one. */
export const REPORT_MARK =
  "<!-- Made by orc finish --report FILE, which writes it anew each time: a change made here is lost. -->";

export function isReportMarkdown(text: string): boolean {
  return isMarked(text, REPORT_MARK, END);
}

/** Longest heading: the task may be a whole page. */
const MAX_TITLE_LENGTH = 120;

/** Longest text of others in one line. */
const MAX_SAID_LENGTH = 300;

/** Files that are named; more are counted. */
const MAX_FILES = 20;

/** How long something took, also where that is less than a minute. */
export function secondsText(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : durationText(Math.floor(seconds / 60));
}

/** How long a phase or a session took, and how much of it a human was waited for. */
export function timeText(
  { durationSeconds, waitedSeconds }: Pick<
    Report,
    "durationSeconds" | "waitedSeconds"
  >,
): string {
  if (durationSeconds === null) return "for a time that is not known";
  const waited = waitedSeconds > 0
    ? `, ${secondsText(waitedSeconds)} of it waiting for a human`
    : "";
  return `${secondsText(durationSeconds)}${waited}`;
}

/** What a check found, for people. */
export function checkText(
  { passed, tries, failures, testsRun, proved }: ReportedCheck,
): string {
  return [
    passed ? "passed" : "failed",
    ...testsRun === null ? [] : [countOf(testsRun, "test")],
    ...proved === null ? [] : [proved ? "proved able to fail" : "not proved"],
    ...failures > 0 && passed
      ? [`after ${failures} of ${tries} runs had failed`]
      : tries > 1
      ? [`run ${tries} times`]
      : [],
  ].join(", ");
}

/** What an item came to, in one line. */
export function itemText({ by, said, check }: ReportedItem): string {
  return [
    ...by === null ? [] : [`by ${by}`],
    ...check === null ? [] : [`check ${checkText(check)}`],
    ...said === null ? [] : [headOf(oneLine(said), MAX_SAID_LENGTH)],
  ].join("; ");
}

/** What was left out, and why. */
export function skippedText({ phaseId, itemId, reason }: LeftOut): string {
  return `${phaseId} ${itemId}: ${reason ?? "for no reason that was kept"}`;
}

/** What is not committed, in one sentence without its period; undefined where all is. */
export function uncommittedText(
  { uncommitted }: Pick<Report, "uncommitted">,
): string | undefined {
  if (uncommitted === null || uncommitted.length === 0) return undefined;
  const files = countOf(uncommitted.length, "file");
  return `${files} not as committed: ${listOf(uncommitted, MAX_FILES)}`;
}

/** One part of a report: what it is about, and a line for each thing. */
export type Part = readonly [title: string, lines: readonly string[]];

/** What a reader has to know besides what was done, from the worst on; parts without lines are left out. */
export function partsOf(report: Report): readonly Part[] {
  const forced = report.approvals.filter(({ forced }) => forced);
  const given = report.approvals.filter(({ forced }) => !forced);
  const parts: readonly Part[] = [
    ["Forced", forced.map(({ message }) => message)],
    ["Departed from the workflow's file", report.overrides],
    ["Changed since it was checked", report.stale],
    ["Not committed", [uncommittedText(report) ?? []].flat()],
    ["Skipped", report.skipped.map(skippedText)],
    ["Approvals", given.map(({ message }) => message)],
    ["Not known", report.unknown],
  ];
  return parts.filter(([, lines]) => lines.length > 0);
}

/** How it went, in one sentence without its period. */
export function headText(report: Report): string {
  const { status, workflow, session, agents } = report;
  const by = agents.length === 0 ? "" : `, by ${listOf(agents, MAX_FILES)}`;
  return `Session ${session}, workflow ${workflow}: ${status}, ${
    timeText(report)
  }${by}`;
}

export function titleText({ task }: Pick<Report, "task">): string {
  return headOf(oneLine(task), MAX_TITLE_LENGTH) || "Session";
}

/** The report as a page of Markdown, in which nothing that somebody said is more than text. */
export function reportMarkdown(report: Report): string {
  const phases = report.phases.filter(({ startedAt }) => startedAt !== null);
  const items = phases.flatMap(({ phaseId, items }) =>
    items.filter(({ status }) => status !== "pending" && status !== "skipped")
      .map((item) => [phaseId, item] as const)
  );
  const checks = items.flatMap(([, { itemId, check }]) =>
    check === null ? [] : [{ itemId, check }]
  );
  const sections = [
    REPORT_MARK,
    `# ${markdownText(titleText(report))}`,
    markdownText(headText(report)),
    ...report.outcome === null ? [] : [markdownText(report.outcome)],
    ...table(
      "What was done",
      ["Phase", "Item", "State", "By", "What was said"],
      items.map(([phaseId, { itemId, name, status, by, said }]) => [
        markdownText(phaseId),
        `${codeSpan(itemId)} ${markdownText(name)}`,
        status,
        markdownText(by ?? ""),
        markdownText(headOf(oneLine(said ?? ""), MAX_SAID_LENGTH)),
      ]),
    ),
    ...table(
      "Checks",
      ["Item", "Result", "Command"],
      checks.map(({ itemId, check }) => [
        codeSpan(itemId),
        checkText(check),
        check.command === null ? "" : cellCode(check.command),
      ]),
    ),
    ...partsOf(report).flatMap(([title, lines]) => [
      `## ${title}`,
      lines.map((line) => `- ${markdownText(line)}`).join("\n"),
    ]),
    ...table(
      "Time",
      ["Phase", "Time"],
      phases.map((phase) => [
        markdownText(phase.phaseId),
        timeText(phase),
      ]),
    ),
    `${END}${codeSpan(report.session)}`,
  ];
  return `${sections.join("\n\n")}\n`;
}

/** A pipe ends a cell of a table, also within code. */
function cellCode(command: string): string {
  const text = headOf(oneLine(command), MAX_SAID_LENGTH);
  return text.includes("|") ? markdownText(text) : codeSpan(text);
}

function table(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  return rows.length === 0 ? [] : [`## ${title}`, markdownTable(head, rows)];
}
