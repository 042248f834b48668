import { corrupt, notFound, OrcError } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import {
  ORCHESTRATOR_DIRECTORY,
  type RepositoryLayout,
  sessionLayout,
} from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import {
  CHECKPOINT_SUFFIX,
  checkpointId,
  checkpointPath,
  isCheckpointId,
  legacySessionId,
} from "../base/names.ts";
import { quoted } from "../base/text.ts";
import { assertOpen } from "../engine/situation.ts";
import { isDenied } from "../files/errors.ts";
import {
  entriesIn,
  guardDirectory,
  guardPath,
  isThere,
  readRegularFile,
} from "../files/read.ts";
import {
  makeDirectory,
  removeIfThere,
  syncDirectory,
  writeAtomic,
} from "../files/write.ts";
import type { Host, ProgramResult } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { withSessionLock } from "../session/create.ts";
import { assertWritable } from "../session/encode.ts";
import { unlessDamaged } from "../session/entries.ts";
import { readSession } from "../session/read.ts";
import type { Session } from "../session/store.ts";
import {
  type Checkpoint,
  type CheckpointFacts,
  type CheckpointLine,
  DAMAGED_CHECKPOINT_HINT,
  decodeCheckpoint,
  encodeCheckpoint,
  newCheckpoint,
} from "./rules.ts";

export interface FoundCheckpoints {
  readonly checkpoints: readonly CheckpointLine[];
  /** Why others cannot be read, as sentences for people. */
  readonly problems: readonly string[];
}

/** Reads all checkpoints of a session, or of the older tool, by their ids; a damaged one is named. */
export function readCheckpoints(
  layout: RepositoryLayout,
  directory: string,
  session?: string,
): FoundCheckpoints {
  const checkpoints: CheckpointLine[] = [];
  const problems: string[] = [];
  for (const id of checkpointIds(layout, directory)) {
    try {
      const { checkpoint, ...file } = readFile(directory, id);
      // A state that nobody asked for would keep its memory as long as the list.
      const { snapshot: _snapshot, parentId: _parentId, ...line } = checkpoint;
      checkpoints.push({
        ...line,
        ...file,
        session: session ?? legacySessionId(line.workflowId),
        legacy: session === undefined,
      });
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      if (error.kind !== "not_found") problems.push(error.message);
    }
  }
  return { checkpoints, problems };
}

export function readCheckpoint(
  layout: RepositoryLayout,
  directory: string,
  id: string,
): Checkpoint {
  guardDirectory(layout.root, directory);
  return readFile(directory, id).checkpoint;
}

function checkpointIds(
  { root }: RepositoryLayout,
  directory: string,
): readonly string[] {
  guardDirectory(root, directory);
  return entriesIn(directory, "list the checkpoints in")
    .filter(({ name }) => name.endsWith(CHECKPOINT_SUFFIX))
    .map(({ name }) => name.slice(0, -CHECKPOINT_SUFFIX.length))
    .filter(isCheckpointId)
    .sort();
}

function readFile(
  directory: string,
  id: string,
): Pick<CheckpointLine, "path" | "sizeBytes"> & { checkpoint: Checkpoint } {
  const path = checkpointPath(directory, id);
  const bytes = readRegularFile(path, MAX_STATE_BYTES);
  if (bytes === undefined) {
    const more = { path, hint: "orc checkpoints" };
    throw notFound("no_such_checkpoint", `No checkpoint "${id}"`, more);
  }
  const text = decodeUtf8(bytes, path, DAMAGED_CHECKPOINT_HINT);
  const checkpoint = decodeCheckpoint(text, path);
  if (checkpoint.id === id) {
    return { checkpoint, path, sizeBytes: bytes.length };
  }
  throw corrupt(
    "misnamed_checkpoint",
    `"${path}" holds checkpoint ${
      quoted(checkpoint.id)
    }: its name does not fit`,
    { path, hint: DAMAGED_CHECKPOINT_HINT },
  );
}

type LockedRepository = Pick<Repository, "layout" | "context">;

/** Stores a checkpoint of a session as it is under its lock; never replaces a file that is there. */
export async function writeCheckpoint(
  repository: LockedRepository,
  sessionId: string,
  facts: Omit<CheckpointFacts, "id" | "at">,
): Promise<{
  readonly checkpoint: Checkpoint;
  readonly path: string;
  readonly warnings: readonly string[];
}> {
  const { layout, context } = repository;
  const paths = sessionLayout(layout.root, sessionId);
  const { checkpoints: guarded } = paths;
  const act = { id: sessionId, guarded, doing: "save a checkpoint in" };
  return await withSessionLock(layout, context, act, async (lock) => {
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
    if (!isThere(paths.checkpoints)) {
      makeDirectory(paths.checkpoints);
      // Before anything is kept in it, or a power cut takes it all away.
      syncDirectory(paths.directory);
    }
    const warnings = writeAtomic(path, bytes, {
      token: lock.token,
      // Where the next holder of the lock sweeps up what a crash left behind.
      stagingDirectory: paths.directory,
      fence: () => lock.assertHeld(),
    });
    return { checkpoint, path, warnings };
  });
}

/** Returns the ids of those that were still there. */
export async function removeCheckpoints(
  repository: LockedRepository,
  sessionId: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  const { layout, context } = repository;
  const { root } = layout;
  const { checkpoints: guarded } = sessionLayout(root, sessionId);
  const act = { id: sessionId, guarded, doing: "remove checkpoints in" };
  return await withSessionLock(layout, context, act, () => {
    guardDirectory(root, guarded);
    const removed = ids.filter((id) => {
      const path = checkpointPath(guarded, id);
      guardPath(root, path);
      return removeIfThere(path);
    });
    if (removed.length > 0) syncDirectory(guarded);
    return removed;
  });
}

