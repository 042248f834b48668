import { decodeUtf8 } from "../core/json_parse.ts";
import type { RepositoryLayout } from "../core/layout.ts";
import { MAX_STATE_BYTES } from "../core/limits.ts";
import { DAMAGED_STATE_HINT, decodeSession } from "../core/session.ts";
import { legacySessionId } from "../core/session_id.ts";
import { sha256Hex } from "../core/checksum.ts";
import { readRegularFile } from "./read_file.ts";
import type { Session } from "./session_store.ts";

/** A legacy state in its place, with the hash that tells whether it changes later. */
export interface LegacyState {
  readonly session: Session;
  readonly sha256: string;
}

/** Reads the legacy state in place; undefined when there is none. Never writes. */
export async function readLegacyState(
  layout: RepositoryLayout,
): Promise<LegacyState | undefined> {
  const path = layout.legacyState;
  const bytes = readRegularFile(path, MAX_STATE_BYTES);
  if (bytes === undefined) return undefined;
  const text = decodeUtf8(bytes, path, DAMAGED_STATE_HINT);
  const stored = await decodeSession(text, path);
  const id = legacySessionId(stored.state.workflowId);
  return {
    session: { ...stored, id, legacyPath: path },
    sha256: await sha256Hex(bytes),
  };
}
