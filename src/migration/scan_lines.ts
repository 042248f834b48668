import { notFound, unlessCorrupt } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import { type RepositoryLayout, repositoryLayout } from "../base/layout.ts";
import { CHECKPOINT_HEAD_BYTES, MAX_STATE_BYTES } from "../base/limits.ts";
import { CHECKPOINT_SUFFIX, isCheckpointId } from "../base/names.ts";
import { joinPath, nameOf, parentDirectory } from "../base/path.ts";
import { decodeCheckpoint, stateIn } from "../checkpoints/rules.ts";
import { decodeLogLine } from "../engine/event.ts";
import { decodeFeedbackLine, textIn } from "../feedback/rules.ts";
import { asOrcError } from "../files/errors.ts";
import { butThereIs } from "../files/near.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import {
  changedMeanwhile,
  factOf,
  type LegacyFile,
  type NewHash,
  openLegacy,
  readPieces,
  treeBelow,
} from "../files/tree.ts";
import { readAt } from "../files/write.ts";
import { linesFrom } from "../session/log.ts";
import {
  type LeftFile,
  type LegacyPlace,
  legacyPlacesIn,
  type LegacyRole,
} from "../session/ownership.ts";
import type { SessionState } from "../workflow/types.ts";
import { rebuildFromCheckpoint } from "./rebuild.ts";
import type {
  LegacyCheckpointFile,
  LinePart,
  LinesRole,
} from "./session_plan.ts";

export interface LegacyPlaces {
  readonly root: string;
  readonly places: readonly LegacyPlace[];
  /** A repository's own files move; a directory's or a file from elsewhere are copied. */
  readonly of: "repository" | "directory" | "file";
}

/** All places in a repository, each kind in the order in which it is read. */
export function legacyPlaces(layout: RepositoryLayout): LegacyPlaces {
  return {
    root: layout.root,
    places: legacyPlacesIn(layout),
    of: "repository",
  };
}

const LOG_SUFFIX = ".jsonl";

/**
 * What is imported from a path: the file there, a log or a state, or what the older tool kept in
 * that directory.
 */
export function placesToImport(path: string): LegacyPlaces {
  const kind = fileKind(path);
  if (kind === "directory") {
    return { ...legacyPlaces(repositoryLayout(path)), of: "directory" };
  }
  if (kind !== "file") {
    const near = kind === "absent" ? butThereIs("/", path) : "";
    const message =
      `Cannot import "${path}": it is no file or directory${near}`;
    const hint = "name a legacy state, a log, or the directory they are in";
    throw notFound("no_such_file", message, { path, hint });
  }
  const role = path.endsWith(LOG_SUFFIX) ? "log" : "state";
  const root = parentDirectory(path) ?? path;
  return { root, places: [{ path: nameOf(path), role }], of: "file" };
}

/** Places of these roles, in the order of the table. */
export function placesOf<Role extends LegacyRole>(
  { places }: LegacyPlaces,
  ...roles: readonly Role[]
): readonly LegacyPlace<Role>[] {
  return places.flatMap((place) => {
    const role = roles.find((role) => role === place.role);
    return role === undefined ? [] : [{ ...place, role }];
  });
}

/** Tells which workflow a line belongs to; empty when it names none. */
type OwnerOf = (line: string | undefined) => string;

/** How the Python tool begins a line of its log: enough to see whose it is. */
const LOG_LINE =
  /^\{"timestamp": "[^"\\]*", "event_type": "[^"\\]*", "workflow_id": "([^"\\]*)"/;

/** Makes the judge of a file's lines. Feedback on the tool names a workflow by its hash only. */
export function ownerOf(
  role: LinesRole,
  workflowOfHash: ReadonlyMap<string, string>,
): OwnerOf {
  if (role === "log") {
    return (line = "") =>
      LOG_LINE.exec(line)?.[1] ?? decodeLogLine(line)?.workflowId ?? "";
  }
  const key = role === "tool" ? "workflow_id_hash" : "workflow_id";
  return (line = "") => {
    const entry = decodeFeedbackLine(line);
    const name = entry === undefined ? null : textIn(entry, key);
    if (name === null) return "";
    return role === "tool" ? workflowOfHash.get(name) ?? "" : name;
  };
}

/** Counts what belongs to whom; each line is shown to whoever wants to see it. */
export function countParts(
  path: string,
  owner: OwnerOf,
  see: (workflowId: string, line: string | undefined) => void,
): readonly LinePart[] {
  const parts = new Map<string, LinePart>();
  withFile(path, (file) => {
    for (const { text, startBytes, endBytes } of linesFrom(file, 0)) {
      const workflowId = owner(text);
      const known = parts.get(workflowId);
      parts.set(workflowId, {
        workflowId,
        lines: (known?.lines ?? 0) + 1,
        sizeBytes: (known?.sizeBytes ?? 0) + endBytes - startBytes,
      });
      see(workflowId, text);
    }
  });
  return [...parts.values()];
}

const BLOCK_BYTES = 1024 * 1024;

