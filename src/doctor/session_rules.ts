import type { ChecksumVerdict } from "../base/checksum.ts";
import type { ErrorKind } from "../base/error.ts";
import {
  errorFinding,
  type Finding,
  infoFinding,
  type Said,
  warningFinding,
} from "../base/finding.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { LONG_LOCK_MS, MAX_CANDIDATES } from "../base/limits.ts";
import { listOf, quoted } from "../base/text.ts";
import type { Liveness } from "../files/lock.ts";
import type { SecretFacts } from "../secrets/rules.ts";
import type { DuplicateId } from "../workflow/definition.ts";
import type { SessionStatus } from "../workflow/types.ts";

/** Why something could not be read. */
export interface Trouble {
  readonly kind: ErrorKind;
  readonly code: string;
  /** A sentence that names the file. */
  readonly message: string;
  readonly path: string;
}

/** A file or directory that orc uses, as lstat shows it. */
export interface PathFact {
  readonly path: string;
  readonly kind: "file" | "directory" | "symlink" | "other";
  /** Permission bits; null where the system has none, or nobody looked. */
  readonly mode: number | null;
  /** Id of the user it belongs to; null as above. */
  readonly uid: number | null;
}

/** Who holds a lock. */
export interface HolderFact {
  readonly pid: number;
  readonly host: string;
  readonly purpose: string;
  /** Milliseconds since the lock was taken, never negative. */
  readonly ageMs: number;
  readonly liveness: Liveness;
}

/** A lock that is there. */
export interface LockFact {
  readonly path: string;
  /** Null for the lock of the repository. */
  readonly session: string | null;
  /** Null when it is no record, or could not be read. */
  readonly holder: HolderFact | null;
  /** Why it could not be read; null also for a file that is no record. */
  readonly trouble: Trouble | null;
}

/** What killed processes left in a directory. */
export interface LeftoverFact {
  readonly directory: string;
  readonly session: string | null;
  /** Names of files and directories that are not yet, or no more, in use. */
  readonly names: readonly string[];
}

/** A log as far as it was read. */
export interface LogFacts {
  readonly path: string;
  readonly isThere: boolean;
  readonly trouble: Trouble | null;
  /** Serial of its last update; 0 without one. */
  readonly lastSerial: number;
  /** Whether its last line has no end. */
  readonly isTorn: boolean;
  /** Where it was read from; beyond 0 the beginning of a long one was not. */
  readonly fromByte: number;
  /** Lines that hold no event, by number, counted where reading began. */
  readonly damaged: LineSample;
  /** Lines that repeat an event. */
  readonly repeated: LineSample;
  /** First updates that are missing between two that are there. */
  readonly gaps: LineSample;
}

/** Some of many numbers, and how many there are. */
export interface LineSample {
  readonly count: number;
  /** The first few. */
  readonly numbers: readonly number[];
}

/** A state that could be read. */
export interface StateFacts {
  readonly status: SessionStatus;
  readonly serial: number;
  /** Whether a newer orc wrote it. */
  readonly isNewer: boolean;
  readonly checksum: ChecksumVerdict;
  /** How many events of its last updates are not in the log. */
  readonly missingEvents: number;
  /** An id that its workflow has twice. */
  readonly duplicate: DuplicateId | null;
  /** Why its workflow cannot be read. */
  readonly workflowProblem: string | null;
  /** Where its workflow came from, and the beginning of that file's hash. */
  readonly pinned: { readonly path: string; readonly sha256: string } | null;
}

/** A session as its files show it. */
export interface SessionFacts {
  readonly id: string;
  readonly directory: string;
  readonly statePath: string;
  /** Null when there is none, or it cannot be read. */
  readonly state: StateFacts | null;
  readonly trouble: Trouble | null;
  readonly log: LogFacts;
  /** Why its meta data cannot be read. */
  readonly metaTrouble: Trouble | null;
  /** How many checkpoints lie in it, unread. */
  readonly checkpoints: number;
}

/** `current` or a binding. */
export interface PointerFact {
  readonly path: string;
  readonly kind: "current" | "binding";
  /** Null when it names none, or cannot be read. */
  readonly session: string | null;
  readonly trouble: Trouble | null;
}

