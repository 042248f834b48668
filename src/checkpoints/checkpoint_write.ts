import { checkpointId } from "../base/checkpoint_id.ts";
import { checkpointPath } from "../base/entry_path.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { assertOpen } from "../engine/situation.ts";
import { asOrcError } from "../files/errors.ts";
import {
  makeDirectory,
  removeIfThere,
  syncDirectory,
} from "../files/file_system.ts";
import { type HeldLock, type LockContext, withLock } from "../files/lock.ts";
import { guardDirectory, guardPath } from "../files/path_guard.ts";
import { fileKind } from "../files/read.ts";
import { writeAtomic } from "../files/write.ts";
import { assertWritable, noSuchSession, readSession } from "../session/read.ts";
import {
  type Checkpoint,
  type CheckpointFacts,
  encodeCheckpoint,
  newCheckpoint,
} from "./rules.ts";

/** A session whose checkpoints are to be changed. */
export interface CheckpointTarget {
  readonly layout: RepositoryLayout;
  readonly context: LockContext;
  readonly sessionId: string;
}

/** A checkpoint that is stored. */
export interface SavedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly path: string;
  /** What went wrong after the checkpoint was there. */
  readonly warnings: readonly string[];
}

/**
 * Stores a checkpoint of a session as it is under its lock. A file that is there
 * already is never replaced.
 *
 * @throws {OrcError} `session_closed` (refused), and what an update of the
 *   session throws
 */
export async function writeCheckpoint(
  target: CheckpointTarget,
  facts: Omit<CheckpointFacts, "id" | "at">,
): Promise<SavedCheckpoint> {
  const { layout, context, sessionId } = target;
  const paths = sessionLayout(layout.root, sessionId);
  return await withSessionLock(target, "save a checkpoint", async (lock) => {
    const session = await readSession(layout, sessionId);
    assertWritable(session, paths.state);
    assertOpen(session.state);
    const at = context.now();
    const { id, path } = freeName(
      paths.checkpoints,
      () => checkpointId(session.state.workflowId, at, context.newToken()),
    );
    const checkpoint = newCheckpoint(session, { ...facts, id, at });
    const bytes = new TextEncoder().encode(encodeCheckpoint(checkpoint));
    ensureDirectory(paths.directory, paths.checkpoints);
    const unconfirmed = writeAtomic(path, bytes, {
      token: lock.token,
      // Where the next holder of the lock sweeps up what a crash left behind.
      stagingDirectory: paths.directory,
      fence: () => lock.assertHeld(),
    });
    const warnings = unconfirmed === undefined ? [] : [unconfirmed];
    return { checkpoint, path, warnings };
  });
}

/**
 * Removes checkpoints of a session and returns the ids of those that were still
 * there.
 */
export async function removeCheckpoints(
  target: CheckpointTarget,
  ids: readonly string[],
): Promise<readonly string[]> {
  const { root } = target.layout;
  const { checkpoints } = sessionLayout(root, target.sessionId);
  return await withSessionLock(target, "remove checkpoints", () => {
    guardDirectory(root, checkpoints);
    const removed = ids.filter((id) => {
      const path = checkpointPath(checkpoints, id);
      guardPath(root, path);
      return removeIfThere(path);
    });
    if (removed.length > 0) syncDirectory(checkpoints);
    return Promise.resolve(removed);
  });
}

async function withSessionLock<Result>(
  { layout, context, sessionId }: CheckpointTarget,
  doing: string,
  work: (lock: HeldLock) => Promise<Result>,
): Promise<Result> {
  const { directory, checkpoints } = sessionLayout(layout.root, sessionId);
  guardDirectory(layout.root, checkpoints);
  if (fileKind(directory) === "absent") {
    throw noSuchSession(sessionId, directory);
  }
  try {
    return await withLock(directory, context, work);
  } catch (error) {
    throw asOrcError(error, `${doing} in`, directory);
  }
}

/** Two checkpoints of one instant differ by chance only; more tries than digits mean no chance. */
const MAX_NAME_TRIES = 10_000;

/** Whoever else would take the name waits for the lock. */
function freeName(
  directory: string,
  newId: () => string,
): { readonly id: string; readonly path: string } {
  for (let tries = 0; tries < MAX_NAME_TRIES; tries++) {
    const id = newId();
    const path = checkpointPath(directory, id);
    if (fileKind(path) === "absent") return { id, path };
  }
  throw new Error(`No name is free in "${directory}"`);
}

/** Durable before anything is kept in it, or a power cut takes it all away. */
function ensureDirectory(parent: string, path: string): void {
  if (fileKind(path) !== "absent") return;
  makeDirectory(path);
  syncDirectory(parent);
}
