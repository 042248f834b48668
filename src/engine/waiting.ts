import { shellWord } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import {
  approvalCommand,
  forHuman,
  passageOf,
} from "../workflow/supervision.ts";
import type { Phase, SessionState, Workflow } from "../workflow/types.ts";
import { openBefore } from "./situation.ts";
import {
  awaitsApproval,
  isClosed,
  isDone,
  itemStateOf,
  nextPhase,
  phaseBlockers,
  phaseStateOf,
} from "./state.ts";

/** What a human can approve now. */
export interface WaitingApproval {
  /** The phase it is in, or that is left with it. */
  readonly phaseId: string;
  /** The item; null for the leaving of a phase. */
  readonly itemId: string | null;
  /** Name of the item or the phase, for people. */
  readonly name: string;
  /** Since when it can be approved, an instant in UTC; null where the state does not say. */
  readonly since: string | null;
  /** What the human runs. */
  readonly command: string;
}

/**
 * What waits for a human, in the order of the workflow: manual gates whose turn it is, those too
 * that pass by themselves later, and phases of which nothing else is open.
 */
export function waitingIn(
  workflow: Workflow,
  state: SessionState,
): readonly WaitingApproval[] {
  const phase = workflow.phases.find(({ id }) => id === state.currentPhaseId);
  if (phase === undefined || isClosed(state.status)) return [];
  const since = lastClosing(state, phase);
  const phaseState = phaseStateOf(state, phase);
  const items = phase.items.flatMap((item): readonly WaitingApproval[] => {
    const { type } = passageOf(workflow, item) ?? {};
    const itemState = itemStateOf(phaseState, item.id);
    const isAsked = type === "human" || type === "clock";
    if (!isAsked || isDone(itemState)) return [];
    if (openBefore(state, { phase, item })) return [];
    const command = approvalCommand(workflow, item.id);
    return [{
      phaseId: phase.id,
      itemId: item.id,
      name: item.name,
      since,
      command,
    }];
  });
  // Nobody goes back: what was left without approval is asked for at the end.
  const left = nextPhase(workflow, state) ? [phase] : workflow.phases;
  const phases = left.filter((other) =>
    awaitsApproval(state, other) &&
    phaseBlockers(state, other).every(({ code }) => code !== "item_open")
  );
  return [
    ...items,
    ...phases.map(({ id, name }): WaitingApproval => ({
      phaseId: id,
      itemId: null,
      name,
      since,
      command: forHuman(workflow, `orc approve --phase ${shellWord(id)}`),
    })),
  ];
}

/** When the last item of the phase was done, or else the phase was entered. */
function lastClosing(state: SessionState, phase: Phase): string | null {
  const { startedAt, items } = phaseStateOf(state, phase);
  const instants = items.flatMap(({ completedAt, skippedAt }) => [
    completedAt,
    skippedAt,
  ]);
  const [last = null] = [startedAt, ...instants]
    .filter((instant) => epochMsOf(instant) !== undefined)
    .toSorted((a, b) => (epochMsOf(b) ?? 0) - (epochMsOf(a) ?? 0));
  return last;
}
