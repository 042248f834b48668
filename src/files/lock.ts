import { OrcError } from "../base/error.ts";
import { LOCK_NAME } from "../base/layout.ts";
import { epochMsOf } from "../base/time.ts";
import { removeIfThere } from "./file_system.ts";
import { newJudge } from "./lock_judge.ts";
import { publishRecord } from "./lock_publish.ts";
import { type LockRecord, lookAt, type Sighting } from "./lock_record.ts";
import { sweep } from "./lock_sweep.ts";
import { type LockTarget, takeOver } from "./lock_takeover.ts";
import type { Liveness, ProcessIdentity } from "./process_identity.ts";

/** What a lock has to be told by the host. */
export interface LockContext {
  /** How long to wait; a function is asked only when a lock is wanted. */
  readonly timeoutMs: number | (() => Promise<number>);
  /** The command that wants the lock; shown to whoever waits for it. */
  readonly purpose: string;
  now(): string;
  newToken(): string;
  identity(): ProcessIdentity;
  livenessOf(holder: ProcessIdentity, lockedAt: string): Liveness;
  /** Keeps the signals that would end this process waiting while it holds the lock. */
  holdSignals(): { throwIfCaught(): void; release(): void };
}

/** The lock was taken over while this process held it; the update is repeated on the fresh state. */
export class LockLost extends OrcError {
  constructor(directory: string) {
    super(
      "conflict",
      "lock_lost",
      `Cannot change "${directory}": another process took its lock over meanwhile`,
      { path: directory, hint: "try again" },
    );
  }
}

/** A held lock. */
export class HeldLock {
  readonly #directory: string;
  readonly token: string;

  constructor(directory: string, token: string) {
    this.#directory = directory;
    this.token = token;
  }

  /** The fence: called when all is staged, immediately before the rename that publishes it. */
  assertHeld(): void {
    if (!this.isHeld()) throw new LockLost(this.#directory);
  }

  /** Gives the lock back; one that was taken over is left alone. */
  release(): void {
    if (this.isHeld()) removeIfThere(`${this.#directory}/${LOCK_NAME}`);
  }

  /** Whether nobody has taken the lock over. */
  isHeld(): boolean {
    const seen = lookAt(`${this.#directory}/${LOCK_NAME}`);
    return seen.kind === "record" && seen.record.token === this.token;
  }
}

const MAX_PAUSE_MS = 25;

/**
 * Runs work while holding the exclusive lock of a directory. What dead or displaced holders
 * left in the directory is removed before the work begins. A signal that would end the
 * process takes effect when the lock is given back, or while it is waited for.
 *
 * @throws {OrcError} conflict if the lock is not free within the time limit
 */
export async function withLock<Result>(
  directory: string,
  context: LockContext,
  work: (lock: HeldLock) => Promise<Result>,
): Promise<Result> {
  // What is wrong with the settings is told before anything waits for this process.
  const timeoutMs = typeof context.timeoutMs === "number"
    ? context.timeoutMs
    : await context.timeoutMs();
  const bounded = { ...context, timeoutMs };
  const signals = context.holdSignals();
  try {
    const lock = await acquire(directory, bounded, signals.throwIfCaught);
    try {
      sweep(directory, lock.token);
      return await work(lock);
    } finally {
      releaseAtLast(lock);
    }
  } finally {
    signals.release();
  }
}

/**
 * After the work, a lock that cannot be given back must not turn its success into a failure:
 * it becomes stale when this process ends, and the next one takes it over.
 */
function releaseAtLast(lock: HeldLock): void {
  try {
    lock.release();
  } catch {
    return;
  }
}

/** A context whose time limit is known. */
type BoundedContext = LockContext & { readonly timeoutMs: number };

async function acquire(
  directory: string,
  context: BoundedContext,
  throwIfInterrupted: () => void,
): Promise<HeldLock> {
  const record = newRecord(context);
  const isAbandoned = newJudge(context, record.host);
  const target: LockTarget = { directory, record, isAbandoned };
  const startedAtMs = performance.now();
  for (let attempt = 0;; attempt++) {
    if (publishRecord(directory, LOCK_NAME, record)) {
      return new HeldLock(directory, record.token);
    }
    const seen = lookAt(`${directory}/${LOCK_NAME}`);
    if (seen.kind === "absent" && attempt < 3) continue;
    if (isAbandoned(seen) && takeOver(seen, target)) continue;
    const waitedMs = performance.now() - startedAtMs;
    if (waitedMs >= context.timeoutMs) {
      throw timedOut(directory, seen, waitedMs, context);
    }
    await pause(attempt, waitedMs, context.timeoutMs);
    throwIfInterrupted();
  }
}

function newRecord(context: LockContext): LockRecord {
  return {
    ...context.identity(),
    token: context.newToken(),
    at: context.now(),
    purpose: context.purpose,
  };
}

/**
 * Removes a lock whoever holds it: a human's way out. A holder that goes on all the same finds
 * its lock gone and repeats its update on the fresh state.
 *
 * Returns whether a lock was removed.
 */
export function breakLock(directory: string, context: LockContext): boolean {
  const seen = lookAt(`${directory}/${LOCK_NAME}`);
  if (seen.kind === "absent") return false;
  const record = newRecord(context);
  return takeOver(seen, { directory, record, isAbandoned: () => true });
}

/** Exponential with full jitter; who has waited long looks more often, so that the oldest wins. */
function pause(
  attempt: number,
  waitedMs: number,
  timeoutMs: number,
): Promise<void> {
  const patience = waitedMs > 1000 ? 0.4 : waitedMs > 300 ? 0.7 : 1;
  const capMs = Math.min(MAX_PAUSE_MS, 2 ** Math.min(attempt, 10)) * patience;
  const restMs = Math.max(1, timeoutMs - waitedMs);
  return new Promise((resolve) =>
    setTimeout(resolve, Math.min(0.5 + Math.random() * capMs, restMs))
  );
}

function timedOut(
  directory: string,
  seen: Sighting,
  waitedMs: number,
  context: LockContext,
): OrcError {
  const path = `${directory}/${LOCK_NAME}`;
  const waited = `${(waitedMs / 1000).toFixed(1)} s`;
  if (seen.kind !== "record") {
    return new OrcError(
      "conflict",
      "lock_unreadable",
      `Waited ${waited} for "${path}", which names no holder`,
      { path, hint: "try again; if it stays: orc unlock" },
    );
  }
  const { pid, host, at, purpose } = seen.record;
  const ageMs = (epochMsOf(context.now()) ?? 0) - (epochMsOf(at) ?? 0);
  const age = `${Math.max(0, Math.round(ageMs / 1000))} s`;
  return new OrcError(
    "conflict",
    "lock_held",
    `Waited ${waited} for "${path}": held for ${age} by process ${pid} on "${host}" (${purpose})`,
    {
      path,
      hint:
        `wait until process ${pid} has ended, or see who holds it: orc unlock`,
      details: { pid, host, lockedAt: at, purpose, ageMs },
    },
  );
}
