import { notFound, OrcError, refused, usage } from "../base/error.ts";
import { MAX_NOTES_LENGTH } from "../base/limits.ts";
import { matchCheckpointId } from "../base/names.ts";
import {
  countOf,
  lengthOf,
  parseWholeNumber,
  sizeText,
  uncapitalised,
} from "../base/text.ts";
import { DAY_MS, epochMsOf } from "../base/time.ts";
import type { ActionOf } from "../engine/action.ts";
import { decide } from "../engine/decide.ts";
import {
  planRestore,
  proposalSentence,
  type RestoreChange,
} from "../engine/restore.ts";
import { assertOpen } from "../engine/situation.ts";
import { assertRemovalWanted, isConfirmed } from "../host/confirm.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type SessionPlace,
} from "../repository/open.ts";
import { assertNotOfAnother } from "../repository/owner.ts";
import {
  assertChangeable,
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { sessionMasker } from "../secrets/masker.ts";
import { assertWritable } from "../session/encode.ts";
import {
  adoptLegacySession,
  applyAction,
  type Changed,
  unchanged,
} from "../work/change.ts";
import type { SessionState } from "../workflow/types.ts";
import {
  allCheckpoints,
  changedFiles,
  checkpointsOf,
  type FoundCheckpoints,
  readCheckpoint,
  writeCheckpoint,
} from "./files.ts";
import { type CheckpointLine, stateIn } from "./rules.ts";

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
  readonly place: SessionPlace;
  /** What `orc resume` takes. */
  readonly id: string;
  /** The file that holds it. */
  readonly path: string;
  /** Id of the phase the session is in. */
  readonly phaseId: string;
  /** Id of the item that is being worked on; null when none is. */
  readonly itemId: string | null;
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
  const opened = await openSession(host, options, {
    message: true,
    decisions: true,
    files: true,
  });
  const { repository, session, place } = opened;
  assertNotOfAnother(opened);
  const { mask } = await sessionMasker(host, opened);
  assertOpen(session.state);
  // Before the lock is taken: git may take its time.
  const changed = await changedFiles(
    host,
    repository.found.workingTree,
    options.signal,
  );
  if (session.legacyPath !== null) {
    assertWritable(session, session.legacyPath);
    await adoptLegacySession(host, repository, session.id);
  }
  const facts = {
    message: message && mask(message),
    decisions: decisions.map(mask),
    files: [...new Set([...files.map(mask), ...changed])],
  };
  const stored = await writeCheckpoint(repository, session.id, facts);
  const { id, phaseId, itemId } = stored.checkpoint;
  return {
    place,
    id,
    path: stored.path,
    phaseId,
    itemId,
    ...facts,
    warnings: stored.warnings,
  };
}

