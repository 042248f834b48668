import { OrcError } from "../core/error.ts";
import {
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../core/layout.ts";
import { encodeSession } from "../core/session_encode.ts";
import type { Decision } from "../core/types.ts";
import { StagedFileLost, writeAtomic } from "./atomic.ts";
import { asOrcError, isAbsent } from "./os_error.ts";
import { type HeldLock, type LockContext, LockLost, withLock } from "./lock.ts";
import { appendEvents, readLastSerial, settleLog } from "./log.ts";
import { guardDirectory } from "./path_guard.ts";
import { fileKind } from "./read_file.ts";
import { assertWritable, noSuchSession, readSession } from "./session_read.ts";
import { stamp } from "./session_stamp.ts";
import type { Session, Updated } from "./session_store.ts";

/** What the store has to be told by the host. */
export interface StoreContext extends LockContext {
  /** Loads what makes event ids. */
  idSource(): Promise<() => string>;
}

/** How often an update is repeated whose lock was taken over; more means something else is wrong. */
const MAX_LOST_LOCKS = 50;

/** The only way a session changes. */
export async function updateSession(
  layout: RepositoryLayout,
  context: StoreContext,
  id: string,
  change: (session: Session) => Decision,
): Promise<Updated> {
  const paths = sessionLayout(layout.root, id);
  const newId = await context.idSource();
  guardDirectory(layout.root, paths.directory);
  if (fileKind(paths.directory) === "absent") {
    throw noSuchSession(id, paths.directory);
  }
  for (let lost = 0;; lost++) {
    try {
      return await withLock(paths.directory, context, async (lock) => {
        const session = await readSession(layout, id);
        assertWritable(session, paths.state);
        assertNotBehind(session, paths, lock);
        const warnings = settle(paths, session);
        const decision = change(session);
        if (decision.events.length === 0) {
          return { session, events: [], warnings };
        }
        const next = stamp(session, decision, context.now(), newId);
        warnings.push(...await commit(paths, next, lock));
        return { session: next, events: next.lastEvents, warnings };
      });
    } catch (error) {
      if (isLockLost(error) && lost < MAX_LOST_LOCKS) continue;
      if (isAbsent(error)) throw removed(id, paths.directory);
      throw asOrcError(error, "update the session", paths.directory);
    }
  }
}

/** An older state.json was put back: going on from it would give out serials twice. */
function assertNotBehind(
  { serial }: Session,
  { state, log }: SessionLayout,
  lock: HeldLock,
): void {
  const logged = readLastSerial(log);
  if (logged <= serial) return;
  // Whoever was displaced between the two reads sees the next holder's log, not an older state.
  lock.assertHeld();
  throw new OrcError(
    "corrupt",
    "state_behind_log",
    `"${state}" is at update ${serial}, but "${log}" is at update ${logged}: an older state was put back`,
    {
      path: state,
      hint:
        "put the newer state.json back, or move log.jsonl aside to go on from the older one; reading still works: orc status",
      details: { serial, logged },
    },
  );
}

function settle(paths: SessionLayout, session: Session): string[] {
  const repair = settleLog(paths.log, session.lastEvents);
  return repair === "recreated"
    ? [`"${paths.log}" was missing; only the last update's events are in it`]
    : [];
}

/** The rename of state.json is the commit point: nothing after it may fail the update. */
async function commit(
  paths: SessionLayout,
  next: Session,
  lock: HeldLock,
): Promise<readonly string[]> {
  const text = await encodeSession(next, next.state.updatedAt);
  const unconfirmed = writeAtomic(paths.state, new TextEncoder().encode(text), {
    token: lock.token,
    fence: () => lock.assertHeld(),
  });
  // A log that survives a power cut which the state did not would be ahead of it.
  if (unconfirmed !== undefined) return [unconfirmed];
  try {
    // A new holder has completed the log already; a second time would repeat the events.
    if (lock.isHeld()) appendEvents(paths.log, next.lastEvents);
    return [];
  } catch (error) {
    return [
      `The change is made, but "${paths.log}" is behind (${
        (error as Error).message
      }); the next update completes it`,
    ];
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