/** Two checkpoints of one instant differ by chance only; more tries than digits mean no chance. */
const MAX_NAME_TRIES = 10_000;

function freeName(
  directory: string,
  newId: () => string,
): { readonly id: string; readonly path: string } {
  for (let tries = 0; tries < MAX_NAME_TRIES; tries++) {
    const id = newId();
    const path = checkpointPath(directory, id);
    if (!isThere(path)) return { id, path };
  }
  throw new Error(`No name is free in "${directory}"`);
}

/** Finds the checkpoints of a session, oldest first, also those it had before it was adopted. */
export function checkpointsOf(
  { layout }: Repository,
  { id, state }: Pick<Session, "id" | "state">,
): FoundCheckpoints {
  const own = ownCheckpoints(layout, id);
  const legacy = readCheckpoints(layout, layout.legacyCheckpoints);
  // One that was copied to the new place counts there.
  const lines = new Map(
    [...legacy.checkpoints, ...own.checkpoints].map((line) => [line.id, line]),
  );
  return {
    checkpoints: [...lines.values()]
      .filter(({ workflowId }) => workflowId === state.workflowId)
      .map((line) => ({ ...line, session: id }))
      .sort(oldestFirst),
    problems: [...legacy.problems, ...own.problems],
  };
}

/** Finds the checkpoints of all sessions, oldest first, whatever lies among them. */
export async function allCheckpoints(
  { layout, store }: Repository,
): Promise<FoundCheckpoints> {
  const legacy = readCheckpoints(layout, layout.legacyCheckpoints);
  const lines = [legacy.checkpoints];
  const problems = [...legacy.problems];
  for (const id of await store.ids()) {
    // The directory of one session must not hide the others.
    const own = await unlessDamaged(() => ownCheckpoints(layout, id), problems);
    if (own === undefined) continue;
    lines.push(own.checkpoints);
    problems.push(...own.problems);
  }
  return { checkpoints: lines.flat().sort(oldestFirst), problems };
}

function ownCheckpoints(
  layout: RepositoryLayout,
  session: string,
): FoundCheckpoints {
  const { checkpoints } = sessionLayout(layout.root, session);
  return readCheckpoints(layout, checkpoints, session);
}

/** By the instant, as far as it was written down; ids begin with it too. */
function oldestFirst(one: CheckpointLine, other: CheckpointLine): number {
  const [a, b] = one.at === other.at ? [one.id, other.id] : [one.at, other.at];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Enough to remember what somebody was working on. */
const MAX_FILES = 10;

/** Git takes longer only where it waits for something; nobody waits for it here. */
const GIT_TIMEOUT_MS = 5_000;

/** Runs nothing that the configuration of a repository names: neither monitors nor hooks. */
const INERT = "--no-pager -c core.fsmonitor=false -c core.hooksPath=/dev/null"
  .split(" ");

const LIST_FILTERS = String.raw`config -z --name-only --get-regexp ^filter\.`
  .split(" ");

const LIST_FILES = "ls-files -z --modified --others --exclude-standard"
  .split(" ");

const NOTHING = "ORCHESTRATOR_NOTHING";

/** Asks nobody, and reaches no other machine: a partial clone would run a program to fetch what it lacks. */
const INERT_VARIABLES = {
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  GIT_NO_LAZY_FETCH: "1",
  GIT_ALLOW_PROTOCOL: "",
  [NOTHING]: "",
} as const;

/**
 * Names files that git sees as changed or new; none where git is missing, fails or may not be
 * run. Nobody vouches for the repository: git runs no program that its configuration names.
 */
export async function changedFiles(
  host: Host,
  workingDirectory: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const runGit = (words: readonly string[]) =>
    host.runProgram({
      command: ["git", ...INERT, ...words],
      workingDirectory,
      timeoutMs: GIT_TIMEOUT_MS,
      variables: INERT_VARIABLES,
      signal,
    });
  try {
    const overrides = withoutFilters(await runGit(LIST_FILTERS));
    if (overrides === undefined) return [];
    const listed = await runGit([...overrides, ...LIST_FILES]);
    if (listed.exitCode !== 0 || listed.problem !== null) return [];
    return namesIn(listed.stdout).slice(0, MAX_FILES);
  } catch (error) {
    if (isDenied(error)) return [];
    throw error;
  }
}

/** What stands where a long output was cut. */
const CUT = "\n… ";

/** The names in a list; the state of a portable repository is shown to git, and nobody works on that. */
function namesIn(output: string): readonly string[] {
  const [whole = "", cut] = output.split(CUT);
  const names = whole.split("\0");
  // Each name ends with NUL; the last piece is empty, or a name that was cut.
  const complete = cut === undefined ? names : names.slice(0, -1);
  return complete.filter((name) =>
    name !== "" && !name.startsWith(`${ORCHESTRATOR_DIRECTORY}/`)
  );
}

/** How `git config` ends where nothing is set. */
const NOTHING_FOUND = 1;

/** Options that turn off each filter by its name; undefined where not all names are known. */
function withoutFilters(
  { exitCode, problem, stdout, notUtf8 }: ProgramResult,
): readonly string[] | undefined {
  if (problem !== null) return undefined;
  if (exitCode === NOTHING_FOUND) return [];
  const isWhole = !stdout.includes(CUT) && !notUtf8.includes("stdout");
  if (exitCode !== 0 || !isWhole) return undefined;
  const keys = stdout.split("\0")
    .filter((key) => /\.(?:clean|process|required)$/.test(key));
  // Unlike `-c`, this takes a name with "=" in it.
  return [...new Set(keys)].map((key) => `--config-env=${key}=${NOTHING}`);
}
