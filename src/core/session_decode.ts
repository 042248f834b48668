import type { JsonObject } from "./json.ts";
import { decodeEvent, type RecordedEvent } from "./log_line.ts";
import {
  type Choices,
  elements,
  field,
  members,
  type Place,
  readChoice,
  readCount,
  readObject,
  readObjectOrNull,
  readText,
  readTextOrNull,
  readTexts,
  report,
} from "./shape.ts";
import type {
  ItemState,
  ItemStatus,
  Note,
  PhaseState,
  PhaseStatus,
  SessionState,
  SessionStatus,
} from "./types.ts";

const SESSION_STATUSES: Choices<SessionStatus> = [
  "active",
  "completed",
  "abandoned",
  "paused",
];
const PHASE_STATUSES: Choices<PhaseStatus> = [
  "pending",
  "active",
  "completed",
  "blocked",
];
const ITEM_STATUSES: Choices<ItemStatus> = [
  "pending",
  "in_progress",
  "completed",
  "skipped",
  "blocked",
  "failed",
];

/** Decodes the Python tool's part of a state; older shapes lack fields. */
export function decodeState(place: Place): Omit<SessionState, "notes"> {
  return {
    workflowId: readText(field(place, "workflow_id")),
    workflowType: readText(field(place, "workflow_type")),
    workflowVersion: readText(field(place, "workflow_version")),
    task: readText(field(place, "task_description")),
    project: readTextOrNull(field(place, "project")),
    status: readChoice(field(place, "status"), SESSION_STATUSES),
    currentPhaseId: readText(field(place, "current_phase_id")),
    phases: members(field(place, "phases")).map(decodePhase),
    createdAt: readText(field(place, "created_at"), ""),
    updatedAt: readText(field(place, "updated_at"), ""),
    completedAt: readTextOrNull(field(place, "completed_at")),
    constraints: readTexts(field(place, "constraints")),
    metadata: decodeMetadata(field(place, "metadata")),
    definition: readObjectOrNull(field(place, "workflow_definition")),
    source: readObject(place),
  };
}

function decodeMetadata(place: Place): JsonObject {
  const metadata = new Map(readObject(place, new Map()));
  metadata.delete("orc");
  return metadata;
}

function decodePhase([id, place]: readonly [string, Place]): PhaseState {
  const source = readObject(place);
  requireId(place);
  return {
    id,
    status: readChoice(field(place, "status"), PHASE_STATUSES),
    startedAt: readTextOrNull(field(place, "started_at")),
    completedAt: readTextOrNull(field(place, "completed_at")),
    items: members(field(place, "items")).map(decodeItem),
    source,
  };
}

function decodeItem([id, place]: readonly [string, Place]): ItemState {
  const source = readObject(place);
  requireId(place);
  return {
    id,
    status: readChoice(field(place, "status"), ITEM_STATUSES),
    startedAt: readTextOrNull(field(place, "started_at")),
    completedAt: readTextOrNull(field(place, "completed_at")),
    skippedAt: readTextOrNull(field(place, "skipped_at")),
    skipReason: readTextOrNull(field(place, "skip_reason")),
    notes: readTextOrNull(field(place, "notes")),
    retryCount: readCount(field(place, "retry_count"), 0),
    verificationResult: readObjectOrNull(field(place, "verification_result")),
    gateResult: readObjectOrNull(field(place, "gate_result")),
    evidence: readObjectOrNull(field(place, "evidence")),
    source,
  };
}

/** The Python tool finds things by their key, but refuses one without an id. */
function requireId(place: Place): void {
  readText(field(place, "id"));
}

/** The newest meaning of our data that this orc knows. */
export const ORC_FORMAT = 1;

/** What orc keeps in a state beside the Python tool's data, in `metadata.orc`. */
export interface OrcData {
  /**
   * Meaning of the data; {@linkcode ORC_FORMAT} today. Greater when a newer orc
   * wrote it: then it may only be read.
   */
  readonly format: number;
  /** Running number of the last update; 0 when only the Python tool wrote. */
  readonly serial: number;
  /**
   * The session this state belongs to; null when only the Python tool wrote. A
   * state under another name is refused.
   */
  readonly sessionId: string | null;
  /** Events of the last update: the log can be completed from them. */
  readonly lastEvents: readonly RecordedEvent[];
  /** What was worth remembering, oldest first. */
  readonly notes: readonly Note[];
}

/** Decodes `metadata.orc`; all of it may be missing. */
export function decodeOrcData(place: Place): OrcData {
  readObject(place, new Map());
  const format = readCount(field(place, "format"), ORC_FORMAT);
  // What a newer orc means by its fields is not for this one to judge.
  const ours = format > ORC_FORMAT ? { ...place, problems: [] } : place;
  return {
    format,
    serial: readCount(field(ours, "serial"), 0),
    sessionId: readTextOrNull(field(ours, "session")),
    lastEvents: elements(field(ours, "events")).flatMap(decodeLastEvent),
    notes: elements(field(ours, "notes")).map(decodeNote),
  };
}

function decodeLastEvent(place: Place): readonly RecordedEvent[] {
  const event = decodeEvent(place.value ?? null);
  if (event !== undefined) return [event];
  report(place, "an event");
  return [];
}

function decodeNote(place: Place): Note {
  readObject(place);
  return {
    at: readText(field(place, "at")),
    text: readText(field(place, "text")),
    itemId: readTextOrNull(field(place, "item_id")),
  };
}
