import { jsonObject } from "./json.ts";
import { canonicalJson } from "./json_print.ts";
import { isDone } from "./state.ts";
import type { Item, ItemState } from "./types.ts";

/** What returning to a checkpoint makes of an item. */
export interface RestoredItem {
  /** The progress itself where nothing has to change. */
  readonly target: ItemState;
  /** Whether the item gets done in a way that only a human may. */
  readonly forward: boolean;
}

/** Says what becomes of an item that was once as `then`. */
export function restoreItem(
  item: Item,
  now: ItemState,
  then: ItemState,
): RestoredItem {
  // Done is done: what was earned again since is not replaced by what a file says.
  if (isDone(now) && now.status === then.status) return unchanged(now);
  const target = withoutOldClock(item, now, then);
  if (isSameProgress(now, target)) return unchanged(now);
  return { target, forward: needsVoucher(item, target) };
}

function unchanged(now: ItemState): RestoredItem {
  return { target: now, forward: false };
}

/**
 * Whether more than an agent's word is needed before the item counts as done. A
 * checkpoint is a file that anybody can write: it must not stand for a check, a
 * human or the judge of a reason.
 */
function needsVoucher(item: Item, { status }: ItemState): boolean {
  if (status !== "completed") return status === "skipped";
  return item.stepType === "gate" || item.verification.type !== "none" ||
    item.evidenceSchema !== null;
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
