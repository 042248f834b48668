import { isCheckpointId } from "../base/checkpoint_id.ts";
import { checkpointPath } from "../base/entry_path.ts";
import { OrcError } from "../base/error.ts";
import { decodeUtf8 } from "../base/json_parse.ts";
import { CHECKPOINT_SUFFIX, type RepositoryLayout } from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { quoted } from "../base/text.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { guardDirectory } from "../files/path_guard.ts";
import { readRegularFile } from "../files/read.ts";
import {
  type Checkpoint,
  DAMAGED_CHECKPOINT_HINT,
  decodeCheckpoint,
} from "./rules.ts";

/** A checkpoint as a list shows it: everything but the state in it. */
export interface CheckpointEntry extends Omit<Checkpoint, "snapshot"> {
  /** The file it was read from. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** What lies in a directory of checkpoints. */
export interface CheckpointFiles {
  /** In the order of their ids, which begin with the instant. */
  readonly entries: readonly CheckpointEntry[];
  /** Why files that are named like checkpoints cannot be read, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * Reads all checkpoints in a directory; what is damaged is named and hides no
 * other. Reads only.
 */
export function readCheckpoints(
  layout: RepositoryLayout,
  directory: string,
): CheckpointFiles {
  const entries: CheckpointEntry[] = [];
  const problems: string[] = [];
  for (const id of checkpointIds(layout, directory)) {
    try {
      const { checkpoint, ...file } = readFile(directory, id);
      // A state that nobody asked for would keep its memory as long as the list.
      const { snapshot: _snapshot, ...headline } = checkpoint;
      entries.push({ ...headline, ...file });
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      if (error.kind !== "not_found") problems.push(error.message);
    }
  }
  return { entries, problems };
}

/**
 * Reads a checkpoint.
 *
 * @throws {OrcError} `no_such_checkpoint` (not_found), or corrupt if it cannot
 *   be trusted
 */
export function readCheckpoint(
  layout: RepositoryLayout,
  directory: string,
  id: string,
): Checkpoint {
  guardDirectory(layout.root, directory);
  return readFile(directory, id).checkpoint;
}

/** Ids of what lies in a directory of checkpoints under their names. */
function checkpointIds(
  { root }: RepositoryLayout,
  directory: string,
): readonly string[] {
  guardDirectory(root, directory);
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name)
      .filter((name) => name.endsWith(CHECKPOINT_SUFFIX))
      .map((name) => name.slice(0, -CHECKPOINT_SUFFIX.length))
      .filter(isCheckpointId)
      .sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw asOrcError(error, "list the checkpoints in", directory);
  }
}

interface CheckpointFile extends Pick<CheckpointEntry, "path" | "sizeBytes"> {
  readonly checkpoint: Checkpoint;
}

function readFile(directory: string, id: string): CheckpointFile {
  const path = checkpointPath(directory, id);
  const bytes = readRegularFile(path, MAX_STATE_BYTES);
  if (bytes === undefined) throw noSuchCheckpoint(id, path);
  const checkpoint = decodeCheckpoint(textOf(bytes, path), path);
  if (checkpoint.id !== id) throw misnamed(path, checkpoint.id);
  return { checkpoint, path, sizeBytes: bytes.length };
}

function textOf(bytes: Uint8Array, path: string): string {
  return decodeUtf8(bytes, path, DAMAGED_CHECKPOINT_HINT);
}

function noSuchCheckpoint(id: string, path: string): OrcError {
  return new OrcError(
    "not_found",
    "no_such_checkpoint",
    `No checkpoint "${id}"`,
    { path, hint: "orc checkpoints" },
  );
}

function misnamed(path: string, id: string): OrcError {
  return new OrcError(
    "corrupt",
    "misnamed_checkpoint",
    `"${path}" holds checkpoint ${quoted(id)}: its name does not fit`,
    { path, hint: DAMAGED_CHECKPOINT_HINT },
  );
}
