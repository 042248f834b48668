import { durationText, minutesBetween } from "../base/duration.ts";
import { headOf, oneLine } from "../base/fence.ts";
import { markdownText } from "../base/markdown.ts";
import type { RecordedEvent } from "../engine/event.ts";
import type { SessionState, SessionStatus } from "../workflow/types.ts";
import { isCheckFailure } from "./analysis.ts";

/** An item whose checks failed. */
export interface FailedItem {
  /** Id of the item. */
  readonly item: string;
  /** How many of its checks failed. */
  readonly count: number;
  /** What the last of them said. */
  readonly last: string;
}

/** What one session has to teach. */
export interface Learnings {
  /** What was to be done, as given at start. */
  readonly task: string;
  /** Name of the workflow. */
  readonly workflow: string;
  /** How far the session is. */
  readonly status: SessionStatus;
  /** When its last update was made, an instant in UTC. */
  readonly updatedAt: string;
  /** Items that were left out, and why. */
  readonly skipped: readonly {
    /** Id of the item. */
    readonly item: string;
    /** As given; empty when an older log does not say. */
    readonly reason: string;
  }[];
  /** Items whose checks failed, most failures first. */
  readonly failures: readonly FailedItem[];
  /** Where a human set the rules aside, in order; the first 50. */
  readonly overrides: readonly {
    /** When it was done, an instant in UTC. */
    readonly at: string;
    /** One sentence, such as `Force-skipped item: tests`. */
    readonly message: string;
  }[];
  /** What somebody said was worth remembering, oldest first. */
  readonly notes: readonly string[];
  /** How long each phase took that was entered, in whole minutes. */
  readonly phases: readonly {
    /** Id of the phase. */
    readonly phase: string;
    /** Up to now in the current phase; null when its times are not known. */
    readonly minutes: number | null;
  }[];
}

const MAX_OVERRIDES = 50;

/** Longest heading: the task may be a whole page. */
const MAX_TITLE_LENGTH = 120;

/** Items of one session whose failures are counted; a workflow has a few dozen. */
const MAX_FAILED_ITEMS = 10_000;

/** What the log adds to a state. */
type LogFindings = Pick<Learnings, "failures" | "overrides">;

/** Sums up a session from its state and its events, taken one by one. */
export function learningsOf(
  state: SessionState,
  events: Iterable<RecordedEvent>,
): Learnings {
  return {
    task: state.task,
    workflow: state.workflowType,
    status: state.status,
    updatedAt: state.updatedAt,
    skipped: skippedIn(state),
    ...findingsIn(events),
    notes: state.notes.map(({ text }) => text),
    phases: phasesIn(state),
  };
}

function skippedIn({ phases }: SessionState): Learnings["skipped"] {
  return phases.flatMap(({ items }) => items)
    .filter(({ status }) => status === "skipped")
    .map(({ id, skipReason }) => ({ item: id, reason: skipReason ?? "" }));
}

function findingsIn(events: Iterable<RecordedEvent>): LogFindings {
  const failures = new Map<string, { count: number; last: string }>();
  const overrides: Learnings["overrides"][number][] = [];
  for (const event of events) {
    if (isCheckFailure(event)) countFailure(failures, event);
    if (isOverride(event) && overrides.length < MAX_OVERRIDES) {
      overrides.push({ at: event.at, message: event.message });
    }
  }
  const most = Array.from(failures, ([item, failure]) => ({ item, ...failure }))
    .sort((a, b) => b.count - a.count);
  return { failures: most, overrides };
}

/** Counts in place: a long log would leave an object behind for each event. */
function countFailure(
  failures: Map<string, { count: number; last: string }>,
  { itemId, message }: RecordedEvent,
): void {
  if (itemId === null) return;
  const failure = failures.get(itemId) ?? { count: 0, last: "" };
  failure.count++;
  failure.last = message;
  if (failures.size < MAX_FAILED_ITEMS) failures.set(itemId, failure);
}

/** Whether a rule was set aside: not every yes of a human does that. */
function isOverride({ details }: RecordedEvent): boolean {
  return ["force_skipped", "forced", "verification_skipped"]
    .some((key) => details.get(key) === true);
}

function phasesIn(state: SessionState): Learnings["phases"] {
  return state.phases
    .filter(({ status }) => status === "active" || status === "completed")
    .map(({ id, startedAt, completedAt }) => ({
      phase: id,
      minutes: minutesBetween(startedAt, completedAt ?? state.updatedAt) ??
        null,
    }));
}

/** Whether anything happened that others can learn from. */
export function hasLearnings(learnings: Learnings): boolean {
  const { skipped, failures, overrides, notes } = learnings;
  return [skipped, failures, overrides, notes].some(({ length }) => length > 0);
}

/** How learnings are written down. */
export interface LearningsStyle {
  readonly sessionId: string;
  /** Shows a text of others in one line; for a file as it is read by Markdown. */
  readonly textOf?: (text: string) => string;
}

/** Writes learnings as a section of a page in Markdown, without a line end. */
export function learningsSection(
  learnings: Learnings,
  { sessionId, textOf = markdownText }: LearningsStyle,
): string {
  const { task, workflow, status, updatedAt } = learnings;
  const title = headOf(oneLine(task), MAX_TITLE_LENGTH) || "Session";
  const sections = [
    `## ${updatedAt.slice(0, 10)} ${textOf(title)}`,
    `Session ${sessionId}, workflow ${textOf(workflow)}, ${status}`,
    ...listsOf(learnings)
      .filter(([, entries]) => entries.length > 0)
      .map(([heading, entries]) =>
        [`### ${heading}`, "", ...entries.map((entry) => `- ${textOf(entry)}`)]
          .join("\n")
      ),
  ];
  return sections.join("\n\n");
}

type List = readonly [heading: string, entries: readonly string[]];

function listsOf(learnings: Learnings): readonly List[] {
  const { skipped, failures, overrides, notes, phases } = learnings;
  return [
    [
      "Skipped",
      skipped.map(({ item, reason }) => reason ? `${item}: ${reason}` : item),
    ],
    ["Failed checks", failures.map(failureText)],
    [
      "Rules set aside by a human",
      overrides.map(({ at, message }) =>
        `${at.slice(0, 10)} ${message}`.trim()
      ),
    ],
    ["Notes", notes],
    [
      "Time",
      phases.flatMap(({ phase, minutes }) =>
        minutes === null ? [] : [`${phase}: ${durationText(minutes)}`]
      ),
    ],
  ];
}

function failureText({ item, count, last }: FailedItem): string {
  const times = count === 1 ? "once" : `${count} times, last`;
  return `${item}: ${times}: ${last}`;
}
