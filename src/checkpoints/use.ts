import { notFound, OrcError, refused, usage } from "../base/error.ts";
import { ORCHESTRATOR_DIRECTORY } from "../base/layout.ts";
import { MAX_NOTES_LENGTH } from "../base/limits.ts";
import { matchCheckpointId } from "../base/names.ts";
import { parentDirectory } from "../base/path.ts";
import {
  lengthOf,
  parseWholeNumber,
  sizeText,
  uncapitalised,
} from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import { planRestore, type RestoreChange } from "../engine/restore.ts";
import { type ActionOf, assertOpen } from "../engine/situation.ts";
import type { Host, ProgramResult } from "../host/host.ts";
import { openRepository, type Place, placeOf } from "../repository/open.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { sessionMasker } from "../secrets/masker.ts";
import { assertWritable } from "../session/read.ts";
import { isConfirmed } from "../work/change.ts";
import {
  allCheckpoints,
  type CheckpointLine,
  checkpointsOf,
  type FoundCheckpoints,
  readCheckpoint,
  removeCheckpoints,
  writeCheckpoint,
} from "./files.ts";
import { stateIn } from "./rules.ts";

/** What whoever returns to a checkpoint should know. */
export interface CheckpointOptions extends SessionOptions {
  /** What it is for; at most 2000 characters. */
  readonly message?: string;
  /** What was decided; each at most 2000 characters. */
  readonly decisions?: readonly string[];
  /**
   * Files that are being worked on; up to 10 that git sees as changed are added.
   */
  readonly files?: readonly string[];
}