/** What the older Python tool left outside of the sessions. */
export interface LegacyFacts {
  /** Files and directories that a migration moves. */
  readonly paths: readonly string[];
  /** Others with such a name, which it moves only when they are named. */
  readonly custom: readonly string[];
  /** The session in its state file; null without a state that can be read. */
  readonly session: {
    readonly id: string;
    /** Whether it was adopted, and is since the same. */
    readonly adoption: "none" | "same" | "changed";
  } | null;
  readonly trouble: Trouble | null;
  /** Whose a state without a session is. */
  readonly sessionless: "absent" | "engine" | "server";
}

/** What git has to do with the state. */
export interface GitFacts {
  readonly isRepository: boolean;
  readonly isIgnored: boolean;
  /** Whether there is a file of ours that says what git ignores. */
  readonly hasIgnoreFile: boolean;
  /** Whether git tracks files of the state; null when that cannot be told. */
  readonly isTracked: boolean | null;
}

/** The file system that holds the state; null for what cannot be told. */
export interface DiskFacts {
  readonly freeBytes: number | null;
  /** Its type, such as `ext4`. */
  readonly type: string | null;
  readonly isReadOnly: boolean;
}

/** The file that sessions are started with. */
export interface WorkflowFacts {
  /** Null when there is none, or it cannot be read. */
  readonly sha256: string | null;
  /** Why no session can be started with it. */
  readonly trouble: Trouble | null;
}

/** What the files of settings and the environment say, here and of the user. */
export interface ConfigFacts {
  /** Files of the Python tool that settings are still read from. */
  readonly legacyFiles: readonly string[];
  /** What no command can use. */
  readonly troubles: readonly Trouble[];
  /** What else is doubtful: a file, and a sentence. */
  readonly notes: readonly Pick<Trouble, "path" | "message">[];
}

/** All that doctor looks at. Gathered by reading only. */
export interface DiagnosisFacts {
  readonly layout: RepositoryLayout;
  /** Files and directories in `.orchestrator/` that orc uses. */
  readonly paths: readonly PathFact[];
  /** Names beside them that are not orc's. */
  readonly foreignNames: readonly string[];
  readonly unfinishedMigrations: readonly string[];
  /** Why the record of the last migration cannot be read. */
  readonly migrationTrouble: Trouble | null;
  readonly isPortable: boolean;
  /** Directories that could not be listed, and other files of the repository. */
  readonly troubles: readonly Trouble[];
  readonly metaTrouble: Trouble | null;
  readonly locks: readonly LockFact[];
  readonly leftovers: readonly LeftoverFact[];
  readonly sessions: readonly SessionFacts[];
  readonly pointers: readonly PointerFact[];
  readonly legacy: LegacyFacts;
  readonly git: GitFacts;
  readonly disk: DiskFacts;
  readonly workflow: WorkflowFacts;
  readonly config: ConfigFacts;
  /** Why they could not be looked at, where they could not. */
  readonly secrets: SecretFacts | { readonly trouble: Trouble };
}

/** Locks, and what their holders left behind. */
export const lockChecks = [locks, leftovers];

/** Whether a living process is at work in a session, or in the repository: what it has not finished is no damage. */
export function isBusy(
  { locks }: DiagnosisFacts,
  session: string | null,
): boolean {
  return locks.some((lock) =>
    lock.session === session && lock.holder?.liveness === "alive"
  );
}

function locks({ locks }: DiagnosisFacts): readonly Finding[] {
  return locks.map((lock) => heldLock(lock) ?? unreadableLock(lock));
}

function heldLock(lock: LockFact): Finding | undefined {
  const { path, session, holder } = lock;
  if (holder === null) return undefined;
  const seconds = Math.round(holder.ageMs / 1000);
  const who =
    `"${path}" is held by process ${holder.pid} on "${holder.host}" for ${seconds} s (${holder.purpose})`;
  const common = { path, session };
  const isLong = holder.ageMs > LONG_LOCK_MS;
  switch (holder.liveness) {
    case "dead":
      return infoFinding({
        ...common,
        code: "lock_stale",
        message: `${who}, which has ended`,
        remedy: "the next update takes it over, and so does orc doctor --fix",
        fixable: true,
      });
    case "unknown":
      return (isLong ? warningFinding : infoFinding)({
        ...common,
        code: "lock_of_unknown",
        message: `${who}; whether it still runs cannot be told from here`,
        remedy: "see who holds it, and look there: orc unlock",
      });
    case "alive":
      return (isLong ? warningFinding : infoFinding)({
        ...common,
        code: isLong ? "lock_held_long" : "lock_held",
        message: `${who}, which still runs`,
        remedy: isLong
          ? "see what that process waits for; updates take milliseconds"
          : "nothing to do: it gives the lock back",
      });
  }
}

