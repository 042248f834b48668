import { corrupt, refused } from "../base/error.ts";
import {
  asObject,
  type JsonObject,
  jsonObject,
  type JsonValue,
} from "../base/json.ts";
import { canonicalJson } from "../base/json_print.ts";
import { listOf, quoted } from "../base/text.ts";
import { forHuman, isManual } from "../workflow/supervision.ts";
import type {
  Decision,
  Item,
  ItemState,
  PhaseState,
  SessionState,
  Workflow,
} from "../workflow/types.ts";
import type { ActionOf } from "./action.ts";
import { encodePhases } from "./progress.ts";
import { assertSameSize } from "./size.ts";
import {
  type EventText,
  humanEvent,
  requireYes,
  type Situation,
  systemEvent,
  unchanged,
  withItem,
  withPhase,
} from "./situation.ts";
import {
  approvalKey,
  currentPhase,
  isDone,
  isPhaseApproved,
  itemStateOf,
  phaseStateOf,
  rejectionOf,
} from "./state.ts";

/** Things named in one message; the details hold all. */
const MAX_NAMED = 5;

export function restore(
  situation: Situation,
  { checkpointId, stored, force }: ActionOf<"restore">,
): Decision {
  const { workflow, state } = situation;
  const act = `restore checkpoint "${checkpointId}"`;
  assertSameSize(state, stored.phases, workflow, act);
  const plan = planRestore(workflow, state, stored);
  return goBack(situation, plan, {
    force,
    act: `restore what checkpoint "${checkpointId}" says`,
    holdsMore: (forward) => holdsMore(workflow, checkpointId, forward),
    text: () => ({
      message: `Restored checkpoint ${checkpointId}`,
      details: {
        checkpoint_id: checkpointId,
        changes: plan.changes.map(encodeChange),
        stored: encodeStored(workflow, stored),
      },
    }),
  });
}

/** What becomes of a session that goes back, and what is said of it. */
export interface WayBack {
  /** Whether it may also go forward, for a human. */
  readonly force: boolean;
  /** What only a human may do. */
  readonly act: string;
  /** Without force, the refusal of what goes forward. */
  holdsMore(forward: readonly RestoreChange[]): Error;
  text(): EventText;
}

/** Goes back as planned, in one event: that of a human where something goes forward by it. */
export function goBack(
  situation: Situation,
  { next, changes }: RestorePlan,
  { force, act, holdsMore, text }: WayBack,
): Decision {
  const { state, caller } = situation;
  if (changes.length === 0) return unchanged(state);
  const forward = changes.filter((change) => change.forward);
  if (forward.length > 0) {
    if (!force) throw holdsMore(forward);
    requireYes(situation, act);
  }
  const subject = { phaseId: next.currentPhaseId };
  const eventOf = forward.length > 0 ? humanEvent : systemEvent;
  // The Python tool leaves out events of types that it does not know.
  return {
    state: next,
    events: [eventOf("note_added", subject, text(), caller)],
  };
}

function holdsMore(
  workflow: Workflow,
  checkpointId: string,
  changes: readonly RestoreChange[],
): Error {
  return refused(
    "restore_forward",
    `Cannot restore checkpoint "${checkpointId}": it holds more than was done since: ${
      changesText(changes)
    }`,
    {
      hint: `a human runs, in a terminal: ${
        forHuman(workflow, `orc resume ${checkpointId} --force`)
      }`,
      details: { checkpoint: checkpointId, changes },
    },
  );
}

export function changesText(changes: readonly RestoreChange[]): string {
  return listOf(changes.map(changeSentence), MAX_NAMED);
}