/** Gives each workflow its bytes, in their order and unchanged; holds one block. */
export function divideLines(
  path: string,
  owner: OwnerOf,
  give: (workflowId: string, bytes: Uint8Array) => void,
): void {
  withFile(path, (file) =>
    withFile(path, (copied) => {
      for (const { workflowId, startBytes, endBytes } of runsIn(file, owner)) {
        for (let at = startBytes; at < endBytes; at += BLOCK_BYTES) {
          const size = Math.min(BLOCK_BYTES, endBytes - at);
          const bytes = readAt(copied, at, size);
          if (bytes.length < size) throw new Error("a file became shorter");
          give(workflowId, bytes);
        }
      }
    }));
}

/** Lines of one workflow that follow each other, as they stand in the file. */
function* runsIn(
  file: Deno.FsFile,
  owner: OwnerOf,
): Generator<{ workflowId: string; startBytes: number; endBytes: number }> {
  let run = { workflowId: "", startBytes: 0, endBytes: 0 };
  for (const { text, startBytes, endBytes } of linesFrom(file, 0)) {
    const workflowId = owner(text);
    if (workflowId !== run.workflowId) {
      yield run;
      run = { workflowId, startBytes, endBytes };
    }
    run.endBytes = endBytes;
  }
  yield run;
}

function withFile(path: string, work: (file: Deno.FsFile) => void): void {
  const file = openLegacy(path);
  try {
    work(file);
  } finally {
    file.close();
  }
}

export interface ScanOptions {
  readonly places: LegacyPlaces;
  /** Where everything is to go. */
  readonly layout: RepositoryLayout;
  readonly newHash: NewHash;
  /** Custom files that are to move too. */
  readonly includes: readonly string[];
  /** With which the workflows in feedback were hashed. */
  readonly salt: string;
  readonly onBytes?: (doneBytes: number, totalBytes: number) => void;
}

export interface Scan extends ScanOptions {
  readonly left: LeftFile[];
  readonly warnings: string[];
}

/** Checkpoints that were found, and the directory with all that lies in it. */
interface ScannedCheckpoints {
  readonly tree: readonly LegacyFile[];
  readonly checkpoints: readonly LegacyCheckpointFile[];
  /** Last state of each workflow, where a checkpoint still holds one. */
  readonly newest: ReadonlyMap<string, SessionState>;
}

/** Reads each checkpoint once, for its hash and its workflow. */
export function scanCheckpoints(scan: Scan): ScannedCheckpoints {
  const { places: { root } } = scan;
  const [place] = placesOf(scan.places, "checkpoints");
  const directory = place && factOf(root, place.path);
  return directory === undefined
    ? { tree: [], checkpoints: [], newest: new Map() }
    : checkpointsIn(scan, directory);
}

function checkpointsIn(scan: Scan, directory: LegacyFile): ScannedCheckpoints {
  const { places: { root }, warnings } = scan;
  const entries = treeBelow(root, directory.path);
  const totalBytes = entries.reduce((sum, file) => sum + file.sizeBytes, 0);
  const tree = [directory];
  const checkpoints: LegacyCheckpointFile[] = [];
  let doneBytes = 0;
  for (const entry of entries) {
    const { path, kind } = entry;
    if (kind === "symlink") {
      warnings.push(
        `"${path}" is a symbolic link: it is not followed, and goes into the backup as it is`,
      );
    }
    if (kind !== "file") {
      tree.push(entry);
      continue;
    }
    const { sha256, head } = readOnce(scan, entry);
    const file = { ...entry, sha256 };
    tree.push(file);
    doneBytes += file.sizeBytes;
    scan.onBytes?.(doneBytes, totalBytes);
    const name = path.slice(directory.path.length + 1);
    const workflowId = workflowIn(joinPath(root, path), name, head);
    if (workflowId !== undefined) checkpoints.push({ file, workflowId });
    else {
      warnings.push(
        `"${path}" is no checkpoint that can be read: it goes into the backup only`,
      );
    }
  }
  return { tree, checkpoints, newest: newestStates(root, checkpoints) };
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

/** Undefined for what is no checkpoint. */
function workflowIn(
  path: string,
  name: string,
  head: string,
): string | undefined {
  const id = name.endsWith(CHECKPOINT_SUFFIX)
    ? name.slice(0, -CHECKPOINT_SUFFIX.length)
    : "";
  if (!isCheckpointId(id)) return undefined;
  const [, named, workflowId] = HEAD.exec(head) ?? [];
  if (named !== undefined) return named === id ? workflowId : undefined;
  const checkpoint = decodeFile(path);
  return checkpoint?.id === id ? checkpoint.workflowId : undefined;
}

function decodeFile(
  path: string,
): ReturnType<typeof decodeCheckpoint> | undefined {
  const bytes = readRegularFile(path, MAX_STATE_BYTES);
  if (bytes === undefined) throw changedMeanwhile(path);
  return unlessCorrupt(() => decodeCheckpoint(decodeUtf8(bytes, path), path));
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
    const checkpoint = decodeFile(joinPath(root, path));
    if (!checkpoint?.snapshot) continue;
    const state = unlessCorrupt(() => stateIn(checkpoint));
    if (state) newest.set(workflowId, rebuildFromCheckpoint(state));
  }
  return newest;
}
