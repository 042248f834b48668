import { shellWord } from "../base/text.ts";
import {
  forcedSkip,
  isHumanOnly,
  needsHuman,
  passageOf,
  verifiesNothing,
} from "../workflow/supervision.ts";
import type {
  Item,
  Phase,
  SessionState,
  StepType,
  Workflow,
} from "../workflow/types.ts";
import {
  type Blocker,
  currentPhase,
  itemStateOf,
  missingReviewOf,
  nextPhase,
  type OpenItem,
  phaseStateOf,
  sessionBlockers,
} from "./state.ts";

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

/** The one command to go on with. */
export interface Step {
  /**
   * A command line for a POSIX shell; what stands in it as `<…>` is to be
   * filled in.
   */
  readonly command: string;
  /**
   * The item of the current phase it is about; null for a step of the session.
   */
  readonly itemId: string | null;
  /** Whether only a human can take it. */
  readonly human: boolean;
}

interface Surroundings {
  readonly workflow: Workflow;
  readonly state: SessionState;
  readonly phase: Phase;
}

/** Says what to do next in a session that is open. */
export function nextStep(workflow: Workflow, state: SessionState): Step {
  const phase = currentPhase(workflow, state);
  const blockers = sessionBlockers(workflow, state);
  const here = blockers.filter(({ phaseId }) => phaseId === phase.id);
  const item = firstOf(
    { workflow, state, phase },
    openItems(state, phase, here),
  );
  if (item) return stepFor(workflow, item);
  if (here.some(isApproval)) return byHuman("orc approve");
  if (nextPhase(workflow, state)) return byAnyone("orc advance");
  return blockers.length === 0 ? byAnyone("orc finish") : wayOut(blockers);
}

/** The items that block and can still be completed. */
function openItems(
  state: SessionState,
  phase: Phase,
  blockers: readonly Blocker[],
): readonly Item[] {
  const phaseState = phaseStateOf(state, phase);
  const blocking = new Set(blockers.map(({ itemId }) => itemId));
  return phase.items.filter(({ id }) =>
    blocking.has(id) && itemStateOf(phaseState, id).status !== "skipped"
  );
}

/**
 * The item to go on with. A strict phase leaves no choice; elsewhere nobody waits for a clock or
 * a human as long as there is something to do, and what is begun is ended.
 */
function firstOf(
  { workflow, state, phase }: Surroundings,
  items: readonly Item[],
): Item | undefined {
  if (phase.phaseType === "strict") return items[0];
  const phaseState = phaseStateOf(state, phase);
  const rankOf = (item: Item): number => {
    if (needsHuman(workflow, item)) return 2;
    return passageOf(workflow, item)?.type === "clock" ? 1 : 0;
  };
  const isBegun = ({ id }: Item): boolean =>
    itemStateOf(phaseState, id).status === "in_progress";
  return items.toSorted((one, other) =>
    rankOf(one) - rankOf(other) || Number(isBegun(other)) - Number(isBegun(one))
  )[0];
}

/** What gets an open item done, whoever's turn it is. */
export function stepFor(workflow: Workflow, item: Item): Step {
  const { id } = item;
  const word = shellWord(id);
  if (verifiesNothing(item)) return { ...byHuman(forcedSkip(id)), itemId: id };
  if (needsHuman(workflow, item)) {
    return { ...byHuman(`orc approve-item ${word}`), itemId: id };
  }
  // There is nothing to tell about an approval nobody gave.
  const isClock = passageOf(workflow, item)?.type === "clock";
  const notes = isClock ? "" : ' --notes "<what you did>"';
  const evidence = needsEvidence(item) ? ' --evidence "<file>"' : "";
  return { ...byAnyone(`orc complete ${word}${evidence}${notes}`), itemId: id };
}

function needsEvidence({ evidenceSchema, verification }: Item): boolean {
  return evidenceSchema !== null && verification.type !== "manual_gate";
}

/** Nobody goes back to a phase: what was left open there, only a human can do without. */
function wayOut(blockers: readonly Blocker[]): Step {
  const approval = blockers.find(isApproval);
  return byHuman(
    approval
      ? `orc approve --phase ${shellWord(approval.phaseId)}`
      : "orc finish --force",
  );
}

function isApproval({ code }: Blocker): boolean {
  return code === "approval_missing";
}

function byAnyone(command: string): Step {
  return { command, itemId: null, human: false };
}

function byHuman(command: string): Step {
  return { command, itemId: null, human: true };
}

/** The step as the hint of a refusal. */
export function hintOf({ command, human }: Step): string {
  return human ? `a human runs, in a terminal: ${command}` : command;
}