/** Blank texts say nothing, and are left out. */
function fitting(name: string, texts: readonly string[]): readonly string[] {
  const trimmed = texts.map((text) => text.trim());
  const length = trimmed.map(lengthOf).find((each) => each > MAX_NOTES_LENGTH);
  if (length === undefined) return trimmed.filter((text) => text !== "");
  throw usage(
    "text_too_long",
    `The ${name} has ${length} characters; at most ${MAX_NOTES_LENGTH} are kept`,
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
  if (options.all) {
    const repository = openRepository(host, options, { all: true });
    const found = await allCheckpoints(repository);
    return listOf(placeOf(repository, null), found);
  }
  const { repository, session, place } = await openSession(host, options, {
    all: true,
  });
  return listOf(place, await checkpointsOf(repository, session));
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
  readonly place: SessionPlace;
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

const KEPT = "5";
const MAX_AGE_DAYS = "30";
const MAX_NUMBER = 100_000;

/**
 * Removes old checkpoints of a session. Those of other sessions, those in the older tool's
 * directory and those that cannot be read stay.
 *
 * Requires `--allow-read`, and `--allow-write` to remove.
 *
 * @throws {OrcError} `invalid_number` (usage) if a number is none, or `not_confirmed` (refused) if
 *   nobody says yes
 */
export async function cleanupCheckpoints(
  host: Host,
  options: CheckpointCleanupOptions = {},
): Promise<CheckpointCleanup> {
  const usualAge = options.keep === undefined ? MAX_AGE_DAYS : "0";
  const numberIn = (flag: string, text: string) =>
    parseWholeNumber(text, { flag, max: MAX_NUMBER });
  const keep = numberIn("--keep", options.keep ?? KEPT);
  const maxAgeDays = numberIn("--max-age", options.maxAge ?? usualAge);
  const { dryRun = false, yes = false } = options;
  const { repository, session, place } = await openSession(host, options, {
    keep: true,
    maxAge: true,
    dryRun: true,
    yes: true,
  });
  const { checkpoints: all, problems } = await checkpointsOf(
    repository,
    session,
  );
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
    await (await repository.store.checkpoints(session.id)).remove(ids);
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

/** Which checkpoint to return to, and how sure that is. */
export interface ResumeOptions extends SessionOptions {
  /**
   * Id of a checkpoint of the session, or a part of at least 4 characters that
   * no other has; without it, or with `latest`, the newest.
   */
  readonly checkpoint?: string;
  /** Changes nothing. */
  readonly dryRun?: boolean;
  /** Asks nobody. */
  readonly yes?: boolean;
  /**
   * Restores also what was not earned since, such as a gate that was passed back
   * then: an act of a human, who types `restore`.
   */
  readonly force?: boolean;
}

/** What a checkpoint says, what returning to it changed, and how to go on. */
export interface Resumed extends Changed {
  /** The checkpoint that is meant. */
  readonly checkpoint: CheckpointLine;
  /** What was changed; in a dry run, what would be. */
  readonly changes: readonly RestoreChange[];
  /** Whether nothing was changed because only the plan was asked for. */
  readonly dryRun: boolean;
  /** What was decided up to the checkpoint, oldest first. */
  readonly decisions: readonly string[];
}

/**
 * Returns to a checkpoint: items, phases and the current phase become what they were, in one logged
 * update, and later approvals are taken back. Where nothing has changed since, it only tells what
 * an agent has to know that lost its memory.
 *
 * Requires `--allow-read`, and `--allow-write` to change something.
 *
 * @throws {OrcError} `no_checkpoint` or `no_such_checkpoint` (not_found)
 * @throws {OrcError} `not_confirmed` (refused) if something would change, and nobody says yes
 * @throws {OrcError} `restore_forward` (refused) if it would bring back more than was done since;
 *   only a human may force it
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if it is forced and no
 *   human says yes; a try without a human is logged
 * @throws {OrcError} `session_changed` (conflict) if it changes meanwhile
 */
export async function resumeSession(
  host: Host,
  options: ResumeOptions = {},
): Promise<Resumed> {
  const { dryRun = false, force = false } = options;
  const opened = await openSession(host, options, {
    checkpoint: true,
    dryRun: true,
    yes: true,
    force: true,
  });
  const found = await checkpointsOf(opened.repository, opened.session);
  const { checkpoints } = found;
  const warnings = [...found.problems];
  const meant = meantBy(options.checkpoint ?? "latest", checkpoints);
  const { line, stored, changes } = await newestUsable(opened, meant, warnings);
  const isChange = changes.length > 0 && !dryRun;
  const action = {
    type: "restore",
    checkpointId: line.id,
    stored,
    force,
  } as const;
  if (isChange) {
    // Whether it is possible at all is decided before anybody is asked.
    assertChangeable(opened);
    const caller = { ...host.caller(), approval: "terminal" } as const;
    const at = host.now();
    decide(opened.workflow, opened.session.state, action, { at, caller });
    if (!options.yes) assertAgreed(host, action, changes);
  }
  const act = {
    request: `restore all of checkpoint "${line.id}"`,
    confirmation: "restore",
  };
  const changed = isChange
    ? await applyAction(host, opened, action, force ? act : undefined)
    : unchanged(opened);
  // Decisions hold until they are revised, so each checkpoint adds to those before it.
  const before = checkpoints.slice(0, checkpoints.indexOf(line) + 1);
  return {
    ...changed,
    warnings: [...warnings, ...changed.warnings],
    checkpoint: line,
    changes,
    dryRun,
    decisions: [...new Set(before.flatMap(({ decisions }) => decisions))],
  };
}

function meantBy(
  named: string,
  checkpoints: readonly CheckpointLine[],
): readonly CheckpointLine[] {
  if (named === "latest") return checkpoints;
  const id = matchCheckpointId(named, checkpoints.map(({ id }) => id));
  return checkpoints.filter((line) => line.id === id);
}

interface Choice extends Pick<Resumed, "changes"> {
  readonly line: CheckpointLine;
  readonly stored: SessionState;
}

/** The newest that can be used: a damaged one stands in the way only where no other is meant. */
async function newestUsable(
  { repository, session, workflow }: OpenedSession,
  checkpoints: readonly CheckpointLine[],
  warnings: string[],
): Promise<Choice> {
  let first: OrcError | undefined;
  for (const line of checkpoints.toReversed()) {
    const { id } = line;
    try {
      const stored = stateIn(await readCheckpoint(repository, line));
      const { changes } = planRestore(workflow, session.state, stored);
      return { line, stored, changes };
    } catch (error) {
      if (!isUnusable(error)) throw error;
      first ??= error;
      const reason = uncapitalised(error.message);
      warnings.push(
        `Passed over checkpoint "${id}": ${reason}; all are listed by: orc checkpoints`,
      );
    }
  }
  throw first ?? notFound(
    "no_checkpoint",
    "The session has no checkpoint",
    "make one: orc checkpoint; where the session stands: orc status",
  );
}

/** Whether it is about one checkpoint: it is damaged, another session's, or gone by now. */
function isUnusable(error: unknown): error is OrcError {
  return error instanceof OrcError &&
    (error.kind === "corrupt" || error.code === "foreign_checkpoint" ||
      error.code === "no_such_checkpoint");
}

function assertAgreed(
  host: Host,
  { checkpointId: id, force }: ActionOf<"restore">,
  changes: readonly RestoreChange[],
): void {
  const lines = changes.map((change) => `  ${proposalSentence(change)}\n`);
  const question = `Checkpoint ${id} changes:\n${lines.join("")}Restore it?`;
  if (isConfirmed(host, question)) return;
  // What only a human may is refused, and logged, when that is asked for.
  const isHumanAct = force && changes.some(({ forward }) => forward);
  if (isHumanAct && !host.terminal.isInteractive) return;
  const count = countOf(changes.length, "change");
  throw refused(
    "not_confirmed",
    `Checkpoint "${id}" was not restored: it makes ${count}, and nobody said yes`,
    {
      hint:
        `see them: orc resume ${id} --dry-run; --yes is the yes where nobody can be asked`,
      details: { checkpoint: id, changes },
    },
  );
}
