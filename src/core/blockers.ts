import { OrcError } from "./error.ts";
import { isDone, itemStateOf, phaseStateOf } from "./state.ts";
import { listOf } from "./text.ts";
import type { ItemStatus, Phase, SessionState, Workflow } from "./types.ts";

/** Blockers named in one message; the details hold all. */
const MAX_BLOCKERS = 5;

/** The only exit gate the workflow language knows. */
export const HUMAN_APPROVAL = "human_approval";

/** A reason why a phase cannot be left or a session cannot be finished. */
export interface Blocker {
  /**
   * Stable name of the condition: a required item is neither completed nor
   * skipped, a phase awaits a human, or no item of a required review is
   * completed.
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
  return workflow.phases.flatMap((phase) => [
    ...phaseBlockers(state, phase),
    ...reviewBlockers(workflow, state, phase),
  ]);
}

/** A required review counts once an item that carries its name is completed. */
function reviewBlockers(
  workflow: Workflow,
  state: SessionState,
  phase: Phase,
): readonly Blocker[] {
  if (phase.id !== "REVIEW") return [];
  return phase.requiredReviews.flatMap((review): readonly Blocker[] => {
    const items = reviewItems(workflow, state, review);
    if (items.some(({ status }) => status === "completed")) return [];
    const [first] = items;
    return [{
      code: "review_missing",
      phaseId: first?.phaseId ?? phase.id,
      itemId: first?.itemId ?? null,
      message: `Required review "${review}" is not completed`,
    }];
  });
}

function reviewItems(
  workflow: Workflow,
  state: SessionState,
  review: string,
): readonly { phaseId: string; itemId: string; status: ItemStatus }[] {
  return workflow.phases.flatMap((phase) =>
    phase.items
      .filter(({ id }) => id === review || id === `${review}_review`)
      .map(({ id }) => ({
        phaseId: phase.id,
        itemId: id,
        status: itemStateOf(phaseStateOf(state, phase), id).status,
      }))
  );
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