/** What of the checkpoint was looked at, so that the events alone say where they lead. */
function encodeStored(
  { phases }: Workflow,
  { currentPhaseId, phases: stored, metadata }: SessionState,
): JsonValue {
  const approvals = phases.flatMap(({ id }) => {
    const key = approvalKey(id);
    return [key, `${key}_at`];
  });
  const kept = [...approvals, REVIEWS_KEY];
  return jsonObject({
    current_phase_id: currentPhaseId,
    phases: encodePhases(stored),
    metadata: new Map([...metadata].filter(([key]) => kept.includes(key))),
  });
}

export function encodeChange(change: RestoreChange): JsonValue {
  const { what, phaseId, itemId, from, to } = change;
  return jsonObject({ what, phase_id: phaseId, item_id: itemId, from, to });
}

/** One thing that going back changes: to a checkpoint, or to before the last updates. */
export interface RestoreChange {
  /**
   * - `session`: it is active again, which had ended
   * - `current_phase`: the session goes to another phase
   * - `phase`: a phase gets another status, or other times
   * - `item`: an item gets another status, or other notes and results
   * - `approval`: a human's yes to leaving a phase
   * - `reviews`: reviews of a phase that the Python tool recorded
   */
  readonly what:
    | "session"
    | "current_phase"
    | "phase"
    | "item"
    | "approval"
    | "reviews";
  /** The phase it is about; for `session` and `current_phase` the one to go to. */
  readonly phaseId: string;
  /** Null unless it is about an item. */
  readonly itemId: string | null;
  /**
   * What it is now: a status, a phase, or `given` or `missing`. Like `to` where only details
   * differ.
   */
  readonly from: string;
  /** What it becomes. */
  readonly to: string;
  /** Whether only a human may do it, because it does not take anything back. */
  readonly forward: boolean;
}

/** What a session becomes that goes back, and what that changes in it; itself where nothing does. */
export interface RestorePlan {
  readonly next: SessionState;
  readonly changes: readonly RestoreChange[];
}

/**
 * Plans the way back to the state in a checkpoint: items and the current phase, from which follows
 * where the phases stand. Notes and constraints stay. Approvals and reviews from after the
 * checkpoint are taken back: they were given for what is taken back too.
 *
 * A state that is `replayed` follows from the events, so that all of it is as it was: also when a
 * phase was left, what was found out about an item, and whether the session had ended.
 *
 * @throws {OrcError} `foreign_checkpoint` (refused) if the state is that of another session,
 *   `unknown_phase` (corrupt) if the workflow does not define the phase of either state
 */
export function planRestore(
  workflow: Workflow,
  now: SessionState,
  then: SessionState,
  { isReplayed = false }: { readonly isReplayed?: boolean } = {},
): RestorePlan {
  assertRelated(workflow, now, then);
  const placeOf = (state: SessionState) =>
    workflow.phases.indexOf(currentPhase(workflow, state));
  const [from, to] = [placeOf(now), placeOf(then)];
  const changes: RestoreChange[] = [];
  if (isReplayed && now.status !== then.status) {
    const statuses = [now.status, then.status] as const;
    changes.push(phaseChange("session", then.currentPhaseId, statuses, true));
  }
  if (from !== to) {
    // A session goes on by advancing; a checkpoint takes it there for a human only.
    const ids = [now.currentPhaseId, then.currentPhaseId] as const;
    changes.push(phaseChange("current_phase", ids[1], ids, to > from));
  }
  changes.push(...approvalChanges(workflow, now, then));
  // Another tool recorded them: no event tells of them, and no replay knows them.
  if (!isReplayed) changes.push(...reviewChanges(now, then));
  const metadata = metadataAfter(changes, now, then);
  const { status, completedAt } = isReplayed ? then : now;
  const { currentPhaseId } = then;
  let next = { ...now, status, completedAt, currentPhaseId, metadata };
  for (const [index, phase] of workflow.phases.entries()) {
    const [is, was] = [phaseStateOf(now, phase), phaseStateOf(then, phase)];
    // Phases between the two are entered and left by that, whatever a file says of them.
    const isPassed = Math.min(from, to) <= index && index <= Math.max(from, to);
    if (isReplayed ? !isAsThen(is, was) : from !== to && isPassed) {
      const progress = isReplayed
        ? timesOf(was)
        : progressAt(index - to, is, was);
      const target = { ...is, ...progress };
      next = withPhase(next, target);
      const statuses = [is.status, target.status] as const;
      changes.push(phaseChange("phase", phase.id, statuses));
    }
    for (const item of phase.items) {
      const before = itemStateOf(is, item.id);
      const restored = isReplayed ? replayedItem : restoredItem;
      const after = restored(item, before, itemStateOf(was, item.id));
      if (after === before) continue;
      next = withItem(next, phase, after);
      changes.push({
        what: "item",
        phaseId: phase.id,
        itemId: item.id,
        from: before.status,
        to: after.status,
        forward: isDone(after) || takesBackNo(before, after),
      });
    }
  }
  return { next: changes.length === 0 ? now : next, changes };
}

