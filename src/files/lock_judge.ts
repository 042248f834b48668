import { epochMsOf } from "../base/time.ts";
import type { LockRecord, Sighting } from "./lock_record.ts";
import type { Liveness, ProcessIdentity } from "./process_identity.ts";

/** What cannot be judged otherwise must stay the same this long before it is nobody's. */
const UNCHANGED_GRACE_MS = 2_000;

/** A holder that cannot be looked up keeps its lock this long: locks are held for milliseconds. */
const UNKNOWN_HOLDER_MS = 60_000;

/** What judging needs to be told by the host. */
export interface JudgeContext {
  now(): string;
  livenessOf(holder: ProcessIdentity, lockedAt: string): Liveness;
}

/** Whether nobody will go on with what stands in the way. */
export type Judge = (seen: Sighting) => boolean;

/**
 * Makes the judge of one process that waits for a lock. It remembers what it has seen, since
 * some things count as abandoned only when they have not changed for a while.
 */
export function newJudge(context: JudgeContext, host: string): Judge {
  const isStuck = newStuckClock();
  return (seen) => {
    if (seen.kind === "absent") return false;
    if (seen.kind === "unreadable") return isStuck(seen.key);
    const { record } = seen;
    const liveness = context.livenessOf(record, record.at);
    if (liveness !== "unknown") return liveness === "dead";
    return mayBeHere(record, host) && isOld(record, context.now()) &&
      isStuck(`unknown ${record.token}`);
  };
}

/** Measures with this process's own clock: those of files and of other machines may be wrong. */
function newStuckClock(): (key: string) => boolean {
  const firstSeenMs = new Map<string, number>();
  return (key) => {
    const nowMs = performance.now();
    const sinceMs = firstSeenMs.get(key) ?? nowMs;
    firstSeenMs.set(key, sinceMs);
    return nowMs - sinceMs >= UNCHANGED_GRACE_MS;
  };
}

/**
 * Another machine's lock is never taken over. A process that may not ask has an empty name
 * for its machine. The fence keeps the data right even where this guess is wrong.
 */
function mayBeHere(holder: LockRecord, host: string): boolean {
  return holder.host === "" || host === "" || holder.host === host;
}

function isOld(holder: LockRecord, now: string): boolean {
  const ageMs = (epochMsOf(now) ?? 0) - (epochMsOf(holder.at) ?? 0);
  return ageMs > UNKNOWN_HOLDER_MS;
}
