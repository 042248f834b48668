/** How far a session is, as an event keeps it: enough to go on from there by the events that follow. */
import {
  asObject,
  isJsonList,
  type JsonObject,
  jsonObject,
  type JsonValue,
  numberOf,
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
    workflowId: textOf(progress, "workflow_id") ?? "",
    task: textOf(progress, "task") ?? "",
    project: textOf(progress, "project"),
    constraints: listOf(progress, "constraints").map(String),
    status: wordOf(progress, "status"),
    currentPhaseId: textOf(progress, "current_phase_id") ?? "",
    createdAt: textOf(progress, "created_at") ?? "",
    completedAt: textOf(progress, "completed_at"),
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
      startedAt: textOf(phase, "started_at"),
      completedAt: textOf(phase, "completed_at"),
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
    startedAt: textOf(item, "started_at"),
    completedAt: textOf(item, "completed_at"),
    skippedAt: textOf(item, "skipped_at"),
    skipReason: textOf(item, "skip_reason"),
    notes: textOf(item, "notes"),
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
    at: textOf(note, "at") ?? "",
    text: textOf(note, "text") ?? "",
    itemId: textOf(note, "item_id"),
  };
}

/** A status is compared with others and never trusted: one that is none equals none. */
function wordOf<Word extends string>(object: JsonObject, key: string): Word {
  return (textOf(object, key) ?? "pending") as Word;
}

function textOf(object: JsonObject, key: string): string | null {
  const value = object.get(key);
  return typeof value === "string" ? value : null;
}

function objectOf(object: JsonObject, key: string): JsonObject {
  return asObject(object.get(key)) ?? NONE;
}

function listOf(object: JsonObject, key: string): readonly JsonValue[] {
  const value = object.get(key) ?? null;
  return isJsonList(value) ? value : [];
}
