import { corrupt, refused } from "../base/error.ts";
import {
  isJsonList,
  isJsonObject,
  type JsonObject,
  jsonObject,
  type JsonValue,
} from "../base/json.ts";
import { checksumOf, type Digest } from "../base/checksum.ts";
import { lasting, printDocument } from "../base/json_print.ts";
import { plainOf } from "../base/plain.ts";
import { withOffset } from "../base/time.ts";
import type { Chain } from "../replay/chain.ts";
import { encodeEvent } from "../engine/event.ts";
import type {
  ItemState,
  Note,
  PhaseState,
  SessionState,
} from "../workflow/types.ts";
import {
  ORC_FORMAT,
  type OrcData,
  type StoredSession,
  type UnsignedSession,
} from "./codec.ts";

const NO_FIELDS: JsonObject = new Map();
const PYTHON_FORMAT = "3.0";

/**
 * Refuses to write a session that a newer orc made or somebody else changed: the one would
 * lose what this orc does not know, the other would sign what nobody vouched for.
 */
export function assertWritable(session: StoredSession, path: string): void {
  assertKnownVersion(session, `"${path}"`, path);
  if (session.checksum === "changed") {
    throw corrupt(
      "changed_outside",
      `"${path}" was changed outside orc: its checksum does not fit`,
      {
        path,
        hint:
          "undo that change, or see what else can be done: orc doctor; reading still works: orc status",
      },
    );
  }
}

/** The Python tool's `_version`: only this major is known. */
const PYTHON_MAJOR = "3";

/** What a version of a state says that this orc does not know; such a state may only be read. */
export function unknownVersionOf(
  { format, state }: UnsignedSession,
): string | undefined {
  if (format > ORC_FORMAT) {
    return `format ${format}, this one knows ${ORC_FORMAT}`;
  }
  const version = state.source.get("_version");
  const isKnown = version === undefined ||
    typeof version === "string" && version.split(".")[0] === PYTHON_MAJOR;
  return isKnown
    ? undefined
    : `_version ${
      JSON.stringify(plainOf(version))
    }, this one knows ${PYTHON_MAJOR}.x`;
}

/** @throws {OrcError} `newer_format` (refused) if a state is of a version that this orc does not know */
export function assertKnownVersion(
  session: UnsignedSession,
  subject: string,
  path?: string,
): void {
  const unknown = unknownVersionOf(session);
  if (unknown === undefined) return;
  throw refused(
    "newer_format",
    `${subject} was made by a newer orc (${unknown})`,
    { path, hint: "update orc; reading still works: orc status" },
  );
}

/**
 * Encodes a session as state.json, signed with the Python tool's checksum at the instant `at`. What
 * orc does not know stays as it was read, and where it was. One in a format newer than this orc
 * knows is a bug of the caller: it throws a plain `Error`.
 *
 * @throws {OrcError} `too_deep` (refused) if values are nested deeper than 100
 */
export async function encodeSession(
  session: UnsignedSession,
  at: string,
  digest?: Digest,
): Promise<string> {
  const state = new Map(encodeUnsigned(session));
  const version = session.state.source.get("_version") ?? PYTHON_FORMAT;
  state.set("_version", version);
  // Usually on another thread while this one prints, which refuses what hashing refuses.
  const checksum = checksumOf(state, digest);
  checksum.catch(() => {});
  state.set("_checksum", "");
  state.set("_updated_at", withOffset(at));
  const text = printDocument(state);
  const end = text.lastIndexOf(UNSIGNED) + UNSIGNED.length - 1;
  return `${text.slice(0, end)}${await checksum}${text.slice(end)}`;
}

/** Stands in a document once: no string holds a line break, and inner keys stand further in. */
const UNSIGNED = '\n  "_checksum": ""';

/** Encodes a session without signature, as a checkpoint holds it. */
export function encodeUnsigned(session: UnsignedSession): JsonObject {
  if (session.format > ORC_FORMAT) {
    throw new Error(`Cannot write format ${session.format}: it is newer`);
  }
  const { state, ...orc } = session;
  const encoded = encodeState(state, { ...orc, notes: state.notes });
  for (const key of ["_version", "_checksum", "_updated_at"]) {
    encoded.delete(key);
  }
  return encoded;
}

/** Encodes a state over what it was read from, in the Python tool's order. */
function encodeState(
  state: SessionState,
  orc: OrcData,
): Map<string, JsonValue> {
  return overlay(state.source, [
    ["workflow_id", state.workflowId, null],
    ["workflow_type", state.workflowType, null],
    ["workflow_version", state.workflowVersion, null],
    ["task_description", state.task, null],
    ["project", state.project, null],
    ["status", state.status, "active"],
    ["current_phase_id", state.currentPhaseId, null],
    ["phases", encodePhases(state.phases), NO_FIELDS],
    ["created_at", state.createdAt, ""],
    ["updated_at", state.updatedAt, ""],
    ["completed_at", state.completedAt, null],
    ["metadata", encodeMetadata(state, orc), NO_FIELDS],
    ["workflow_definition", state.definition, null],
    ["constraints", state.constraints, []],
  ]);
}

