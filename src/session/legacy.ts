import { sha256Hex } from "../base/checksum.ts";
import { legacySessionId } from "../base/ids.ts";
import { decodeUtf8 } from "../base/json_parse.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { readRegularFile } from "../files/read.ts";
import { DAMAGED_STATE_HINT, decodeSession } from "./codec.ts";
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
