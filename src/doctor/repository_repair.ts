import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { putAside } from "../files/aside.ts";
import { asOrcError } from "../files/errors.ts";
import { removeIfThere, syncDirectory } from "../files/file_system.ts";
import { type HeldLock, type LockContext, withLock } from "../files/lock.ts";
import { sweep } from "../files/lock_sweep.ts";
import { guardDirectory } from "../files/path_guard.ts";
import { fileKind } from "../files/read.ts";
import { writeAtomic } from "../files/write.ts";
import { settleMigration } from "../migration/undo.ts";
import { IGNORE_EVERYTHING } from "../session/repository.ts";
import { deleteRemoved, findRemoved } from "../session/session_remove.ts";
import type { PointerFact } from "./diagnosis_facts.ts";
import { pointerFacts } from "./store_diagnosis_pointers.ts";

/** What is to be put right besides leftovers and the lock itself. */
export interface RepositoryRepair {
  /** Whether the file is to be made that hides the state from git. */
  readonly gitignore: boolean;
  /** `current` and bindings that name nothing. */
  readonly pointers: ReadonlySet<string>;
}

/** Puts right what can be without losing anything, under the repository's lock. */
export async function repairRepository(
  layout: RepositoryLayout,
  context: LockContext,
  repair: RepositoryRepair,
): Promise<void> {
  const work = async (lock: HeldLock): Promise<void> => {
    for (const directory of [layout.sessions, layout.bindings]) {
      guardDirectory(layout.root, directory);
      if (fileKind(directory) === "directory") sweep(directory, lock.token);
    }
    await settleMigration(layout, lock);
    for (const path of findRemoved(layout)) deleteRemoved(path);
    if (repair.gitignore) writeIgnoreFile(layout, lock);
    repairPointers(layout, repair.pointers, context.now());
  };
  guardDirectory(layout.root, layout.directory);
  try {
    await withLock(layout.lockDirectory, context, work);
  } catch (error) {
    throw asOrcError(error, "repair", layout.directory);
  }
}

/** What somebody else wrote into it meanwhile stays. */
function writeIgnoreFile(
  { gitignore }: RepositoryLayout,
  lock: HeldLock,
): void {
  if (fileKind(gitignore) !== "absent") return;
  writeAtomic(gitignore, new TextEncoder().encode(IGNORE_EVERYTHING), {
    token: lock.token,
  });
}

/** They are read again: whoever chose a session meanwhile wrote them anew. */
function repairPointers(
  layout: RepositoryLayout,
  paths: ReadonlySet<string>,
  at: string,
): void {
  for (const pointer of pointerFacts(layout)) {
    if (!paths.has(pointer.path)) continue;
    if (pointer.trouble?.kind === "corrupt") putAside(pointer.path, at);
    else if (namesNothing(layout, pointer)) {
      removeIfThere(pointer.path);
      syncDirectory(layout.directory);
    }
  }
}

function namesNothing(
  { root }: RepositoryLayout,
  { session }: PointerFact,
): boolean {
  return session !== null &&
    fileKind(sessionLayout(root, session).directory) === "absent";
}
