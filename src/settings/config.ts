import { OrcError } from "../base/error.ts";
import { parentDirectory } from "../base/path.ts";
import { shellWord } from "../base/shell_word.ts";
import { asOrcError, isAbsent, isTaken } from "../files/errors.ts";
import { makeDirectory, syncDirectory } from "../files/file_system.ts";
import { type HeldLock, type LockContext, withLock } from "../files/lock.ts";
import { guardDirectory } from "../files/path_guard.ts";
import { writeAtomic } from "../files/write.ts";

/** Nobody else has to know what a user prefers. */
const USER_FILE_MODE = 0o600;

/** The bits of a mode that let anybody write. */
const WRITABLE = 0o222;

/**
 * Replaces a configuration file whole; a new one of the user can be read by nobody else.
 *
 * @throws {OrcError} `permission_denied` (denied) if the file may only be read: that it could be
 *   replaced nevertheless is not what its owner meant
 */
export function writeConfig(
  path: string,
  text: string,
  { lock, isPrivate }: { readonly lock: HeldLock; readonly isPrivate: boolean },
): string | undefined {
  assertWritable(path);
  return writeAtomic(path, new TextEncoder().encode(text), {
    token: lock.token,
    mode: isPrivate ? USER_FILE_MODE : undefined,
    fence: () => lock.assertHeld(),
  });
}

function assertWritable(path: string): void {
  try {
    const { mode, isFile } = Deno.lstatSync(path);
    if (!isFile) return;
    if (mode !== null && (mode & WRITABLE) === 0) throw readOnly(path);
    Deno.openSync(path, { write: true }).close();
  } catch (error) {
    if (isAbsent(error)) return;
    throw asOrcError(error, "write", path);
  }
}

/** The superuser is not kept from it by the system. */
function readOnly(path: string): OrcError {
  return new OrcError(
    "denied",
    "permission_denied",
    `Cannot write "${path}": it is read-only`,
    { path, hint: `chmod u+w ${shellWord(path)}` },
  );
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
