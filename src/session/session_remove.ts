import {
  REMOVED_PREFIX,
  type RepositoryLayout,
  sessionLayout,
} from "../base/layout.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { renameOver, syncDirectory } from "../files/file_system.ts";
import { type HeldLock, type LockContext, withLock } from "../files/lock.ts";
import { guardDirectory, guardPath } from "../files/path_guard.ts";
import { fileKind } from "../files/read.ts";
import { assertWritable, readSession } from "./read.ts";
import type { Session } from "./session_store.ts";

const REMOVED = new RegExp(
  `^${REMOVED_PREFIX.replaceAll(".", "\\.")}[0-9a-f]{32}$`,
);

/** What decides about a session, on its state as it is under the lock. */
export type MayRemove = (session: Session) => boolean;

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