function assertRelated(
  { phases }: Workflow,
  now: SessionState,
  { workflowId, currentPhaseId }: SessionState,
): void {
  if (workflowId !== now.workflowId) {
    throw refused(
      "foreign_checkpoint",
      `The checkpoint belongs to another session: its workflow id is ${
        quoted(workflowId)
      }, not "${now.workflowId}"`,
      "orc checkpoints",
    );
  }
  if (phases.some(({ id }) => id === currentPhaseId)) return;
  throw corrupt(
    "unknown_phase",
    `The checkpoint is in phase ${
      quoted(currentPhaseId)
    }, which the workflow of the session does not define`,
    {
      hint: "orc checkpoints",
      details: { phaseIds: phases.map(({ id }) => id) },
    },
  );
}

function phaseChange(
  what: RestoreChange["what"],
  phaseId: string,
  [from, to]: readonly [string, string],
  forward = false,
): RestoreChange {
  return { what, phaseId, itemId: null, from, to, forward };
}

function approvalChanges(
  { phases }: Workflow,
  now: SessionState,
  then: SessionState,
): readonly RestoreChange[] {
  return phases.flatMap(({ id }) => {
    const isGiven = isPhaseApproved(then, id);
    if (isGiven === isPhaseApproved(now, id)) return [];
    return isGiven
      ? phaseChange("approval", id, ["missing", "given"], true)
      : phaseChange("approval", id, ["given", "missing"]);
  });
}

/** Where the Python tool records reviews, by phase and model. */
const REVIEWS_KEY = "review_models";

function reviewsOf({ metadata }: SessionState): JsonObject {
  return asObject(metadata.get(REVIEWS_KEY)) ?? new Map();
}

/** A review that was not recorded in the same way back then is about work that is taken back. */
function reviewChanges(
  now: SessionState,
  then: SessionState,
): readonly RestoreChange[] {
  const before = reviewsOf(then);
  return [...reviewsOf(now)].flatMap(([phaseId, models]) =>
    canonicalJson(models) === canonicalJson(before.get(phaseId) ?? null)
      ? []
      : phaseChange("reviews", phaseId, ["given", "missing"])
  );
}

function metadataAfter(
  changes: readonly RestoreChange[],
  now: SessionState,
  then: SessionState,
): JsonObject {
  const metadata = new Map(now.metadata);
  const reviews = new Map(reviewsOf(now));
  for (const { what, phaseId } of changes) {
    if (what === "reviews") {
      reviews.delete(phaseId);
      metadata.set(REVIEWS_KEY, reviews);
      continue;
    }
    const key = approvalKey(phaseId);
    const names = what === "approval"
      ? [key, `${key}_at`]
      : what === "session"
      ? ENDING_KEYS
      : [];
    for (const name of names) {
      const value = then.metadata.get(name);
      if (value === undefined) metadata.delete(name);
      else metadata.set(name, value);
    }
  }
  return metadata;
}

/** What the end of a session adds to it. */
const ENDING_KEYS = ["completion_notes", "abandon_reason"];

