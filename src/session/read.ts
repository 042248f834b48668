import { OrcError } from "../base/error.ts";
import { decodeUtf8 } from "../base/json_parse.ts";
import {
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { guardDirectory } from "../files/path_guard.ts";
import { readRegularFile } from "../files/read.ts";
import {
  DAMAGED_STATE_HINT,
  decodeSession,
  ORC_FORMAT,
  type StoredSession,
} from "./codec.ts";
import type { Session } from "./session_store.ts";

/** Reads a session without locking or changing anything. */
export async function readSession(
  layout: RepositoryLayout,
  id: string,
): Promise<Session> {
  const paths = sessionLayout(layout.root, id);
  guardDirectory(layout.root, paths.directory);
  return await decodeState(readState(paths, id), paths, id);
}

/** Reads the text of a state; its directory must have been guarded. */
export function readState(paths: SessionLayout, id: string): string {
  const bytes = readRegularFile(paths.state, MAX_STATE_BYTES);
  if (bytes === undefined) throw noSuchSession(id, paths.state);
  return decodeUtf8(bytes, paths.state, DAMAGED_STATE_HINT);
}

/** Decodes the text of the state of a session. */
export async function decodeState(
  text: string,
  paths: SessionLayout,
  id: string,
): Promise<Session> {
  const stored = await decodeSession(text, paths.state);
  if (stored.sessionId !== null && stored.sessionId !== id) {
    throw new OrcError(
      "corrupt",
      "foreign_state",
      `"${paths.state}" belongs to session "${stored.sessionId}"`,
      { path: paths.state, hint: "orc session list" },
    );
  }
  return { ...stored, id, legacyPath: null };
}

/** The error for a session that is not there. */
export function noSuchSession(id: string, path: string): OrcError {
  return new OrcError("not_found", "no_such_session", `No session "${id}"`, {
    path,
    hint: "orc session list",
  });
}

/**
 * Refuses to write a session that a newer orc made or somebody else changed: the one would
 * lose what this orc does not know, the other would sign what nobody vouched for.
 *
 * @throws {OrcError} refused `newer_format` or corrupt `changed_outside`
 */
export function assertWritable(session: StoredSession, path: string): void {
  if (session.format > ORC_FORMAT) {
    throw new OrcError(
      "refused",
      "newer_format",
      `"${path}" was made by a newer orc (format ${session.format}, this one knows ${ORC_FORMAT})`,
      { path, hint: "update orc; reading still works: orc status" },
    );
  }
  if (session.checksum === "changed") {
    throw new OrcError(
      "corrupt",
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
