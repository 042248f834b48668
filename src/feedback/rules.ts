import { unlessCorrupt } from "../base/error.ts";
import {
  asObject,
  isJsonList,
  type JsonObject,
  jsonObject,
  numberOf,
  parseJson,
} from "../base/json.ts";
import { sha256Hex } from "../base/checksum.ts";
import { type Clock, DAY_MS, momentOf, withOffset } from "../base/time.ts";
import { VERSION } from "../base/version.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { isClosed } from "../engine/state.ts";
import type { Batches } from "../history/rules.ts";
import type { ItemState, SessionState } from "../workflow/types.ts";

/** What a person is asked about a session. */
export type Question = "learnings" | "challenges" | "wentWell" | "improvements";

/** Something to each question, asked for in their order. */
export function answersFrom<Answer>(
  answer: (question: Question) => Answer,
): Readonly<Record<Question, Answer>> {
  return {
    learnings: answer("learnings"),
    challenges: answer("challenges"),
    wentWell: answer("wentWell"),
    improvements: answer("improvements"),
  };
}

/** What somebody said about the work; null where they said nothing. */
export type FeedbackTexts = Readonly<Record<Question, string | null>>;

export function isSilent(texts: FeedbackTexts): boolean {
  return Object.values(texts).every((text) => text === null);
}

export interface FeedbackFacts {
  readonly state: SessionState;
  readonly tally: FeedbackTally;
  readonly texts: FeedbackTexts;
  readonly clock: Clock;
  readonly repoType: string;
  /** Which repository it is, for people. */
  readonly repo: string;
  /** Keeps the hash of the workflow id from being looked up in a table. */
  readonly salt: string;
}

/** Feedback on one session, as the Python tool spells it. */
export interface Feedback {
  /** About the tool, without names: it may be shared. */
  readonly tool: JsonObject;
  /** About the work: it stays here. */
  readonly process: JsonObject;
}

export async function buildFeedback(facts: FeedbackFacts): Promise<Feedback> {
  const { state, tally, texts, clock, repoType, repo, salt } = facts;
  const mode = isSilent(texts) ? "auto" : "interactive";
  const end = endOf(state, clock);
  const items = state.phases.flatMap(({ items }) => items);
  const skipped = items.filter(({ status }) => status === "skipped");
  const timestamp = withOffset(clock.now);
  const severalAgents = tally.agents > 1;
  const tool = anonymised(jsonObject({
    timestamp,
    workflow_id_hash: await hashOfWorkflow(state.workflowId, salt),
    mode,
    orchestrator_version: VERSION,
    repo_type: repoType,
    duration_seconds: secondsFrom(momentOf(state.createdAt, clock) ?? end, end),
    phases: phaseSeconds(state, clock, end),
    parallel_agents_used: severalAgents,
    reviews_performed: tally.hasReviews ||
      items.some(({ id, status }) =>
        status === "completed" && id.endsWith("_review")
      ),
    errors_count: tally.errors,
    items_skipped_count: skipped.length,
  }));
  const work = jsonObject({
    timestamp,
    workflow_id: state.workflowId,
    task: state.task,
    repo,
    mode,
    parallel_agents_used: severalAgents,
    errors_summary: tally.errorTexts,
    items_skipped_reasons: skipped
      .map(({ id, skipReason }) => `${id}: ${skipReason ?? ""}`),
    learnings: texts.learnings ?? notedLearnings(items),
    challenges: texts.challenges,
    what_went_well: texts.wentWell,
    improvements: texts.improvements,
  });
  return { tool, process: work };
}

const MANIFESTS = [
  ["setup.py", "python"],
  ["pyproject.toml", "python"],
  ["package.json", "javascript"],
  ["go.mod", "go"],
  ["Cargo.toml", "rust"],
] as const;

/** Kind of a repository in the Python tool's words, from the names of its files. */
export function repoTypeOf(files: ReadonlySet<string>): string {
  return MANIFESTS.find(([name]) => files.has(name))?.[1] ?? "unknown";
}

/** Seconds, like the duration of the whole: the Python tool's phases add up to it. */
function phaseSeconds(
  state: SessionState,
  clock: Clock,
  endMs: number,
): JsonObject {
  return new Map(state.phases.flatMap(({ id, startedAt, completedAt }) => {
    const start = momentOf(startedAt, clock);
    if (start === undefined) return [];
    return [[id, secondsFrom(start, momentOf(completedAt, clock) ?? endMs)]];
  }));
}

/** When the work ended; now where it goes on. */
function endOf(state: SessionState, clock: Clock): number {
  const now = momentOf(clock.now, clock) ?? 0;
  if (!isClosed(state.status)) return now;
  return momentOf(state.completedAt ?? state.updatedAt, clock) ?? now;
}

function secondsFrom(startMs: number, endMs: number): number {
  return Math.max(0, Math.round((endMs - startMs) / 1000));
}

