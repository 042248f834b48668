import { type Blocker, sessionBlockers } from "./blockers.ts";
import {
  currentPhase,
  itemStateOf,
  needsHuman,
  nextPhase,
  phaseStateOf,
} from "./state.ts";
import type { Item, Phase, SessionState, Workflow } from "./types.ts";

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

/** Says what to do next in a session that is open. */
export function nextStep(workflow: Workflow, state: SessionState): Step {
  const phase = currentPhase(workflow, state);
  const blockers = sessionBlockers(workflow, state);
  const here = blockers.filter(({ phaseId }) => phaseId === phase.id);
  const items = openItems(state, phase, here);
  const item = items.find((item) => !needsHuman(workflow, item)) ?? items[0];
  if (item) return stepFor(workflow, item);
  if (here.some(isApproval)) return byHuman("orc approve");
  if (nextPhase(workflow, state)) return byAnyone("orc advance");
  return blockers.length === 0 ? byAnyone("orc finish") : wayOut(blockers);
}

/** The items that block and can still be completed, what is begun before the rest. */
function openItems(
  state: SessionState,
  phase: Phase,
  blockers: readonly Blocker[],
): readonly Item[] {
  const phaseState = phaseStateOf(state, phase);
  const blocking = new Set(blockers.map(({ itemId }) => itemId));
  const statusOf = ({ id }: Item) => itemStateOf(phaseState, id).status;
  const open = phase.items.filter((item) =>
    statusOf(item) !== "skipped" && blocking.has(item.id)
  );
  const isBegun = (item: Item) => statusOf(item) === "in_progress";
  return [...open.filter(isBegun), ...open.filter((item) => !isBegun(item))];
}

function stepFor(workflow: Workflow, item: Item): Step {
  return needsHuman(workflow, item)
    ? { ...byHuman(`orc approve-item ${item.id}`), itemId: item.id }
    : {
      ...byAnyone(`orc complete ${item.id} --notes "<what you did>"`),
      itemId: item.id,
    };
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

/** Ids of phases may hold blanks and quotes. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text)
    ? text
    : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The step as the hint of a refusal. */
export function hintOf({ command, human }: Step): string {
  return human ? `a human runs, in a terminal: ${command}` : command;
}
