import { corrupt, type OrcError, refused } from "../base/error.ts";
import {
  asObject,
  type JsonObject,
  jsonObject,
  type JsonValue,
} from "../base/json.ts";
import { canonicalJson } from "../base/json_print.ts";
import { listOf, quoted } from "../base/text.ts";
import type {
  Decision,
  Item,
  ItemState,
  Phase,
  PhaseState,
  SessionState,
  Workflow,
} from "../workflow/types.ts";
import {
  type ActionOf,
  humanEvent,
  requireHuman,
  type Situation,
  systemEvent,
  unchanged,
} from "./situation.ts";
import {
  approvalKey,
  currentPhase,
  isDone,
  isPhaseApproved,
  itemStateOf,
  phaseStateOf,
  withPhase,
} from "./state.ts";

/** What returning to a checkpoint leads to. */
interface RestorePlan {
  /** The state itself when there is nothing to change. */
  readonly next: SessionState;
  /** Where the session goes first, then phase by phase; none when all is as it was. */
  readonly changes: readonly RestoreChange[];
}

/**
 * Plans the way back to the state in a checkpoint: items and the current phase,
 * from which follows where the phases stand. Notes and constraints stay.
 * Approvals and reviews from after the checkpoint are taken back: they were
 * given for what is taken back too.
 *
 * @throws {OrcError} `foreign_checkpoint` (refused) if the state is that of
 *   another session
 * @throws {OrcError} `unknown_phase` (corrupt) if the workflow does not define
 *   the phase of either state
 */
export function planRestore(
  workflow: Workflow,
  now: SessionState,
  then: SessionState,
): RestorePlan {
  assertRelated(workflow, now, then);
  const metadata = restoreMetadata(workflow, now, then);
  const move = moveBetween(workflow, now, then);
  const changes = [...changeOfPhase(workflow, move), ...metadata.changes];
  let next = {
    ...now,
    currentPhaseId: then.currentPhaseId,
    metadata: metadata.next,
  };
  for (const [index, phase] of workflow.phases.entries()) {
    const [from, to] = [phaseStateOf(now, phase), phaseStateOf(then, phase)];
    const moved = restorePhase({ index, ...move }, from, to);
    const items = restoreItems(phase, from, to);
    if (moved.changes.length + items.changes.length === 0) continue;
    changes.push(...moved.changes, ...items.changes);
    next = withPhase(next, { ...moved.next, items: items.next });
  }
  return { next: changes.length === 0 ? now : next, changes };
}

function assertRelated(
  workflow: Workflow,
  now: SessionState,
  then: SessionState,
): void {
  if (then.workflowId !== now.workflowId) {
    throw refused(
      "foreign_checkpoint",
      `The checkpoint belongs to another session: its workflow id is ${
        quoted(then.workflowId)
      }, not "${now.workflowId}"`,
      "orc checkpoints",
    );
  }
  const { currentPhaseId } = then;
  if (workflow.phases.some(({ id }) => id === currentPhaseId)) return;
  throw corrupt(
    "unknown_phase",
    `The checkpoint is in phase ${
      quoted(currentPhaseId)
    }, which the workflow of the session does not define`,
    "orc checkpoints",
  );
}

function moveBetween(
  workflow: Workflow,
  now: SessionState,
  then: SessionState,
): Move {
  const indexOf = (state: SessionState) =>
    workflow.phases.indexOf(currentPhase(workflow, state));
  return { from: indexOf(now), to: indexOf(then) };
}

/** A session goes on by advancing; a checkpoint takes it there for a human only. */
function changeOfPhase(
  { phases }: Workflow,
  move: Move,
): readonly RestoreChange[] {
  const [from, to] = [phases[move.from], phases[move.to]];
  if (from === undefined || to === undefined || from === to) return [];
  const forward = move.to > move.from;
  const ids = { phaseId: to.id, itemId: null, from: from.id, to: to.id };
  return [{ what: "current_phase", ...ids, forward }];
}

function restoreItems(
  phase: Phase,
  now: PhaseState,
  then: PhaseState,
): Restored<readonly ItemState[]> {
  const targets = new Map(now.items.map((item) => [item.id, item]));
  const changes: RestoreChange[] = [];
  for (const item of phase.items) {
    const from = itemStateOf(now, item.id);
    const { target, forward } = restoreItem(
      item,
      from,
      itemStateOf(then, item.id),
    );
    if (target === from) continue;
    targets.set(item.id, target);
    changes.push({
      what: "item",
      phaseId: phase.id,
      itemId: item.id,
      from: from.status,
      to: target.status,
      forward,
    });
  }
  return { next: [...targets.values()], changes };
}

