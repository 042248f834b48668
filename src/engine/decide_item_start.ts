import type { Decision } from "../workflow/types.ts";
import { refusal, subjectOf } from "./decide_item.ts";
import {
  type ActionOf,
  type Situation,
  systemEvent,
  unchanged,
} from "./situation.ts";
import { assertInOrder } from "./skip.ts";
import { findItem, isDone, withItem } from "./state.ts";

/** Marks an item as being worked on. */
export function startItem(
  situation: Situation,
  action: ActionOf<"start_item">,
): Decision {
  const { workflow, state, at, caller } = situation;
  const open = findItem(workflow, state, action.itemId);
  const { phase, item, itemState } = open;
  if (itemState.status === "in_progress") return unchanged(state);
  if (isDone(itemState)) {
    throw refusal("start", item.id, `it is ${itemState.status} already`);
  }
  assertInOrder("start", situation, open);
  return {
    state: withItem(state, phase, {
      ...itemState,
      status: "in_progress",
      startedAt: itemState.startedAt ?? at,
    }),
    events: [systemEvent("item_started", subjectOf(open), {
      message: `Started item: ${item.id}`,
    }, caller)],
  };
}
