import { external, type OrcError } from "../base/error.ts";
import { type JsonObject, jsonObject, withFields } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import {
  REMOVED_PREFIX,
  type RepositoryLayout,
  sessionLayout,
  sessionLayoutAt,
  STAGING_PREFIX,
} from "../base/layout.ts";
import { encodeLogLine } from "../engine/event.ts";
import { asOrcError, codeOf, isAbsent, isTaken } from "../files/errors.ts";
import { type HeldLock, type LockContext, withLock } from "../files/lock.ts";
import { fileKind, guardDirectory, guardPath } from "../files/read.ts";
import {
  discard,
  makeDirectory,
  publish,
  renameOver,
  StagedFileLost,
  syncDirectory,
  writeAtomic,
  writeNewFile,
} from "../files/write.ts";
import { ORC_FORMAT } from "./codec.ts";
import { encodeSession } from "./encode.ts";
import {
  assertWritable,
  type NewSession,
  noSuchSession,
  readSession,
  readSessionMeta,
  type Session,
} from "./read.ts";
import { stamp, type StoreContext } from "./update.ts";

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
interface SessionFiles {
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
  return external(
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

/** What people call a session, and what its `meta.json` needs where there is none yet. */
interface SessionNaming {
  readonly id: string;
  readonly name: string;
  /** When the session started, in local time without offset. */
  readonly startedAtLocal: string;
}

/**
 * Gives a session a name. It stands in `meta.json`, whose other keys stay as they are, as the
 * Python tool leaves those it does not know. A name is no fact of the work: in the state it
 * would need an event, and a closed session could not get one. Returns warnings.
 */
export async function writeSessionName(
  layout: RepositoryLayout,
  context: LockContext,
  { id, name, startedAtLocal }: SessionNaming,
): Promise<readonly string[]> {
  const { directory, meta } = sessionLayout(layout.root, id);
  guardDirectory(layout.root, directory);
  if (fileKind(directory) === "absent") throw noSuchSession(id, directory);
  const write = (lock: HeldLock): Promise<readonly string[]> => {
    const known = readSessionMeta(meta) ?? newMeta(id, startedAtLocal);
    const text = printJson(withFields(known, { name }), 2);
    const unconfirmed = writeAtomic(meta, new TextEncoder().encode(text), {
      token: lock.token,
      fence: () => lock.assertHeld(),
    });
    return Promise.resolve(unconfirmed === undefined ? [] : [unconfirmed]);
  };
  try {
    return await withLock(directory, context, write);
  } catch (error) {
    if (isAbsent(error)) throw noSuchSession(id, directory);
    throw asOrcError(error, "rename the session", directory);
  }
}

function newMeta(id: string, startedAtLocal: string): JsonObject {
  return jsonObject({
    session_id: id,
    created_at: startedAtLocal,
    repo_root: ".",
  });
}

const REMOVED = new RegExp(
  `^${REMOVED_PREFIX.replaceAll(".", "\\.")}[0-9a-f]{32}$`,
);

/** What decides about a session, on its state as it is under the lock. */
type MayRemove = (session: Session) => boolean;

/**
 * Removes a session; false when it may not go, or is gone already.
 *
 * Under the session's lock its directory gets a name that nobody reads, and only then is
 * deleted: whoever waits for the lock finds no session instead of half of one, and a crash
 * leaves nothing but litter, which {@linkcode findRemoved} finds.
 */
export async function removeSession(
  layout: RepositoryLayout,
  context: LockContext,
  id: string,
  mayRemove: MayRemove,
): Promise<boolean> {
  const { directory } = sessionLayout(layout.root, id);
  guardDirectory(layout.root, directory);
  if (fileKind(directory) === "absent") return false;
  const aside = `${layout.sessions}/${REMOVED_PREFIX}${context.newToken()}`;
  const setAside = async (lock: HeldLock): Promise<boolean> => {
    if (!await isAllowed(layout, id, mayRemove)) return false;
    lock.assertHeld();
    renameOver(directory, aside);
    syncDirectory(layout.sessions);
    return true;
  };
  try {
    if (!await withLock(directory, context, setAside)) return false;
  } catch (error) {
    // Another cleanup was faster.
    if (isAbsent(error)) return false;
    throw asOrcError(error, "remove the session", directory);
  }
  deleteRemoved(aside);
  return true;
}

async function isAllowed(
  layout: RepositoryLayout,
  id: string,
  mayRemove: MayRemove,
): Promise<boolean> {
  const session = await readSession(layout, id);
  // What nobody vouches for may say "completed" by mistake.
  assertWritable(session, sessionLayout(layout.root, id).state);
  return mayRemove(session);
}

/** Directories of sessions whose removal was cut short. */
export function findRemoved(layout: RepositoryLayout): readonly string[] {
  guardPath(layout.root, layout.sessions);
  try {
    return Array.from(Deno.readDirSync(layout.sessions))
      .filter(({ name, isDirectory }) => isDirectory && isRemovedSession(name))
      .map(({ name }) => `${layout.sessions}/${name}`)
      .sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw asOrcError(error, "list the sessions", layout.sessions);
  }
}

/** Whether a directory of this name is what is left of a session. */
export function isRemovedSession(name: string): boolean {
  return REMOVED.test(name);
}

/** Deletes the directory of a removed session. Links in it are deleted and not followed. */
export function deleteRemoved(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    // Another cleanup deletes the same litter.
    if (!isAbsent(error)) throw asOrcError(error, "delete", path);
  }
}