/** The notes on the item with which a workflow asks for learnings. */
function notedLearnings(items: readonly ItemState[]): string | null {
  return items.find(({ id, notes }) =>
    id.includes("learning") && notes !== null
  )?.notes ?? null;
}

/** The salt of the Python tool, where `WORKFLOW_SALT` names none. */
export const DEFAULT_SALT = "workflow-orchestrator-default-salt-v1";

const HASH_LENGTH = 16;

/** Stands for a workflow without telling which: 16 hex digits. */
export async function hashOfWorkflow(
  workflowId: string,
  salt: string,
): Promise<string> {
  const hex = await sha256Hex(new TextEncoder().encode(salt + workflowId));
  return hex.slice(0, HASH_LENGTH);
}

const HARMLESS_KEYS = [
  "timestamp",
  "workflow_id_hash",
  "mode",
  "orchestrator_version",
  "repo_type",
  "duration_seconds",
  "phases",
  "parallel_agents_used",
  "reviews_performed",
  "errors_count",
  "items_skipped_count",
];

/** Names of phases that tell nothing about a project. */
const HARMLESS_PHASES = [
  "PLAN",
  "EXECUTE",
  "REVIEW",
  "VERIFY",
  "LEARN",
  "TDD",
  "IMPL",
];

/** Leaves only what is known to be harmless: a field somebody adds later is left out by itself. */
export function anonymised(feedback: JsonObject): JsonObject {
  const phases = asObject(feedback.get("phases")) ?? new Map();
  const measured = HARMLESS_PHASES.filter((id) =>
    numberOf(phases.get(id)) !== undefined
  );
  const harmless = only(phases, measured);
  return only(new Map([...feedback, ["phases", harmless]]), HARMLESS_KEYS);
}

/** These keys of an object, in this order. */
function only(object: JsonObject, keys: readonly string[]): JsonObject {
  return new Map(keys.flatMap((key) => {
    const value = object.get(key);
    return value === undefined ? [] : [[key, value]];
  }));
}

/** Which file a line of feedback comes from; the oldest one holds both kinds in one line. */
export type FeedbackKind = "tool" | "process" | "both";

/** Undefined stands for a line that is torn, or no object. */
export function decodeFeedbackLine(text: string): JsonObject | undefined {
  return unlessCorrupt(() => asObject(parseJson(text, "feedback line")));
}