function unreadableLock({ path, session, trouble }: LockFact): Finding {
  if (trouble !== null) {
    return errorFinding({
      code: "lock_foreign",
      path,
      session,
      message: trouble.message,
      remedy: "look at what it is, and move it away: no update is possible",
    });
  }
  return infoFinding({
    code: "lock_unreadable",
    path,
    session,
    message: `"${path}" names no holder`,
    remedy:
      "the next update waits two seconds and takes it over, and so does orc doctor --fix",
    fixable: true,
  });
}

function leftovers(facts: DiagnosisFacts): readonly Finding[] {
  return facts.leftovers
    .filter(({ session }) => !isBusy(facts, session))
    .map(leftover);
}

function leftover({ directory, session, names }: LeftoverFact): Finding {
  const named = listOf(names, MAX_CANDIDATES);
  return infoFinding({
    code: "leftovers",
    path: directory,
    session,
    message: `"${directory}" holds what a killed process left: ${named}`,
    remedy: "orc doctor --fix",
    fixable: true,
  });
}

/** Whether the log of each session is whole, and in step with its state. */
export const logChecks = [
  unreadableLog,
  order,
  damagedLines,
  repeatedLines,
  gaps,
];

function unreadableLog({ sessions }: DiagnosisFacts): readonly Finding[] {
  return sessions.flatMap(({ id, log }) =>
    log.trouble === null ? [] : [errorFinding({
      code: "log_not_readable",
      path: log.path,
      session: id,
      message: log.trouble.message,
      remedy: "put a regular file in its place: updates are refused",
    })]
  );
}

function order(facts: DiagnosisFacts): readonly Finding[] {
  return facts.sessions.flatMap((session) =>
    stateBehind(session) ??
      (isBusy(facts, session.id) ? [] : logBehind(session))
  );
}

function stateBehind(
  { id, state, statePath, log }: SessionFacts,
): readonly Finding[] | undefined {
  if (state === null || log.lastSerial <= state.serial) return undefined;
  return [errorFinding({
    code: "state_behind_log",
    path: statePath,
    session: id,
    message:
      `"${statePath}" is at update ${state.serial}, but "${log.path}" at update ${log.lastSerial}: an older state was put back`,
    remedy:
      `put the newer state back, or let a human go on from this one: orc doctor --trust-state ${id}`,
  })];
}

function logBehind(session: SessionFacts): readonly Finding[] {
  const { id, state, log } = session;
  if (state === null || log.trouble !== null) return [];
  const common = { path: log.path, session: id, ...healing(session) };
  if (!log.isThere) {
    return state.serial === 0 ? [] : [warningFinding({
      ...common,
      code: "log_missing",
      message: `"${log.path}" does not exist; only the last events are known`,
    })];
  }
  const findings: Finding[] = [];
  if (state.missingEvents > 0) {
    findings.push(infoFinding({
      ...common,
      code: "log_behind_state",
      message:
        `"${log.path}" lacks ${state.missingEvents} of the last events, which the state still holds`,
    }));
  }
  if (log.isTorn) {
    findings.push(infoFinding({
      ...common,
      code: "log_torn",
      message: `"${log.path}" ends in the middle of a line`,
    }));
  }
  return findings;
}

/** An update brings the log in step, if it is not refused for another reason. */
function healing(
  { state }: SessionFacts,
): Pick<Said, "remedy" | "fixable"> {
  const isRefused = state?.checksum === "changed" || state?.isNewer;
  return isRefused
    ? { remedy: "mend the state first; see there", fixable: false }
    : {
      remedy: "the next update completes it, and so does orc doctor --fix",
      fixable: true,
    };
}