/** One thing that returning to a checkpoint changes. */
export interface RestoreChange {
  /**
   * - `current_phase`: the session goes to another phase
   * - `phase`: a phase gets another status, or other times
   * - `item`: an item gets another status, or other notes and results
   * - `approval`: a human's yes to leaving a phase
   * - `reviews`: reviews of a phase that the Python tool recorded
   */
  readonly what: "current_phase" | "phase" | "item" | "approval" | "reviews";
  /** The phase it is about; for `current_phase` the one to go to. */
  readonly phaseId: string;
  /** Null unless it is about an item. */
  readonly itemId: string | null;
  /**
   * What it is now: a status, a phase, or `given` or `missing`. Like `to` where
   * only details differ.
   */
  readonly from: string;
  /** What it becomes. */
  readonly to: string;
  /** Whether only a human may do it, because it does not take anything back. */
  readonly forward: boolean;
}

/** What becomes of a part of a state. */
interface Restored<Part> {
  readonly next: Part;
  readonly changes: readonly RestoreChange[];
}

/** Says for people what changes. */
export function changeSentence(change: RestoreChange): string {
  const [from, to] = [change.from, change.to].map(word);
  const becomes = from === to
    ? `${to}, as it was back then`
    : `${from} -> ${to}`;
  return `${subjectOf(change)}: ${becomes}`;
}

/** The same before it is done, when it counts who may do it. */
export function proposalSentence(change: RestoreChange): string {
  return changeSentence(change) + (change.forward ? " (a human only)" : "");
}

function subjectOf({ what, phaseId, itemId }: RestoreChange): string {
  switch (what) {
    case "current_phase":
      return "current phase";
    case "phase":
      return `phase ${word(phaseId)}`;
    case "item":
      return `item ${word(itemId ?? "")}`;
    case "approval":
      return `approval of phase ${word(phaseId)}`;
    case "reviews":
      return `reviews of phase ${word(phaseId)}`;
  }
}

/** Ids of phases may hold blanks, and what moves a cursor. */
function word(id: string): string {
  return /^[\w./-]+$/.test(id) ? id : quoted(id);
}

/** What returning to a checkpoint makes of an item. */
interface RestoredItem {
  /** The progress itself where nothing has to change. */
  readonly target: ItemState;
  /** Whether the item gets done, which only a human may do in this way. */
  readonly forward: boolean;
}

/**
 * Says what becomes of an item that was once as `then`. A checkpoint is a file
 * that anybody can write: it stands for no check, no human, no judge of a
 * reason, and not for the order of a phase either.
 */
function restoreItem(
  item: Item,
  now: ItemState,
  then: ItemState,
): RestoredItem {
  // Done is done: what was earned again since is not replaced by what a file says.
  if (isDone(now) && now.status === then.status) return keptItem(now);
  const target = withTries(now, withoutOldClock(item, now, then));
  if (isSameProgress(now, target)) return keptItem(now);
  return { target, forward: isDone(target) };
}

function keptItem(now: ItemState): RestoredItem {
  return { target: now, forward: false };
}

/** What failed has failed, wherever the session goes from there. */
function withTries(now: ItemState, then: ItemState): ItemState {
  const retryCount = Math.max(now.retryCount, then.retryCount);
  return { ...then, retryCount };
}

/** How long a human had for an answer is counted from the next time they are asked. */
function withoutOldClock(
  { verification }: Item,
  now: ItemState,
  then: ItemState,
): ItemState {
  if (verification.type !== "manual_gate" || isDone(then)) return then;
  if (then.startedAt === null || then.startedAt === now.startedAt) return then;
  const status = then.status === "in_progress" ? "pending" : then.status;
  return { ...then, status, startedAt: null };
}

function isSameProgress(one: ItemState, other: ItemState): boolean {
  return progressText(one) === progressText(other);
}

function progressText({ source: _source, ...progress }: ItemState): string {
  return canonicalJson(jsonObject(progress));
}

/** Where the Python tool records reviews, by phase and model. */
const REVIEWS_KEY = "review_models";

/** Puts approvals back, and takes back reviews that were made since; the rest of the metadata stays. */
function restoreMetadata(
  workflow: Workflow,
  now: SessionState,
  then: SessionState,
): Restored<JsonObject> {
  const metadata = new Map(now.metadata);
  const changes = workflow.phases.flatMap(
    ({ id }): readonly RestoreChange[] => {
      const isGiven = isPhaseApproved(then, id);
      if (isGiven === isPhaseApproved(now, id)) return [];
      for (const key of [approvalKey(id), `${approvalKey(id)}_at`]) {
        put(metadata, key, then.metadata.get(key));
      }
      const [from, to] = isGiven ? ["missing", "given"] : ["given", "missing"];
      return [change("approval", id, { from, to, forward: isGiven })];
    },
  );
  const reviews = keptReviews(now, then);
  if (reviews.changes.length > 0) metadata.set(REVIEWS_KEY, reviews.next);
  return { next: metadata, changes: [...changes, ...reviews.changes] };
}

