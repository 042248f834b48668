import type { PhaseState } from "../workflow/types.ts";
import type { RestoreChange, Restored } from "./restore_change.ts";

/** From which phase to which a session goes, as places in the workflow. */
export interface Move {
  readonly from: number;
  readonly to: number;
}

/**
 * Says where a phase stands when the session has gone to another one: those
 * between the two are entered and left by that, whatever a file says of them.
 */
export function restorePhase(
  { index, from, to }: Move & { readonly index: number },
  now: PhaseState,
  then: PhaseState,
): Restored<PhaseState> {
  const isPassed = Math.min(from, to) <= index && index <= Math.max(from, to);
  if (from === to || !isPassed) return { next: now, changes: [] };
  const next = { ...now, ...progressAt(index - to, now, then) };
  const change: RestoreChange = {
    what: "phase",
    phaseId: now.id,
    itemId: null,
    from: now.status,
    to: next.status,
    forward: false,
  };
  return { next, changes: [change] };
}

/** Counted from the phase the session is in then: below zero are those it has left. */
function progressAt(
  place: number,
  now: PhaseState,
  then: PhaseState,
): Pick<PhaseState, "status" | "startedAt" | "completedAt"> {
  if (place > 0) {
    return { status: "pending", startedAt: null, completedAt: null };
  }
  const startedAt = now.startedAt ?? then.startedAt;
  return place === 0
    ? { status: "active", startedAt, completedAt: null }
    : { status: "completed", startedAt, completedAt: then.completedAt };
}