function damagedLines({ sessions }: DiagnosisFacts): readonly Finding[] {
  return sessions.filter(({ log }) => log.damaged.count > 0)
    .map(({ id, log }) =>
      warningFinding({
        code: "log_damaged_lines",
        path: log.path,
        session: id,
        message: `"${log.path}" holds no event in ${
          linesOf(log, log.damaged)
        }; the rest is used`,
        remedy: "look at them; orc leaves them as they are",
      })
    );
}

function repeatedLines({ sessions }: DiagnosisFacts): readonly Finding[] {
  return sessions.filter(({ log }) => log.repeated.count > 0)
    .map(({ id, log }) =>
      infoFinding({
        code: "log_repeated_lines",
        path: log.path,
        session: id,
        message: `"${log.path}" repeats an event in ${
          linesOf(log, log.repeated)
        }; it counts once`,
        remedy: "nothing to do",
      })
    );
}

function gaps({ sessions }: DiagnosisFacts): readonly Finding[] {
  return sessions.filter(({ log }) => log.gaps.count > 0)
    .map(({ id, log }) =>
      warningFinding({
        code: "log_gaps",
        path: log.path,
        session: id,
        message: `"${log.path}" lacks updates; the first to be missing: ${
          someOf(log.gaps)
        }`,
        remedy: "put them back from a copy of the log, if there is one",
      })
    );
}

function linesOf({ fromByte }: LogFacts, sample: LineSample): string {
  const noun = sample.count === 1 ? "line" : "lines";
  const where = fromByte === 0 ? "" : `, counted from byte ${fromByte}`;
  return `${noun} ${someOf(sample)}${where}`;
}

