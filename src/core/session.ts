import { type ChecksumVerdict, verifyChecksum } from "./checksum.ts";
import { isJsonObject, type JsonValue } from "./json.ts";
import { parseJson } from "./json_parse.ts";
import { decodeOrcData, decodeState, type OrcData } from "./session_decode.ts";
import { field, openDocument, refuseProblems } from "./shape.ts";
import type { SessionState } from "./types.ts";

/** A session, and what orc keeps with it in the same file. */
export interface UnsignedSession extends Omit<OrcData, "notes"> {
  /** The session itself; notes are part of it. */
  readonly state: SessionState;
}

/** A session as state.json holds it. */
export interface StoredSession extends UnsignedSession {
  /**
   * Whether the file is as its last writer left it. One that was changed may be
   * shown, but not written.
   */
  readonly checksum: ChecksumVerdict;
}

/** What to do about a state that cannot be read. */
export const DAMAGED_STATE_HINT =
  "put back a good copy of the file; the others are listed by: orc session list";

/**
 * Decodes state.json in every shape the Python tool ever wrote, and ours. What
 * a newer orc put into it is kept unread.
 *
 * @throws {OrcError} `invalid_json` (corrupt) if the text is not JSON, with
 *   line and column
 * @throws {OrcError} `invalid_state` (corrupt) if fields are missing or of the
 *   wrong type; `details.problems` names the first 20
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeSession } from "@orc/cli/core";
 *
 * const text = `{
 *   "workflow_id": "wf_0123abcd", "workflow_type": "Tiny",
 *   "workflow_version": "1.0", "task_description": "Add login",
 *   "current_phase_id": "PLAN"
 * }`;
 * const { state, serial, checksum } = await decodeSession(text, "state.json");
 * assertEquals(state.task, "Add login");
 * assertEquals([serial, checksum], [0, "missing"]);
 * ```
 */
export async function decodeSession(
  text: string,
  source: string,
): Promise<StoredSession> {
  const value = parseJson(text, source, DAMAGED_STATE_HINT);
  // Hashed on another thread while this one decodes.
  const checksum = isJsonObject(value) ? verifyChecksum(value) : undefined;
  const session = decodeUnsigned(value, source);
  return { ...session, checksum: judge(await checksum, session.serial) };
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
): UnsignedSession {
  const document = openDocument(value);
  const state = decodeState(document);
  const metadata = field(document, "metadata");
  const { notes, ...orc } = decodeOrcData(field(metadata, "orc"));
  refuseProblems(document, source, { hint: DAMAGED_STATE_HINT, path: source });
  return { ...orc, state: { ...state, notes } };
}
