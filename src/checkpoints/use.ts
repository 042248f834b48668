import { usage } from "../base/error.ts";
import { ORCHESTRATOR_DIRECTORY } from "../base/layout.ts";
import { MAX_NOTES_LENGTH } from "../base/limits.ts";
import { countOf, lengthOf, parseWholeNumber, sizeText } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import { assertOpen } from "../engine/situation.ts";
import { isDenied } from "../files/errors.ts";
import type { Host, ProgramResult } from "../host/host.ts";
import { openRepository, type Place, placeOf } from "../repository/open.ts";
import { openSession, type SessionOptions } from "../repository/select.ts";
import { sessionMasker } from "../secrets/masker.ts";
import { assertWritable } from "../session/read.ts";
import { adoptLegacySession, assertRemovalWanted } from "../work/change.ts";
import {
  allCheckpoints,
  checkpointsOf,
  type FoundCheckpoints,
  removeCheckpoints,
  writeCheckpoint,
} from "./files.ts";
import type { CheckpointLine } from "./rules.ts";

/** What whoever returns to a checkpoint should know. */
export interface CheckpointOptions extends SessionOptions {
  /** What it is for; at most 2000 characters. */
  readonly message?: string;
  /** What was decided; each at most 2000 characters. */
  readonly decisions?: readonly string[];
  /** Files that are being worked on; up to 10 that git sees as changed are added. */
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
 * Keeps a copy of a session's state to return to, in the format of the Python tool, with what
 * an agent has to know that lost its memory. The session itself does not change.
 *
 * Requires `--allow-read` and `--allow-write`, and `--allow-run` to ask git for files; without
 * it none are added.
 *
 * @throws {OrcError} `session_closed` (refused) if the session has ended
 * @throws {OrcError} `text_too_long` (usage) if a text is
 */
export async function saveCheckpoint(
  host: Host,
  options: CheckpointOptions = {},
): Promise<SavedCheckpoint> {
  const [message = null] = fitting("message", [options.message ?? ""]);
  const decisions = fitting("decision", options.decisions ?? []);
  const files = fitting("file name", options.files ?? []);
  const opened = await openSession(host, options);
  const { repository, session, place } = opened;
  const { mask } = await sessionMasker(host, opened);
  assertOpen(session.state);
  // Before the lock is taken: git may take its time.
  const changed = await changedFiles(host, repository.found.workingTree);
  if (session.legacyPath !== null) {
    assertWritable(session, session.legacyPath);
    await adoptLegacySession(host, repository, session.id);
  }
  const { checkpoint, path, warnings } = await writeCheckpoint(
    repository,
    session.id,
    {
      message: message && mask(message),
      decisions: decisions.map(mask),
      files: [...new Set([...files.map(mask), ...changed])],
    },
  );
  return {
    place,
    id: checkpoint.id,
    path,
    phase: checkpoint.phaseId,
    item: checkpoint.itemId,
    message: checkpoint.message,
    decisions: checkpoint.decisions,
    files: checkpoint.files,
    warnings,
  };
}

/** Blank texts say nothing, and are left out. */
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
 * Lists checkpoints, newest first. A damaged one is named and hides no other. Takes no lock and
 * writes nothing. Reads every file, so that its time grows with their number.
 *
 * Requires `--allow-read`.
 */
export async function listCheckpoints(
  host: Host,
  options: CheckpointListOptions = {},
): Promise<CheckpointList> {
  if (options.all !== true) {
    const { repository, session, place } = await openSession(host, options);
    return listOf(place, checkpointsOf(repository, session));
  }
  const repository = openRepository(host, options);
  const found = await allCheckpoints(repository);
  return listOf(placeOf(repository, null), found);
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
 */
export async function cleanCheckpoints(
  host: Host,
  options: CheckpointCleanupOptions = {},
): Promise<CheckpointCleanup> {
  const usualAge = options.keep === undefined ? MAX_AGE_DAYS : 0;
  const keep = numberIn("--keep", options.keep, KEPT);
  const maxAgeDays = numberIn("--max-age", options.maxAge, usualAge);
  const { dryRun = false, yes = false } = options;
  const { repository, session, place } = await openSession(host, options);
  const { checkpoints: all, problems } = checkpointsOf(repository, session);
  const nowMs = epochMsOf(host.now()) ?? 0;
  // What does not say when it was made is as young as can be.
  const isOld = ({ at }: CheckpointLine) =>
    maxAgeDays === 0 || (epochMsOf(at) ?? nowMs) < nowMs - maxAgeDays * DAY_MS;
  const checkpoints = all.toReversed().slice(keep)
    .filter((line) => !line.legacy && isOld(line));
  const sizeBytes = checkpoints.reduce((sum, line) => sum + line.sizeBytes, 0);
  if (!dryRun && checkpoints.length > 0) {
    const ids = checkpoints.map(({ id }) => id);
    if (!yes) {
      assertRemovalWanted(host, {
        lines: ids,
        amount: `${countOf(ids.length, "checkpoint")} (${sizeText(sizeBytes)})`,
        details: { checkpoints: ids },
      });
    }
    await removeCheckpoints(repository, session.id, ids);
  }
  return {
    place,
    dryRun,
    checkpoints,
    sizeBytes,
    kept: all.length - checkpoints.length,
    warnings: problems,
  };
}

function numberIn(
  flag: string,
  text: string | undefined,
  usual: number,
): number {
  return text === undefined
    ? usual
    : parseWholeNumber(text, { flag, max: MAX_NUMBER });
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
 * Names files that git sees as changed or new, relative to the directory. None where git is
 * missing, fails or may not be run: nothing depends on them. Nobody vouches for the repository,
 * so git is asked only where no program that its configuration names is run.
 */
export async function changedFiles(
  host: Host,
  workingDirectory: string,
): Promise<readonly string[]> {
  const runGit = (words: readonly string[]) =>
    host.runProgram({
      command: [...INERT_GIT, ...words],
      workingDirectory,
      timeoutMs: GIT_TIMEOUT_MS,
      variables: INERT_VARIABLES,
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

function namesIn(output: string): readonly string[] {
  const [whole = "", cut] = output.split(CUT);
  const names = whole.split("\0");
  // Each name ends with NUL; the last piece is empty, or a name that was cut.
  const complete = cut === undefined ? names : names.slice(0, -1);
  return complete.filter((name) => name !== "" && !isOwn(name));
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
