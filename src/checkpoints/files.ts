import { corrupt, onRefusal } from "../base/error.ts";
import { ORCHESTRATOR_DIRECTORY } from "../base/layout.ts";
import {
  checkpointId,
  DAMAGED_CHECKPOINT_HINT,
  legacySessionId,
} from "../base/names.ts";
import { quoted } from "../base/text.ts";
import { assertOpen } from "../engine/situation.ts";
import { isDenied } from "../files/errors.ts";
import type { Host, ProgramResult } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { unlessDamaged } from "../session/entries.ts";
import { checkpointsIn } from "../session/kept/checkpoints.ts";
import type { Checkpoints, KeptCheckpoint, Session } from "../session/store.ts";
import {
  type Checkpoint,
  type CheckpointFacts,
  type CheckpointLine,
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
export async function readCheckpoints(
  kept: Pick<Checkpoints, "all">,
  session?: string,
): Promise<FoundCheckpoints> {
  const checkpoints: CheckpointLine[] = [];
  const problems: string[] = [];
  for await (const file of kept.all(problems)) {
    try {
      // A state that nobody asked for would keep its memory as long as the list.
      const { snapshot: _snapshot, parentId: _parentId, ...line } = decoded(
        file,
      );
      const { path, sizeBytes } = file;
      checkpoints.push({
        ...line,
        ...{ path, sizeBytes },
        session: session ?? legacySessionId(line.workflowId),
        legacy: session === undefined,
      });
    } catch (error) {
      onRefusal(({ message }) => problems.push(message))(error);
    }
  }
  return { checkpoints, problems };
}

/** Reads a checkpoint again that was listed, with its state. */
export async function readCheckpoint(
  repository: Repository,
  { id, session, legacy }: Pick<CheckpointLine, "id" | "session" | "legacy">,
): Promise<Checkpoint> {
  const kept = legacy
    ? legacyCheckpoints(repository)
    : await repository.store.checkpoints(session);
  return decoded(await kept.read(id));
}

export function decoded({ id, path, text }: KeptCheckpoint): Checkpoint {
  const checkpoint = decodeCheckpoint(text, path);
  if (checkpoint.id === id) return checkpoint;
  throw corrupt(
    "misnamed_checkpoint",
    `"${path}" holds checkpoint ${
      quoted(checkpoint.id)
    }: its name does not fit`,
    { path, hint: DAMAGED_CHECKPOINT_HINT },
  );
}

/** Stores a checkpoint of a session as it is under its lock; never replaces one that is there. */
export async function writeCheckpoint(
  { store, context }: Pick<Repository, "store" | "context">,
  sessionId: string,
  facts: Omit<CheckpointFacts, "id" | "at">,
): Promise<{
  readonly checkpoint: Checkpoint;
  readonly path: string;
  readonly warnings: readonly string[];
}> {
  const kept = await store.checkpoints(sessionId);
  const made: Checkpoint[] = [];
  const saved = await kept.save((session) => {
    assertOpen(session.state);
    const at = context.now();
    const id = checkpointId(session.state.workflowId, at, context.newToken());
    const checkpoint = newCheckpoint(session, { ...facts, id, at });
    made.push(checkpoint);
    return { id, text: encodeCheckpoint(checkpoint) };
  });
  const [checkpoint] = made.slice(-1);
  if (checkpoint === undefined) throw new Error("Nothing was made to keep");
  return { checkpoint, ...saved };
}

/** Finds the checkpoints of a session, oldest first, also those it had before it was adopted. */
export async function checkpointsOf(
  repository: Repository,
  { id, state }: Pick<Session, "id" | "state">,
): Promise<FoundCheckpoints> {
  const own = await ownCheckpoints(repository, id);
  const legacy = await readCheckpoints(legacyCheckpoints(repository));
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
  repository: Repository,
): Promise<FoundCheckpoints> {
  const legacy = await readCheckpoints(legacyCheckpoints(repository));
  const lines = [legacy.checkpoints];
  const problems = [...legacy.problems];
  for (const id of await repository.store.ids()) {
    // The directory of one session must not hide the others.
    const own = await unlessDamaged(
      () => ownCheckpoints(repository, id),
      problems,
    );
    if (own === undefined) continue;
    lines.push(own.checkpoints);
    problems.push(...own.problems);
  }
  return { checkpoints: lines.flat().sort(oldestFirst), problems };
}

async function ownCheckpoints(
  { store }: Repository,
  session: string,
): Promise<FoundCheckpoints> {
  return await readCheckpoints(await store.checkpoints(session), session);
}

/** Those in the older tool's directory, which orc only reads. */
function legacyCheckpoints(
  { layout: { root, legacyCheckpoints } }: Repository,
): Pick<Checkpoints, "all" | "read"> {
  return checkpointsIn(root, legacyCheckpoints);
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
