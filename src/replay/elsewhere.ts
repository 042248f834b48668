/** What counts in a session although orc did not see it done: another tool says so, or nobody does. */
import { quoted } from "../base/text.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { isDone, isPhaseApproved } from "../engine/state.ts";
import type { SessionState } from "../workflow/types.ts";

/** Something that counts in a session. */
interface Counting {
  readonly what: "item" | "phase" | "approval" | "session";
  /** Of the item or the phase; empty for the session. */
  readonly id: string;
}

/** Something that another tool did, or somebody before the chain of events began. */
export interface Elsewhere extends Counting {
  /** Whether nothing tells who did it. */
  readonly isBefore: boolean;
}

/**
 * What an event makes count, whoever wrote it. Where another tool tells anything of an item that was
 * done before, nobody knows what of it is left.
 */
export function claimIn(
  { type, itemId, phaseId }: RecordedEvent,
  before?: SessionState,
): Elsewhere | undefined {
  const isBefore = false;
  const items = before?.phases.flatMap(({ items }) => items) ?? [];
  if (items.some((item) => item.id === itemId && isDone(item))) {
    return { what: "item", id: itemId ?? "", isBefore };
  }
  switch (type) {
    case "item_completed":
    case "item_skipped":
      return { what: "item", id: itemId ?? "", isBefore };
    case "phase_completed":
      return { what: "phase", id: phaseId ?? "", isBefore };
    case "human_override":
      return { what: "approval", id: phaseId ?? "", isBefore };
    case "workflow_completed":
      return { what: "session", id: "", isBefore };
    default:
      return undefined;
  }
}

export function keyOf(claim: Counting | undefined): string {
  return claim === undefined ? "" : `${claim.what} ${claim.id}`;
}

/** What counts in the state that a chain begins with, and not in the one that events led to before. */
export function unseenIn(
  state: SessionState,
  before: SessionState | undefined,
): readonly Elsewhere[] {
  const known = new Set(before && countingIn(before).map(keyOf));
  return countingIn(state).filter((claim) => !known.has(keyOf(claim)))
    .map((claim) => ({ ...claim, isBefore: true }));
}

/** What is done, left behind, approved or finished. */
function countingIn(state: SessionState): readonly Counting[] {
  return [
    ...state.phases.flatMap(({ id, status, items }): readonly Counting[] => [
      ...items.filter(isDone)
        .map((item) => ({ what: "item", id: item.id } as const)),
      ...status === "completed" ? [{ what: "phase", id } as const] : [],
      ...isPhaseApproved(state, id) ? [{ what: "approval", id } as const] : [],
    ]),
    ...state.status === "completed"
      ? [{ what: "session", id: "" } as const]
      : [],
  ];
}

/** What a state counts as done, and orc did not see; worth saying, and no contradiction. */
export function doneElsewhere(
  state: SessionState,
  elsewhere: ReadonlyMap<string, Elsewhere>,
): readonly { readonly itemId: string | null; readonly message: string }[] {
  const counting = new Set(countingIn(state).map(keyOf));
  return [...elsewhere].filter(([key]) => counting.has(key))
    .map(([, claim]) => ({
      itemId: claim.what === "item" ? claim.id : null,
      message: sentence(state, claim),
    }));
}

function sentence(
  { phases }: SessionState,
  { what, id, isBefore }: Elsewhere,
): string {
  const by = isBefore
    ? "before the chain of its events began"
    : "by another tool";
  if (what === "session") return `The session was finished ${by}`;
  if (what !== "item") {
    const done = what === "phase" ? "left" : "approved";
    return `Phase ${quoted(id)} was ${done} ${by}`;
  }
  const item = phases.flatMap(({ items }) => items)
    .find((item) => item.id === id);
  const done = item?.status === "skipped" ? "skipped" : "completed";
  return `Item ${quoted(id)} was ${done} ${by}: orc saw no check of it`;
}
