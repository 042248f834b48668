/** What events of another tool lead to, whose rules are not known. */
import { textAt } from "../base/json.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { withItem, withPhase } from "../engine/situation.ts";
import {
  approvalKey,
  isDone,
  itemStateOf,
  phaseStateOf,
} from "../engine/state.ts";
import type {
  ItemState,
  Note,
  Phase,
  SessionState,
  Workflow,
} from "../workflow/types.ts";

/** What an event says, taken at its word. */
export function believe(
  workflow: Workflow,
  state: SessionState,
  event: RecordedEvent,
): SessionState {
  const { at, phaseId, type } = event;
  const phase = workflow.phases.find(({ id }) => id === phaseId);
  switch (type) {
    case "phase_started":
      return phase ? entered(state, phase, at) : state;
    case "phase_completed":
      return phase
        ? withPhase(state, {
          ...phaseStateOf(state, phase),
          status: "completed",
          completedAt: at,
        })
        : state;
    case "human_override":
      return phaseId === null || event.details.has("reopened") ? state : {
        ...state,
        metadata: new Map(state.metadata).set(approvalKey(phaseId), true),
      };
    case "workflow_completed":
      return { ...state, status: "completed", completedAt: at };
    case "workflow_abandoned":
      return { ...state, status: "abandoned" };
    case "note_added":
      return { ...state, notes: [...state.notes, ...noteIn(event)] };
  }
  const fields = fieldsOf(event);
  if (fields === undefined || !phase || event.itemId === null) return state;
  const itemState = itemStateOf(phaseStateOf(state, phase), event.itemId);
  // Neither tool takes back what is done.
  if (isDone(itemState) && !isDone({ ...itemState, ...fields })) return state;
  return withItem(state, phase, { ...itemState, ...fields });
}

/** Only orc keeps notes, and one that knew no chain did too. */
function noteIn({ at, details, itemId }: RecordedEvent): readonly Note[] {
  const text = textAt(details, "note");
  return text === null ? [] : [{ at, text, itemId }];
}

function entered(state: SessionState, phase: Phase, at: string): SessionState {
  return withPhase({ ...state, currentPhaseId: phase.id }, {
    ...phaseStateOf(state, phase),
    status: "active",
    startedAt: at,
  });
}

function fieldsOf(
  { type, at, details }: RecordedEvent,
): Partial<ItemState> | undefined {
  switch (type) {
    case "item_started":
      return { status: "in_progress", startedAt: at };
    case "item_completed":
      return { status: "completed", completedAt: at };
    case "item_skipped":
      return {
        status: "skipped",
        skippedAt: at,
        skipReason: textAt(details, "reason"),
      };
    case "verification_failed":
      return { status: "failed" };
    default:
      return undefined;
  }
}
