import { codeSpan, headOf, oneLine } from "../base/fence.ts";
import { markdownTable, markdownText } from "../base/markdown.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { itemStateOf, phaseStateOf } from "../engine/state.ts";
import {
  type PhaseSummary,
  summarize,
  type Summary,
} from "../engine/summary.ts";
import type {
  Item,
  ItemState,
  ItemStatus,
  Phase,
  SessionState,
  Workflow,
} from "../workflow/types.ts";

/** Begins the first line of each page, so that no page of somebody else is replaced. */
const MARK = "<!-- Made by orc generate-md";

/** A byte order mark, an empty line and a line of another tool may stand before the mark. */
const MARKED_LINES = 3;

/** Longest title: the task may be a whole page. */
const MAX_TITLE_LENGTH = 120;

/** Longest remark behind an item. */
const MAX_REMARK_LENGTH = 300;

/** Events at the end of a page. */
export const SHOWN_EVENTS = 20;

const BOXES: Readonly<Record<ItemStatus, string>> = {
  completed: "[x]",
  in_progress: "[~]",
  skipped: "[-]",
  pending: "[ ]",
  failed: "[ ]",
  blocked: "[ ]",
};

/** What a page is made of. */
export interface PageSource {
  readonly workflow: Workflow;
  readonly state: SessionState;
  readonly sessionId: string;
  /** The last events of the session, oldest first. */
  readonly events: readonly RecordedEvent[];
}

/** Whether a text is a page that {@linkcode workflowPage} made. */
export function isWorkflowPage(text: string): boolean {
  return text.split("\n", MARKED_LINES).some((line) => line.includes(MARK));
}

/** Shows a session as a page of Markdown; the same session gives the same page. */
export function workflowPage(source: PageSource): string {
  const { workflow, state, events } = source;
  const summary = summarize(workflow, state);
  const blockers = summary.blockers.map(({ message }) => message);
  const sections = [
    `${MARK}, which writes it anew each time: a change made here is lost. -->`,
    `# ${
      markdownText(headOf(oneLine(state.task), MAX_TITLE_LENGTH)) || "Session"
    }`,
    stateTable(source, summary),
    ...section("Constraints", bullets(state.constraints)),
    ...section("Blockers", bullets(blockers)),
    "## Checklist",
    ...workflow.phases.flatMap((phase, index) => [
      phaseTitle(phase, summary.phases[index]),
      ...itemLines(state, phase),
    ]),
    ...section("Last events", eventTable(events)),
    `Workflow id: ${codeSpan(state.workflowId)}`,
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
  { phase, progress, project }: Summary,
): string {
  const { completed, skipped, total } = progress;
  const rows: readonly (readonly [string, string | null])[] = [
    ["Status", state.status],
    ["Phase", phase],
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

/** One list for each phase; none for a phase without items. */
function itemLines(state: SessionState, phase: Phase): readonly string[] {
  const phaseState = phaseStateOf(state, phase);
  const lines = phase.items.map((item) =>
    itemLine(item, itemStateOf(phaseState, item.id))
  );
  return lines.length === 0 ? [] : [lines.join("\n")];
}

function phaseTitle({ id, name }: Phase, summary?: PhaseSummary): string {
  const done = (summary?.completed ?? 0) + (summary?.skipped ?? 0);
  return `### ${markdownText(id)}: ${markdownText(name)} (${done}/${
    summary?.total ?? 0
  })`;
}

function itemLine(item: Item, itemState: ItemState): string {
  const remark = markdownText(
    headOf(remarkOn(item, itemState), MAX_REMARK_LENGTH),
  );
  const name = `${codeSpan(item.id)} ${markdownText(item.name)}`;
  const line = `- ${BOXES[itemState.status]} ${name}`;
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
