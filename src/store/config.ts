import { parentDirectory } from "../core/path.ts";
import { writeAtomic } from "./atomic.ts";
import { makeDirectory, syncDirectory } from "./file_system.ts";
import { type HeldLock, type LockContext, withLock } from "./lock.ts";
import { asOrcError, isTaken } from "./os_error.ts";
import { guardDirectory } from "./path_guard.ts";

/** Nobody else has to know what a user prefers. */
const USER_FILE_MODE = 0o600;

/** Replaces a configuration file whole; a new one of the user can be read by nobody else. */
export function writeConfig(
  path: string,
  text: string,
  { lock, isPrivate }: { readonly lock: HeldLock; readonly isPrivate: boolean },
): string | undefined {
  return writeAtomic(path, new TextEncoder().encode(text), {
    token: lock.token,
    mode: isPrivate ? USER_FILE_MODE : undefined,
    fence: () => lock.assertHeld(),
  });
}

/** Runs work under the lock of the user's own directory, which is made if it is missing. */
export async function withUserLock<Result>(
  directory: string,
  context: LockContext,
  work: (lock: HeldLock) => Promise<Result>,
): Promise<Result> {
  const home = parentDirectory(directory) ?? directory;
  guardDirectory(home, directory);
  try {
    ensureDirectory(home, directory);
    return await withLock(directory, context, work);
  } catch (error) {
    throw asOrcError(error, "change the settings in", directory);
  }
}

function ensureDirectory(home: string, directory: string): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    if (isTaken(error)) return;
    throw error;
  }
  syncDirectory(home);
}
