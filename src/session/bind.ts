import { OrcError } from "../base/error.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { asOrcError, isTaken } from "../files/errors.ts";
import { type LockContext, withLock } from "../files/lock.ts";
import { entriesIn, guardPath } from "../files/read.ts";
import {
  makeDirectory,
  removeIfThere,
  syncDirectory,
  writeAtomic,
} from "../files/write.ts";
import {
  bindingPath,
  type Owner,
  readBindingFile,
  readCurrent,
} from "./binding.ts";

/** Binds an owner to a session. Returns a warning as {@linkcode writeAtomic} does. */
export async function writeBinding(
  layout: RepositoryLayout,
  owner: Owner,
  binding: { readonly session: string; readonly at: string },
  token: string,
): Promise<string | undefined> {
  const path = await bindingPath(layout, owner);
  guardPath(layout.root, layout.bindings);
  try {
    makeDirectory(layout.bindings);
    syncDirectory(layout.directory);
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
  const text = JSON.stringify({ ...owner, ...binding }, null, 2);
  return writeAtomic(path, `${text}\n`, { token });
}

/**
 * Points `current` at a session; no final newline, as the Python tool writes it.
 * Returns a warning as {@linkcode writeAtomic} does.
 */
export function writeCurrent(
  layout: RepositoryLayout,
  session: string,
  token: string,
): string | undefined {
  guardPath(layout.root, layout.directory);
  return writeAtomic(layout.current, session, { token });
}

/**
 * Removes `current` and the bindings that name one of these sessions. Nobody is moved to
 * another session by that: who has none of their own chooses anew.
 */
export async function unbindSessions(
  layout: RepositoryLayout,
  context: LockContext,
  ids: ReadonlySet<string>,
): Promise<void> {
  // Most cleanups concern sessions that nobody is in any more: then nothing is locked.
  if (pointersTo(layout, ids).length === 0) return;
  try {
    await withLock(layout.lockDirectory, context, () => {
      for (const path of pointersTo(layout, ids)) removeIfThere(path);
      syncDirectory(layout.directory);
      return Promise.resolve();
    });
  } catch (error) {
    throw asOrcError(error, "unbind sessions", layout.directory);
  }
}

function pointersTo(
  layout: RepositoryLayout,
  ids: ReadonlySet<string>,
): readonly string[] {
  guardPath(layout.root, layout.bindings);
  const paths = entriesIn(layout.bindings, "list the bindings")
    .filter(({ name, isFile }) => isFile && name.endsWith(".json"))
    .map(({ name }) => `${layout.bindings}/${name}`)
    .filter((path) => isAmong(ids, () => readBindingFile(path)));
  return isAmong(ids, () => readCurrent(layout))
    ? [...paths, layout.current]
    : paths;
}

/** What is damaged names nobody, and is not for a cleanup to remove. */
function isAmong(
  ids: ReadonlySet<string>,
  read: () => string | undefined,
): boolean {
  try {
    return ids.has(read() ?? "");
  } catch (error) {
    if (error instanceof OrcError && error.kind === "corrupt") return false;
    throw error;
  }
}
