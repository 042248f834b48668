import { OrcError } from "../base/error.ts";
import type { JsonObject } from "../base/json.ts";
import { nearest } from "../base/suggest.ts";
import { quoted } from "../base/text.ts";
import type {
  Item,
  ItemState,
  Phase,
  PhaseState,
  SessionState,
  Workflow,
} from "../workflow/types.ts";

const NO_SOURCE: JsonObject = new Map();

/** An item nobody has touched. */
export function pendingItem(id: string): ItemState {
  return {
    id,
    status: "pending",
    startedAt: null,
    completedAt: null,
    skippedAt: null,
    skipReason: null,
    notes: null,
    retryCount: 0,
    verificationResult: null,
    gateResult: null,
    evidence: null,
    source: NO_SOURCE,
  };
}

/** A phase nobody has entered. */
export function pendingPhase(phase: Phase): PhaseState {
  return {
    id: phase.id,
    status: "pending",
    startedAt: null,
    completedAt: null,
    items: phase.items.map((item) => pendingItem(item.id)),
    source: NO_SOURCE,
  };
}

/** The progress of a phase; one that the state does not know counts as untouched. */
export function phaseStateOf(state: SessionState, phase: Phase): PhaseState {
  return state.phases.find((known) => known.id === phase.id) ??
    pendingPhase(phase);
}

/**
 * The progress of an item. One that the state does not know counts as untouched:
 * taking an item out of the state must not take it out of the process.
 */
export function itemStateOf(phaseState: PhaseState, itemId: string): ItemState {
  return itemsById(phaseState).get(itemId) ?? pendingItem(itemId);
}

/** Kept for as long as the phase itself, which never changes: all items are looked up in turn. */
const indices = new WeakMap<PhaseState, ReadonlyMap<string, ItemState>>();

function itemsById(phaseState: PhaseState): ReadonlyMap<string, ItemState> {
  const known = indices.get(phaseState);
  if (known !== undefined) return known;
  const index = new Map(phaseState.items.map((item) => [item.id, item]));
  indices.set(phaseState, index);
  return index;
}

/** The phase the session is in. */
export function currentPhase(workflow: Workflow, state: SessionState): Phase {
  const phase = workflow.phases.find(({ id }) => id === state.currentPhaseId);
  if (phase) return phase;
  throw new OrcError(
    "corrupt",
    "unknown_phase",
    `The session is in phase "${state.currentPhaseId}", which its workflow does not define`,
    {
      details: { phases: workflow.phases.map(({ id }) => id) },
    },
  );
}

/** The phase after the current one, if there is one. */
export function nextPhase(
  workflow: Workflow,
  state: SessionState,
): Phase | undefined {
  const index = workflow.phases.indexOf(currentPhase(workflow, state));
  return workflow.phases[index + 1];
}

/** An item of the current phase, with its progress. */
export interface OpenItem {
  readonly phase: Phase;
  readonly item: Item;
  readonly itemState: ItemState;
}

/** Finds an item of the current phase; an item of another phase is refused. */
export function findItem(
  workflow: Workflow,
  state: SessionState,
  itemId: string,
): OpenItem {
  const phase = currentPhase(workflow, state);
  const item = phase.items.find(({ id }) => id === itemId);
  if (item) {
    const itemState = itemStateOf(phaseStateOf(state, phase), itemId);
    return { phase, item, itemState };
  }
  const home = workflow.phases.find(({ items }) =>
    items.some(({ id }) => id === itemId)
  );
  throw home
    ? new OrcError(
      "refused",
      "item_in_other_phase",
      `Item "${itemId}" belongs to phase "${home.id}"; the session is in phase "${phase.id}"`,
      { hint: "orc status" },
    )
    : unknownItem(workflow, phase, itemId);
}

function unknownItem(
  workflow: Workflow,
  phase: Phase,
  itemId: string,
): OrcError {
  const ids = workflow.phases.flatMap(({ items }) => items.map(({ id }) => id));
  const guess = nearest(itemId, ids);
  return new OrcError(
    "not_found",
    "no_such_item",
    `No item ${quoted(itemId)} in this workflow` +
      (guess ? `; the nearest is "${guess}"` : ""),
    {
      hint: "orc status",
      details: {
        phase: phase.id,
        items: phase.items.map(({ id }) => id),
      },
    },
  );
}

/** Returns the state with one item changed. */
export function withItem(
  state: SessionState,
  phase: Phase,
  item: ItemState,
): SessionState {
  const phaseState = phaseStateOf(state, phase);
  const known = phaseState.items.some(({ id }) => id === item.id);
  const items = known
    ? phaseState.items.map((other) => other.id === item.id ? item : other)
    : [...phaseState.items, item];
  return withPhase(state, { ...phaseState, items });
}

/** Returns the state with one phase changed. */
export function withPhase(
  state: SessionState,
  phase: PhaseState,
): SessionState {
  const known = state.phases.some(({ id }) => id === phase.id);
  const phases = known
    ? state.phases.map((other) => other.id === phase.id ? phase : other)
    : [...state.phases, phase];
  return { ...state, phases };
}

/** Whether nothing more has to be done for an item. */
export function isDone(item: ItemState): boolean {
  return item.status === "completed" || item.status === "skipped";
}
