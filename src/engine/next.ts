import { shellWord } from "../base/text.ts";
import {
  approvalCommand,
  forHuman,
  isHumanOnly,
  isManual,
  needsHuman,
  passageOf,
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
  { workflow, state }: Readonly<{ workflow: Workflow; state: SessionState }>,
  place: Place,
): boolean {
  return isLeftOutAtWill(place) && !isHumanOnly(workflow, place.item) &&
    missingReviewOf(workflow, state, place.item.id) === undefined;
}

/** The step type whose rule a reason has to satisfy: who skips what is not meant to be skipped explains it. */
export function reasonRuleOf(place: Place): StepType {
  return isFreedByPhase(place) ? "documented" : place.item.stepType;
}

/** What the step is about: an item of the current phase, the leaving of a phase, or the session. */
export type StepAction =
  | { readonly action: "complete" | "approve_item"; readonly itemId: string }
  | { readonly action: "approve_phase"; readonly phaseId: string }
  | { readonly action: "advance" | "finish" };

export type Step = StepAction & {
  /** A command line for a POSIX shell; what stands in it as `<…>` is to be filled in. */
  readonly command: string;
  /** Whether only a human can take it. */
  readonly human: boolean;
  /** With what a human answers before the item passes by itself; undefined where it does not. */
  readonly answer?: string;
  /** With what an agent waits for a human's answer; undefined where none is asked for one. */
  readonly wait?: string;
};

export function nextStep(workflow: Workflow, state: SessionState): Step {
  const phase = currentPhase(workflow, state);
  const phaseState = phaseStateOf(state, phase);
  const blockers = sessionBlockers(workflow, state);
  const here = blockers.filter(({ phaseId }) => phaseId === phase.id);
  const blocking = new Set(here.map(({ itemId }) => itemId));
  const open = phase.items.filter(({ id }) => blocking.has(id))
    .map((item) => ({ item, itemState: itemStateOf(phaseState, item.id) }))
    .filter(({ itemState }) => itemState.status !== "skipped");
  const item = itemToGoOnWith(workflow, phase, open);
  if (item) return stepFor(workflow, item);
  if (here.some(isApproval)) {
    return approvalOf(phase.id, forHuman(workflow, "orc approve"));
  }
  if (nextPhase(workflow, state)) {
    return { action: "advance", command: "orc advance", human: false };
  }
  return wayOut(workflow, blockers);
}

/**
 * A strict phase leaves no choice; elsewhere what is begun is ended, and clocks and humans come
 * last.
 */
function itemToGoOnWith(
  workflow: Workflow,
  { phaseType }: Phase,
  open: readonly Pick<OpenItem, "item" | "itemState">[],
): Item | undefined {
  const rankOf = ({ item, itemState }: (typeof open)[number]): number => {
    // Nobody approves what comes later before what comes first.
    if (needsHuman(workflow, item)) return 4;
    const begun = itemState.status === "in_progress" ? 0 : 1;
    return (passageOf(workflow, item)?.type === "clock" ? 2 : 0) + begun;
  };
  const [first] = phaseType === "strict"
    ? open
    : open.toSorted((one, other) => rankOf(one) - rankOf(other));
  return first?.item;
}

/** The step that gets an open item done, whoever's turn it is. */
export function stepFor(workflow: Workflow, item: Item): Step {
  const { id: itemId, evidenceSchema } = item;
  const answer = approvalCommand(workflow, itemId);
  if (needsHuman(workflow, item)) {
    const wait = `orc wait ${shellWord(itemId)}`;
    const step = { itemId, command: answer, human: true, wait } as const;
    return { action: "approve_item", ...step };
  }
  // There is nothing to tell about an approval nobody gave.
  const isClock = passageOf(workflow, item)?.type === "clock";
  const notes = isClock ? "" : ' --notes "<what you did>"';
  const evidence = evidenceSchema !== null && !isManual(item)
    ? ' --evidence "<file>"'
    : "";
  const command = `orc complete ${shellWord(itemId)}${evidence}${notes}`;
  const step = { action: "complete", itemId, command, human: false } as const;
  return isClock ? { ...step, answer } : step;
}

/** What orc checks itself can be done later; what else was left open in a phase, only a human can do without. */
function wayOut(
  workflow: Workflow,
  blockers: readonly Blocker[],
): Step {
  const open = workflow.phases.flatMap(({ items, phaseType }) => {
    const left = items.filter(({ id }) =>
      blockers.some(({ code, itemId }) => code === "item_open" && itemId === id)
    );
    return phaseType === "strict" ? left.slice(0, 1) : left;
  }).find(({ verification: { type } }) =>
    type === "command" || type === "file_exists"
  );
  if (open) return stepFor(workflow, open);
  const [phaseId] = blockers.filter(isApproval).map(({ phaseId }) => phaseId);
  if (phaseId !== undefined) {
    const command = `orc approve --phase ${shellWord(phaseId)}`;
    return approvalOf(phaseId, forHuman(workflow, command));
  }
  const human = blockers.length > 0;
  const command = human
    ? forHuman(workflow, "orc finish --force")
    : "orc finish";
  return { action: "finish", command, human };
}

function approvalOf(phaseId: string, command: string): Step {
  const wait = "orc wait";
  return { action: "approve_phase", phaseId, command, human: true, wait };
}

function isApproval({ code }: Blocker): boolean {
  return code === "approval_missing";
}

export function hintOf({ command, human }: Step): string {
  return human ? `a human runs, in a terminal: ${command}` : command;
}