function timesOf(
  { status, startedAt, completedAt }: PhaseState,
): PhaseProgress {
  return { status, startedAt, completedAt };
}

function isAsThen(now: PhaseState, then: PhaseState): boolean {
  return canonicalJson(jsonObject({ ...timesOf(now) })) ===
    canonicalJson(jsonObject({ ...timesOf(then) }));
}

type PhaseProgress = Pick<PhaseState, "status" | "startedAt" | "completedAt">;

/** Counted from the phase the session is in then: below zero are those it has left. */
function progressAt(
  place: number,
  now: PhaseState,
  then: PhaseState,
): PhaseProgress {
  if (place > 0) {
    return { status: "pending", startedAt: null, completedAt: null };
  }
  const startedAt = now.startedAt ?? then.startedAt;
  return place === 0
    ? { status: "active", startedAt, completedAt: null }
    : { status: "completed", startedAt, completedAt: then.completedAt };
}

/**
 * What becomes of an item that was once as `then`: itself where nothing has to change. A
 * checkpoint is a file that anybody can write: it stands for no check, no human, no judge of a
 * reason, and not for the order of a phase either.
 */
function restoredItem(item: Item, now: ItemState, then: ItemState): ItemState {
  // Done is done: what was earned again since is not replaced by what a file says.
  if (isDone(now) && now.status === then.status) return now;
  // A human's no is answered by work, and not by going back.
  if (rejectionOf(now) !== null && !isDone(then)) return now;
  // What failed has failed, wherever the session goes from there.
  const retryCount = Math.max(now.retryCount, then.retryCount);
  const target = { ...withoutOldClock(item, now, then), retryCount };
  return progressText(now) === progressText(target) ? now : target;
}

/** What becomes of an item that the events left as `then`: that, but for what a way back cannot undo. */
function replayedItem(item: Item, now: ItemState, then: ItemState): ItemState {
  const retryCount = Math.max(now.retryCount, then.retryCount);
  const { source } = now;
  const target = { ...withoutOldClock(item, now, then), retryCount, source };
  return progressText(now) === progressText(target) ? now : target;
}

/** Whether a human's no is not said any more, though nothing was done about it. */
function takesBackNo(now: ItemState, after: ItemState): boolean {
  const no = rejectionOf(now);
  return no !== null && no !== rejectionOf(after);
}

/** How long a human had for an answer is counted from the next time they are asked. */
function withoutOldClock(
  item: Item,
  now: ItemState,
  then: ItemState,
): ItemState {
  if (!isManual(item) || isDone(then)) return then;
  if (then.startedAt === null || then.startedAt === now.startedAt) return then;
  const status = then.status === "in_progress" ? "pending" : then.status;
  return { ...then, status, startedAt: null };
}

function progressText({ source: _source, ...progress }: ItemState): string {
  return canonicalJson(jsonObject(progress));
}

export function changeSentence(change: RestoreChange): string {
  const { what, phaseId, itemId } = change;
  const [from, to] = [change.from, change.to].map(word);
  const becomes = from === to
    ? `${to}, as it was back then`
    : `${from} -> ${to}`;
  const subject = what === "current_phase" || what === "session"
    ? SUBJECTS[what]
    : `${SUBJECTS[what]} ${word(itemId ?? phaseId)}`;
  return `${subject}: ${becomes}`;
}

const SUBJECTS = {
  session: "session",
  current_phase: "current phase",
  phase: "phase",
  item: "item",
  approval: "approval of phase",
  reviews: "reviews of phase",
};

/** The same before it is done, when it counts who may do it. */
export function proposalSentence(change: RestoreChange): string {
  return changeSentence(change) + (change.forward ? " (a human only)" : "");
}

/** Ids of phases may hold blanks, and what moves a cursor. */
function word(id: string): string {
  return /^[\w./-]+$/.test(id) ? id : quoted(id);
}
