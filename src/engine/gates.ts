import { isManual } from "../workflow/supervision.ts";
import type { SessionState, Workflow } from "../workflow/types.ts";
import type { ItemSummary } from "./standing.ts";
import { awaitsApproval, isClosed } from "./state.ts";
import { summarizeItems } from "./summary.ts";

/** What nobody passes unverified, and nobody has passed yet. */
export interface OpenGate {
  /** The phase it is in. */
  readonly phaseId: string;
  /** The item it is; null for the yes of a human with which the phase is left. */
  readonly itemId: string | null;
  /** Name of the item or the phase, for people. */
  readonly name: string;
  /** Whether its phase is the current one: only there an item can be passed. */
  readonly isCurrent: boolean;
  /** What gets it out of the way, as {@linkcode ItemSummary.approval}; null for a check. */
  readonly approval: ItemSummary["approval"];
  /** All there is to know about the item; null for a phase. */
  readonly item: ItemSummary | null;
}

/**
 * The open gates of all phases, in the order of the workflow: gates, manual gates, and phases that
 * await a human. None after the end.
 */
export function openGates(
  workflow: Workflow,
  state: SessionState,
): readonly OpenGate[] {
  if (isClosed(state.status)) return [];
  return workflow.phases.flatMap((phase) => {
    const { id: phaseId, items, name } = phase;
    const isCurrent = phaseId === state.currentPhaseId;
    const gates = summarizeItems(workflow, state, phase)
      .filter(({ status }, index) => {
        const item = items[index];
        const isOpen = status !== "completed" && status !== "skipped";
        return item && isOpen && (item.stepType === "gate" || isManual(item));
      })
      .map((item): OpenGate => ({
        phaseId,
        itemId: item.id,
        name: item.name,
        isCurrent,
        approval: item.approval,
        item,
      }));
    if (!awaitsApproval(state, phase)) return gates;
    const rest = { itemId: null, item: null, approval: "human" } as const;
    return [...gates, { phaseId, name, isCurrent, ...rest }];
  });
}
