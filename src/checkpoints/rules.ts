import { corrupt } from "../base/error.ts";
import { type JsonObject, type JsonValue, parseJson } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import {
  field,
  openDocument,
  type Place,
  readObject,
  readObjectOrNull,
  readText,
  readTextOrNull,
  readTexts,
  refuseProblems,
} from "../base/shape.ts";
import { withOffset } from "../base/time.ts";
import { decodeUnsigned, type UnsignedSession } from "../session/codec.ts";
import { encodeUnsigned } from "../session/encode.ts";
import type { SessionState } from "../workflow/types.ts";

/** A checkpoint in one line. */
export interface CheckpointLine {
  /** What `orc resume` takes; begins with the instant it was made at. */
  readonly id: string;
  /** Id of the session it belongs to. */
  readonly session: string;
  /** `wf_` and eight hex digits, part of every line of that session's log. */
  readonly workflowId: string;
  /** Id of the phase the session was in. */
  readonly phaseId: string;
  /** The item that was being worked on; null when none was. */
  readonly itemId: string | null;
  /** When it was made, as its writer spells it; empty when its file does not say. */
  readonly at: string;
  /** What it is for, in the words of whoever made it; null without any. */
  readonly message: string | null;
  /** Task, phase and progress in one line; null in old files. */
  readonly summary: string | null;
  /** What was decided. */
  readonly decisions: readonly string[];
  /** Files that were being worked on. */
  readonly files: readonly string[];
  /** The file that holds it. */
  readonly path: string;
  /** Size of that file. */
  readonly sizeBytes: number;
  /** Whether it lies in the older tool's directory, which orc only reads. */
  readonly legacy: boolean;
}

/**
 * A copy of a session's state inside the session, to return to, with what
 * whoever loses their memory has to be told: what its file holds.
 */
export interface Checkpoint extends
  Omit<
    CheckpointLine,
    "session" | "path" | "sizeBytes" | "legacy"
  > {
  /** The state, unread; null where an old file lacks it. */
  readonly snapshot: JsonObject | null;
  /** The checkpoint before it; the Python tool has the key and never sets it. */
  readonly parentId: string | null;
}

/** What a new checkpoint says besides the state; `at` is an instant in UTC. */
export type CheckpointFacts = Pick<
  Checkpoint,
  "id" | "at" | "message" | "decisions" | "files"
>;

/** What to do about a checkpoint that cannot be read. */
export const DAMAGED_CHECKPOINT_HINT =
  "the others are listed by: orc checkpoints";

const INDENT = 2;

/** Makes the checkpoint of a session. */
export function newCheckpoint(
  session: UnsignedSession,
  facts: CheckpointFacts,
): Checkpoint {
  const { state } = session;
  return {
    ...facts,
    workflowId: state.workflowId,
    phaseId: state.currentPhaseId,
    itemId: itemInProgress(state),
    at: withOffset(facts.at),
    summary: contextSummary(state),
    snapshot: encodeUnsigned(session),
    parentId: null,
  };
}

function itemInProgress(state: SessionState): string | null {
  const phase = state.phases.find(({ id }) => id === state.currentPhaseId);
  const item = phase?.items.find(({ status }) => status === "in_progress");
  return item?.id ?? null;
}

/** The line that the Python tool puts into each checkpoint. */
export function contextSummary(state: SessionState): string {
  const items = state.phases.flatMap(({ items }) => items);
  const completed = items.filter(({ status }) => status === "completed");
  const parts = [
    `Task: ${state.task}`,
    `Current Phase: ${state.currentPhaseId}`,
    `Progress: ${completed.length}/${items.length} items completed`,
  ];
  const { length } = state.constraints;
  if (length > 0) parts.push(`Constraints: ${length} active`);
  return parts.join("; ");
}

/**
 * Encodes a checkpoint in the eleven keys that the Python tool knows, all of
 * them: it leaves out a file that has any other, or lacks `item_id`.
 *
 * @throws {OrcError} `too_deep` (refused) if values are nested deeper than 100
 */
export function encodeCheckpoint(checkpoint: Checkpoint): string {
  const fields = new Map<string, JsonValue>([
    ["checkpoint_id", checkpoint.id],
    ["workflow_id", checkpoint.workflowId],
    ["phase_id", checkpoint.phaseId],
    ["item_id", checkpoint.itemId],
    ["timestamp", checkpoint.at],
    ["message", checkpoint.message],
    ["context_summary", checkpoint.summary],
    ["key_decisions", checkpoint.decisions],
    ["file_manifest", checkpoint.files],
    ["workflow_state_snapshot", checkpoint.snapshot],
    ["parent_checkpoint_id", checkpoint.parentId],
  ]);
  return printJson(fields, INDENT);
}

/**
 * Decodes a checkpoint in every shape the Python tool ever wrote, and ours.
 * Only who it is and where it belongs has to be there.
 *
 * @throws {OrcError} `invalid_json` or `invalid_state` (corrupt)
 */
export function decodeCheckpoint(text: string, path: string): Checkpoint {
  const document = openDocument(parseJson(text, path, DAMAGED_CHECKPOINT_HINT));
  readObject(document);
  const checkpoint = {
    id: readText(field(document, "checkpoint_id")),
    workflowId: readText(field(document, "workflow_id")),
    phaseId: readText(field(document, "phase_id")),
    itemId: readTextOrNull(field(document, "item_id")),
    at: readText(field(document, "timestamp"), ""),
    message: readTextOrNull(field(document, "message")),
    summary: readTextOrNull(field(document, "context_summary")),
    decisions: textsOrNone(field(document, "key_decisions")),
    files: textsOrNone(field(document, "file_manifest")),
    snapshot: readObjectOrNull(field(document, "workflow_state_snapshot")),
    parentId: readTextOrNull(field(document, "parent_checkpoint_id")),
  };
  refuseProblems(document, path, { hint: DAMAGED_CHECKPOINT_HINT, path });
  return checkpoint;
}

function textsOrNone(place: Place): readonly string[] {
  return place.value === null ? [] : readTexts(place);
}

/**
 * Decodes the state in a checkpoint.
 *
 * @throws {OrcError} `checkpoint_without_state` or `invalid_state` (corrupt)
 */
export function stateIn({ id, snapshot }: Checkpoint): SessionState {
  if (snapshot !== null) {
    const source = `The state in checkpoint "${id}"`;
    return decodeUnsigned(snapshot, source, { hint: DAMAGED_CHECKPOINT_HINT })
      .state;
  }
  throw corrupt(
    "checkpoint_without_state",
    `Checkpoint "${id}" holds no state to return to`,
    DAMAGED_CHECKPOINT_HINT,
  );
}
