/**
 * A newer copy of a session in the place of the one that is here. Several files change, and one rename
 * makes it count: it puts the copy into the directory of the session. From then on the next holder of
 * its lock finishes what is left, however often that is cut short.
 */
import { external, OrcError } from "../base/error.ts";
import {
  type RepositoryLayout,
  sessionLayout,
  sessionLayoutAt,
} from "../base/layout.ts";
import { uncapitalised } from "../base/text.ts";
import { asOrcError, reasonOf } from "../files/errors.ts";
import type { HeldLock, LockContext } from "../files/lock.ts";
import { entriesIn, guardDirectory, isThere } from "../files/read.ts";
import {
  ensureDirectories,
  publish,
  removeIfThere,
  renameOver,
  syncDirectory,
} from "../files/write.ts";
import { withSessionLock } from "./create.ts";
import { decodeState } from "./read.ts";
import { readState } from "./pack/door.ts";
import { findSpare, keepSpare, removeSpare } from "./spare.ts";

/** Puts a copy, whose files are durable, in the place of a session. Only the holder of its lock may. */
export async function arrive(
  root: string,
  id: string,
  { staged, lock }: { readonly staged: string; readonly lock: HeldLock },
): Promise<void> {
  const { directory, arriving } = sessionLayout(root, id);
  syncDirectory(staged);
  lock.assertHeld();
  publish(staged, arriving);
  try {
    syncDirectory(directory);
    await finishArrival(root, id, lock);
  } catch (cause) {
    const reason = asOrcError(cause, "put in place", arriving);
    if (!(reason instanceof OrcError)) throw cause;
    // It counts, and nobody may be told that nothing was changed.
    throw external(
      "unconfirmed",
      `The newer copy of session "${id}" counts, but is not all in place: ${
        uncapitalised(reasonOf(reason))
      }`,
      { path: arriving, hint: "the next update of it does the rest", cause },
    );
  }
}

/** The same for who does not hold the lock: where a copy arrives, log and state do not fit. */
export async function settleArrival(
  layout: RepositoryLayout,
  context: LockContext,
  id: string,
): Promise<void> {
  const { directory, arriving } = sessionLayout(layout.root, id);
  if (!isThere(arriving)) return;
  const doing = "put a newer copy of the session in place";
  await withSessionLock(
    layout,
    context,
    { id, guarded: directory, doing },
    (lock) => finishArrival(layout.root, id, lock),
  );
}

/** Does what is left of an arrival; nothing where there is none. */
export async function finishArrival(
  root: string,
  id: string,
  lock: HeldLock,
): Promise<void> {
  const paths = sessionLayout(root, id);
  if (guardDirectory(root, paths.arriving) === "absent") return;
  const from = sessionLayoutAt(paths.arriving);
  lock.assertHeld();
  for (const name of ["outputs", "checkpoints", "feedback"] as const) {
    moveNew(from[name], paths[name]);
  }
  // Until the state follows, an update finds that its log is ahead, and comes here first.
  for (const name of ["log", "state"] as const) {
    if (!isThere(from[name])) continue;
    renameOver(from[name], paths[name]);
    syncDirectory(paths.directory);
  }
  removeIfThere(paths.arriving, true);
  syncDirectory(paths.directory);
  const session = await decodeState(readState(root, paths, id), paths, id);
  const isForeign = findSpare(root, id)?.isForeign ?? false;
  // The names that are kept lead to the old files, which are whole: nothing is lost in between.
  removeSpare(root, id);
  keepSpare({ root, session, before: undefined, isForeign });
}

/** Moves what is not there yet: what is, was not changed elsewhere. */
export function moveNew(from: string, to: string): void {
  const names = entriesIn(from, "list").map(({ name }) => name);
  if (names.length === 0) return;
  ensureDirectories(to);
  for (const name of names) {
    if (!isThere(`${to}/${name}`)) {
      renameOver(`${from}/${name}`, `${to}/${name}`);
    }
  }
  syncDirectory(to);
}
