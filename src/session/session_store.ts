import type { RecordedEvent } from "../engine/event.ts";
import type { Decision, SessionState } from "../workflow/types.ts";
import type { StoredSession } from "./codec.ts";

/** A session as the store found it. */
export interface Session extends StoredSession {
  readonly id: string;
  /** The legacy file it was read from; null when it lies in `.orchestrator/`. */
  readonly legacyPath: string | null;
}

/** What an update did. */
export interface Updated {
  readonly session: Session;
  /** Empty when nothing had to change. */
  readonly events: readonly RecordedEvent[];
  /** What went wrong after the change counted. */
  readonly warnings: readonly string[];
}

/** A line of a session list; state that cannot be read is named and not hidden. */
export interface SessionEntry {
  readonly id: string;
  readonly state: SessionState | null;
  readonly problem: string | null;
}

/** A new session, decided but not yet stored. */
export interface NewSession {
  readonly id: string;
  readonly decision: Decision;
  /** For the session's `meta.json`: local time without offset. */
  readonly localTime: string;
}

/**
 * Where sessions are kept. An acknowledged update is durable; concurrent updates of one
 * session are applied one after the other, each on the state the one before it left.
 */
export interface SessionStore {
  /** Stores a new session; it is there whole or not at all. */
  create(session: NewSession): Promise<Session>;
  /**
   * Reads a session without locking or changing anything.
   *
   * @throws {OrcError} not_found if there is none, corrupt if it cannot be trusted
   */
  read(id: string): Promise<Session>;
  /** Applies a decision to the state as it is under the lock. `change` may be called again when the lock was lost. */
  update(
    id: string,
    change: (session: Session) => Decision,
  ): Promise<Updated>;
  /** Ids of all sessions, newest last where ids are ULIDs. */
  ids(): readonly string[];
  /**
   * All sessions with their states, or so many of those changed last; those that cannot be
   * read are named.
   */
  list(limit?: number): Promise<readonly SessionEntry[]>;
}
