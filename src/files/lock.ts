import { conflict, OrcError } from "../base/error.ts";
import { LOCK_NAME, STAGING_PREFIX, TEMPORARY_SUFFIX } from "../base/layout.ts";
import { handed } from "../base/handed.ts";
import { epochMsOf } from "../base/time.ts";
import {
  keyOf,
  type Liveness,
  type LockRecord,
  lookAt,
  type OwnRecord,
  type ProcessIdentity,
  publishRecord,
  type Sighting,
} from "./lock_record.ts";
import { ifThere } from "./errors.ts";
import { isTicket, noteCrowd, Ticket } from "./ticket.ts";
import { inTurn } from "./turn.ts";
import { pause } from "./wait.ts";
import { removeIfThere } from "./write.ts";

interface Hold {
  throwIfCaught(): void;
  release(): void;
}

export interface LockContext {
  /** How long to wait; a function is asked only when a lock is wanted. */
  readonly timeoutMs: number | (() => Promise<number>);
  /** The command that wants the lock; shown to whoever waits for it. */
  readonly purpose: string;
  now(): string;
  newToken(): string;
  identity(): ProcessIdentity;
  livenessOf(holder: ProcessIdentity, lockedAt: string): Liveness;
  /** Ends the waiting with its reason; a lock that is held is held to the end. */
  readonly signal?: AbortSignal | undefined;
  /** Keeps the signals that would end this process waiting while it holds the lock. */
  readonly holdSignals?: (() => Hold | Promise<Hold>) | undefined;
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

export class HeldLock {
  readonly #directory: string;
  readonly #own: OwnRecord;
  /** What lay in the directory when the lock was taken, and stays: not what was swept up. */
  names: ReadonlySet<string> = new Set();

  constructor(directory: string, readonly token: string, own: OwnRecord) {
    this.#directory = directory;
    this.#own = own;
  }

