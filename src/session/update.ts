import { OrcError } from "../base/error.ts";
import {
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../base/layout.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import {
  type HeldLock,
  type LockContext,
  LockLost,
  withLock,
} from "../files/lock.ts";
import { guardDirectory } from "../files/path_guard.ts";
import { fileKind } from "../files/read.ts";
import { StagedFileLost, writeAtomic } from "../files/write.ts";
import type { Decision } from "../workflow/types.ts";
import { encodeSession } from "./encode.ts";
import { appendEvents, type LogEnd } from "./log.ts";
import {
  assertWritable,
  decodeState,
  noSuchSession,
  readState,
} from "./read.ts";
import { SessionMemory } from "./session_memory.ts";
import { settle } from "./session_settle.ts";
import { stamp, type Stamped } from "./session_stamp.ts";
import type { Session, Updated } from "./session_store.ts";

/** What the store has to be told by the host. */
export interface StoreContext extends LockContext {
  /** Loads what makes event ids. */
  idSource(): Promise<() => string>;
}

/** How often an update is repeated whose lock was taken over; more means something else is wrong. */
const MAX_LOST_LOCKS = 50;

/** Makes the only function that changes sessions. */
export function sessionUpdater(
  layout: RepositoryLayout,
  context: StoreContext,
): (id: string, change: (session: Session) => Decision) => Promise<Updated> {
  const memory = new SessionMemory();
  return async (id, change) => {
    const paths = sessionLayout(layout.root, id);
    const newId = await context.idSource();
    guardDirectory(layout.root, paths.directory);
    if (fileKind(paths.directory) === "absent") {
      throw noSuchSession(id, paths.directory);
    }
    const update = { id, paths, memory, change, newId, now: context.now };
    for (let lost = 0;; lost++) {
      try {
        return await withLock(
          paths.directory,
          context,
          (lock) => applyUnderLock(update, lock),
        );
      } catch (error) {
        if (isLockLost(error) && lost < MAX_LOST_LOCKS) continue;
        if (isAbsent(error)) throw removed(id, paths.directory);
        throw asOrcError(error, "update the session", paths.directory);
      }
    }
  };
}

/** One update, as often as it has to be tried. */
interface Update {
  readonly id: string;
  readonly paths: SessionLayout;
  readonly memory: SessionMemory;
  readonly change: (session: Session) => Decision;
  readonly newId: () => string;
  readonly now: () => string;
}

async function applyUnderLock(
  { id, paths, memory, change, newId, now }: Update,
  lock: HeldLock,
): Promise<Updated> {
  const text = readState(paths, id);
  const known = memory.recall(id, text);
  const session = known?.session ?? await decodeState(text, paths, id);
  assertWritable(session, paths.state);
  const { carried, warnings } = settle(paths, session, {
    lock,
    logEnd: known?.logEnd,
  });
  const decision = change(session);
  if (decision.events.length === 0) return { session, events: [], warnings };
  const next = stamp(
    { ...session, lastEvents: carried },
    decision,
    now(),
    newId,
  );
  const committed = await commit(paths, next, lock);
  memory.remember({ session: next.session, ...committed });
  return {
    session: next.session,
    events: next.events,
    warnings: [...warnings, ...committed.warnings],
  };
}

/** What an update left on disk. */
export interface Committed {
  readonly text: string;
  readonly logEnd: LogEnd | undefined;
  readonly warnings: readonly string[];
}

/** The rename of state.json is the commit point: nothing after it may fail the update. */
export async function commit(
  paths: SessionLayout,
  { session, events }: Stamped,
  lock: HeldLock,
): Promise<Committed> {
  const text = await encodeSession(session, session.state.updatedAt);
  const unconfirmed = writeAtomic(paths.state, new TextEncoder().encode(text), {
    token: lock.token,
    fence: () => lock.assertHeld(),
  });
  // A log that survives a power cut which the state did not would be ahead of it.
  if (unconfirmed !== undefined) {
    return { text, logEnd: undefined, warnings: [unconfirmed] };
  }
  return { text, ...extendLog(paths, events, lock) };
}

function extendLog(
  paths: SessionLayout,
  events: readonly RecordedEvent[],
  lock: HeldLock,
): Omit<Committed, "text"> {
  try {
    // A new holder has completed the log already; a second time would repeat the events.
    const logEnd = lock.isHeld() ? appendEvents(paths.log, events) : undefined;
    return { logEnd, warnings: [] };
  } catch (error) {
    const warning = `The change is made, but "${paths.log}" is behind (${
      (error as Error).message
    }); the next update completes it`;
    return { logEnd: undefined, warnings: [warning] };
  }
}

function removed(id: string, path: string): OrcError {
  return new OrcError(
    "conflict",
    "session_removed",
    `Session "${id}" was removed while it was being updated`,
    { path, hint: "orc session list" },
  );
}

/** Both mean that a new holder took the lock over before the commit point. */
function isLockLost(error: unknown): boolean {
  return error instanceof LockLost || error instanceof StagedFileLost;
}
