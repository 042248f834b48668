import { type JsonObject, jsonObject } from "../base/json.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { pendingItem } from "../engine/state.ts";
import type {
  ItemState,
  PhaseState,
  SessionState,
  SessionStatus,
} from "../workflow/types.ts";

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

interface Draft {
  task: string;
  workflowType: string;
  project: string | null;
  status: SessionStatus;
  reason: string | null;
  phaseId: string;
  firstAt: string;
  lastAt: string;
}

type Phases = Map<string, { phase: PhaseState; items: Map<string, ItemState> }>;

/** Begins to rebuild a workflow of which only the log is left. Holds its items, and none of the events. */
export function rebuildFromLog(workflowId: string): Rebuilding {
  const phases: Phases = new Map();
  const draft: Draft = {
    task: "",
    workflowType: "",
    project: null,
    status: "active",
    reason: null,
    phaseId: "",
    firstAt: "",
    lastAt: "",
  };
  return {
    add: (event) => {
      if (draft.firstAt === "") draft.firstAt = event.at;
      if (event.at !== "") draft.lastAt = event.at;
      addToSession(draft, event);
      if (event.phaseId === null) return;
      draft.phaseId = event.phaseId;
      addToPhase(phases, event.phaseId, event);
      if (event.itemId !== null) addToItem(phases, event.itemId, event);
    },
    state: () => closedState(workflowId, draft, phases),
  };
}

/** Closes the state of a checkpoint, the last that is left of a workflow. */
export function rebuildFromCheckpoint(state: SessionState): SessionState {
  if (state.status === "completed" || state.status === "abandoned") {
    return state;
  }
  const metadata = new Map([
    ...state.metadata,
    ...metadataOf("checkpoint", SUPERSEDED),
  ]);
  return { ...state, status: "abandoned", metadata };
}

function addToSession(draft: Draft, event: RecordedEvent): void {
  const { type, message, details } = event;
  const textOf = (key: string): string | null => {
    const value = details.get(key);
    return typeof value === "string" ? value : null;
  };
  if (type === "workflow_started") {
    draft.task = message.replace(/^Started workflow: /, "");
    draft.workflowType = textOf("workflow_type") ?? "";
    draft.project = textOf("project");
  } else if (type === "workflow_completed") {
    draft.status = "completed";
  } else if (type === "workflow_abandoned") {
    draft.status = "abandoned";
    draft.reason = message.replace(/^Workflow abandoned: /, "");
  }
}

function addToPhase(phases: Phases, id: string, event: RecordedEvent): void {
  const known = phases.get(id);
  const phase = known?.phase ?? newPhase(id, event.at);
  const isLeft = event.type === "phase_completed";
  phases.set(id, {
    phase: isLeft
      ? { ...phase, status: "completed", completedAt: event.at }
      : phase,
    items: known?.items ?? new Map(),
  });
}

function newPhase(id: string, at: string): PhaseState {
  return {
    id,
    status: "active",
    startedAt: at,
    completedAt: null,
    items: [],
    source: NO_SOURCE,
  };
}

function addToItem(phases: Phases, id: string, event: RecordedEvent): void {
  const items = phases.get(event.phaseId ?? "")?.items;
  items?.set(id, itemAfter(items.get(id) ?? pendingItem(id), event));
}

function itemAfter(item: ItemState, event: RecordedEvent): ItemState {
  const { type, at, details } = event;
  const text = (key: string, otherwise: string | null): string | null => {
    const value = details.get(key);
    return typeof value === "string" ? value : otherwise;
  };
  switch (type) {
    case "item_started":
      return { ...item, status: "in_progress", startedAt: at };
    case "item_completed": {
      const notes = text("notes", item.notes);
      return { ...item, status: "completed", completedAt: at, notes };
    }
    case "item_skipped": {
      const skipReason = text("reason", item.skipReason);
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

function closedState(
  workflowId: string,
  draft: Draft,
  phases: Phases,
): SessionState {
  const isCompleted = draft.status === "completed";
  return {
    workflowId,
    workflowType: draft.workflowType,
    workflowVersion: "",
    task: draft.task,
    project: draft.project,
    status: isCompleted ? "completed" : "abandoned",
    currentPhaseId: draft.phaseId,
    phases: Array.from(phases.values(), ({ phase, items }) => ({
      ...phase,
      items: [...items.values()],
    })),
    createdAt: draft.firstAt,
    updatedAt: draft.lastAt,
    completedAt: isCompleted ? draft.lastAt : null,
    constraints: [],
    notes: [],
    metadata: metadataOf(
      "log",
      isCompleted ? null : draft.reason ?? SUPERSEDED,
    ),
    definition: null,
    source: NO_SOURCE,
  };
}

function metadataOf(from: string, reason: string | null): JsonObject {
  return jsonObject({
    [REBUILT]: from,
    ...(reason === null ? {} : { abandon_reason: reason }),
  });
}