  /** The fence: called when all is staged, immediately before the rename that publishes it. */
  assertHeld(): void {
    if (!this.isHeld()) throw new LockLost(this.#directory);
  }

  /** Gives the lock back; one that was taken over is left alone. */
  release(): void {
    try {
      if (this.isHeld()) removeIfThere(`${this.#directory}/${LOCK_NAME}`);
    } finally {
      this.#own.close();
    }
  }

  isHeld(): boolean {
    return this.#own.isThere();
  }
}

/** A lock that stays this long is read again and again: its holder may have ended. */
const JUDGE_MS = 10;

/**
 * Runs work while holding the exclusive lock of a directory; first what dead or displaced holders
 * left there is removed. Who comes first is served first: always within a process, and as a rule
 * between processes. The time limit counts only as long as nobody of this process is served. A
 * signal to end waits until the lock is given back, or ends the waiting; aborting ends the waiting
 * alone.
 *
 * @throws {OrcError} conflict if the lock is not free within the time limit
 */
export async function withLock<Result>(
  directory: string,
  context: LockContext,
  work: (lock: HeldLock) => Result | Promise<Result>,
): Promise<Result> {
  // What is wrong with the settings is told before anything waits for this process.
  const timeoutMs = typeof context.timeoutMs === "number"
    ? context.timeoutMs
    : await context.timeoutMs();
  return await inTurn(directory, context.signal, async (turn) => {
    const signals = await context.holdSignals?.();
    try {
      const lock = await acquire(directory, context, {
        timeoutMs,
        startedAtMs: turn.sinceMs,
        throwIfInterrupted: () => signals?.throwIfCaught(),
      });
      turn.served();
      return await holding(lock, directory, context, work);
    } finally {
      signals?.release();
    }
  });
}

async function holding<Result>(
  lock: HeldLock,
  directory: string,
  context: Pick<LockContext, "now">,
  work: (lock: HeldLock) => Result | Promise<Result>,
): Promise<Result> {
  try {
    const left = sweep(directory, lock.token, context.now());
    noteCrowd(directory, left.waiting);
    lock.names = left.names;
    return await work(lock);
  } finally {
    try {
      lock.release();
    } catch {
      // It must not turn the success of the work into a failure: the lock becomes stale when this
      // process ends, and the next one takes it over.
    }
  }
}

/** How long somebody waits, and what ends it before. */
interface Patience {
  readonly timeoutMs: number;
  readonly startedAtMs: number;
  throwIfInterrupted(): void;
}

async function acquire(
  directory: string,
  context: LockContext,
  patience: Patience,
): Promise<HeldLock> {
  const record = newRecord(context);
  const ticket = new Ticket(directory, record);
  try {
    return await waitFor(directory, { context, record, ticket, ...patience });
  } finally {
    ticket.leave();
  }
}

interface Waiter extends Patience {
  readonly context: LockContext;
  readonly record: LockRecord;
  readonly ticket: Ticket;
}

async function waitFor(
  directory: string,
  waiter: Waiter,
): Promise<HeldLock> {
  const { context, record, ticket, timeoutMs, startedAtMs } = waiter;
  const isAbandoned = newJudge(context, record);
  const target: LockTarget = { directory, record, isAbandoned };
  const path = `${directory}/${LOCK_NAME}`;
  let before: string | undefined;
  let sinceMs = startedAtMs;
  for (let attempt = 0;; attempt++) {
    const nowMs = performance.now();
    const waitedMs = nowMs - startedAtMs;
    const isLate = waitedMs >= timeoutMs;
    const stamp = stampOf(path);
    const isFree = stamp === undefined;
    if ((isLate || ticket.isNext(isFree)) && isFree) {
      const own = publishRecord(directory, LOCK_NAME, record);
      if (own !== undefined) return new HeldLock(directory, record.token, own);
      if (attempt < 3) continue;
    }
    if (stamp !== before) sinceMs = nowMs;
    const heldMs = nowMs - sinceMs;
    // A lock that goes from hand to hand needs no judge: only one that stays is read.
    const stays = !isFree && stamp === before &&
      (attempt === 1 || heldMs > JUDGE_MS);
    if (isLate || stays) {
      const seen = lookAt(path);
      if (isAbandoned(seen) && takeOver(seen, target)) continue;
      if (isLate) throw timedOut(directory, seen, waitedMs, context.now());
    }
    before = stamp;
    const pauseMs = ticket.pauseMs(isFree, waitedMs, heldMs);
    await pause(
      Math.min(pauseMs, Math.max(1, timeoutMs - waitedMs)),
      context.signal,
    );
    waiter.throwIfInterrupted();
  }
}

/** Which file a lock is, as far as one look tells; undefined when there is none. */
function stampOf(path: string): string | undefined {
  const info = ifThere(() => Deno.lstatSync(path));
  return info && `${info.ino} ${info.size} ${info.mtime?.getTime()}`;
}

function newRecord(context: LockContext): LockRecord {
  return {
    ...handed("identity()", context.identity()),
    token: handed("newToken()", context.newToken()),
    at: handed("now()", context.now()),
    purpose: context.purpose,
  };
}

/**
 * Removes a lock whoever holds it: a human's way out. A holder that goes on all the same finds
 * its lock gone and repeats its update on the fresh state. False when there was none.
 */
export function breakLock(directory: string, context: LockContext): boolean {
  const seen = lookAt(`${directory}/${LOCK_NAME}`);
  if (seen.kind === "absent") return false;
  const record = newRecord(context);
  return takeOver(seen, { directory, record, isAbandoned: () => true });
}

function timedOut(
  directory: string,
  seen: Sighting,
  waitedMs: number,
  now: string,
): OrcError {
  const path = `${directory}/${LOCK_NAME}`;
  const waited = `${(waitedMs / 1000).toFixed(1)} s`;
  if (seen.kind !== "record") {
    return conflict(
      "lock_unreadable",
      `Waited ${waited} for "${path}", which names no holder`,
      { path, hint: "try again; if it stays: orc unlock" },
    );
  }
  const { pid, host, at, purpose } = seen.record;
  const ageMs = ageMsOf(seen.record, now);
  const age = `${Math.max(0, Math.round(ageMs / 1000))} s`;
  return conflict(
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

/** What cannot be judged otherwise must stay the same this long before it is nobody's. */
const UNCHANGED_GRACE_MS = 2_000;

/** A holder that cannot be looked up keeps its lock this long: locks are held for milliseconds. */
const UNKNOWN_HOLDER_MS = 60_000;

export type JudgeContext = Pick<LockContext, "now" | "livenessOf">;

/** Whether nobody will go on with what stands in the way. */
type Judge = (seen: Sighting) => boolean;

/** It remembers what it has seen: some things are nobody's only if they stay the same for a while. */
function newJudge(context: JudgeContext, own: ProcessIdentity): Judge {
  // Measured with this process's own clock: those of files and of other machines may be wrong.
  const firstSeenMs = new Map<string, number>();
  const isStuck = (key: string): boolean => {
    const nowMs = performance.now();
    const sinceMs = firstSeenMs.get(key) ?? nowMs;
    firstSeenMs.set(key, sinceMs);
    return nowMs - sinceMs >= UNCHANGED_GRACE_MS;
  };
  return (seen) => {
    if (seen.kind === "absent") return false;
    if (seen.kind === "unreadable") return isStuck(seen.key);
    const { record } = seen;
    const liveness = context.livenessOf(record, record.at);
    if (liveness !== "unknown") return liveness === "dead";
    // Another machine's lock is never taken over: its boot tells it, else its name, where it may be
    // asked for. The fence keeps the data right even where this guess is wrong.
    const key = record.boot !== "" && own.boot !== "" ? "boot" : "host";
    const mayBeHere = ["", own[key]].includes(record[key]) || own[key] === "";
    return mayBeHere &&
      ageMsOf(record, context.now()) > UNKNOWN_HOLDER_MS &&
      isStuck(`unknown ${record.token}`);
  };
}

function ageMsOf({ at }: LockRecord, now: string): number {
  return (epochMsOf(now) ?? 0) - (epochMsOf(at) ?? 0);
}

const TOKEN = "([0-9a-f]{32})";
const escaped = (text: string) => text.replaceAll(".", "\\.");
const TEMPORARY = new RegExp(`\\.${TOKEN}${escaped(TEMPORARY_SUFFIX)}$`);
const STAGING = new RegExp(`^${escaped(STAGING_PREFIX)}${TOKEN}$`);
const CLAIM = new RegExp(`^${LOCK_NAME}\\.break\\.(.+)\\.\\d+$`);

/**
 * Removes what dead or displaced holders left in a directory; tells how many wait for its lock, and what stays.
 * Only the holder of its lock may, and before it reads any state: a displaced holder that has
 * staged a file loses it here, so that its later rename fails instead of overwriting what the new
 * holder wrote.
 */
export function sweep(
  directory: string,
  ownToken: string,
  now: string,
): { readonly waiting: number; readonly names: ReadonlySet<string> } {
  let waiting = 0;
  const names = new Set<string>();
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const token = leftoverToken(name, isDirectory);
    if (token === undefined) names.add(name);
    if (token === undefined || token === ownToken) continue;
    if (isTicket(name, now)) waiting++;
    else removeIfThere(`${directory}/${name}`, isDirectory);
  }
  return { waiting, names };
}

/** Whose leftover something is, by its name: a token, or what stands for the lock that was to be removed. */
export function leftoverToken(
  name: string,
  isDirectory: boolean,
): string | undefined {
  const leftover = isDirectory
    ? STAGING.exec(name)
    : TEMPORARY.exec(name) ?? CLAIM.exec(name);
  return leftover?.[1];
}

export interface LockTarget {
  readonly directory: string;
  readonly record: LockRecord;
  readonly isAbandoned: Judge;
}

/** More abandoned claims than this on one lock means that something else is wrong. */
const MAX_CLAIMS = 1000;

/**
 * Removes a lock whose holder is gone; false when somebody else is removing it. Two waiters must
 * not both remove it, since the second would remove the first one's fresh lock: the right to remove
 * this very lock is itself taken exclusively, and it is looked at again. Tokens are never used
 * twice.
 */
export function takeOver(seen: Sighting, target: LockTarget): boolean {
  const { directory, record } = target;
  const key = keyOf(seen);
  const isStill = () => keyOf(lookAt(`${directory}/${LOCK_NAME}`)) === key;
  const dead: string[] = [];
  while (dead.length < MAX_CLAIMS) {
    const name = `${LOCK_NAME}.break.${key}.${dead.length}`;
    const own = publishRecord(directory, name, record);
    if (own !== undefined) {
      own.close();
      return removeClaimed(directory, name, dead, isStill);
    }
    const claim = lookAt(`${directory}/${name}`);
    if (claim.kind === "absent") {
      if (!isStill()) return true;
      dead.length = 0;
    } else {
      if (!target.isAbandoned(claim)) return false;
      dead.push(name);
    }
  }
  return false;
}

function removeClaimed(
  directory: string,
  own: string,
  dead: readonly string[],
  isStill: () => boolean,
): boolean {
  const claims = [own];
  try {
    if (isStill()) {
      removeIfThere(`${directory}/${LOCK_NAME}`);
      claims.push(...dead);
    }
    return true;
  } finally {
    for (const claim of claims) removeIfThere(`${directory}/${claim}`);
  }
}
