import { isHumanOnly } from "../workflow/supervision.ts";
import type { SessionState, StepType, Workflow } from "../workflow/types.ts";
import { missingReviewOf } from "./reviews.ts";
import type { OpenItem } from "./state.ts";

type Place = Pick<OpenItem, "phase" | "item">;

/** The session in which something is to be skipped. */
export interface SkipSite {
  readonly workflow: Workflow;
  readonly state: SessionState;
}

/** Whether only its phase lets an item be skipped: an autonomous one leaves all to the agent but gates. */
export function isFreedByPhase({ phase, item }: Place): boolean {
  return phase.phaseType === "autonomous" && !item.skippable &&
    item.stepType !== "gate" && item.verification.type !== "manual_gate";
}

/** Whether the item's own text, or its phase, allows that it is left out. */
export function isLeftOutAtWill(place: Place): boolean {
  return place.item.skippable || isFreedByPhase(place);
}

/** Whether an item can be skipped without force, by anybody with a reason. */
export function isSkippable(
  { workflow, state }: SkipSite,
  place: Place,
): boolean {
  return isLeftOutAtWill(place) && !isHumanOnly(workflow, place.item) &&
    missingReviewOf(workflow, state, place.item.id) === undefined;
}

/** The step type whose rule a reason has to satisfy: who skips what is not meant to be skipped explains it. */
export function reasonRuleOf(place: Place): StepType {
  return isFreedByPhase(place) ? "documented" : place.item.stepType;
}
