import { assertNotesFit, assertOpen } from "./situation.ts";
import { findItem, isDone } from "./state.ts";
import type { SessionState, Workflow } from "./types.ts";
import { type RequiredCheck, requiredCheck } from "./verification.ts";

/** An item somebody wants to complete. */
export interface CompletionRequest {
  readonly itemId: string;
  readonly notes: string | null;
  readonly skipVerify: boolean;
}

/**
 * Says what has to be run before an item can be completed; nothing when the answer does not
 * depend on it. Refuses what cannot be completed at all, so that no check runs in vain.
 */
export function checkToRun(
  workflow: Workflow,
  state: SessionState,
  request: CompletionRequest,
): RequiredCheck {
  assertOpen(state);
  assertNotesFit(request.notes);
  const { item, itemState } = findItem(workflow, state, request.itemId);
  if (isDone(itemState) || request.skipVerify) return { type: "none" };
  return requiredCheck(workflow, item);
}