/** What was not recorded in the same way back then is about work that is taken back. */
function keptReviews(
  now: SessionState,
  then: SessionState,
): Restored<JsonObject> {
  const before = asObject(then.metadata.get(REVIEWS_KEY));
  const reviews = [...asObject(now.metadata.get(REVIEWS_KEY)) ?? []];
  const isKept = ([phaseId, models]: readonly [string, JsonValue]) =>
    canonicalJson(models) === canonicalJson(before?.get(phaseId) ?? null);
  return {
    next: new Map(reviews.filter(isKept)),
    changes: reviews.filter((entry) => !isKept(entry)).map(([phaseId]) =>
      change("reviews", phaseId, {
        from: "given",
        to: "missing",
        forward: false,
      })
    ),
  };
}

function put(
  object: Map<string, JsonValue>,
  key: string,
  value: JsonValue | undefined,
): void {
  if (value === undefined) object.delete(key);
  else object.set(key, value);
}

function change(
  what: RestoreChange["what"],
  phaseId: string,
  fields: Pick<RestoreChange, "from" | "to" | "forward">,
): RestoreChange {
  return { what, phaseId, itemId: null, ...fields };
}

/** From which phase to which a session goes, as places in the workflow. */
interface Move {
  readonly from: number;
  readonly to: number;
}

/**
 * Says where a phase stands when the session has gone to another one: those
 * between the two are entered and left by that, whatever a file says of them.
 */
function restorePhase(
  { index, from, to }: Move & { readonly index: number },
  now: PhaseState,
  then: PhaseState,
): Restored<PhaseState> {
  const isPassed = Math.min(from, to) <= index && index <= Math.max(from, to);
  if (from === to || !isPassed) return { next: now, changes: [] };
  const next = { ...now, ...progressAt(index - to, now, then) };
  const change: RestoreChange = {
    what: "phase",
    phaseId: now.id,
    itemId: null,
    from: now.status,
    to: next.status,
    forward: false,
  };
  return { next, changes: [change] };
}

/** Counted from the phase the session is in then: below zero are those it has left. */
function progressAt(
  place: number,
  now: PhaseState,
  then: PhaseState,
): Pick<PhaseState, "status" | "startedAt" | "completedAt"> {
  if (place > 0) {
    return { status: "pending", startedAt: null, completedAt: null };
  }
  const startedAt = now.startedAt ?? then.startedAt;
  return place === 0
    ? { status: "active", startedAt, completedAt: null }
    : { status: "completed", startedAt, completedAt: then.completedAt };
}

/** Things named in one message; the details hold all. */
const MAX_NAMED = 5;

/** Puts items and phases back to where a checkpoint has them. */
export function restore(
  { workflow, state, caller }: Situation,
  { checkpointId, stored, force }: ActionOf<"restore">,
): Decision {
  const { next, changes } = planRestore(workflow, state, stored);
  if (changes.length === 0) return unchanged(state);
  const forward = changes.filter((change) => change.forward);
  if (forward.length > 0) {
    if (!force) throw restoreForward(checkpointId, forward);
    requireHuman(caller, `restore what checkpoint "${checkpointId}" says`);
  }
  const eventOf = forward.length > 0 ? humanEvent : systemEvent;
  return {
    state: next,
    events: [
      // The Python tool leaves out events of types that it does not know.
      eventOf("note_added", { phaseId: next.currentPhaseId }, {
        message: `Restored checkpoint ${checkpointId}`,
        details: {
          checkpoint_id: checkpointId,
          changes: changes.map(encodeChange),
        },
      }, caller),
    ],
  };
}

function encodeChange(change: RestoreChange): JsonValue {
  const { what, phaseId, itemId, from, to } = change;
  return jsonObject({ what, phase_id: phaseId, item_id: itemId, from, to });
}

function restoreForward(
  checkpointId: string,
  changes: readonly RestoreChange[],
): OrcError {
  return refused(
    "restore_forward",
    `Cannot restore checkpoint "${checkpointId}": it holds more than was done since: ${
      listOf(changes.map(changeSentence), MAX_NAMED)
    }`,
    {
      hint: `a human runs, in a terminal: orc resume ${checkpointId} --force`,
      details: { checkpoint: checkpointId, changes },
    },
  );
}