function encodePhases(phases: readonly PhaseState[]): JsonObject {
  return new Map(phases.map((phase) => [phase.id, lastingPhase(phase)]));
}

/** An update changes one phase; a process that makes many prints the others once. */
const lastingPhases = new WeakMap<PhaseState, JsonObject>();

function lastingPhase(phase: PhaseState): JsonObject {
  const known = lastingPhases.get(phase);
  if (known !== undefined) return known;
  const encoded = lasting(encodePhase(phase));
  lastingPhases.set(phase, encoded);
  return encoded;
}

function encodePhase(phase: PhaseState): JsonObject {
  return overlay(phase.source, [
    ["id", phase.source.get("id") ?? phase.id, null],
    ["status", phase.status, "pending"],
    ["started_at", phase.startedAt, null],
    ["completed_at", phase.completedAt, null],
    ["items", encodeItems(phase.items), NO_FIELDS],
  ]);
}

function encodeItems(items: readonly ItemState[]): JsonObject {
  return new Map(items.map((item) => [item.id, encodeItem(item)]));
}

function encodeItem(item: ItemState): JsonObject {
  /** Fields that only the Python tool writes. */
  const kept = (key: string): JsonValue => item.source.get(key) ?? null;
  return overlay(item.source, [
    ["id", kept("id") ?? item.id, null],
    ["status", item.status, "pending"],
    ["started_at", item.startedAt, null],
    ["completed_at", item.completedAt, null],
    ["skipped_at", item.skippedAt, null],
    ["skip_reason", item.skipReason, null],
    ["skip_context_considered", kept("skip_context_considered"), null],
    ["notes", item.notes, null],
    ["verification_result", item.verificationResult, null],
    ["retry_count", item.retryCount, 0],
    ["files_modified", kept("files_modified"), null],
    ["evidence", item.evidence, null],
    ["gate_result", item.gateResult, null],
  ]);
}

/** Metadata keeps its order; a state that only the Python tool wrote gets nothing of ours. */
function encodeMetadata(
  { metadata, source }: SessionState,
  orc: OrcData,
): JsonObject {
  const stored = source.get("metadata");
  const result = new Map(isJsonObject(stored) ? stored : NO_FIELDS);
  const before = result.get("orc");
  for (const key of result.keys()) {
    if (key !== "orc" && !metadata.has(key)) result.delete(key);
  }
  for (const [key, value] of metadata) result.set(key, value);
  if (before !== undefined || orc.serial > 0) {
    const ours = isJsonObject(before) ? before : NO_FIELDS;
    result.set("orc", encodeOrcData(ours, orc));
  }
  return result;
}

/** Encodes our data over what `metadata.orc` held before. */
function encodeOrcData(source: JsonObject, data: OrcData): JsonObject {
  return overlay(source, [
    ["format", data.format, null],
    ["serial", data.serial, 0],
    ["session", data.sessionId, null],
    ["events", data.lastEvents.map(encodeEvent), []],
    ["notes", data.notes.map(encodeNote), []],
    ...encodeChain(data.chain),
  ]);
}

/** Before it begins there is no such key. */
function encodeChain(chain: Chain | null): readonly OverlayField[] {
  if (chain === null) return [];
  const { head, others, othersDigest, offsetBytes, closed } = chain;
  const value = jsonObject({
    head,
    ...(others > 0 ? { others, others_digest: othersDigest } : {}),
    offset: offsetBytes,
    closed,
  });
  return [["chain", value, null]];
}

function encodeNote({ at, text, itemId }: Note): JsonObject {
  return jsonObject({ at, text, item_id: itemId });
}

/** A field to be written, and what it means when it is missing. */
type OverlayField = readonly [
  key: string,
  value: JsonValue,
  initial: JsonValue,
];

/**
 * Lays known fields over the object they were read from: its order and what orc does not know survive, and
 * nothing is added that says no more than its absence. A new object gets all fields.
 */
function overlay(
  source: JsonObject,
  fields: readonly OverlayField[],
): Map<string, JsonValue> {
  const isNew = source.size === 0;
  const result = new Map(source);
  for (const [key, value, initial] of fields) {
    if (isNew || result.has(key) || !isSame(value, initial)) {
      result.set(key, value);
    }
  }
  return result;
}

function isSame(value: JsonValue, initial: JsonValue): boolean {
  return value === initial || (isEmpty(value) && isEmpty(initial));
}

function isEmpty(value: JsonValue): boolean {
  return isJsonObject(value)
    ? value.size === 0
    : isJsonList(value) && value.length === 0;
}
