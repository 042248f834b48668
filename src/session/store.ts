import type { JsonObject } from "../base/json.ts";
import type { LockContext } from "../files/lock.ts";
import type { RecordedEvent } from "../engine/event.ts";
import type {
  Decision,
  LoggedEvent,
  SessionState,
  SessionStatus,
} from "../workflow/types.ts";
import type { StoredSession } from "./codec.ts";
import type { LogEnd } from "./log.ts";

/** A session as it was read, and where. */
export interface Session extends StoredSession {
  /** What names its directory. */
  readonly id: string;
  /** The legacy file it was read from; null when it lies in `.orchestrator/`. */
  readonly legacyPath: string | null;
}

/** What an update made of a session. */
export interface Updated {
  /** The session as it is kept now. */
  readonly session: Session;
  /** Empty when nothing had to change. */
  readonly events: readonly LoggedEvent[];
  /** What went wrong after the change counted. */
  readonly warnings: readonly string[];
}

/** Decides what an update makes of a session. */
export type SessionChange = (
  session: Session,
  /** The instant of the update. */
  at: string,
  /**
   * What another clock says than that of the process, which can be set for it alone: that of the disk or
   * of a server; undefined where there is none.
   */
  clock: () => string | undefined,
) => Decision;

/** A line of a session list; state that cannot be read is named and not hidden. */
export interface SessionEntry {
  /** What names it. */
  readonly id: string;
  /** Null where it cannot be read. */
  readonly state: SessionState | null;
  /** Why it cannot; null where it can. */
  readonly problem: string | null;
}

/** Which sessions a list holds. */
export interface StoreListOptions {
  /** Only so many are looked at, those changed last. */
  readonly limit?: number;
  /** Of those only the ones that are so far; what cannot be read is none of them. */
  readonly status?: SessionStatus;
}

/** A session that is to be kept. */
export interface NewSession {
  /** What names it. */
  readonly id: string;
  /** Its first state, and the events that led to it. */
  readonly decision: Decision;
  /** For the session's `meta.json`: local time without offset. */
  readonly localTime: string;
  /** The agent that it belongs to, for the same file; without it, nobody. */
  readonly owner?: string | undefined;
}

