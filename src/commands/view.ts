import {
  durationText,
  indented,
  inOneLine,
  lengthOf,
  minutesBetween,
} from "../base/text.ts";
import type { ItemSummary, NextStep, Summary } from "../engine/standing.ts";
import type { ItemStatus } from "../workflow/types.ts";
import type { Style } from "./command.ts";

/** A sign where signs beyond ASCII may be used, and letters everywhere else. */
const MARKS: Readonly<Record<ItemStatus, readonly [string, string]>> = {
  completed: ["✓", "[x]"],
  skipped: ["⊘", "[-]"],
  in_progress: ["●", "[>]"],
  failed: ["✗", "[!]"],
  blocked: ["✗", "[!]"],
  pending: ["○", "[ ]"],
};

/** A longer task is cut where only a reminder of it is needed. */
const MAX_TASK = 200;

/** The widest an item's id or name may be before the column gives way. */
const MAX_COLUMN = 32;

/** The phases in one line, with counts for the current one and what is behind it. */
export function phaseLine({ phaseId, phases }: Summary, style: Style): string {
  return phases.map(({ id, status, completed, skipped, total }) => {
    const count = `${inOneLine(id)} ${completed + skipped}/${total}`;
    if (id === phaseId) return style.bold(count);
    return status === "completed" ? style.dim(count) : inOneLine(id);
  }).join(" · ");
}

export function itemLines(
  { items }: Summary,
  style: Style,
  at: string,
): readonly string[] {
  const idWidth = widthOf(items.map(({ id }) => inOneLine(id)));
  const nameWidth = widthOf(items.map(({ name }) => inOneLine(name)));
  return items.map((item) =>
    [
      " ",
      markOf(item.status, style),
      padded(inOneLine(item.id), idWidth),
      padded(inOneLine(item.name), nameWidth),
      style.dim(inOneLine(remarkOn(item, at))),
    ].join(" ").trimEnd()
  );
}

function markOf(status: ItemStatus, style: Style): string {
  const mark = MARKS[status][style.symbols ? 0 : 1];
  if (status === "completed") return style.good(mark);
  if (status === "failed" || status === "blocked") return style.bad(mark);
  return status === "in_progress" ? style.warn(mark) : mark;
}

function remarkOn(item: ItemSummary, at: string): string {
  const optional = item.required ? "" : "optional";
  if (item.status === "completed") return optional;
  if (item.status === "skipped") return `skipped: ${item.skipReason ?? ""}`;
  if (item.failure) {
    const tries = item.tries === 1 ? "1 try" : `${item.tries} tries`;
    return `failed: ${item.failure} (${tries})`;
  }
  const begun = item.status === "in_progress" ? startedRemark(item, at) : "";
  return [begun || optional, approvalRemark(item), conditionRemark(item)]
    .filter((remark) => remark !== "")
    .join("; ");
}

const APPROVALS = {
  human: "a human must approve",
  nobody: "passes without a human",
  clock: "passes by itself some time after its start",
};

function approvalRemark({ approval, passesAt }: ItemSummary): string {
  if (approval === null) return "";
  return passesAt === null
    ? APPROVALS[approval]
    : `passes by itself at ${passesAt}`;
}

function conditionRemark({ skipConditions }: ItemSummary): string {
  return skipConditions.length === 0
    ? ""
    : `may be skipped if ${skipConditions.join(" or if ")}`;
}

function startedRemark({ startedAt }: ItemSummary, at: string): string {
  const minutes = minutesBetween(startedAt, at);
  return minutes === undefined
    ? "started"
    : `started ${durationText(minutes)} ago`;
}

function widthOf(texts: readonly string[]): number {
  return Math.min(MAX_COLUMN, Math.max(0, ...texts.map(lengthOf)));
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - lengthOf(text)));
}

export function nextLine(next: NextStep | null, style: Style): string {
  if (next === null) return "";
  const who = next.human ? "Next, by a human" : "Next";
  return `${style.bold(`${who}:`)} ${inOneLine(next.command)}`;
}

/** What is said of the next step, and of what has to be known for it. */
export type Upcoming = Pick<
  Summary,
  "next" | "phaseId" | "phases" | "phaseNotes" | "rejections" | "status"
>;

/** What a session is about, for who knows nothing of it. */
export function goalLines(
  { task, constraints }: Pick<Summary, "task" | "constraints">,
): readonly string[] {
  const bounds = constraints.map(inOneLine).join("; ");
  return [
    `Task: ${shortTask(task.replaceAll(/\s*\n\s*/g, " "), MAX_TASK)}`,
    ...bounds === "" ? [] : [`Constraints: ${bounds}`],
  ];
}

