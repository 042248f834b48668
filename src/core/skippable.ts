import type { OpenItem } from "./state.ts";
import type { StepType } from "./types.ts";

type Place = Pick<OpenItem, "phase" | "item">;

/** Whether only its phase lets an item be skipped: an autonomous one leaves all to the agent but gates. */
export function isFreedByPhase({ phase, item }: Place): boolean {
  return phase.phaseType === "autonomous" && !item.skippable &&
    item.stepType !== "gate" && item.verification.type !== "manual_gate";
}

/** Whether an item can be skipped without force. */
export function isSkippable(place: Place): boolean {
  return place.item.skippable || isFreedByPhase(place);
}

/** The step type whose rule a reason has to satisfy: who skips what is not meant to be skipped explains it. */
export function reasonRuleOf(place: Place): StepType {
  return isFreedByPhase(place) ? "documented" : place.item.stepType;
}
