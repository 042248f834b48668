import { OrcError } from "../base/error.ts";
import {
  type RepositoryLayout,
  sessionLayout,
  sessionLayoutAt,
  STAGING_PREFIX,
} from "../base/layout.ts";
import { encodeLogLine } from "../engine/event.ts";
import { asOrcError, isAbsent, isTaken } from "../files/errors.ts";
import { discard, makeDirectory, syncDirectory } from "../files/file_system.ts";
import { codeOf } from "../files/os_code.ts";
import { guardPath } from "../files/path_guard.ts";
import { fileKind } from "../files/read.ts";
import { publish, StagedFileLost, writeNewFile } from "../files/write.ts";
import { ORC_FORMAT } from "./codec.ts";
import { encodeSession } from "./encode.ts";
import { stamp } from "./session_stamp.ts";
import type { NewSession, Session } from "./session_store.ts";
import type { StoreContext } from "./update.ts";

/** Builds the session aside and publishes it with one rename. */
export async function createSession(
  layout: RepositoryLayout,
  context: StoreContext,
  { id, decision, localTime }: NewSession,
): Promise<Session> {
  const newId = await context.idSource();
  const empty: Session = {
    id,
    sessionId: id,
    format: ORC_FORMAT,
    serial: 0,
    state: decision.state,
    lastEvents: [],
    checksum: "valid",
    legacyPath: null,
  };
  const { session } = stamp(empty, decision, context.now(), newId);
  publishSession(layout, id, {
    meta: encodeMeta(id, localTime),
    log: session.lastEvents.map(encodeLogLine).join(""),
    state: await encodeSession(session, session.state.updatedAt),
  }, context.newToken());
  return session;
}

/** The Python tool's `meta.json` of a session. */
function encodeMeta(id: string, localTime: string): string {
  const meta = { session_id: id, created_at: localTime, repo_root: "." };
  return JSON.stringify(meta, null, 2);
}

/** Text of each file of a new session. */
export interface SessionFiles {
  readonly meta: string;
  readonly log: string;
  readonly state: string;
}

/**
 * Builds a session's directory aside, makes it durable, and publishes it with one rename.
 *
 * @throws {OrcError} conflict `lock_lost` if another process swept or stored it before that
 */
export function publishSession(
  layout: RepositoryLayout,
  id: string,
  files: SessionFiles,
  token: string,
): void {
  const staging = `${layout.sessions}/${STAGING_PREFIX}${token}`;
  const { directory } = sessionLayout(layout.root, id);
  guardPath(layout.root, layout.sessions);
  try {
    stage(staging, files);
    publish(staging, directory);
  } catch (error) {
    discard(staging);
    throw reasonOf(error, layout, directory);
  }
  try {
    syncDirectory(layout.sessions);
  } catch (error) {
    throw unconfirmed(id, directory, error);
  }
}

/** That what was staged is gone, or the name taken, is the work of whoever took the lock over. */
function reasonOf(
  error: unknown,
  layout: RepositoryLayout,
  directory: string,
): unknown {
  const isSwept = isAbsent(error) && fileKind(layout.sessions) === "directory";
  const isStored = isTaken(error) || codeOf(error) === "ENOTEMPTY";
  return isSwept || isStored
    ? new StagedFileLost(directory, error)
    : asOrcError(error, "store the session", directory);
}

function stage(directory: string, files: SessionFiles): void {
  const staged = sessionLayoutAt(directory);
  makeDirectory(directory);
  writeNewFile(staged.meta, encode(files.meta));
  writeNewFile(staged.log, encode(files.log));
  writeNewFile(staged.state, encode(files.state));
  syncDirectory(directory);
}

/** The session is there, but nobody may be told that it will survive a power cut. */
function unconfirmed(id: string, path: string, cause: unknown): OrcError {
  return new OrcError(
    "external",
    "unconfirmed",
    `Session "${id}" is stored, but the disk did not confirm it`,
    {
      path,
      hint: "check the disk; the session is in: orc session list",
      cause,
    },
  );
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