/** A text of a feedback entry; null when it is missing, blank, or something else. */
export function textIn(entry: JsonObject, key: string): string | null {
  const value = entry.get(key);
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

export function textsIn(entry: JsonObject, key: string): readonly string[] {
  const value = entry.get(key);
  return isJsonList(value)
    ? value.filter((each): each is string => typeof each === "string")
    : [];
}

/** The latest feedback of one session, and when it was given: in milliseconds since 1970, or 0 where it does not say. */
export type SessionFeedback = {
  -readonly [Part in keyof Feedback]?: {
    readonly entry: JsonObject;
    readonly atMs: number;
  };
};

/** What the tool feedback of several sessions adds up to. */
export interface ToolReport {
  /** How many there are. */
  readonly sessions: number;
  /** Null where no session tells. */
  readonly averageSeconds: number | null;
  /** How long each phase took. */
  readonly phases: readonly {
    readonly phaseId: string;
    readonly averageSeconds: number;
    readonly sessions: number;
  }[];
  /** Checks that failed, in all of them. */
  readonly errors: number;
  /** Items that were left out, in all of them. */
  readonly itemsSkipped: number;
  /** Sessions with at least one review. */
  readonly withReviews: number;
  /** Sessions that several agents worked on. */
  readonly withSeveralAgents: number;
}

/** Something that was said, and in which session. */
export interface Statement {
  /** What was to be done in that session; null where it does not tell. */
  readonly task: string | null;
  /** What was said. */
  readonly text: string;
}

/** What happened in several sessions, the most frequent first. */
export interface Repeated {
  /** What happened. */
  readonly text: string;
  /** In how many sessions. */
  readonly sessions: number;
}

/** What the process feedback of several sessions says; answers stand newest first. */
export interface ProcessReport
  extends Readonly<Record<Question, readonly Statement[]>> {
  /** How many there are. */
  readonly sessions: number;
  /** Checks that failed, and why. */
  readonly errors: readonly Repeated[];
  /** Items that were skipped, and in how many sessions; the most frequent first. */
  readonly skippedItems: readonly {
    readonly itemId: string;
    readonly sessions: number;
  }[];
}

/** What the feedback of several sessions comes to. */
export interface FeedbackReport {
  /** Each counts once, whatever it left where. */
  readonly sessions: number;
  /** About the tool, without names. */
  readonly tool: ToolReport;
  /** About the work. */
  readonly process: ProcessReport;
}

export function reportOn(all: readonly SessionFeedback[]): FeedbackReport {
  const entriesOf = (part: keyof Feedback): readonly JsonObject[] =>
    all.flatMap((session) => session[part] ?? [])
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
  return Array.from(seconds, ([phaseId, numbers]) => ({
    phaseId,
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
  const errors = entries.map((entry) => textsIn(entry, "errors_summary"));
  return {
    sessions: entries.length,
    errors: repeatedIn(errors),
    skippedItems: repeatedIn(entries.map(skippedIds))
      .map(({ text: itemId, sessions }) => ({ itemId, sessions })),
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
  const isOften = (each: { sessions: number }) => each.sessions >= MIN_SESSIONS;
  const unreviewed = report.tool.sessions - report.tool.withReviews;
  return [
    ...skippedItems.filter(isOften).map((item) =>
      `Item "${item.itemId}" was skipped in ${item.sessions} of ${sessions} sessions: say when it is needed, or drop it`
    ),
    ...errors.filter(isOften).map((error) =>
      `In ${error.sessions} of ${sessions} sessions the same failed: ${error.text}`
    ),
    ...unreviewed < MIN_SESSIONS
      ? []
      : [`${unreviewed} of ${report.tool.sessions} sessions had no review`],
    ...new Set(improvements.map(({ text }) => text)),
  ];
}

export interface FeedbackLine {
  readonly kind: FeedbackKind;
  readonly entry: JsonObject;
  /** The session whose file it is in; null for the older tool's files, which all share. */
  readonly session: string | null;
  /** Hash of the workflow it is about. */
  readonly workflowHash: string;
}

export interface FeedbackReview {
  /** Files of sessions come first: they tell which session a workflow is. */
  add(line: FeedbackLine): void;
  report(): FeedbackReport;
}

/** Keeps the latest feedback of each session; the hash is that of a workflow the Python tool did not know. */
export function newReview(
  days: number | null,
  clock: Clock,
  unknownHash: string,
): FeedbackReview {
  const sessions = new Map<string, SessionFeedback>();
  const sessionOfHash = new Map<string, string>();
  const sinceMs = days === null
    ? -Infinity
    : (momentOf(clock.now, clock) ?? 0) - days * DAY_MS;
  const keyOf = (
    { session, workflowHash }: FeedbackLine,
    timestamp: string | null,
  ): string => {
    if (session !== null) {
      sessionOfHash.set(workflowHash, session);
      return session;
    }
    // Its two files carry the same instant; that is all there is to tell them by.
    return workflowHash === unknownHash
      ? `${workflowHash} ${timestamp ?? ""}`
      : sessionOfHash.get(workflowHash) ?? workflowHash;
  };
  return {
    add: (line) => {
      const { kind, entry } = line;
      const timestamp = textIn(entry, "timestamp");
      const key = keyOf(line, timestamp);
      const givenMs = momentOf(timestamp, clock);
      // Feedback that does not say when it was given counts only where everything does.
      if ((givenMs ?? -Infinity) < sinceMs) return;
      const atMs = givenMs ?? 0;
      const known = sessions.get(key) ?? {};
      sessions.set(key, known);
      for (const part of ["tool", "process"] as const) {
        const isOlder = (known[part]?.atMs ?? -Infinity) > atMs;
        if (isOlder || kind !== part && kind !== "both") continue;
        known[part] = { entry, atMs };
      }
    },
    report: () => reportOn([...sessions.values()]),
  };
}

interface FeedbackTally {
  /** Checks and reviews that failed, and errors. */
  readonly errors: number;
  /** What they said, each once, the first of them. */
  readonly errorTexts: readonly string[];
  readonly hasReviews: boolean;
  /** Different agents that took part; those without an id of their own count by their name. */
  readonly agents: number;
}

/** Types of events that tell of something that went wrong; the Python tool knows more than orc. */
const ERROR_TYPES: ReadonlySet<string> = new Set([
  "verification_failed",
  "gate_failed",
  "item_failed",
  "review_failed",
  "error",
]);

const MAX_ERROR_TEXTS = 20;

export async function tallyEvents(
  batches: Batches,
): Promise<FeedbackTally> {
  const errorTexts = new Set<string>();
  const agents = new Set<string>();
  let errors = 0;
  let hasReviews = false;
  const take = ({ type, itemId, message, details }: RecordedEvent): void => {
    if (ERROR_TYPES.has(type)) {
      errors++;
      const text = itemId === null ? message : `${itemId}: ${message}`;
      if (errorTexts.size < MAX_ERROR_TEXTS) errorTexts.add(text);
    }
    hasReviews ||= type === "review_completed";
    const agent = details.get("agent");
    if (typeof agent === "string") agents.add(agent);
  };
  for await (const events of batches) events.forEach(take);
  const { size } = agents;
  return { errors, errorTexts: [...errorTexts], hasReviews, agents: size };
}
