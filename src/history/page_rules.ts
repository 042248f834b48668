import {
  codeSpan,
  headOf,
  markdownTable,
  markdownText,
  oneLine,
} from "../base/markdown.ts";
import { durationText } from "../base/text.ts";
import type { RecordedEvent } from "../engine/event.ts";
import type { Summary } from "../engine/standing.ts";
import { isDone, itemStateOf, phaseStateOf } from "../engine/state.ts";
import { summarize } from "../engine/summary.ts";
import type {
  Item,
  ItemState,
  ItemStatus,
  Phase,
  SessionState,
  Workflow,
} from "../workflow/types.ts";
import type { Learnings } from "./rules.ts";

/** Longest heading: the task may be a whole page. */
const MAX_TITLE_LENGTH = 120;

/** A section of a page in Markdown; `textOf` shows a text of others in one line. */
export function learningsSection(
  learnings: Learnings,
  sessionId: string,
  textOf: (text: string) => string = markdownText,
): string {
  const { task, workflow, status, updatedAt } = learnings;
  const list = (heading: string, entries: readonly string[]) =>
    entries.length === 0 ? [] : [
      [`### ${heading}`, "", ...entries.map((entry) => `- ${textOf(entry)}`)]
        .join("\n"),
    ];
  const skipped = learnings.skipped
    .map(({ itemId, reason }) => reason ? `${itemId}: ${reason}` : itemId);
  const failures = learnings.failures.map(({ itemId, count, last }) =>
    `${itemId}: ${count === 1 ? "once" : `${count} times, last`}: ${last}`
  );
  const overrides = learnings.overrides
    .map(({ at, message }) => `${at.slice(0, 10)} ${message}`.trim());
  const times = learnings.phases.flatMap(({ phaseId, durationMinutes }) =>
    durationMinutes === null
      ? []
      : [`${phaseId}: ${durationText(durationMinutes)}`]
  );
  const title = headOf(oneLine(task), MAX_TITLE_LENGTH) || "Session";
  return [
    `## ${updatedAt.slice(0, 10)} ${textOf(title)}`,
    `Session ${sessionId}, workflow ${textOf(workflow)}, ${status}`,
    ...list("Skipped", skipped),
    ...list("Failed checks", failures),
    ...list("Rules set aside", overrides),
    ...list("Notes", learnings.notes),
    ...list("Time", times),
  ].join("\n\n");
}

/** The first line of each page, so that no page of somebody else is replaced. */
const MARK =
  "<!-- Made by orc generate-md, which writes it anew each time: a change made here is lost. -->";

/** Begins the last line of each page. */
export const END = "Workflow id: ";

/** A byte order mark, an empty line and a line of another tool may stand before the mark. */
const MARKED_LINES = 3;

const MAX_REMARK_LENGTH = 300;

export const SHOWN_EVENTS = 20;

const BOXES: Readonly<Partial<Record<ItemStatus, string>>> = {
  completed: "[x]",
  in_progress: "[~]",
  skipped: "[-]",
};

export interface PageSource {
  readonly workflow: Workflow;
  readonly state: SessionState;
  readonly sessionId: string;
  /** The last events of the session, oldest first. */
  readonly events: readonly RecordedEvent[];
  /** When the session was so, where it is not so now: a sentence without its period. */
  readonly then?: string;
}

/** Whether orc wrote a page: one that only quotes the mark, or goes on behind it, is somebody else's. */
export function isWorkflowPage(text: string): boolean {
  return isMarked(text, MARK, END);
}

/** Whether a text has the mark in its first lines, and ends as what is made with it. */
export function isMarked(text: string, mark: string, end: string): boolean {
  const lines = text.replace(/^\ufeff/, "").trimEnd().split(/\r?\n/);
  return lines.slice(0, MARKED_LINES).includes(mark) &&
    lines.at(-1)?.startsWith(end) === true;
}

/** Shows a session as a page of Markdown; the same session gives the same page. */
export function workflowPage(source: PageSource): string {
  const { workflow, state, events, then } = source;
  const summary = summarize(workflow, state);
  const blockers = summary.blockers.map(({ message }) => message);
  const title = headOf(oneLine(state.task), MAX_TITLE_LENGTH);
  const sections = [
    MARK,
    `# ${markdownText(title) || "Session"}`,
    ...then === undefined ? [] : [then],
    stateTable(source, summary),
    ...section("Constraints", bullets(state.constraints)),
    ...section("Blockers", bullets(blockers)),
    "## Checklist",
    ...workflow.phases.flatMap((phase) => phaseSections(state, phase)),
    ...section("Last events", eventTable(events)),
    `${END}${codeSpan(state.workflowId)}`,
  ];
  return `${sections.join("\n\n")}\n`;
}

function section(title: string, text: string): readonly string[] {
  return text === "" ? [] : [`## ${title}`, text];
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${markdownText(line)}`).join("\n");
}

function stateTable(
  { workflow, state, sessionId }: PageSource,
  { phaseId, progress, project }: Summary,
): string {
  const { completed, skipped, total } = progress;
  const rows: readonly (readonly [string, string | null])[] = [
    ["Status", state.status],
    ["Phase", phaseId],
    ["Items", `${completed} completed, ${skipped} skipped, ${total} in all`],
    ["Project", project],
    ["Workflow", `${workflow.name} ${workflow.version}`],
    ["Session", sessionId],
    ["Started", state.createdAt],
    ["Last change", state.updatedAt],
    ["Finished", state.completedAt],
  ];
  return markdownTable(
    ["", "State"],
    rows.flatMap(([name, value]) => value ? [[name, markdownText(value)]] : []),
  );
}

/** The title of a phase with a list of its items; no list where it has none. */
function phaseSections(state: SessionState, phase: Phase): readonly string[] {
  const phaseState = phaseStateOf(state, phase);
  const items = phase.items
    .map((item) => [item, itemStateOf(phaseState, item.id)] as const);
  const done = items.filter(([, itemState]) => isDone(itemState)).length;
  const name = `${markdownText(phase.id)}: ${markdownText(phase.name)}`;
  return [
    `### ${name} (${done}/${items.length})`,
    ...items.length === 0 ? [] : [items.map(itemLine).join("\n")],
  ];
}

function itemLine([item, itemState]: readonly [Item, ItemState]): string {
  const said = headOf(remarkOn(item, itemState), MAX_REMARK_LENGTH);
  const remark = markdownText(said);
  const box = BOXES[itemState.status] ?? "[ ]";
  const line = `- ${box} ${codeSpan(item.id)} ${markdownText(item.name)}`;
  return remark === "" ? line : `${line} (${remark})`;
}

function remarkOn(item: Item, itemState: ItemState): string {
  switch (itemState.status) {
    case "completed":
      return itemState.notes ?? "";
    case "skipped":
      return `skipped: ${itemState.skipReason ?? "without a reason"}`;
    case "failed":
    case "blocked":
      return `${itemState.status}, checks failed so far: ${itemState.retryCount}`;
    default:
      return item.required ? "" : "optional";
  }
}

function eventTable(events: readonly RecordedEvent[]): string {
  if (events.length === 0) return "";
  const rows = events.slice(-SHOWN_EVENTS).map(({ at, type, message }) =>
    [timeOf(at), type, headOf(oneLine(message), MAX_REMARK_LENGTH)]
      .map(markdownText)
  );
  return markdownTable(["Time", "Event", "What happened"], rows);
}

/** To the minute, in the event's own offset; other tools may have written anything. */
function timeOf(instant: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})/.exec(instant);
  return match ? `${match[1]} ${match[2]}` : "";
}
