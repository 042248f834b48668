import { OrcError } from "../base/error.ts";
import { listOf } from "../base/text.ts";
import type { Phase, SessionState, Workflow } from "../workflow/types.ts";
import { type MissingReview, missingReviews } from "./reviews.ts";
import { isDone, itemStateOf, phaseStateOf } from "./state.ts";

/** Blockers named in one message; the details hold all. */
const MAX_BLOCKERS = 5;

/** The only exit gate the workflow language knows. */
const HUMAN_APPROVAL = "human_approval";

/** A reason why a phase cannot be left or a session cannot be finished. */
export interface Blocker {
  /**
   * Stable name of the condition: a required item is neither completed nor
   * skipped, a phase awaits a human, or a required review was not made.
   */
  readonly code: "item_open" | "approval_missing" | "review_missing";
  /** The phase in which something has to be done about it. */
  readonly phaseId: string;
  /**
   * The item it is about; null when it is about the phase, or when no item
   * carries the name of the review.
   */
  readonly itemId: string | null;
  /** For people, such as `Item "plan" is pending`. */
  readonly message: string;
}

/** Key under which the Python tool keeps a phase's approval. */
export function approvalKey(phaseId: string): string {
  return `phase_${phaseId}_approved`;
}

/** Whether a human approved that the phase is left. */
export function isPhaseApproved(state: SessionState, phaseId: string): boolean {
  return state.metadata.get(approvalKey(phaseId)) === true;
}

/** Whether leaving the phase needs a human's yes that is not there yet. */
export function awaitsApproval(state: SessionState, phase: Phase): boolean {
  return phase.exitGate === HUMAN_APPROVAL && !isPhaseApproved(state, phase.id);
}

/** What still keeps the session in a phase. */
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

/** What still keeps the session from being finished, over all phases. */
export function sessionBlockers(
  workflow: Workflow,
  state: SessionState,
): readonly Blocker[] {
  const missing = missingReviews(workflow, state);
  return workflow.phases.flatMap((phase) => [
    ...phaseBlockers(state, phase),
    ...missing.filter(({ requiredBy }) => requiredBy === phase.id)
      .map(reviewBlocker),
  ]);
}

function reviewBlocker({ review, phaseId, itemId }: MissingReview): Blocker {
  return {
    code: "review_missing",
    phaseId,
    itemId,
    message: `Required review "${review}" is not completed`,
  };
}

/** The refusal that lists what is still open. */
export function blocked(
  message: string,
  blockers: readonly Blocker[],
  hint: string,
): OrcError {
  const messages = blockers.map((blocker) => blocker.message);
  return new OrcError(
    "refused",
    "blocked",
    `${message}: ${listOf(messages, MAX_BLOCKERS)}`,
    { hint, details: { blockers } },
  );
}
