/** The checkpoints of a session as files, one for each. */
import { notFound, onRefusal } from "../../base/error.ts";
import { decodeUtf8 } from "../../base/json.ts";
import { type RepositoryLayout, sessionLayout } from "../../base/layout.ts";
import { MAX_STATE_BYTES } from "../../base/limits.ts";
import {
  CHECKPOINT_SUFFIX,
  checkpointPath,
  DAMAGED_CHECKPOINT_HINT,
  isCheckpointId,
} from "../../base/names.ts";
import type { LockContext } from "../../files/lock.ts";
import { guardDirectory, guardPath, isThere } from "../../files/read.ts";
import {
  makeDirectory,
  removeIfThere,
  syncDirectory,
  writeAtomic,
} from "../../files/write.ts";
import { withSessionLock } from "../create.ts";
import { bytesOf, entriesOf } from "../pack/door.ts";
import { assertWritable } from "../encode.ts";
import { readSession } from "../read.ts";
import type { Checkpoints, KeptCheckpoint } from "../store.ts";

/** The checkpoints that lie in a directory, of a session or of the older tool. */
export function checkpointsIn(
  root: string,
  directory: string,
): Pick<Checkpoints, "all" | "read"> {
  return {
    async *all(problems) {
      for (const id of checkpointIds(root, directory)) {
        try {
          yield readFile(root, directory, id);
        } catch (error) {
          onRefusal(({ kind, message }) => {
            // One that was removed meanwhile is no problem.
            if (kind !== "not_found") problems.push(message);
          })(error);
        }
      }
    },
    // deno-lint-ignore require-await
    read: async (id) => {
      guardDirectory(root, directory);
      return readFile(root, directory, id);
    },
  };
}

/** Their ids, in order. */
export function checkpointIds(
  root: string,
  directory: string,
): readonly string[] {
  guardDirectory(root, directory);
  return entriesOf(root, directory, "list the checkpoints in")
    .filter(({ name }) => name.endsWith(CHECKPOINT_SUFFIX))
    .map(({ name }) => name.slice(0, -CHECKPOINT_SUFFIX.length))
    .filter(isCheckpointId)
    .sort();
}

function readFile(
  root: string,
  directory: string,
  id: string,
): KeptCheckpoint {
  const path = checkpointPath(directory, id);
  const bytes = bytesOf(root, path, MAX_STATE_BYTES);
  if (bytes === undefined) {
    const more = { path, hint: "orc checkpoints" };
    throw notFound("no_such_checkpoint", `No checkpoint "${id}"`, more);
  }
  const text = decodeUtf8(bytes, path, DAMAGED_CHECKPOINT_HINT);
  return { id, path, sizeBytes: bytes.length, text };
}

/** The checkpoints of a session in `.orchestrator/`. */
export function sessionCheckpoints(
  layout: RepositoryLayout,
  context: LockContext,
  sessionId: string,
): Checkpoints {
  const { root } = layout;
  const paths = sessionLayout(root, sessionId);
  const { checkpoints: guarded } = paths;
  return {
    ...checkpointsIn(root, guarded),
    save: (make) => {
      const act = { id: sessionId, guarded, doing: "save a checkpoint in" };
      return withSessionLock(layout, context, act, async (lock) => {
        const session = await readSession(layout, sessionId);
        assertWritable(session, paths.state);
        const { id, text } = freeName(guarded, () => make(session));
        const path = checkpointPath(guarded, id);
        const bytes = new TextEncoder().encode(text);
        if (!isThere(guarded)) {
          makeDirectory(guarded);
          // Before anything is kept in it, or a power cut takes it all away.
          syncDirectory(paths.directory);
        }
        const warnings = writeAtomic(path, bytes, {
          token: lock.token,
          // Where the next holder of the lock sweeps up what a crash left behind.
          stagingDirectory: paths.directory,
          fence: () => lock.assertHeld(),
        });
        return { path, warnings };
      });
    },
    remove: (ids) => {
      const act = { id: sessionId, guarded, doing: "remove checkpoints in" };
      return withSessionLock(layout, context, act, () => {
        guardDirectory(root, guarded);
        const removed = ids.filter((id) => {
          const path = checkpointPath(guarded, id);
          guardPath(root, path);
          return removeIfThere(path);
        });
        if (removed.length > 0) syncDirectory(guarded);
        return removed;
      });
    },
  };
}

/** Two checkpoints of one instant differ by chance only; more tries than digits mean no chance. */
const MAX_NAME_TRIES = 10_000;

function freeName<Named extends { readonly id: string }>(
  directory: string,
  make: () => Named,
): Named {
  for (let tries = 0; tries < MAX_NAME_TRIES; tries++) {
    const made = make();
    if (!isThere(checkpointPath(directory, made.id))) return made;
  }
  throw new Error(`No name is free in "${directory}"`);
}