/** A checkpoint that is stored. */
export interface SavedCheckpoint {
  /** Of which session, and where it is. */
  readonly place: Place;
  /** What `orc resume` takes. */
  readonly id: string;
  /** The file that holds it. */
  readonly path: string;
  /** Id of the phase the session is in. */
  readonly phase: string;
  /** Id of the item that is being worked on; null when none is. */
  readonly item: string | null;
  /** What it is for; null without any. */
  readonly message: string | null;
  /** What was decided. */
  readonly decisions: readonly string[];
  /** The files given, and those that git sees as changed. */
  readonly files: readonly string[];
  /** What went wrong after it was stored, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Keeps a copy of a session's state to return to, in the format of the Python
 * tool, with what an agent has to know that lost its memory. The session itself
 * does not change.
 *
 * Requires `--allow-read` and `--allow-write`, and `--allow-run` to ask git for
 * files; without it none are added.
 *
 * @throws {OrcError} `session_closed` (refused) if the session has ended
 * @throws {OrcError} `text_too_long` (usage) if a text is
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, saveCheckpoint, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await startSession(host, { root, task: "Add login" });
 * const decisions = ["Tokens live an hour"];
 * const { phase } = await saveCheckpoint(host, { root, decisions });
 * assertEquals(phase, "PLAN");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function saveCheckpoint(
  host: Host,
  options: CheckpointOptions = {},
): Promise<SavedCheckpoint> {
  const texts = textsOf(options);
  const opened = await openSession(host, options);
  const { mask } = await sessionMasker(host, opened);
  const { message, decisions, files } = maskTexts(texts, mask);
  const { repository, session, place } = opened;
  assertOpen(session.state);
  const { workingTree } = repository.found;
  // Before the lock is taken: git may take its time.
  const changed = await changedFiles(host, workingTree);
  await adoptIfLegacy(host, opened);
  const { layout, context } = repository;
  const { checkpoint, path, warnings } = await writeCheckpoint(
    { layout, context, sessionId: session.id },
    { message, decisions, files: [...new Set([...files, ...changed])] },
  );
  return {
    place,
    id: checkpoint.id,
    path,
    phase: checkpoint.phaseId,
    item: checkpoint.itemId,
    message,
    decisions,
    files: checkpoint.files,
    warnings,
  };
}

/** What is said with a checkpoint. */
interface Texts {
  readonly message: string | null;
  readonly decisions: readonly string[];
  readonly files: readonly string[];
}

function maskTexts(
  { message, decisions, files }: Texts,
  mask: (text: string) => string,
): Texts {
  return {
    message: message === null ? null : mask(message),
    decisions: decisions.map(mask),
    files: files.map(mask),
  };
}

/** Blank texts say nothing, and are left out. */
function textsOf(
  { message = "", decisions = [], files = [] }: CheckpointOptions,
): Texts {
  return {
    message: fitting("message", [message])[0] ?? null,
    decisions: fitting("decision", decisions),
    files: fitting("file name", files),
  };
}

function fitting(name: string, texts: readonly string[]): readonly string[] {
  const trimmed = texts.map((text) => text.trim());
  const tooLong = trimmed.find((text) => lengthOf(text) > MAX_NOTES_LENGTH);
  if (tooLong === undefined) return trimmed.filter((text) => text !== "");
  throw usage(
    "text_too_long",
    `The ${name} has ${
      lengthOf(tooLong)
    } characters; at most ${MAX_NOTES_LENGTH} are kept`,
    "say it shorter, or write it into a file and name the file",
  );
}

async function adoptIfLegacy(
  host: Host,
  { repository, session }: OpenedSession,
): Promise<void> {
  if (session.legacyPath === null) return;
  assertWritable(session, session.legacyPath);
  const { adoptLegacySession } = await import("../work/legacy.ts");
  await adoptLegacySession(host, repository, session.id);
}

/** Whose checkpoints. */
export interface CheckpointListOptions extends SessionOptions {
  /** Those of all sessions of the repository. */
  readonly all?: boolean;
}

/** Checkpoints of a session, or of all. */
export interface CheckpointList {
  /** Where they are; no session where they are those of all. */
  readonly place: Place;
  /** Newest first. */
  readonly checkpoints: readonly CheckpointLine[];
  /** Why others cannot be read, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Lists checkpoints, newest first. A damaged one is named and hides no other.
 * Takes no lock and writes nothing. Reads every file, so that its time grows
 * with their number.
 *
 * Requires `--allow-read`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as orc from "@orc/cli";
 *
 * const host = { ...orc.denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await orc.startSession(host, { root, task: "Add login" });
 * await orc.saveCheckpoint(host, { root, message: "Before the merge" });
 * const { checkpoints } = await orc.listCheckpoints(host, { root });
 * assertEquals(checkpoints[0]?.message, "Before the merge");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function listCheckpoints(
  host: Host,
  options: CheckpointListOptions = {},
): Promise<CheckpointList> {
  if (options.all === true) {
    const repository = openRepository(host, options);
    return listOf(placeOf(repository, null), allCheckpoints(repository));
  }
  const { repository, session, place } = await openSession(host, options);
  return listOf(place, checkpointsOf(repository, session));
}

function listOf(
  place: Place,
  { checkpoints, problems }: FoundCheckpoints,
): CheckpointList {
  return { place, checkpoints: checkpoints.toReversed(), warnings: problems };
}

/** Which checkpoints of a session to remove, and how sure that is. */
export interface CheckpointCleanupOptions extends SessionOptions {
  /** How many of the newest stay in any case, as typed; 5 without it. */
  readonly keep?: string;
  /**
   * Whole days after which the others go, as typed. Without it 30, or at once if
   * `keep` is given.
   */
  readonly maxAge?: string;
  /** Removes nothing. */
  readonly dryRun?: boolean;
  /** Asks nobody. */
  readonly yes?: boolean;
}

/** What a cleanup of checkpoints did, or would do. */
export interface CheckpointCleanup {
  /** Of which session, and where it is. */
  readonly place: Place;
  /** Whether nothing was removed because only the plan was asked for. */
  readonly dryRun: boolean;
  /** What was removed, newest first; in a dry run, what would be. */
  readonly checkpoints: readonly CheckpointLine[];
  /** Bytes of all of them. */
  readonly sizeBytes: number;
  /** How many others the session has. */
  readonly kept: number;
  /** Why others cannot be read; those stay. */
  readonly warnings: readonly string[];
}

const KEPT = 5;
const MAX_AGE_DAYS = 30;
const MAX_NUMBER = 100_000;
const DAY_MS = 86_400_000;

/**
 * Removes old checkpoints of a session. Those of other sessions, those in the
 * older tool's directory and those that cannot be read stay.
 *
 * Requires `--allow-read`, and `--allow-write` to remove.
 *
 * @throws {OrcError} `invalid_number` (usage) if a number is none
 * @throws {OrcError} `not_confirmed` (refused) if nobody says yes
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as orc from "@orc/cli";
 *
 * const host = { ...orc.denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await orc.startSession(host, { root, task: "Add login" });
 * for (const message of ["one", "two"]) {
 *   await orc.saveCheckpoint(host, { root, message });
 * }
 * const options = { root, keep: "1", yes: true };
 * const { kept } = await orc.cleanCheckpoints(host, options);
 * assertEquals(kept, 1);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function cleanCheckpoints(
  host: Host,
  options: CheckpointCleanupOptions = {},
): Promise<CheckpointCleanup> {
  const rule = ruleOf(options);
  const { repository, session, place } = await openSession(host, options);
  const found = checkpointsOf(repository, session);
  const newestFirst = found.checkpoints.toReversed();
  const nowMs = epochMsOf(host.now()) ?? 0;
  const checkpoints = newestFirst.slice(rule.keep)
    .filter((line) => !line.legacy && isOlder(line, nowMs, rule.maxAgeDays));
  const isWanted = options.dryRun !== true && checkpoints.length > 0;
  if (isWanted) {
    if (options.yes !== true) assertConfirmed(host, checkpoints);
    const { layout, context } = repository;
    const target = { layout, context, sessionId: session.id };
    await removeCheckpoints(target, checkpoints.map(({ id }) => id));
  }
  return {
    place,
    dryRun: options.dryRun === true,
    checkpoints,
    sizeBytes: sizeOf(checkpoints),
    kept: newestFirst.length - checkpoints.length,
    warnings: found.problems,
  };
}

function sizeOf(checkpoints: readonly CheckpointLine[]): number {
  return checkpoints.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** The question shows all that will be gone. */
function assertConfirmed(
  host: Host,
  checkpoints: readonly CheckpointLine[],
): void {
  const count = checkpoints.length === 1
    ? "1 checkpoint"
    : `${checkpoints.length} checkpoints`;
  const amount = `${count} (${sizeText(sizeOf(checkpoints))})`;
  const lines = checkpoints.map(({ id }) => `  ${id}\n`).join("");
  if (isConfirmed(host, `${lines}Remove ${amount} for good?`)) return;
  throw refused(
    "not_confirmed",
    `Nothing was removed: ${amount} would be, but nobody said yes`,
    {
      hint:
        "look at them with --dry-run first; --yes is the yes where nobody can be asked",
      details: { checkpoints: checkpoints.map(({ id }) => id) },
    },
  );
}

interface Rule {
  readonly keep: number;
  readonly maxAgeDays: number;
}

function ruleOf({ keep, maxAge }: CheckpointCleanupOptions): Rule {
  const usualAge = keep === undefined ? MAX_AGE_DAYS : 0;
  return {
    keep: numberIn("--keep", keep) ?? KEPT,
    maxAgeDays: numberIn("--max-age", maxAge) ?? usualAge,
  };
}

function numberIn(
  flag: string,
  text: string | undefined,
): number | undefined {
  return text === undefined
    ? undefined
    : parseWholeNumber(text, { flag, max: MAX_NUMBER });
}

/** What does not say when it was made is as young as can be. */
function isOlder(
  { at }: CheckpointLine,
  nowMs: number,
  days: number,
): boolean {
  return days === 0 || (epochMsOf(at) ?? nowMs) < nowMs - days * DAY_MS;
}

/** A checkpoint that can be returned to. */
interface Choice {
  readonly line: CheckpointLine;
  readonly action: ActionOf<"restore">;
  readonly changes: readonly RestoreChange[];
  /** Why newer ones were not taken, as sentences for people. */
  readonly passedOver: readonly string[];
}

/** What somebody asked for. */
interface Wish {
  /** A part of an id; `latest` for the newest that can be read. */
  readonly named: string;
  readonly force: boolean;
}

/**
 * Chooses the checkpoint to return to. A damaged one does not stand in the way
 * of older ones, unless it is asked for by its name.
 */
export function chooseCheckpoint(
  opened: OpenedSession,
  checkpoints: readonly CheckpointLine[],
  { named, force }: Wish,
): Choice {
  if (named !== "latest") {
    const id = matchCheckpointId(named, checkpoints.map(({ id }) => id));
    const line = checkpoints.find((line) => line.id === id);
    if (line === undefined) throw new Error(`no checkpoint "${id}"`);
    return { ...choiceOf(opened, line, force), passedOver: [] };
  }
  const failures: Failure[] = [];
  for (const line of checkpoints.toReversed()) {
    try {
      const choice = choiceOf(opened, line, force);
      return { ...choice, passedOver: failures.map(failureSentence) };
    } catch (error) {
      if (!isUnusable(error)) throw error;
      failures.push({ id: line.id, error });
    }
  }
  throw failures[0]?.error ?? noCheckpoint();
}

interface Failure {
  readonly id: string;
  readonly error: OrcError;
}

/** Whether it is about one checkpoint: it is damaged, another session's, or gone by now. */
function isUnusable(error: unknown): error is OrcError {
  return error instanceof OrcError &&
    (error.kind === "corrupt" || error.code === "foreign_checkpoint" ||
      error.code === "no_such_checkpoint");
}

function failureSentence({ id, error }: Failure): string {
  const reason = uncapitalised(error.message);
  return `Passed over checkpoint "${id}": ${reason}; all are listed by: orc checkpoints`;
}

function choiceOf(
  { repository, session, workflow }: OpenedSession,
  line: CheckpointLine,
  force: boolean,
): Omit<Choice, "passedOver"> {
  const { id, path } = line;
  const directory = parentDirectory(path) ?? path;
  const checkpoint = readCheckpoint(repository.layout, directory, id);
  const stored = stateIn(checkpoint);
  const { changes } = planRestore(workflow, session.state, stored);
  const action = { type: "restore", checkpointId: id, stored, force } as const;
  return { line, action, changes };
}

function noCheckpoint(): OrcError {
  return notFound(
    "no_checkpoint",
    "The session has no checkpoint",
    "make one: orc checkpoint; where the session stands: orc status",
  );
}

/** Enough to remember what somebody was working on. */
const MAX_FILES = 10;

const LIST_FILES = [
  "ls-files",
  "-z",
  "--modified",
  "--others",
  "--exclude-standard",
] as const;

/**
 * Names files that git sees as changed or new, relative to the directory. None
 * where git is missing, fails or may not be run: nothing depends on them.
 */
export async function changedFiles(
  host: Host,
  workingDirectory: string,
): Promise<readonly string[]> {
  const output = await runInertGit(host, workingDirectory, LIST_FILES) ?? "";
  const [whole = "", cut] = output.split(CUT);
  const names = whole.split("\0");
  // Each name ends with NUL; the last piece is empty, or a name that was cut.
  const complete = cut === undefined ? names : names.slice(0, -1);
  return complete
    .filter((name) => name !== "" && !isOwn(name))
    .slice(0, MAX_FILES);
}

/** A portable repository shows its state to git; nobody works on that. */
function isOwn(name: string): boolean {
  return name.startsWith(`${ORCHESTRATOR_DIRECTORY}/`);
}

/** Git takes longer only where it waits for something; nobody waits for it here. */
const GIT_TIMEOUT_MS = 5_000;

/** Runs nothing that the configuration of a repository names: neither monitors nor hooks. */
const INERT_GIT = [
  "git",
  "--no-pager",
  "-c",
  "core.fsmonitor=false",
  "-c",
  "core.hooksPath=/dev/null",
] as const;

const NOTHING = "ORCHESTRATOR_NOTHING";

/**
 * Reads only, asks nobody, and reaches no other machine: a partial clone would
 * fetch what it lacks with a program that its configuration names.
 */
const INERT_VARIABLES = {
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  GIT_NO_LAZY_FETCH: "1",
  GIT_ALLOW_PROTOCOL: "",
  [NOTHING]: "",
} as const;

const LIST_FILTERS = [
  "config",
  "-z",
  "--name-only",
  "--get-regexp",
  String.raw`^filter\.`,
] as const;

/** How `git config` ends where nothing is set. */
const NOTHING_FOUND = 1;

/** What stands where a long output was cut. */
const CUT = "\n… ";

/**
 * Runs git in a repository that nobody vouches for: no program that its
 * configuration names is run. Undefined where git cannot be run, or cannot be
 * kept from that.
 */
async function runInertGit(
  host: Host,
  workingDirectory: string,
  words: readonly string[],
): Promise<string | undefined> {
  try {
    const run = (more: readonly string[]) =>
      host.runProgram({
        command: [...INERT_GIT, ...more],
        workingDirectory,
        timeoutMs: GIT_TIMEOUT_MS,
        variables: INERT_VARIABLES,
      });
    const overrides = withoutFilters(await run(LIST_FILTERS));
    if (overrides === undefined) return undefined;
    const { exitCode, problem, stdout } = await run([...overrides, ...words]);
    return exitCode === 0 && problem === null ? stdout : undefined;
  } catch (error) {
    if (error instanceof OrcError && error.kind === "denied") return undefined;
    throw error;
  }
}

/**
 * Options that turn off each filter by its name, for there is no option for all;
 * undefined where not all names are known.
 */
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
