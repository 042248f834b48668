import { OrcError } from "../base/error.ts";
import type { SessionLayout } from "../base/layout.ts";
import { MAX_CARRIED_EVENTS } from "../base/limits.ts";
import type { RecordedEvent } from "../engine/event.ts";
import type { HeldLock } from "../files/lock.ts";
import { findLogEnd, type LogEnd, settleLog, syncLog } from "./log.ts";
import type { Session } from "./session_store.ts";

/** A log that agrees with its state. */
export interface Settled {
  /** Events that the next state must hold too, since the log does not hold them durably. */
  readonly carried: readonly RecordedEvent[];
  readonly warnings: readonly string[];
}

/**
 * Brings the log up to the state. Events travel in state.json over a few updates, so that the
 * log need not be synced in each: a power cut may take them from the log, and they are restored.
 */
export function settle(
  paths: SessionLayout,
  session: Session,
  { lock, logEnd }: { lock: HeldLock; logEnd: LogEnd | undefined },
): Settled {
  const isDurable = session.lastEvents.length >= MAX_CARRIED_EVENTS;
  const carried = isDurable ? [] : session.lastEvents;
  if (logEnd !== undefined && isUnchanged(logEnd, findLogEnd(paths.log))) {
    if (isDurable) syncLog(paths.log);
    return { carried, warnings: [] };
  }
  const repair = settleLog(paths.log, {
    lastEvents: session.lastEvents,
    isDurable,
    judge: (lastSerial) => assertNotBehind(session, lastSerial, paths, lock),
    fence: () => lock.assertHeld(),
  });
  const warnings = repair === "recreated"
    ? [`"${paths.log}" was missing; only the last events are in it`]
    : [];
  return { carried, warnings };
}

function isUnchanged(known: LogEnd, found: LogEnd | undefined): boolean {
  return known.device === found?.device && known.inode === found.inode &&
    known.sizeBytes === found.sizeBytes;
}

/** An older state.json was put back: going on from it would give out serials twice. */
function assertNotBehind(
  { serial }: Session,
  logged: number,
  { state, log }: SessionLayout,
  lock: HeldLock,
): void {
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
        "put the newer state.json back, or see what else can be done: orc doctor; reading still works: orc status",
      details: { serial, logged },
    },
  );
}
