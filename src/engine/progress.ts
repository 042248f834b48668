/** How far a session is, as an event keeps it: enough to go on from there by the events that follow. */
import {
  asObject,
  isJsonList,
  type JsonObject,
  jsonObject,
  type JsonValue,
  numberOf,
  textAt,
} from "../base/json.ts";
import type {
  ItemState,
  Note,
  PhaseState,
  SessionState,
} from "../workflow/types.ts";

const NONE: JsonObject = new Map();

export function encodeProgress(state: SessionState): JsonObject {
  return jsonObject({
    workflow_id: state.workflowId,
    task: state.task,
    project: state.project,
    constraints: state.constraints,
    status: state.status,
    current_phase_id: state.currentPhaseId,
    created_at: state.createdAt,
    completed_at: state.completedAt,
    metadata: state.metadata,
    notes: state.notes.map(({ at, text, itemId }) =>
      jsonObject({ at, text, item_id: itemId })
    ),
    phases: encodePhases(state.phases),
  });
}

export function encodePhases(phases: readonly PhaseState[]): JsonObject {
  return new Map(phases.map((phase) => [
    phase.id,
    jsonObject({
      status: phase.status,
      started_at: phase.startedAt,
      completed_at: phase.completedAt,
      items: new Map(phase.items.map((item) => [item.id, encodeItem(item)])),
    }),
  ]));
}

/** What is as in an item that nobody touched is left out. */
function encodeItem(item: ItemState): JsonObject {
  const fields = ITEM_FIELDS.map(([name, key]) => [key, item[name]] as const);
  const told = fields.filter(([, value]) => value !== null && value !== 0);
  return new Map<string, JsonValue>(told);
}

/** What an item says of itself, and under which key. */
export const ITEM_FIELDS = [
  ["status", "status"],
  ["startedAt", "started_at"],
  ["completedAt", "completed_at"],
  ["skippedAt", "skipped_at"],
  ["skipReason", "skip_reason"],
  ["notes", "notes"],
  ["retryCount", "retry_count"],
  ["verificationResult", "verification_result"],
  ["gateResult", "gate_result"],
  ["evidence", "evidence"],
] as const;

/** Reads progress over a state that gives what the event does not repeat: the workflow above all. */
export function decodeProgress(
  progress: JsonObject,
  known: SessionState,
): SessionState {
  return {
    ...known,
    workflowId: textAt(progress, "workflow_id") ?? "",
    task: textAt(progress, "task") ?? "",
    project: textAt(progress, "project"),
    constraints: listOf(progress, "constraints").map(String),
    status: wordOf(progress, "status"),
    currentPhaseId: textAt(progress, "current_phase_id") ?? "",
    createdAt: textAt(progress, "created_at") ?? "",
    completedAt: textAt(progress, "completed_at"),
    metadata: objectOf(progress, "metadata"),
    notes: listOf(progress, "notes").map(decodeNote),
    phases: decodePhases(objectOf(progress, "phases")),
  };
}

export function decodePhases(phases: JsonObject): readonly PhaseState[] {
  return Array.from(phases, ([id, value]) => {
    const phase = asObject(value) ?? NONE;
    return {
      id,
      status: wordOf(phase, "status"),
      startedAt: textAt(phase, "started_at"),
      completedAt: textAt(phase, "completed_at"),
      items: Array.from(objectOf(phase, "items"), decodeItem),
      source: NONE,
    };
  });
}

function decodeItem([id, value]: readonly [string, JsonValue]): ItemState {
  const item = asObject(value) ?? NONE;
  return {
    id,
    status: wordOf(item, "status"),
    startedAt: textAt(item, "started_at"),
    completedAt: textAt(item, "completed_at"),
    skippedAt: textAt(item, "skipped_at"),
    skipReason: textAt(item, "skip_reason"),
    notes: textAt(item, "notes"),
    retryCount: numberOf(item.get("retry_count")) ?? 0,
    verificationResult: asObject(item.get("verification_result")) ?? null,
    gateResult: asObject(item.get("gate_result")) ?? null,
    evidence: item.get("evidence") ?? null,
    source: NONE,
  };
}

function decodeNote(value: JsonValue): Note {
  const note = asObject(value) ?? NONE;
  return {
    at: textAt(note, "at") ?? "",
    text: textAt(note, "text") ?? "",
    itemId: textAt(note, "item_id"),
  };
}

/** A status is compared with others and never trusted: one that is none equals none. */
function wordOf<Word extends string>(object: JsonObject, key: string): Word {
  return (textAt(object, key) ?? "pending") as Word;
}

function objectOf(object: JsonObject, key: string): JsonObject {
  return asObject(object.get(key)) ?? NONE;
}

function listOf(object: JsonObject, key: string): readonly JsonValue[] {
  const value = object.get(key) ?? null;
  return isJsonList(value) ? value : [];
}
