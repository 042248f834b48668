import { jsonObject } from "../base/json.ts";
import { withOffset } from "../base/time.ts";
import type { Decision } from "../workflow/types.ts";
import { assertNotSkipped, refusal, subjectOf } from "./decide_item.ts";
import {
  type ActionOf,
  assertNotesFit,
  humanEvent,
  requireHuman,
  type Situation,
  unchanged,
} from "./situation.ts";
import { assertInOrder } from "./skip.ts";
import { findItem, withItem } from "./state.ts";

/** A human's yes on a manual gate. */
export function approveItem(
  situation: Situation,
  action: ActionOf<"approve_item">,
): Decision {
  const { workflow, state, at, caller } = situation;
  assertNotesFit(action.notes);
  const open = findItem(workflow, state, action.itemId);
  const { phase, item, itemState } = open;
  if (item.verification.type !== "manual_gate") {
    throw refusal("approve", item.id, "it is not a manual gate", {
      hint: `orc complete ${item.id}`,
    });
  }
  if (itemState.status === "completed") return unchanged(state);
  assertNotSkipped("approve", open);
  assertInOrder("approve", situation, open);
  requireHuman(caller, `approve item "${item.id}"`);
  return {
    state: withItem(state, phase, {
      ...itemState,
      status: "completed",
      completedAt: at,
      notes: action.notes || itemState.notes,
      verificationResult: jsonObject({
        approved: true,
        approved_at: withOffset(at),
        type: "manual_gate",
      }),
    }),
    events: [humanEvent("item_completed", subjectOf(open), {
      message: `Approved manual gate: ${item.id}`,
      details: { notes: action.notes, approved: true },
    }, caller)],
  };
}
