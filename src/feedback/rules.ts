import { sha256Hex } from "../base/checksum.ts";
import { OrcError } from "../base/error.ts";
import {
  asObject,
  isJsonList,
  type JsonObject,
  jsonObject,
  numberOf,
  parseJson,
} from "../base/json.ts";
import { type Clock, momentOf, withOffset } from "../base/time.ts";
import { VERSION } from "../base/version.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { isClosed } from "../engine/state.ts";
import type { ItemState, SessionState } from "../workflow/types.ts";

/** What somebody said about the work; null where they said nothing. */
export interface FeedbackTexts {
  readonly learnings: string | null;
  readonly challenges: string | null;
  readonly wentWell: string | null;
  readonly improvements: string | null;
}

/** All that feedback on a session is made of. */
export interface FeedbackFacts {
  readonly state: SessionState;
  readonly tally: FeedbackTally;
  readonly texts: FeedbackTexts;
  /** `interactive` when somebody said something. */
  readonly mode: "auto" | "interactive";
  readonly clock: Clock;
  /** Such as `python`; see {@linkcode repoTypeOf}. */
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

/** Makes the feedback on a session. */
export async function buildFeedback(facts: FeedbackFacts): Promise<Feedback> {
  const { state, salt } = facts;
  const hash = await hashOfWorkflow(state.workflowId, salt);
  return { tool: aboutTool(facts, hash), process: aboutWork(facts) };
}

function aboutTool(facts: FeedbackFacts, hash: string): JsonObject {
  const { state, tally, mode, clock, repoType } = facts;
  return anonymised(jsonObject({
    timestamp: withOffset(clock.now),
    workflow_id_hash: hash,
    mode,
    orchestrator_version: VERSION,
    repo_type: repoType,
    duration_seconds: durationSeconds(state, clock),
    phases: phaseSeconds(state, clock),
    parallel_agents_used: tally.agents > 1,
    reviews_performed: tally.hasReviews || hasReviewItems(state),
    errors_count: tally.errors,
    items_skipped_count: skippedItems(state).length,
  }));
}

function aboutWork(facts: FeedbackFacts): JsonObject {
  const { state, tally, mode, clock, repo, texts } = facts;
  return jsonObject({
    timestamp: withOffset(clock.now),
    workflow_id: state.workflowId,
    task: state.task,
    repo,
    mode,
    parallel_agents_used: tally.agents > 1,
    errors_summary: tally.errorTexts,
    items_skipped_reasons: skippedItems(state)
      .map(({ id, skipReason }) => `${id}: ${skipReason ?? ""}`),
    learnings: texts.learnings ?? notedLearnings(state),
    challenges: texts.challenges,
    what_went_well: texts.wentWell,
    improvements: texts.improvements,
  });
}

/** Kind of a repository in the Python tool's words, from the names of its files. */
export function repoTypeOf(files: ReadonlySet<string>): string {
  const manifest = MANIFESTS.find(([name]) => files.has(name));
  return manifest?.[1] ?? "unknown";
}

const MANIFESTS: readonly (readonly [file: string, type: string])[] = [
  ["setup.py", "python"],
  ["pyproject.toml", "python"],
  ["package.json", "javascript"],
  ["go.mod", "go"],
  ["Cargo.toml", "rust"],
];

function itemsOf({ phases }: SessionState): readonly ItemState[] {
  return phases.flatMap(({ items }) => items);
}

function skippedItems(state: SessionState): readonly ItemState[] {
  return itemsOf(state).filter(({ status }) => status === "skipped");
}

/** Seconds, like the duration of the whole: the Python tool's phases add up to it. */
function phaseSeconds(state: SessionState, clock: Clock): JsonObject {
  const end = endOf(state, clock);
  return new Map(state.phases.flatMap(({ id, startedAt, completedAt }) => {
    const start = momentOf(startedAt, clock);
    if (start === undefined) return [];
    return [[id, secondsFrom(start, momentOf(completedAt, clock) ?? end)]];
  }));
}

function durationSeconds(state: SessionState, clock: Clock): number {
  const end = endOf(state, clock);
  return secondsFrom(momentOf(state.createdAt, clock) ?? end, end);
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

function hasReviewItems(state: SessionState): boolean {
  return itemsOf(state).some(({ id, status }) =>
    status === "completed" && id.endsWith("_review")
  );
}

/** What was noted where the workflow asks for learnings. */
function notedLearnings(state: SessionState): string | null {
  const item = itemsOf(state).find(({ id, notes }) =>
    id.includes("learning") && notes !== null
  );
  return item?.notes ?? null;
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

/** Decodes a line of a feedback file; undefined when it is torn or no object. */
export function decodeFeedbackLine(text: string): JsonObject | undefined {
  try {
    return asObject(parseJson(text, "feedback line"));
  } catch (error) {
    if (error instanceof OrcError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

/** A text of a feedback entry; null when it is missing, blank, or something else. */
export function textIn(entry: JsonObject, key: string): string | null {
  const value = entry.get(key);
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

/** The texts in a list of a feedback entry. */
export function textsIn(entry: JsonObject, key: string): readonly string[] {
  const value = entry.get(key);
  return isJsonList(value)
    ? value.filter((each): each is string => typeof each === "string")
    : [];
}

/** Feedback, and when it was given. */
interface DatedFeedback {
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

/** A line of feedback, and where it belongs. */
export interface FeedbackLine {
  readonly kind: FeedbackKind;
  readonly entry: JsonObject;
  /** The session whose file it is in; null for the older tool's files, which all share. */
  readonly session: string | null;
  /** Hash of the workflow it is about. */
  readonly workflowHash: string;
}

/** Which feedback counts. */
interface ReviewRule {
  /** Null for all there ever was. */
  readonly days: number | null;
  readonly clock: Clock;
  /** Hash that stands for no workflow: the Python tool often did not know which one it was. */
  readonly unknownHash: string;
}

/** Feedback while it is being read. */
export interface FeedbackReview {
  /** Files of sessions come first: they tell which session a workflow is. */
  add(line: FeedbackLine): void;
  report(): FeedbackReport;
}

const DAY_MS = 86_400_000;

/** Begins a review; keeps the latest feedback of each session, and nothing of those before. */
export function newReview(rule: ReviewRule): FeedbackReview {
  const sessions = new Map<string, SessionFeedback>();
  const sessionOfHash = new Map<string, string>();
  const keyOf = ({ session, workflowHash, entry }: FeedbackLine): string => {
    if (session !== null) {
      sessionOfHash.set(workflowHash, session);
      return session;
    }
    // Its two files carry the same instant; that is all there is to tell them by.
    return workflowHash === rule.unknownHash
      ? `${workflowHash} ${textIn(entry, "timestamp") ?? ""}`
      : sessionOfHash.get(workflowHash) ?? workflowHash;
  };
  return {
    add: (line) => {
      const key = keyOf(line);
      const atMs = momentOf(textIn(line.entry, "timestamp"), rule.clock);
      if (!counts(atMs, rule)) return;
      const known = sessions.get(key) ?? { tool: null, process: null };
      sessions.set(key, latest(known, line, atMs ?? 0));
    },
    report: () => reportOn([...sessions.values()]),
  };
}

/** What does not say when it was counts only where everything does. */
function counts(
  atMs: number | undefined,
  { days, clock }: ReviewRule,
): boolean {
  if (days === null) return true;
  const nowMs = momentOf(clock.now, clock) ?? 0;
  return atMs !== undefined && atMs >= nowMs - days * DAY_MS;
}

function latest(
  known: SessionFeedback,
  { kind, entry }: FeedbackLine,
  atMs: number,
): SessionFeedback {
  const dated = { entry, atMs };
  const newer = (other: SessionFeedback["tool"]) =>
    other === null || other.atMs <= atMs ? dated : other;
  return {
    tool: kind === "process" ? known.tool : newer(known.tool),
    process: kind === "tool" ? known.process : newer(known.process),
  };
}

/** What the log of a session says about how the work went. */
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

/** Counts what happened in a session; goes through its events once. */
export function tallyEvents(events: Iterable<RecordedEvent>): FeedbackTally {
  const errorTexts = new Set<string>();
  const agents = new Set<string>();
  let errors = 0;
  let hasReviews = false;
  for (const event of events) {
    if (ERROR_TYPES.has(event.type)) {
      errors++;
      if (errorTexts.size < MAX_ERROR_TEXTS) errorTexts.add(textOf(event));
    }
    hasReviews ||= event.type === "review_completed";
    const agent = event.details.get("agent");
    if (typeof agent === "string") agents.add(agent);
  }
  return {
    errors,
    errorTexts: [...errorTexts],
    hasReviews,
    agents: agents.size,
  };
}

function textOf({ itemId, message }: RecordedEvent): string {
  return itemId === null ? message : `${itemId}: ${message}`;
}
