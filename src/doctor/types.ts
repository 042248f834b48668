import type { ErrorKind } from "../base/error.ts";
import type { ChecksumVerdict } from "../base/json_print.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import type { Liveness } from "../files/lock.ts";
import type { SecretFacts } from "../secrets/rules.ts";
import type { DuplicateId } from "../workflow/definition.ts";
import type { SessionStatus } from "../workflow/types.ts";

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
  /** What git has to do with the state. */
  readonly git: {
    readonly isRepository: boolean;
    readonly isIgnored: boolean;
    /** Whether there is a file of ours that says what git ignores. */
    readonly hasIgnoreFile: boolean;
    /** Whether git tracks files of the state; null when that cannot be told. */
    readonly isTracked: boolean | null;
  };
  /** The file system that holds the state; null for what cannot be told. */
  readonly disk: {
    readonly freeBytes: number | null;
    /** Its type, such as `ext4`. */
    readonly type: string | null;
    readonly isReadOnly: boolean;
  };
  /** The file that sessions are started with. */
  readonly workflow: {
    /** Null when there is none, or it cannot be read. */
    readonly sha256: string | null;
    /** Why no session can be started with it. */
    readonly trouble: Trouble | null;
  };
  /** What the files of settings and the environment say, here and of the user. */
  readonly config: {
    /** Files of the Python tool that settings are still read from. */
    readonly legacyFiles: readonly string[];
    /** What no command can use. */
    readonly troubles: readonly Trouble[];
    /** What else is doubtful: a file, and a sentence. */
    readonly notes: readonly Pick<Trouble, "path" | "message">[];
  };
  /** Why they could not be looked at, where they could not. */
  readonly secrets: SecretFacts | { readonly trouble: Trouble };
}

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

/** A lock that is there. */
export interface LockFact {
  readonly path: string;
  /** Null for the lock of the repository. */
  readonly session: string | null;
  /** Null when it is no record, or could not be read. */
  readonly holder: {
    readonly pid: number;
    readonly host: string;
    readonly purpose: string;
    /** Since the lock was taken, never negative. */
    readonly ageMs: number;
    readonly liveness: Liveness;
  } | null;
  /** Why it could not be read; null also for a file that is no record. */
  readonly trouble: Trouble | null;
}

/** What killed processes left in a directory. */
interface LeftoverFact {
  readonly directory: string;
  readonly session: string | null;
  /** Names of files and directories that are not yet, or no more, in use. */
  readonly names: readonly string[];
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

/** How many numbers there are, and the first few of them. */
export interface LineSample {
  readonly count: number;
  readonly numbers: readonly number[];
}