/** The next item for an agent: what it is, what good looks like, and the exact command. */
export function nextParagraph(
  summary: Upcoming,
  style: Style,
  more: readonly string[] = [],
): string {
  const { next, phaseId, phaseNotes } = summary;
  if (next === null) return `The session is ${summary.status}`;
  const { item } = next;
  const progress = summary.phases.find(({ id }) => id === phaseId);
  const done = (progress?.completed ?? 0) + (progress?.skipped ?? 0);
  const count = `${inOneLine(phaseId)} ${done}/${progress?.total ?? 0}`;
  const rejected = rejectionLines(summary, style);
  const end = next.wait ? [`wait for the answer: ${next.wait}`] : [];
  if (item === null) {
    const standing = next.human ? [] : [betweenLine(summary)];
    return [...rejected, ...standing, nextLine(next, style), ...end].join("\n");
  }
  const rule = phaseNotes.map((note) => adviceText(note, style)).join("; ");
  const remark = conditionRemark(item);
  const lines = [
    ...item.notes.map((note) => adviceText(note, style)),
    checkLine(item),
    ...more,
    clockLine(item, next.answer),
    remark === "" ? null : `${remark}: orc skip ${item.id} --reason "<why>"`,
    item.failure ? `last try failed: ${item.failure}` : null,
    `${next.human ? "then a human runs" : "then"}: ${next.command}`,
    ...end,
  ];
  return [
    ...rejected,
    ...rule === "" ? [] : [inOneLine(`In ${phaseId}: ${rule}`)],
    `${style.bold(inOneLine(item.id))} · ${
      inOneLine(item.name)
    } (${count}, ${item.stepType})`,
    ...item.description ? [indented(item.description)] : [],
    ...lines.flatMap((line) => line === null ? [] : [inOneLine(line)]),
  ].join("\n");
}

/** Between two phases, and before the end: what is done, and what comes. */
function betweenLine({ next, phaseId, phases }: Upcoming): string {
  const here = phases.findIndex(({ id }) => id === phaseId);
  const after = phases[here + 1];
  return next?.action === "advance" && after !== undefined
    ? inOneLine(
      `${phaseId} is done, ${
        countText(phases.slice(here, here + 1))
      }; ${after.id} comes next: ${after.name}`,
    )
    : `Every phase is done, ${countText(phases)}`;
}

function countText(phases: Summary["phases"]): string {
  const sum = (key: "completed" | "skipped" | "total"): number =>
    phases.reduce((total, phase) => total + phase[key], 0);
  return `${sum("completed")} of ${sum("total")} items completed, ${
    sum("skipped")
  } skipped`;
}

/** What a human said no to: before anything else. */
export function rejectionLines(
  { rejections }: Pick<Summary, "rejections">,
  style: Style,
): readonly string[] {
  return rejections.map(({ itemId, reason }) =>
    style.bad(inOneLine(`Rejected: ${itemId}: ${reason}`))
  );
}

/** The tags of the older tool's notes: a sign, or a word where signs may not be used. */
const TAGS = new Map<string, readonly [sign: string, word: string]>([
  ["tip", ["💡", "Tip:"]],
  ["note", ["📝", "Note:"]],
  ["context", ["📋", "Context:"]],
  ["learning", ["📚", "Learning:"]],
  ["important", ["❗", "Important:"]],
  ["caution", ["⚠️", "Caution:"]],
  ["warning", ["⚠️", "Warning:"]],
]);

/** Advice with its tag as people read it; a tag of the workflow's own stays as it is. */
export function adviceText(note: string, { symbols }: Style): string {
  const end = note.startsWith("[") ? note.indexOf("]") : -1;
  const tag = TAGS.get(note.slice(1, Math.max(1, end)).toLowerCase());
  if (tag === undefined) return note;
  return `${tag[symbols ? 0 : 1]} ${note.slice(end + 1).trim()}`;
}

function checkLine(
  { check, stepType, verification }: ItemSummary,
): string | null {
  if (check === null) return null;
  const isManual = verification === "manual_gate" ||
    stepType === "gate" && verification === "none";
  return isManual ? `a human decides: ${check}` : `orc checks: ${check}`;
}

function clockLine(
  { passesAt }: ItemSummary,
  answer: string | undefined,
): string | null {
  if (answer === undefined) return null;
  const when = passesAt === null
    ? "some time after the first try or start-item"
    : `at ${passesAt}`;
  return `passes by itself ${when}; before, a human may run: ${answer}`;
}

export function shortTask(task: string, limit: number): string {
  const [first = ""] = task.split("\n");
  return lengthOf(first) <= limit
    ? first
    : `${Array.from(first).slice(0, limit - 1).join("")}…`;
}

/** Blocks of lines with a blank line between them; empty ones are left out. */
export function blocksText(blocks: readonly (readonly string[])[]): string {
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

export function section(
  title: string,
  lines: readonly string[],
): readonly string[] {
  return lines.length === 0
    ? []
    : [`${title}:`, ...lines.map((line) => `  ${inOneLine(line)}`)];
}
