import { corrupt } from "../base/error.ts";
import { type JsonObject, type JsonValue, parseJson } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { DAMAGED_CHECKPOINT_HINT } from "../base/names.ts";
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
import { assertKnownVersion, encodeUnsigned } from "../session/encode.ts";
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

/** What the file of a checkpoint holds. */
export interface Checkpoint
  extends Omit<CheckpointLine, "session" | "path" | "sizeBytes" | "legacy"> {
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

const INDENT = 2;

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

/** The keys that the Python tool knows, in its order: it leaves out a file that has any other. */
const FIELDS: {
  readonly [Name in keyof Checkpoint]: readonly [
    key: string,
    read: (place: Place) => Checkpoint[Name],
  ];
} = {
  id: ["checkpoint_id", readText],
  workflowId: ["workflow_id", readText],
  phaseId: ["phase_id", readText],
  itemId: ["item_id", readTextOrNull],
  at: ["timestamp", (place) => readText(place, "")],
  message: ["message", readTextOrNull],
  summary: ["context_summary", readTextOrNull],
  decisions: ["key_decisions", readTextsOrNone],
  files: ["file_manifest", readTextsOrNone],
  snapshot: ["workflow_state_snapshot", readObjectOrNull],
  parentId: ["parent_checkpoint_id", readTextOrNull],
};

const NAMES = Object.keys(FIELDS) as (keyof Checkpoint)[];

/** Encodes a checkpoint with all its keys: the Python tool needs each of them. */
export function encodeCheckpoint(checkpoint: Checkpoint): string {
  const fields = new Map<string, JsonValue>(
    NAMES.map((name) => [FIELDS[name][0], checkpoint[name]]),
  );
  return printJson(fields, INDENT);
}

/**
 * Decodes a checkpoint in every shape ever written; only who it is and where it belongs has to be
 * there.
 */
export function decodeCheckpoint(text: string, path: string): Checkpoint {
  const document = openDocument(parseJson(text, path, DAMAGED_CHECKPOINT_HINT));
  readObject(document);
  const fields = NAMES.map((name) => {
    const [key, read] = FIELDS[name];
    return [name, read(field(document, key))];
  });
  refuseProblems(document, path, { hint: DAMAGED_CHECKPOINT_HINT, path });
  return Object.fromEntries(fields);
}

function readTextsOrNone(place: Place): readonly string[] {
  return place.value === null ? [] : readTexts(place);
}

export function stateIn({ id, snapshot }: Checkpoint): SessionState {
  if (snapshot !== null) {
    const source = `The state in checkpoint "${id}"`;
    const hint = DAMAGED_CHECKPOINT_HINT;
    const session = decodeUnsigned(snapshot, source, { hint });
    assertKnownVersion(session, source);
    return session.state;
  }
  throw corrupt(
    "checkpoint_without_state",
    `Checkpoint "${id}" holds no state to return to`,
    DAMAGED_CHECKPOINT_HINT,
  );
}
