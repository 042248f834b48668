import { type JsonObject, jsonObject, textAt } from "../base/json.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { isClosed, pendingItem } from "../engine/state.ts";
import type { ItemState, PhaseState, SessionState } from "../workflow/types.ts";

/** Tells what became of a workflow from its events, one after the other. */
export interface Rebuilding {
  add(event: RecordedEvent): void;
  /** A closed session: nobody can go on with what has no rules any more. */
  state(): SessionState;
}

/** What a rebuilt session says in its metadata: that it is no original. */
const REBUILT = "rebuilt_from";

const SUPERSEDED = "a later workflow took the place of its state";

const NO_SOURCE: JsonObject = new Map();

/** Begins to rebuild a workflow of which only the log is left. Holds its items, and none of the events. */
export function rebuildFromLog(workflowId: string): Rebuilding {
  const phases = new Map<string, PhaseState>();
  let state: SessionState = {
    workflowId,
    workflowType: "",
    workflowVersion: "",
    task: "",
    project: null,
    status: "abandoned",
    currentPhaseId: "",
    phases: [],
    createdAt: "",
    updatedAt: "",
    completedAt: null,
    constraints: [],
    notes: [],
    metadata: metadataOf("log", SUPERSEDED),
    definition: null,
    source: NO_SOURCE,
  };
  return {
    add: (event) => {
      state = {
        ...state,
        ...sessionAfter(event),
        currentPhaseId: event.phaseId ?? state.currentPhaseId,
        createdAt: state.createdAt || event.at,
        updatedAt: event.at || state.updatedAt,
      };
      if (event.phaseId === null) return;
      const phase = phases.get(event.phaseId) ?? begun(event.phaseId, event.at);
      phases.set(event.phaseId, phaseAfter(phase, event));
    },
    state: () => ({
      ...state,
      phases: [...phases.values()],
      completedAt: state.status === "completed" ? state.updatedAt : null,
    }),
  };
}

/** Closes the state of a checkpoint, the last that is left of a workflow. */
export function rebuildFromCheckpoint(state: SessionState): SessionState {
  if (isClosed(state.status)) return state;
  const metadata = new Map([
    ...state.metadata,
    ...metadataOf("checkpoint", SUPERSEDED),
  ]);
  return { ...state, status: "abandoned", metadata };
}

function sessionAfter(
  { type, message, details }: RecordedEvent,
): Partial<SessionState> {
  switch (type) {
    case "workflow_started":
      return {
        task: message.replace(/^Started workflow: /, ""),
        workflowType: textAt(details, "workflow_type") ?? "",
        project: textAt(details, "project"),
      };
    case "workflow_completed":
      return { status: "completed", metadata: metadataOf("log", null) };
    case "workflow_abandoned": {
      const reason = message.replace(/^Workflow abandoned: /, "");
      return { status: "abandoned", metadata: metadataOf("log", reason) };
    }
    default:
      return {};
  }
}

function begun(id: string, startedAt: string): PhaseState {
  const [items, source] = [[], NO_SOURCE];
  return { id, status: "active", startedAt, completedAt: null, items, source };
}

function phaseAfter(phase: PhaseState, event: RecordedEvent): PhaseState {
  const { type, at, itemId } = event;
  const items = new Map(phase.items.map((item) => [item.id, item]));
  if (itemId !== null) {
    const item = items.get(itemId) ?? pendingItem(itemId);
    items.set(itemId, itemAfter(item, event));
  }
  const next = { ...phase, items: [...items.values()] };
  return type === "phase_completed"
    ? { ...next, status: "completed", completedAt: at }
    : next;
}

function itemAfter(item: ItemState, event: RecordedEvent): ItemState {
  const { type, at, details } = event;
  switch (type) {
    case "item_started":
      return { ...item, status: "in_progress", startedAt: at };
    case "item_completed": {
      const notes = textAt(details, "notes") ?? item.notes;
      return { ...item, status: "completed", completedAt: at, notes };
    }
    case "item_skipped": {
      const skipReason = textAt(details, "reason") ?? item.skipReason;
      return { ...item, status: "skipped", skippedAt: at, skipReason };
    }
    case "verification_failed":
    case "gate_failed": {
      const status = type === "gate_failed" ? item.status : "failed";
      return { ...item, status, retryCount: item.retryCount + 1 };
    }
    default:
      return item;
  }
}

function metadataOf(from: string, reason: string | null): JsonObject {
  return jsonObject({
    [REBUILT]: from,
    ...(reason === null ? {} : { abandon_reason: reason }),
  });
}
