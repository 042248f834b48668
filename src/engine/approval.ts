/** What a human says to an item. */
import { refused } from "../base/error.ts";
import { jsonObject } from "../base/json.ts";
import { withOffset } from "../base/time.ts";
import { approvalCommand, isManual } from "../workflow/supervision.ts";
import type { Decision } from "../workflow/types.ts";
import type { ActionOf } from "./action.ts";
import { assertNotSkipped, itemChanged, noted, refusal } from "./item.ts";
import { hintOf, stepFor } from "./next.ts";
import {
  assertInOrder,
  assertNotesFit,
  findItem,
  humanEvent,
  openBefore,
  requireHuman,
  type Situation,
  subjectOf,
  unchanged,
} from "./situation.ts";
import type { OpenItem } from "./state.ts";

export function approveItem(
  situation: Situation,
  { itemId, notes, early }: ActionOf<"approve_item">,
): Decision {
  const { workflow, state, at, caller } = situation;
  assertNotesFit(notes);
  const open = noted(findItem(workflow, state, itemId), notes);
  if (!isManual(open.item)) {
    const because = "it is not a manual gate";
    throw refusal("approve", itemId, because, `orc complete ${itemId}`);
  }
  if (open.itemState.status === "completed") return unchanged(state);
  assertNotSkipped("approve", open);
  assertInOrder("approve", situation, open);
  const isEarly = openBefore(state, open) !== undefined;
  if (isEarly && !early) throw tooEarly(situation, open);
  requireHuman(situation, `approve item "${itemId}"`);
  const gate = open.item.verification.type === "manual_gate"
    ? "manual gate"
    : "gate without verification";
  return itemChanged(situation, open, {
    status: "completed",
    completedAt: at,
    verificationResult: jsonObject({
      approved: true,
      approved_at: withOffset(at),
      type: "manual_gate",
    }),
  }, [
    humanEvent("item_completed", subjectOf(open), {
      message: `Approved ${gate}: ${itemId}`,
      details: { notes, approved: true, ...(isEarly ? { early: true } : {}) },
    }, caller),
  ]);
}

/** What is approved is the work before it, and some of that is still to be done. */
function tooEarly({ workflow, state }: Situation, open: OpenItem): Error {
  const { id } = open.item;
  const first = openBefore(state, open) ?? open.item;
  return refused(
    "too_early",
    `Cannot approve item "${id}" yet: item "${first.id}" before it is open`,
    {
      hint: `${hintOf(stepFor(workflow, first))}; a human may all the same: ${
        approvalCommand(workflow, id)
      } --early`,
      details: { itemId: id, firstItemId: first.id },
    },
  );
}
