import { type JsonObject, jsonObject } from "../base/json.ts";
import { type Clock, momentOf } from "../base/local_time.ts";
import { withOffset } from "../base/time.ts";
import { VERSION } from "../base/version.ts";
import { isClosed } from "../engine/cleanup.ts";
import type { ItemState, SessionState } from "../workflow/types.ts";
import { anonymised, hashOfWorkflow } from "./feedback_anonymity.ts";
import type { FeedbackTally } from "./feedback_tally.ts";

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
