import { isCheckpointId } from "../base/checkpoint_id.ts";
import { OrcError } from "../base/error.ts";
import { decodeUtf8 } from "../base/json_parse.ts";
import { CHECKPOINT_SUFFIX } from "../base/layout.ts";
import { CHECKPOINT_HEAD_BYTES, MAX_STATE_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { decodeCheckpoint, stateIn } from "../checkpoints/rules.ts";
import { asOrcError } from "../files/errors.ts";
import { readRegularFile } from "../files/read.ts";
import { changedMeanwhile, readPieces } from "../files/tree.ts";
import type { SessionState } from "../workflow/types.ts";
import type { LegacyCheckpointFile, LegacyFile } from "./migration_facts.ts";
import { rebuildFromCheckpoint } from "./migration_rebuild.ts";
import { factOf, type Scan } from "./migration_scan_file.ts";

/** Checkpoints that were found, and the directory with all that lies in it. */
export interface ScannedCheckpoints {
  readonly tree: readonly LegacyFile[];
  readonly checkpoints: readonly LegacyCheckpointFile[];
  /** Last state of each workflow, where a checkpoint still holds one. */
  readonly newest: ReadonlyMap<string, SessionState>;
}

const NONE: ScannedCheckpoints = {
  tree: [],
  checkpoints: [],
  newest: new Map(),
};

/** Reads each checkpoint once, for its hash and its workflow. */
export function scanCheckpoints(scan: Scan): ScannedCheckpoints {
  const { places, left } = scan;
  if (places.checkpoints === null) return NONE;
  const directory = factOf(places.root, places.checkpoints);
  if (directory === undefined) return NONE;
  if (directory.kind !== "directory") {
    const reason = directory.kind === "symlink"
      ? "it is a symbolic link, which orc does not follow"
      : "it stands where a directory is expected";
    left.push({ path: directory.path, reason });
    return NONE;
  }
  const entries = treeBelow(places.root, directory.path);
  const read = reader(scan, entries);
  const tree = entries.map((file) => read(file));
  const checkpoints = tree.flatMap(({ file, workflowId }) =>
    workflowId === undefined ? [] : [{ file, workflowId }]
  );
  return {
    tree: [directory, ...tree.map(({ file }) => file)],
    checkpoints,
    newest: newestStates(places.root, checkpoints),
  };
}

/** All that lies below a directory, sorted; links are listed and not followed. */
export function treeBelow(root: string, path: string): readonly LegacyFile[] {
  const absolute = joinPath(root, path);
  let names: readonly string[];
  try {
    names = Array.from(Deno.readDirSync(absolute), ({ name }) => name).sort();
  } catch (error) {
    throw asOrcError(error, "list", absolute);
  }
  return names.flatMap((name) => {
    const file = factOf(root, `${path}/${name}`);
    if (file === undefined) throw changedMeanwhile(absolute);
    return file.kind === "directory"
      ? [file, ...treeBelow(root, file.path)]
      : [file];
  });
}

interface ReadFile {
  readonly file: LegacyFile;
  /** Undefined for what is no checkpoint. */
  readonly workflowId?: string;
}

function reader(
  scan: Scan,
  entries: readonly LegacyFile[],
): (file: LegacyFile) => ReadFile {
  const totalBytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  return (file) => {
    if (file.kind !== "file") {
      if (file.kind === "symlink") scan.warnings.push(linkWarning(file.path));
      return { file };
    }
    const { sha256, head } = readOnce(scan, file);
    doneBytes += file.sizeBytes;
    scan.onBytes?.(doneBytes, totalBytes);
    const workflowId = workflowIn(scan, file, head);
    if (workflowId === undefined) scan.warnings.push(foreignWarning(file.path));
    return { file: { ...file, sha256 }, workflowId };
  };
}

function readOnce(
  { places, newHash }: Scan,
  { path, sizeBytes }: LegacyFile,
): { readonly sha256: string; readonly head: string } {
  const absolute = joinPath(places.root, path);
  const hash = newHash();
  let head: string | undefined;
  let readBytes = 0;
  try {
    readPieces(absolute, Deno.lstatSync(absolute), (piece) => {
      hash.update(piece);
      readBytes += piece.length;
      head ??= new TextDecoder().decode(
        piece.subarray(0, CHECKPOINT_HEAD_BYTES),
      );
    });
  } catch (error) {
    throw asOrcError(error, "read", absolute);
  }
  if (readBytes !== sizeBytes) throw changedMeanwhile(absolute);
  return { sha256: hash.digest("hex"), head: head ?? "" };
}

/** Every writer names the checkpoint and then the workflow first of all. */
const HEAD =
  /^\s*\{\s*"checkpoint_id"\s*:\s*"([^"\\]*)"\s*,\s*"workflow_id"\s*:\s*"([^"\\]*)"/;

function workflowIn(
  { places }: Scan,
  { path }: LegacyFile,
  head: string,
): string | undefined {
  const directory = `${places.checkpoints}/`;
  const name = path.slice(directory.length);
  const id = name.endsWith(CHECKPOINT_SUFFIX)
    ? name.slice(0, -CHECKPOINT_SUFFIX.length)
    : "";
  if (!isCheckpointId(id)) return undefined;
  const [, named, workflowId] = HEAD.exec(head) ?? [];
  if (named !== undefined) return named === id ? workflowId : undefined;
  const checkpoint = decodeFile(joinPath(places.root, path));
  return checkpoint?.id === id ? checkpoint.workflowId : undefined;
}

function decodeFile(
  path: string,
): ReturnType<typeof decodeCheckpoint> | undefined {
  const bytes = readRegularFile(path, MAX_STATE_BYTES);
  if (bytes === undefined) throw changedMeanwhile(path);
  try {
    return decodeCheckpoint(decodeUtf8(bytes, path), path);
  } catch (error) {
    if (error instanceof OrcError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

/** Ids of checkpoints begin with their instant: the last one with a state is the newest. */
function newestStates(
  root: string,
  checkpoints: readonly LegacyCheckpointFile[],
): ReadonlyMap<string, SessionState> {
  const last = new Map(
    checkpoints.map(({ workflowId, file }) => [workflowId, file.path]),
  );
  const newest = new Map<string, SessionState>();
  for (const [workflowId, path] of last) {
    const state = stateAt(joinPath(root, path));
    if (state !== undefined) {
      newest.set(workflowId, rebuildFromCheckpoint(state));
    }
  }
  return newest;
}

function stateAt(path: string): SessionState | undefined {
  const checkpoint = decodeFile(path);
  if (checkpoint === undefined || checkpoint.snapshot === null) {
    return undefined;
  }
  try {
    return stateIn(checkpoint);
  } catch (error) {
    if (error instanceof OrcError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

function linkWarning(path: string): string {
  return `"${path}" is a symbolic link: it is not followed, and goes into the backup as it is`;
}

function foreignWarning(path: string): string {
  return `"${path}" is no checkpoint that can be read: it goes into the backup only`;
}