/** Which events of a session are read, and in which order. */
export interface EventsOptions {
  /** Only what was logged after this update, or behind the place that {@linkcode EventBatch.end} named. */
  readonly after?: number | string | undefined;
  /** The last event first; new ones are not followed. */
  readonly backwards?: boolean;
  /** Goes on with what is logged later; whoever has seen enough leaves the loop. */
  readonly follow?: boolean;
  /** Waits until it is worth to look again, where a store has to look; a quarter of a second without it. */
  readonly pause?: ((signal?: AbortSignal) => Promise<void>) | undefined;
  /** Ends the waiting for new events with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Events that were read without waiting: the memory that a long log takes. */
export interface EventBatch {
  /** In the order asked for, each once; there may be none. */
  readonly events: readonly RecordedEvent[];
  /** How much of the log was gone through, from 0 to 1; 1 at its present end. */
  readonly done: number;
  /** The place behind the last event that is known by now: reading later events goes on `after` it. */
  readonly end: string;
  /** What was passed over so far because it is damaged, also before such a place; sentences for people. */
  readonly warnings: readonly string[];
}

/** A line of a log as it is kept, whoever wrote it. */
export interface LogLine {
  /** Undefined when it is not UTF-8, or longer than any that orc writes. */
  readonly text: string | undefined;
  /** Where it begins in the log. */
  readonly startBytes: number;
  /** Where the next line begins, or the log ends. */
  readonly endBytes: number;
  /** False for what stands behind the last newline. */
  readonly isEnded: boolean;
  /** All its bytes but its end; to be asked for before the next lines are. */
  bytes(): Iterable<Uint8Array>;
}

/** What is said of a session besides its work. */
export interface SessionNaming {
  /** What names it. */
  readonly id: string;
  /** What people call it, or the agent that it belongs to from now on. */
  readonly said: { readonly name: string } | { readonly owner: string };
  /** When the session started, in local time without offset: where nothing was said of it yet. */
  readonly startedAtLocal: string;
}

/** A checkpoint as it is kept. */
export interface KeptCheckpoint {
  /** Begins with the instant that it was made at; no other of the session has it. */
  readonly id: string;
  /** Where it lies, for people. */
  readonly path: string;
  /** What it holds: JSON, in the format of the Python tool. */
  readonly text: string;
  /** Length of that text. */
  readonly sizeBytes: number;
}

/** What is kept of a session to return to. */
export interface Checkpoints {
  /** All in the order of their ids; one that cannot be read hides no other: a sentence about it is added to `problems`. */
  all(problems: string[]): AsyncIterable<KeptCheckpoint>;
  /** Reads one; `no_such_checkpoint` where there is none. */
  read(id: string): Promise<KeptCheckpoint>;
  /**
   * Keeps what `make` makes of the session as it is then, which may be called again for another id; no other
   * is replaced. What it throws comes through, and nothing is kept.
   */
  save(
    make: (session: Session) => Pick<KeptCheckpoint, "id" | "text">,
  ): Promise<Pick<KeptCheckpoint, "path"> & Pick<Updated, "warnings">>;
  /** Removes these; answers with the ids of those that were still there. */
  remove(ids: readonly string[]): Promise<readonly string[]>;
}

/** What people and agents said of a session: nothing else about it changes. */
export interface KeptFeedback {
  /** Adds one entry, as a line of JSON about the tool, and one about the work, which is private. */
  add(
    lines: { readonly tool: string; readonly process: string },
  ): Promise<void>;
  /** The lines of one kind, oldest first; undefined stands for one that cannot be read. */
  lines(kind: "tool" | "process"): AsyncIterable<string | undefined>;
}

/** What a check printed, kept before an event names it. */
export interface KeptOutput {
  /** How the receipt of the check is to name it. */
  readonly name: string;
  /** To be called once it is known whether an event names it: what none does goes. Not where nobody can tell. */
  settle(isNamed: boolean): Promise<void>;
}

/** What the checks of a session printed. */
export interface Outputs {
  /** Keeps a text durably; undefined for an empty one, and for a session of the older tool. */
  keep(text: string): Promise<KeptOutput | undefined>;
  /** Reads what a receipt names; undefined where it is not there any more. */
  read(name: string): Promise<string | undefined>;
}

/** What is kept beside the work of a session. */
export interface KeptBeside {
  /** The ids of its checkpoints. */
  readonly checkpoints: readonly string[];
  /** How many entries of feedback it has. */
  readonly feedback: number;
}

/**
 * Whether a session may go, by its state and by what is kept beside it, as both are then: nothing comes between.
 * It may be asked again.
 */
export type MayRemove = (
  session: Session,
  beside: () => Promise<KeptBeside>,
) => boolean | Promise<boolean>;

/** What a store can do besides what all can. */
export interface StoreCapabilities {
  /**
   * Whether sessions lie in `.orchestrator/`: only there are locks to break, older files to move in, and files
   * to send away and to look through.
   */
  readonly files: boolean;
}

/**
 * Where sessions are kept. An acknowledged update is durable; concurrent updates of one
 * session are applied one after the other, each on the state the one before it left.
 *
 * Besides what each method names, a store of files throws what the disk says (`permission_denied`,
 * `disk_error`, `symbolic_link`, `not_a_regular_file`), and one in a database what the server or the way to it
 * says (`store_unreachable`, `store_auth`, `store_tls`).
 */
export interface SessionStore {
  /** What it can do besides. */
  capabilities(): Promise<StoreCapabilities>;
  /**
   * Stores a new session; it is there whole or not at all.
   *
   * @throws {OrcError} `invalid_session_id` (usage) if that is no id, or another session has it
   */
  create(session: NewSession): Promise<Session>;
  /**
   * Reads a session without locking or changing anything.
   *
   * @throws {OrcError} `no_such_session` (not_found); `invalid_json`, `invalid_state` or `foreign_state`
   *   (corrupt) if its state cannot be read
   */
  read(id: string): Promise<Session>;
  /**
   * Applies a decision to the state as it is under the lock. `change` may be called again when the lock was
   * lost. Aborting ends the waiting for the lock; what is stored is never rejected. What `change` throws comes
   * through, and nothing is stored.
   *
   * @throws {OrcError} as `read`; `lock_held` (conflict) if others keep it locked for too long,
   *   `session_removed` (conflict) if it goes meanwhile
   * @throws {OrcError} `changed_outside`, `newer_format` or `state_behind_log` (corrupt) if nobody vouches for
   *   the state as it is
   */
  update(
    id: string,
    change: SessionChange,
    signal?: AbortSignal,
  ): Promise<Updated>;
  /** Ids of all sessions, newest last where ids are ULIDs. */
  ids(): Promise<readonly string[]>;
  /** How many sessions there are. */
  count(): Promise<number>;
  /** All sessions, or some of them; those that cannot be read are named. */
  list(options?: StoreListOptions): Promise<readonly SessionEntry[]>;
  /**
   * Reads the events of a session that was read before: all up to that state, and what was logged
   * since. A batch at a time, in constant memory; whoever leaves the loop ends the reading.
   *
   * @throws {OrcError} `no_such_session` (not_found) if it was removed while it is followed
   */
  events(session: Session, options?: EventsOptions): AsyncIterable<EventBatch>;
  /**
   * Reads the log of a session line by line as it is kept, damaged lines too, to prove what it says. From its
   * beginning, or from where a line begins; a batch at a time, in constant memory. The events of the state may
   * be missing at its end.
   */
  log(id: string, startBytes?: number): AsyncIterable<readonly LogLine[]>;
  /** How long that log is; 0 where there is none. Cheaper than to read it. */
  logBytes(id: string): Promise<number>;
  /** What is another text after each update of a session; undefined where there is none. Cheaper than to read it. */
  version(id: string): Promise<string | undefined>;
  /**
   * Reads what is said of a session besides its work, such as `name`, `owner` and `origin`; undefined where
   * nothing is.
   *
   * @throws {OrcError} `invalid_json` or `invalid_meta` (corrupt) if it cannot be read
   */
  meta(id: string): Promise<JsonObject | undefined>;
  /**
   * The same of several sessions, as far as anything is said of them; what cannot be read hides no other: a
   * sentence about it is added to `problems`.
   */
  metas(
    ids: readonly string[],
    problems: string[],
  ): Promise<ReadonlyMap<string, JsonObject>>;
  /**
   * Gives a session, also a closed one, a name or an owner; what else is said of it stays as it is. No update,
   * and no event. Returns warnings.
   *
   * @throws {OrcError} `no_such_session` (not_found), `lock_held` (conflict); `invalid_meta` (corrupt) if what
   *   was said before cannot be read
   */
  nameSession(naming: SessionNaming): Promise<readonly string[]>;
  /** The checkpoints of a session. */
  checkpoints(id: string): Promise<Checkpoints>;
  /** What the checks of a session printed. */
  outputs(session: Pick<Session, "id" | "lastEvents">): Promise<Outputs>;
  /** The feedback on a session. */
  feedback(id: string): Promise<KeptFeedback>;
  /**
   * Removes a session with all that belongs to it; false when it may not go, or is gone already.
   *
   * @throws {OrcError} `lock_held` (conflict); as `read`, and `changed_outside` or `newer_format` (corrupt): what
   *   nobody vouches for is not removed
   */
  remove(id: string, mayRemove: MayRemove): Promise<boolean>;
}

export interface StoreContext extends LockContext {
  /** What the caller keeps between stores of one repository. */
  readonly memory?: Memory | undefined;
  /** Loads what makes event ids. */
  idSource(): Promise<() => string>;
}

/**
 * The session that a long-lived process read or updated last: a state that still reads so is not
 * decoded again.
 */
export interface Memory {
  last?: Remembered | undefined;
}

export interface Remembered {
  readonly id: string;
  readonly text: string;
  readonly session: Promise<Session>;
  /** Undefined when the log is not known to be up to the state. */
  readonly logEnd?: LogEnd | undefined;
}

/** Somebody who has a session of their own: an agent, or whoever works in a linked worktree. */
export interface Owner {
  readonly kind: "agent" | "worktree";
  /** The agent's name and id, or the worktree's path. */
  readonly name: string;
}
