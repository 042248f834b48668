import type { JsonObject } from "../base/json.ts";
import type { SessionState, Workflow } from "../workflow/types.ts";
import { assertVerifiable } from "../workflow/unverifiable.ts";
import { type RequiredCheck, requiredCheck } from "./check.ts";
import { assertEvidence } from "./item.ts";
import { assertNotesFit, assertOpen } from "./situation.ts";
import { assertInOrder } from "./skip.ts";
import { findItem, isDone } from "./state.ts";

/** An item somebody wants to complete. */
export interface CompletionRequest {
  readonly itemId: string;
  readonly notes: string | null;
  readonly evidence?: JsonObject;
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
  const open = findItem(workflow, state, request.itemId);
  const { item, itemState } = open;
  if (isDone(itemState)) return { type: "none" };
  assertInOrder("complete", { workflow, state }, open);
  assertVerifiable(item);
  if (item.verification.type !== "manual_gate") {
    assertEvidence(open, request.evidence);
  }
  if (request.skipVerify) return { type: "none" };
  return requiredCheck(workflow, item);
}
