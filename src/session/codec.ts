import { type OrcErrorOptions, orElse } from "../base/error.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
} from "../base/json.ts";
import { lasting, printDocument } from "../base/json_print.ts";
import {
  type ChecksumVerdict,
  type Digest,
  verifyChecksum,
} from "../base/checksum.ts";
import {
  type Choices,
  elements,
  field,
  members,
  openDocument,
  type Place,
  readChoice,
  readCount,
  readObject,
  readObjectOrNull,
  readText,
  readTextOrNull,
  readTexts,
  refuseProblems,
  report,
} from "../base/shape.ts";
import type { Chain } from "../replay/chain.ts";
import { decodeEvent, type RecordedEvent } from "../engine/event.ts";
import type {
  ItemState,
  ItemStatus,
  Note,
  PhaseState,
  PhaseStatus,
  SessionState,
  SessionStatus,
} from "../workflow/types.ts";

/** A session, and what orc keeps with it in the same file. */
export interface UnsignedSession extends Omit<OrcData, "notes"> {
  /** The session itself; notes are part of it. */
  readonly state: SessionState;
}

/** A session as state.json holds it. */
export interface StoredSession extends UnsignedSession {
  /**
   * Whether the file is as its last writer left it. One that was changed may be shown, but not
   * written.
   */
  readonly checksum: ChecksumVerdict;
}

export const DAMAGED_STATE_HINT =
  "put back a good copy of the file, or see what else can be done: orc doctor";

/**
 * Decodes state.json in every shape the Python tool ever wrote, and ours. What a newer orc put into
 * it is kept unread.
 *
 * @throws {OrcError} `invalid_json` (corrupt) if the text is not JSON, with line and column
 * @throws {OrcError} `invalid_state` (corrupt) if fields are missing or of the wrong type;
 *   `details.problems` names the first 20
 */
export async function decodeSession(
  text: string,
  source: string,
  digest?: Digest,
): Promise<StoredSession> {
  const value = parseState(text, source);
  // Hashed on another thread while this one decodes.
  const checksum = isJsonObject(value)
    ? verifyChecksum(value, digest)
    : undefined;
  const session = decodeUnsigned(value, source);
  return { ...session, checksum: judge(await checksum, session.serial) };
}

const DEFINITION = "workflow_definition";

/** Where orc's own states hold their workflow: no text of JSON holds a line break. */
const DEFINITION_START = `\n  "${DEFINITION}": `;

const PLACEHOLDER = '"workflow parsed before"';

/** The workflow parsed last: the states of one session pin the same, and mostly those of a repository. */
let lastDefinition: JsonObject | undefined;

function parseState(text: string, source: string): JsonValue {
  const known = lastDefinition && parseAround(text, lastDefinition);
  if (known !== undefined) return known;
  const value = parseJson(text, source, DAMAGED_STATE_HINT);
  const definition = isJsonObject(value) ? value.get(DEFINITION) : undefined;
  if (isJsonObject(definition)) lastDefinition = lasting(definition);
  return value;
}

/** Parses a state but for the workflow in it; undefined where that is not this one, letter for letter. */
function parseAround(
  text: string,
  definition: JsonObject,
): JsonObject | undefined {
  const found = text.indexOf(DEFINITION_START);
  const start = found + DEFINITION_START.length;
  const spelled = printDocument(definition, 1);
  const isThis = found >= 0 && text.startsWith(spelled, start) &&
    !text.includes(PLACEHOLDER);
  if (!isThis) return undefined;
  const rest = text.slice(start + spelled.length);
  const value = orElse(
    () => parseJson(`${text.slice(0, start)}${PLACEHOLDER}${rest}`, ""),
    () => undefined,
  );
  const isAround = isJsonObject(value) &&
    value.get(DEFINITION) === JSON.parse(PLACEHOLDER);
  return isAround ? new Map(value).set(DEFINITION, definition) : undefined;
}

/** What orc has written was signed: without its signature it was changed. */
function judge(
  checksum: ChecksumVerdict | undefined,
  serial: number,
): ChecksumVerdict {
  if (checksum !== undefined && checksum !== "missing") return checksum;
  return serial > 0 ? "changed" : "missing";
}

/** Decodes a state that need not be signed, such as the one in a checkpoint. */
export function decodeUnsigned(
  value: JsonValue,
  source: string,
  origin: Pick<OrcErrorOptions, "hint" | "path"> = {
    hint: DAMAGED_STATE_HINT,
    path: source,
  },
): UnsignedSession {
  const document = openDocument(value);
  const state = decodeState(document);
  const metadata = field(document, "metadata");
  const { notes, ...orc } = decodeOrcData(field(metadata, "orc"));
  refuseProblems(document, source, origin);
  return { ...orc, state: { ...state, notes } };
}

export const SESSION_STATUSES: Choices<SessionStatus> = [
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
function decodeState(place: Place): Omit<SessionState, "notes"> {
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
  /** Number of the meaning of the data. Greater than this orc knows when a newer one wrote it: then it may only be read. */
  readonly format: number;
  /** Running number of the last update; 0 when only the Python tool wrote. */
  readonly serial: number;
  /**
   * The session this state belongs to; null when only the Python tool wrote. Under another name it
   * is refused.
   */
  readonly sessionId: string | null;
  /** Events of the last update, and of those before it that the log need not hold durably yet. */
  readonly lastEvents: readonly RecordedEvent[];
  /** Where the chain of events stands; null before it begins. */
  readonly chain: Chain | null;
  /** What was worth remembering, oldest first. */
  readonly notes: readonly Note[];
}

/** Decodes `metadata.orc`; all of it may be missing. */
function decodeOrcData(place: Place): OrcData {
  readObject(place, new Map());
  const format = readCount(field(place, "format"), ORC_FORMAT);
  // What a newer orc means by its fields is not for this one to judge.
  const ours = format > ORC_FORMAT ? { ...place, problems: [] } : place;
  return {
    format,
    serial: readCount(field(ours, "serial"), 0),
    sessionId: readTextOrNull(field(ours, "session")),
    lastEvents: elements(field(ours, "events")).flatMap(decodeLastEvent),
    chain: decodeChain(field(ours, "chain")),
    notes: elements(field(ours, "notes")).map(decodeNote),
  };
}

function decodeChain(place: Place): Chain | null {
  if (readObjectOrNull(place) === null) return null;
  return {
    head: readText(field(place, "head")),
    others: readCount(field(place, "others"), 0),
    othersDigest: readText(field(place, "others_digest"), ""),
    offsetBytes: readCount(field(place, "offset"), 0),
    closed: readCount(field(place, "closed"), 0),
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
