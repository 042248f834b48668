import { jsonObject } from "../base/json.ts";
import { canonicalJson } from "../base/json_print.ts";
import type { Item, ItemState } from "../workflow/types.ts";
import { isDone } from "./state.ts";

/** What returning to a checkpoint makes of an item. */
export interface RestoredItem {
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
export function restoreItem(
  item: Item,
  now: ItemState,
  then: ItemState,
): RestoredItem {
  // Done is done: what was earned again since is not replaced by what a file says.
  if (isDone(now) && now.status === then.status) return unchanged(now);
  const target = withTries(now, withoutOldClock(item, now, then));
  if (isSameProgress(now, target)) return unchanged(now);
  return { target, forward: isDone(target) };
}

function unchanged(now: ItemState): RestoredItem {
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