function someOf({ numbers, count }: LineSample): string {
  const shown = numbers.slice(0, MAX_CANDIDATES);
  const more = count - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** `current` and the bindings. */
export const pointerChecks = [damaged, toMissingSession, toClosedSession];

function damaged({ pointers }: DiagnosisFacts): readonly Finding[] {
  return pointers.flatMap(({ path, kind, trouble }) => {
    if (trouble === null) return [];
    const isMovable = trouble.kind === "corrupt" &&
      trouble.code !== "not_a_regular_file";
    return [errorFinding({
      code: kind === "current" ? "damaged_current" : "damaged_binding",
      path,
      message: trouble.message,
      remedy: isMovable
        ? "choose a session: orc session switch ID, or put the file aside: orc doctor --fix"
        : "move it away; orc does not remove what it did not make",
      fixable: isMovable,
    })];
  });
}

function toMissingSession(facts: DiagnosisFacts): readonly Finding[] {
  const known = new Set(facts.sessions.map(({ id }) => id));
  const legacy = facts.legacy.session?.id;
  if (legacy !== undefined) known.add(legacy);
  return facts.pointers.flatMap(({ path, kind, session }) => {
    if (session === null || known.has(session)) return [];
    return [warningFinding({
      code: kind === "current"
        ? "current_names_nothing"
        : "binding_names_nothing",
      path,
      session,
      message: `"${path}" names session "${session}", which does not exist`,
      remedy:
        "choose another: orc session switch ID, or remove the name: orc doctor --fix",
      fixable: true,
    })];
  });
}

function toClosedSession(facts: DiagnosisFacts): readonly Finding[] {
  const current = facts.pointers.find(isCurrent);
  const status = facts.sessions.find(({ id }) => id === current?.session)
    ?.state?.status;
  if (!current || (status !== "completed" && status !== "abandoned")) return [];
  return [infoFinding({
    code: "current_is_closed",
    path: current.path,
    session: current.session,
    message: `The session that "${current.path}" names is ${status}`,
    remedy: 'start a new one when there is something to do: orc start "TASK"',
  })];
}

function isCurrent({ kind }: PointerFact): boolean {
  return kind === "current";
}

/** Looks at one session; undefined when it is well. */
type SessionCheck = (session: SessionFacts) => Finding | undefined;

/** As {@linkcode SessionCheck}, for a session whose state could be read. */
type StateCheck = (
  session: SessionFacts,
  state: StateFacts,
) => Finding | undefined;

const SESSION_CHECKS: readonly SessionCheck[] = [
  unfinished,
  unreadable,
  damagedMeta,
];

const STATE_CHECKS: readonly StateCheck[] = [
  changedOutside,
  newerFormat,
  damagedWorkflow,
  duplicateId,
];

/** Each session by itself. */
export const sessionChecks = [
  ({ sessions }: DiagnosisFacts): readonly Finding[] =>
    sessions.flatMap((session) => [
      ...SESSION_CHECKS.flatMap((check) => check(session) ?? []),
      ...STATE_CHECKS.flatMap((check) =>
        session.state ? check(session, session.state) ?? [] : []
      ),
    ]),
];

function unfinished(session: SessionFacts): Finding | undefined {
  const { id, directory, state, trouble } = session;
  if (state !== null || trouble !== null) return undefined;
  return warningFinding({
    code: "unfinished_session",
    path: directory,
    session: id,
    message: `"${directory}" holds no state`,
    remedy: wayBack(session) ?? "move it away if nobody needs what is in it",
  });
}

function unreadable(session: SessionFacts): Finding | undefined {
  const { id, trouble } = session;
  if (trouble === null) return undefined;
  const common = { path: trouble.path, session: id, message: trouble.message };
  switch (trouble.code) {
    case "permission_denied":
    case "permission_missing":
      return errorFinding({
        ...common,
        code: "not_readable",
        remedy: "see who owns it and what its mode allows, with ls -l",
      });
    case "foreign_state":
      return errorFinding({
        ...common,
        code: "foreign_state",
        remedy: wayBack(session) ?? "put the state of this session back",
      });
    default:
      return errorFinding({
        ...common,
        code: "damaged_state",
        remedy: wayBack(session) ?? "put back a good copy of the file",
      });
  }
}

/** Checkpoints are all that is left of a state that is gone; they are looked at only when asked for. */
function wayBack({ id, checkpoints }: SessionFacts): string | undefined {
  if (checkpoints === 0) return undefined;
  return `put back a good copy, or let a human return to the newest checkpoint: orc doctor --restore ${id}`;
}

function damagedMeta({ id, metaTrouble }: SessionFacts): Finding | undefined {
  if (metaTrouble === null) return undefined;
  return warningFinding({
    code: "damaged_meta",
    path: metaTrouble.path,
    session: id,
    message: metaTrouble.message,
    remedy: "put back a good copy, or move it away: it holds only the name",
  });
}

function changedOutside(
  { id, statePath }: SessionFacts,
  { checksum }: StateFacts,
): Finding | undefined {
  if (checksum !== "changed") return undefined;
  return errorFinding({
    code: "changed_outside",
    path: statePath,
    session: id,
    message:
      `"${statePath}" was changed outside orc: it is shown, and updates are refused`,
    remedy:
      `undo that change, or let a human sign it as it is: orc doctor --resign ${id}`,
  });
}

function newerFormat(
  { id, statePath }: SessionFacts,
  { isNewer }: StateFacts,
): Finding | undefined {
  if (!isNewer) return undefined;
  return warningFinding({
    code: "newer_format",
    path: statePath,
    session: id,
    message: `"${statePath}" was made by a newer orc: this one only reads it`,
    remedy: "update orc",
  });
}

function damagedWorkflow(
  { id, statePath }: SessionFacts,
  { workflowProblem, status }: StateFacts,
): Finding | undefined {
  if (workflowProblem === null || isClosed(status)) return undefined;
  return errorFinding({
    code: "damaged_workflow",
    path: statePath,
    session: id,
    message: `${workflowProblem} (in "${statePath}")`,
    remedy: "put back a good copy of the file",
  });
}

function duplicateId(
  { id, statePath }: SessionFacts,
  { duplicate, status }: StateFacts,
): Finding | undefined {
  if (duplicate === null || isClosed(status)) return undefined;
  return errorFinding({
    code: "duplicate_id",
    path: statePath,
    session: id,
    message: `The workflow in "${statePath}" has the ${duplicate.kind} id ${
      quoted(duplicate.id)
    } twice: updates are refused`,
    remedy:
      'give each its own id in workflow.yaml, then start anew: orc start --beside "TASK"',
  });
}

/** Nobody wants to change it any more. */
function isClosed(status: StateFacts["status"]): boolean {
  return status === "completed" || status === "abandoned";
}
