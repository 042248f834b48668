import { asObject, type JsonObject, numberOf } from "../base/json.ts";
import { textIn, textsIn } from "./feedback_line.ts";

/** Feedback, and when it was given. */
export interface DatedFeedback {
  readonly entry: JsonObject;
  /** Milliseconds since 1970; 0 where it does not say. */
  readonly atMs: number;
}

/** The latest feedback of one session. */
export interface SessionFeedback {
  readonly tool: DatedFeedback | null;
  readonly process: DatedFeedback | null;
}

/** What the tool feedback of several sessions adds up to. */
export interface ToolReport {
  readonly sessions: number;
  /** Null where no session tells. */
  readonly averageSeconds: number | null;
  readonly phases: readonly {
    readonly phase: string;
    readonly averageSeconds: number;
    readonly sessions: number;
  }[];
  readonly errors: number;
  readonly itemsSkipped: number;
  /** Sessions with at least one review. */
  readonly withReviews: number;
  /** Sessions that several agents worked on. */
  readonly withSeveralAgents: number;
}

/** Something that was said, and in which session. */
export interface Statement {
  readonly task: string | null;
  readonly text: string;
}

/** What happened in several sessions, the most frequent first. */
export interface Repeated {
  readonly text: string;
  readonly sessions: number;
}

/** What the process feedback of several sessions says. */
export interface ProcessReport {
  readonly sessions: number;
  readonly errors: readonly Repeated[];
  /** Ids of items that were skipped. */
  readonly skippedItems: readonly Repeated[];
  /** Newest first, as all below. */
  readonly learnings: readonly Statement[];
  readonly challenges: readonly Statement[];
  readonly wentWell: readonly Statement[];
  readonly improvements: readonly Statement[];
}

/** What the feedback of several sessions comes to. */
export interface FeedbackReport {
  /** Each counts once, whatever it left where. */
  readonly sessions: number;
  readonly tool: ToolReport;
  readonly process: ProcessReport;
}

/** Sums up the feedback of several sessions. */
export function reportOn(all: readonly SessionFeedback[]): FeedbackReport {
  const entriesOf = (kind: keyof SessionFeedback): readonly JsonObject[] =>
    all.flatMap((session) => session[kind] ?? [])
      .toSorted((one, other) => other.atMs - one.atMs)
      .map(({ entry }) => entry);
  return {
    sessions: all.length,
    tool: toolReport(entriesOf("tool")),
    process: processReport(entriesOf("process")),
  };
}

function toolReport(entries: readonly JsonObject[]): ToolReport {
  const total = (key: string) =>
    entries.reduce((sum, entry) => sum + (numberOf(entry.get(key)) ?? 0), 0);
  const having = (key: string) =>
    entries.filter((entry) => entry.get(key) === true).length;
  const durations = entries
    .flatMap((entry) => numberOf(entry.get("duration_seconds")) ?? []);
  return {
    sessions: entries.length,
    averageSeconds: durations.length === 0 ? null : averageOf(durations),
    phases: phasesOf(entries),
    errors: total("errors_count"),
    itemsSkipped: total("items_skipped_count"),
    withReviews: having("reviews_performed"),
    withSeveralAgents: having("parallel_agents_used"),
  };
}

function phasesOf(entries: readonly JsonObject[]): ToolReport["phases"] {
  const seconds = new Map<string, number[]>();
  for (const entry of entries) {
    for (const [phase, value] of asObject(entry.get("phases")) ?? []) {
      const number = numberOf(value);
      if (number === undefined) continue;
      seconds.set(phase, [...seconds.get(phase) ?? [], number]);
    }
  }
  return Array.from(seconds, ([phase, numbers]) => ({
    phase,
    averageSeconds: averageOf(numbers),
    sessions: numbers.length,
  }));
}

function averageOf(numbers: readonly number[]): number {
  const sum = numbers.reduce((total, number) => total + number, 0);
  return Math.round(sum / numbers.length);
}

function processReport(entries: readonly JsonObject[]): ProcessReport {
  const statements = (key: string): readonly Statement[] =>
    entries.flatMap((entry) => {
      const text = textIn(entry, key);
      return text === null ? [] : [{ task: textIn(entry, "task"), text }];
    });
  return {
    sessions: entries.length,
    errors: repeatedIn(
      entries.map((entry) => textsIn(entry, "errors_summary")),
    ),
    skippedItems: repeatedIn(entries.map(skippedIds)),
    learnings: statements("learnings"),
    challenges: statements("challenges"),
    wentWell: statements("what_went_well"),
    improvements: statements("improvements"),
  };
}

/** Ids of the items in reasons such as `visual_tests: nothing to see`. */
function skippedIds(entry: JsonObject): readonly string[] {
  return textsIn(entry, "items_skipped_reasons")
    .map((reason) => reason.split(":")[0]?.trim() ?? "")
    .filter((id) => id !== "");
}

function repeatedIn(lists: readonly (readonly string[])[]): Repeated[] {
  const counts = new Map<string, number>();
  for (const text of lists.flatMap((list) => [...new Set(list)])) {
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return Array.from(counts, ([text, sessions]) => ({ text, sessions }))
    .toSorted((one, other) => other.sessions - one.sessions);
}

/** What happens again and again is worth a change of the workflow. */
const MIN_SESSIONS = 2;

/** Proposes changes, from what came up in several sessions and from what was asked for. */
export function suggestionsFor(report: FeedbackReport): readonly string[] {
  const { sessions, errors, skippedItems, improvements } = report.process;
  const isOften = (each: Repeated) => each.sessions >= MIN_SESSIONS;
  return [
    ...skippedItems.filter(isOften).map((item) =>
      `Item "${item.text}" was skipped in ${item.sessions} of ${sessions} sessions: say when it is needed, or drop it`
    ),
    ...errors.filter(isOften).map((error) =>
      `In ${error.sessions} of ${sessions} sessions the same failed: ${error.text}`
    ),
    ...reviewSuggestion(report.tool),
    ...new Set(improvements.map(({ text }) => text)),
  ];
}

function reviewSuggestion(
  { sessions, withReviews }: ToolReport,
): readonly string[] {
  const unreviewed = sessions - withReviews;
  return unreviewed < MIN_SESSIONS
    ? []
    : [`${unreviewed} of ${sessions} sessions had no review`];
}
