import { OrcError } from "../base/error.ts";
import type { Item, SessionState } from "../workflow/types.ts";
import { hintOf, nextStep } from "./next_step.ts";
import type { Situation } from "./situation.ts";
import { isDone, itemStateOf, type OpenItem, phaseStateOf } from "./state.ts";

/** The required item whose turn it is before another one; optional ones may be left for later. */
export function itemBefore(
  state: SessionState,
  { phase, item }: Pick<OpenItem, "phase" | "item">,
): Item | undefined {
  if (phase.phaseType !== "strict") return undefined;
  const phaseState = phaseStateOf(state, phase);
  const index = phase.items.findIndex(({ id }) => id === item.id);
  return phase.items.slice(0, index).find(({ id, required }) =>
    required && !isDone(itemStateOf(phaseState, id))
  );
}

/** Refuses to touch an item of a strict phase before its turn. */
export function assertInOrder(
  verb: string,
  { workflow, state }: Pick<Situation, "workflow" | "state">,
  open: OpenItem,
): void {
  const { phase, item } = open;
  const first = itemBefore(state, open);
  if (first === undefined) return;
  throw new OrcError(
    "refused",
    "out_of_order",
    `Cannot ${verb} item "${item.id}": in phase "${phase.id}" item "${first.id}" comes first`,
    {
      hint: hintOf(nextStep(workflow, state)),
      details: { item: item.id, first: first.id },
    },
  );
}
