import { corrupt, notFound, OrcError } from "../base/error.ts";
import { legacySessionId } from "../base/ids.ts";
import { decodeUtf8 } from "../base/json.ts";
import {
  CHECKPOINT_SUFFIX,
  type RepositoryLayout,
  sessionLayout,
} from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { checkpointId, checkpointPath, isCheckpointId } from "../base/names.ts";
import { quoted } from "../base/text.ts";
import { assertOpen } from "../engine/situation.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { type HeldLock, type LockContext, withLock } from "../files/lock.ts";
import {
  fileKind,
  guardDirectory,
  guardPath,
  readRegularFile,
} from "../files/read.ts";
import {
  makeDirectory,
  removeIfThere,
  syncDirectory,
  writeAtomic,
} from "../files/write.ts";
import type { Repository } from "../repository/open.ts";
import {
  assertWritable,
  noSuchSession,
  readSession,
  type Session,
} from "../session/read.ts";
import {
  type Checkpoint,
  type CheckpointFacts,
  DAMAGED_CHECKPOINT_HINT,
  decodeCheckpoint,
  encodeCheckpoint,
  newCheckpoint,
} from "./rules.ts";

/** A checkpoint as a list shows it: everything but the state in it. */
interface CheckpointEntry extends Omit<Checkpoint, "snapshot"> {
  /** The file it was read from. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** What lies in a directory of checkpoints. */
interface CheckpointFiles {
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
  return notFound("no_such_checkpoint", `No checkpoint "${id}"`, {
    path,
    hint: "orc checkpoints",
  });
}

function misnamed(path: string, id: string): OrcError {
  return corrupt(
    "misnamed_checkpoint",
    `"${path}" holds checkpoint ${quoted(id)}: its name does not fit`,
    { path, hint: DAMAGED_CHECKPOINT_HINT },
  );
}

/** A session whose checkpoints are to be changed. */
interface CheckpointTarget {
  readonly layout: RepositoryLayout;
  readonly context: LockContext;
  readonly sessionId: string;
}

/** A checkpoint that is stored. */
interface SavedCheckpoint {
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

/** A checkpoint in one line. */
export interface CheckpointLine {
  /** What `orc resume` takes; begins with the instant it was made at. */
  readonly id: string;
  /** Id of the session it belongs to. */
  readonly session: string;
  /** `wf_` and eight hex digits, part of every line of that session's log. */
  readonly workflowId: string;
  /** Id of the phase the session was in. */
  readonly phaseId: string;
  /** The item that was being worked on; null when none was. */
  readonly itemId: string | null;
  /** When it was made, as its writer spells it; empty when its file does not say. */
  readonly at: string;
  /** What it is for, in the words of whoever made it; null without any. */
  readonly message: string | null;
  /** Task, phase and progress in one line; null in old files. */
  readonly summary: string | null;
  /** What was decided. */
  readonly decisions: readonly string[];
  /** Files that were being worked on. */
  readonly files: readonly string[];
  /** The file that holds it. */
  readonly path: string;
  /** Size of that file. */
  readonly sizeBytes: number;
  /** Whether it lies in the older tool's directory, which orc only reads. */
  readonly legacy: boolean;
}

/** Checkpoints that were found. */
export interface FoundCheckpoints {
  /** Oldest first. */
  readonly checkpoints: readonly CheckpointLine[];
  /** Why others cannot be read, as sentences for people. */
  readonly problems: readonly string[];
}

/**
 * Finds the checkpoints of a session, also those it had before it was adopted.
 * What was copied there from other sessions does not count.
 */
export function checkpointsOf(
  repository: Repository,
  { id, state }: Pick<Session, "id" | "state">,
): FoundCheckpoints {
  const own = ownCheckpoints(repository, id);
  const legacy = legacyCheckpoints(repository);
  const names = new Set(own.checkpoints.map((line) => line.id));
  const lines = [
    ...legacy.checkpoints.filter((line) => !names.has(line.id)),
    ...own.checkpoints,
  ];
  return {
    checkpoints: lines
      .filter(({ workflowId }) => workflowId === state.workflowId)
      .map((line) => ({ ...line, session: id }))
      .sort(oldestFirst),
    problems: [...legacy.problems, ...own.problems],
  };
}

/** Finds the checkpoints of all sessions, whatever lies among them. */
export function allCheckpoints(repository: Repository): FoundCheckpoints {
  const found = [
    legacyCheckpoints(repository),
    ...repository.store.ids().map((id) => unlessRefused(repository, id)),
  ];
  return {
    checkpoints: found.flatMap(({ checkpoints }) => checkpoints)
      .sort(oldestFirst),
    problems: found.flatMap(({ problems }) => problems),
  };
}

/** The directory of one session must not hide the others. */
function unlessRefused(repository: Repository, id: string): FoundCheckpoints {
  try {
    return ownCheckpoints(repository, id);
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return { checkpoints: [], problems: [error.message] };
  }
}

function ownCheckpoints(
  { layout }: Repository,
  session: string,
): FoundCheckpoints {
  const { checkpoints } = sessionLayout(layout.root, session);
  const { entries, problems } = readCheckpoints(layout, checkpoints);
  return {
    checkpoints: entries.map((entry) => lineOf(entry, session, false)),
    problems,
  };
}

function legacyCheckpoints({ layout }: Repository): FoundCheckpoints {
  const { entries, problems } = readCheckpoints(
    layout,
    layout.legacyCheckpoints,
  );
  return {
    checkpoints: entries.map((entry) =>
      lineOf(entry, legacySessionId(entry.workflowId), true)
    ),
    problems,
  };
}

function lineOf(
  { parentId: _parentId, ...entry }: CheckpointEntry,
  session: string,
  legacy: boolean,
): CheckpointLine {
  return { ...entry, session, legacy };
}

/** By the instant, as far as it was written down; ids begin with it too. */
function oldestFirst(one: CheckpointLine, other: CheckpointLine): number {
  const [a, b] = one.at === other.at ? [one.id, other.id] : [one.at, other.at];
  return a < b ? -1 : a > b ? 1 : 0;
}
