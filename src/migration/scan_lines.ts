import { OrcError } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import {
  CHECKPOINT_SUFFIX,
  LEGACY_WHOLES,
  type LegacyWhole,
  type RepositoryLayout,
} from "../base/layout.ts";
import { CHECKPOINT_HEAD_BYTES, MAX_STATE_BYTES } from "../base/limits.ts";
import { isCheckpointId } from "../base/names.ts";
import { joinPath, relativePath } from "../base/path.ts";
import { decodeCheckpoint, stateIn } from "../checkpoints/rules.ts";
import { decodeLogLine } from "../engine/event.ts";
import { decodeFeedbackLine, textIn } from "../feedback/rules.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { readRegularFile } from "../files/read.ts";
import {
  changedMeanwhile,
  factOf,
  type LegacyFile,
  type NewHash,
  openLegacy,
  readPieces,
  treeBelow,
} from "../files/tree.ts";
import { linesFrom } from "../session/log_read.ts";
import type { SessionState } from "../workflow/types.ts";
import {
  type LeftFile,
  type LegacyCheckpointFile,
  type LinePart,
  type LinesRole,
  rebuildFromCheckpoint,
} from "./session_plan.ts";

/** Checkpoints that were found, and the directory with all that lies in it. */
interface ScannedCheckpoints {
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
  if (role === "log") return ownerOfEvent;
  const key = role === "tool" ? "workflow_id_hash" : "workflow_id";
  return (line = "") => {
    const entry = decodeFeedbackLine(line);
    const name = entry === undefined ? null : textIn(entry, key);
    if (name === null) return "";
    return role === "tool" ? workflowOfHash.get(name) ?? "" : name;
  };
}

function ownerOfEvent(line = ""): string {
  return LOG_LINE.exec(line)?.[1] ?? decodeLogLine(line)?.workflowId ?? "";
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
  const block = new Uint8Array(BLOCK_BYTES);
  withFile(path, (file) =>
    withFile(path, (copied) => {
      let run = { workflowId: "", startBytes: 0, endBytes: 0 };
      const giveRun = () => copyRun(copied, run, block, give);
      for (const { text, startBytes, endBytes } of linesFrom(file, 0)) {
        const workflowId = owner(text);
        if (workflowId === run.workflowId) {
          run.endBytes = endBytes;
          continue;
        }
        giveRun();
        run = { workflowId, startBytes, endBytes };
      }
      giveRun();
    }));
}

interface Run {
  readonly workflowId: string;
  readonly startBytes: number;
  readonly endBytes: number;
}

/** Lines of one workflow that follow each other, as they stand in the file. */
function copyRun(
  file: Deno.FsFile,
  { workflowId, startBytes, endBytes }: Run,
  block: Uint8Array,
  give: (workflowId: string, bytes: Uint8Array) => void,
): void {
  file.seekSync(startBytes, 0);
  for (let left = endBytes - startBytes; left > 0;) {
    const count = file.readSync(
      block.subarray(0, Math.min(left, block.length)),
    );
    if (!count) throw new Error("a file became shorter");
    give(workflowId, block.subarray(0, count));
    left -= count;
  }
}

function withFile(path: string, work: (file: Deno.FsFile) => void): void {
  const file = openLegacy(path);
  try {
    work(file);
  } finally {
    file.close();
  }
}

/** Where the older tool kept what; all paths seen from the root. */
export interface LegacyPlaces {
  readonly root: string;
  /** That of the root first. */
  readonly states: readonly string[];
  /** The one of the states whose name others use too. */
  readonly foreignState: string | null;
  readonly logs: readonly string[];
  readonly feedback: readonly {
    readonly path: string;
    readonly role: LinesRole;
  }[];
  /** Directory of the checkpoints. */
  readonly checkpoints: string | null;
  readonly wholes: readonly LegacyWhole[];
  /** Whether further files of its kind are looked for. */
  readonly hasCustom: boolean;
}

/** All places in a repository. */
export function legacyPlaces(layout: RepositoryLayout): LegacyPlaces {
  const below = (path: string): string =>
    relativePath(layout.root, path) ?? path;
  return {
    root: layout.root,
    states: [below(layout.legacyState), below(layout.sessionlessState)],
    foreignState: below(layout.sessionlessState),
    logs: [below(layout.legacyLog), below(layout.sessionlessLog)],
    feedback: [
      // The oldest first, as it was written before the other two.
      { path: below(layout.legacyFeedback), role: "both" },
      { path: below(layout.legacyToolFeedback), role: "tool" },
      { path: below(layout.legacyProcessFeedback), role: "process" },
    ],
    checkpoints: below(layout.legacyCheckpoints),
    wholes: LEGACY_WHOLES,
    hasCustom: true,
  };
}

/** Nothing but one file, which is a log or a state. */
export function onlyFile(
  root: string,
  name: string,
  role: "state" | "log",
): LegacyPlaces {
  return {
    root,
    states: role === "state" ? [name] : [],
    foreignState: null,
    logs: role === "log" ? [name] : [],
    feedback: [],
    checkpoints: null,
    wholes: [],
    hasCustom: false,
  };
}

/** How far a reading of many bytes is. */
type OnBytes = (doneBytes: number, totalBytes: number) => void;

/** What is looked for, and what for. */
export interface ScanOptions {
  readonly places: LegacyPlaces;
  /** Where everything is to go. */
  readonly layout: RepositoryLayout;
  readonly newHash: NewHash;
  /** Custom files that are to move too. */
  readonly includes: readonly string[];
  /** With which the workflows in feedback were hashed. */
  readonly salt: string;
  readonly onBytes?: OnBytes;
}

/** What is being gathered. */
export interface Scan extends ScanOptions {
  readonly left: LeftFile[];
  readonly warnings: string[];
}

/** What is no regular file is left where it lies; links are not followed. */
export function regularFact(
  root: string,
  path: string,
  left: LeftFile[],
): LegacyFile | undefined {
  const fact = factOf(root, path);
  const isBehindLink = parentsOf(path).some((parent) =>
    factOf(root, parent)?.kind === "symlink"
  );
  if (fact === undefined || (fact.kind === "file" && !isBehindLink)) {
    return fact;
  }
  const reason = isBehindLink || fact.kind === "symlink"
    ? "it is a symbolic link, which orc does not follow"
    : "it is no regular file";
  left.push({ path, reason });
  return undefined;
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** Whether both places lie on one file system. */
export function isSameDevice(
  { root, directory }: RepositoryLayout,
  places: LegacyPlaces,
): boolean {
  const { checkpoints } = places;
  if (checkpoints === null) return false;
  const source = deviceOf(joinPath(places.root, checkpoints));
  const target = deviceOf(directory) ?? deviceOf(root);
  return places.root === root && source !== undefined && source === target;
}

function deviceOf(path: string): number | undefined {
  try {
    return Deno.lstatSync(path).dev;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw asOrcError(error, "look at", path);
  }
}
