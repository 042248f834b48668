import { shellWord } from "../base/shell_word.ts";
import { needsHuman, passageOf } from "../workflow/supervision.ts";
import type { Item, Phase, SessionState, Workflow } from "../workflow/types.ts";
import { forcedSkip, verifiesNothing } from "../workflow/unverifiable.ts";
import { type Blocker, sessionBlockers } from "./blockers.ts";
import { currentPhase, itemStateOf, nextPhase, phaseStateOf } from "./state.ts";

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
