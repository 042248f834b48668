import { corrupt } from "../base/error.ts";
import { asObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { carriersOf } from "../workflow/definition.ts";
import type {
  Item,
  ItemState,
  Phase,
  PhaseState,
  SessionState,
  SessionStatus,
  Workflow,
} from "../workflow/types.ts";

const NO_SOURCE: JsonObject = new Map();

export function pendingItem(id: string): ItemState {
  return {
    id,
    status: "pending",
    startedAt: null,
    completedAt: null,
    skippedAt: null,
    skipReason: null,
    notes: null,
    retryCount: 0,
    verificationResult: null,
    gateResult: null,
    evidence: null,
    source: NO_SOURCE,
  };
}

export function pendingPhase(phase: Phase): PhaseState {
  return {
    id: phase.id,
    status: "pending",
    startedAt: null,
    completedAt: null,
    items: phase.items.map((item) => pendingItem(item.id)),
    source: NO_SOURCE,
  };
}

/** The progress of a phase; one that the state does not know counts as untouched. */
export function phaseStateOf(state: SessionState, phase: Phase): PhaseState {
  return state.phases.find((known) => known.id === phase.id) ??
    pendingPhase(phase);
}

/**
 * The progress of an item; one that is taken out of the state is not out of the process, but
 * untouched.
 */
export function itemStateOf(phaseState: PhaseState, itemId: string): ItemState {
  return itemsById(phaseState).get(itemId) ?? pendingItem(itemId);
}

/** Kept for as long as the phase itself, which never changes: all items are looked up in turn. */
const indices = new WeakMap<PhaseState, ReadonlyMap<string, ItemState>>();

function itemsById(phaseState: PhaseState): ReadonlyMap<string, ItemState> {
  const known = indices.get(phaseState);
  if (known !== undefined) return known;
  const index = new Map(phaseState.items.map((item) => [item.id, item]));
  indices.set(phaseState, index);
  return index;
}

export function currentPhase(workflow: Workflow, state: SessionState): Phase {
  const phase = workflow.phases.find(({ id }) => id === state.currentPhaseId);
  if (phase) return phase;
  throw corrupt(
    "unknown_phase",
    `The session is in phase "${state.currentPhaseId}", which its workflow does not define`,
    {
      details: { phaseIds: workflow.phases.map(({ id }) => id) },
    },
  );
}

export function nextPhase(
  workflow: Workflow,
  state: SessionState,
): Phase | undefined {
  const index = workflow.phases.indexOf(currentPhase(workflow, state));
  return workflow.phases[index + 1];
}

/** An item of the current phase, with its progress. */
export interface OpenItem {
  readonly phase: Phase;
  readonly item: Item;
  readonly itemState: ItemState;
}

export function isDone(item: ItemState): boolean {
  return item.status === "completed" || item.status === "skipped";
}

/** Why a human rejected an item; null where none did, or it is done by now. */
export function rejectionOf(item: ItemState): string | null {
  const reason = asObject(item.verificationResult)?.get("rejection");
  return typeof reason === "string" && !isDone(item) ? reason : null;
}

/** How many items are completed or skipped. */
export function closedIn({ phases }: SessionState): number {
  return phases.flatMap(({ items }) => items).filter(isDone).length;
}

/** How a session has ended. */
export type ClosedStatus = "completed" | "abandoned";

/** Whether a session has ended; only such a session may ever be removed. */
export function isClosed(status: SessionStatus): status is ClosedStatus {
  return status === "completed" || status === "abandoned";
}

/** The only exit gate the workflow language knows. */
export const HUMAN_APPROVAL = "human_approval";

/** A reason why a phase cannot be left or a session cannot be finished. */
export interface Blocker {
  /**
   * Stable name of the condition: a required item is neither completed nor skipped, a phase awaits
   * a human, or a required review was not made.
   */
  readonly code: "item_open" | "approval_missing" | "review_missing";
  /** The phase in which something has to be done about it. */
  readonly phaseId: string;
  /**
   * The item it is about; null when it is about the phase, or when no item carries the name of the
   * review.
   */
  readonly itemId: string | null;
  /** For people, such as `Item "plan" is pending`. */
  readonly message: string;
}

/** Key under which the Python tool keeps a phase's approval. */
export function approvalKey(phaseId: string): string {
  return `phase_${phaseId}_approved`;
}

export function isPhaseApproved(state: SessionState, phaseId: string): boolean {
  return state.metadata.get(approvalKey(phaseId)) === true;
}

export function awaitsApproval(state: SessionState, phase: Phase): boolean {
  return phase.exitGate === HUMAN_APPROVAL && !isPhaseApproved(state, phase.id);
}

export function phaseBlockers(
  state: SessionState,
  phase: Phase,
): readonly Blocker[] {
  const phaseState = phaseStateOf(state, phase);
  const open = phase.items
    .filter((item) => item.required)
    .map((item) => itemStateOf(phaseState, item.id))
    .filter((item) => !isDone(item))
    .map(({ id, status }): Blocker => ({
      code: "item_open",
      phaseId: phase.id,
      itemId: id,
      message: `Item "${id}" is ${status.replace("_", " ")}`,
    }));
  if (!awaitsApproval(state, phase)) return open;
  return [...open, {
    code: "approval_missing",
    phaseId: phase.id,
    itemId: null,
    message: `Phase "${phase.id}" awaits a human's approval`,
  }];
}

export function sessionBlockers(
  workflow: Workflow,
  state: SessionState,
): readonly Blocker[] {
  const missing = missingReviews(workflow, state);
  return workflow.phases.flatMap((phase) => [
    ...phaseBlockers(state, phase),
    ...missing.filter(({ requiredBy }) => requiredBy === phase.id)
      .map(({ review, phaseId, itemId }): Blocker => ({
        code: "review_missing",
        phaseId,
        itemId,
        message: `Required review "${review}" is not completed`,
      })),
  ]);
}

interface MissingReview {
  readonly review: string;
  /** The first phase that requires it. */
  readonly requiredBy: string;
  /** The item that carries it, or else the phase that requires it. */
  readonly phaseId: string;
  readonly itemId: string | null;
}

/** The reviews that any phase requires and nobody made, each named once. */
export function missingReviews(
  workflow: Workflow,
  state: SessionState,
): readonly MissingReview[] {
  const seen = new Set<string>();
  return workflow.phases.flatMap(({ id: requiredBy, requiredReviews }) =>
    requiredReviews.flatMap((review): readonly MissingReview[] => {
      if (seen.has(review)) return [];
      seen.add(review);
      const carriers = carriersIn(workflow, state, review);
      const isMade = carriers.some(({ status }) => status === "completed") ||
        wasMadeByModel(state, review);
      if (isMade) return [];
      const [first] = carriers;
      return [{
        review,
        requiredBy,
        phaseId: first?.phaseId ?? requiredBy,
        itemId: first?.itemId ?? null,
      }];
    })
  );
}

export function missingReviewOf(
  workflow: Workflow,
  state: SessionState,
  itemId: string,
): string | undefined {
  return missingReviews(workflow, state)
    .find(({ review }) => carriersOf(review).includes(itemId))?.review;
}

function carriersIn(workflow: Workflow, state: SessionState, review: string) {
  const ids = carriersOf(review);
  return workflow.phases.flatMap((phase) =>
    phase.items.filter(({ id }) => ids.includes(id)).map(({ id }) => ({
      phaseId: phase.id,
      itemId: id,
      status: itemStateOf(phaseStateOf(state, phase), id).status,
    }))
  );
}

/** The Python tool keeps what models found in `review_models`, by phase and by model. */
function wasMadeByModel({ metadata }: SessionState, review: string): boolean {
  return valuesOf(metadata.get("review_models")).flatMap(valuesOf).some(
    (entry) => {
      const made = asObject(entry);
      return made?.get("review_type") === review &&
        made.get("success") === true;
    },
  );
}

function valuesOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.from(asObject(value)?.values() ?? []);
}
