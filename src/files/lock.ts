import { conflict, corrupt, OrcError, orElse } from "../base/error.ts";
import { decodeUtf8, parseJson } from "../base/json.ts";
import { LOCK_NAME, STAGING_PREFIX, TEMPORARY_SUFFIX } from "../base/layout.ts";
import { field, openDocument, readNumber, readText } from "../base/shape.ts";
import { epochMsOf } from "../base/time.ts";
import { ifThere, isAbsent, isTaken, isWithoutLinks } from "./errors.ts";
import { readRegularFile } from "./read.ts";
import { discard, isHeldName, removeIfThere, writeAll } from "./write.ts";

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

export class HeldLock {
  readonly #directory: string;

  constructor(directory: string, readonly token: string) {
    this.#directory = directory;
  }

  /** The fence: called when all is staged, immediately before the rename that publishes it. */
  assertHeld(): void {
    if (!this.isHeld()) throw new LockLost(this.#directory);
  }

  /** Gives the lock back; one that was taken over is left alone. */
  release(): void {
    if (this.isHeld()) removeIfThere(`${this.#directory}/${LOCK_NAME}`);
  }

  isHeld(): boolean {
    return keyOf(lookAt(`${this.#directory}/${LOCK_NAME}`)) === this.token;
  }
}

const MAX_PAUSE_MS = 25;

/**
 * Runs work while holding the exclusive lock of a directory; first what dead or displaced holders
 * left there is removed. A signal to end waits until the lock is given back, or ends the waiting.
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
  const signals = context.holdSignals();
  try {
    const { throwIfCaught } = signals;
    const lock = await acquire(directory, context, timeoutMs, throwIfCaught);
    try {
      sweep(directory, lock.token);
      return await work(lock);
    } finally {
      try {
        lock.release();
      } catch {
        // It must not turn the success of the work into a failure: the lock becomes stale when
        // this process ends, and the next one takes it over.
      }
    }
  } finally {
    signals.release();
  }
}

async function acquire(
  directory: string,
  context: LockContext,
  timeoutMs: number,
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
    if (waitedMs >= timeoutMs) {
      throw timedOut(directory, seen, waitedMs, context.now());
    }
    await pause(attempt, waitedMs, timeoutMs);
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
 * its lock gone and repeats its update on the fresh state. False when there was none.
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
function newJudge(context: JudgeContext, host: string): Judge {
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
    // Another machine's lock is never taken over; who may not ask has an empty name for its own.
    // The fence keeps the data right even where this guess is wrong.
    const mayBeHere = [record.host, host].includes("") || record.host === host;
    return mayBeHere &&
      ageMsOf(record, context.now()) > UNKNOWN_HOLDER_MS &&
      isStuck(`unknown ${record.token}`);
  };
}

function ageMsOf({ at }: LockRecord, now: string): number {
  return (epochMsOf(now) ?? 0) - (epochMsOf(at) ?? 0);
}

/**
 * Publishes a complete record; false when the name is taken. It is written to a private file and
 * then linked, so that the name never shows an unfinished one, wherever the process is killed.
 */
export function publishRecord(
  directory: string,
  name: string,
  record: LockRecord,
): boolean {
  const path = `${directory}/${name}`;
  if (exists(path)) return false;
  const own = `${directory}/${LOCK_NAME}.${record.token}${TEMPORARY_SUFFIX}`;
  try {
    return createFilled(own, record) && link(own, path, record);
  } finally {
    discard(own);
  }
}

function link(own: string, path: string, record: LockRecord): boolean {
  try {
    Deno.linkSync(own, path);
    return true;
  } catch (error) {
    // ENOENT: a new holder's sweep took the private file; the caller tries again.
    if (isTaken(error) || isAbsent(error)) return false;
    if (!isWithoutLinks(error)) throw error;
    return publishInPlace(path, record);
  }
}

/**
 * Publishes a record where there are no hard links: made under the name itself, and looked at. Who
 * was stopped in between until it counted as nobody's finds that it is not theirs any more.
 */
export function publishInPlace(path: string, record: LockRecord): boolean {
  return createFilled(path, record) && keyOf(lookAt(path)) === record.token;
}

/** Everybody may read who holds a lock, so that others wait for it instead of failing. */
const RECORD_MODE = 0o644;

function createFilled(path: string, record: LockRecord): boolean {
  let file: Deno.FsFile;
  try {
    const options = { createNew: true, write: true, mode: RECORD_MODE };
    file = Deno.openSync(path, options);
  } catch (error) {
    // A name that is being deleted is contention too.
    if (isTaken(error) || isHeldName(error) && exists(path)) return false;
    throw error;
  }
  let filled = false;
  try {
    const { mode } = file.statSync();
    // A umask may take away even what this process needs to see that the lock is its own.
    if (mode !== null && (mode & 0o400) === 0) {
      Deno.chmodSync(path, RECORD_MODE);
    }
    writeAll(file, encodeRecord(record));
    filled = true;
  } finally {
    file.close();
    if (!filled) discard(path);
  }
  return true;
}

function exists(path: string): boolean {
  return ifThere(() => Deno.lstatSync(path)) !== undefined;
}

export interface LockRecord extends ProcessIdentity {
  /** 128 random bits, never used twice. */
  readonly token: string;
  readonly at: string;
  readonly purpose: string;
}

export type Sighting =
  | { readonly kind: "absent" }
  | { readonly kind: "record"; readonly record: LockRecord }
  /** A file that is no record; `key` changes when the file does. */
  | { readonly kind: "unreadable"; readonly key: string };

const FORMAT = 1;
const MAX_RECORD_BYTES = 4096;

/** Keeps a record far below its largest size, whatever its holder calls itself. */
const MAX_PURPOSE_LENGTH = 200;

/**
 * Looks at a lock without following links or blocking on a pipe.
 *
 * @throws {OrcError} corrupt if something stands there that no orc makes
 */
export function lookAt(path: string): Sighting {
  const bytes = readRecord(path);
  if (bytes === undefined) return { kind: "absent" };
  const record = decodeRecord(bytes, path);
  if (record) return { kind: "record", record };
  const info = ifThere(() => Deno.lstatSync(path));
  if (info === undefined) return { kind: "absent" };
  const modifiedAtMs = info.mtime?.getTime() ?? 0;
  const key = `x${info.ino ?? 0}-${modifiedAtMs}-${info.size}`;
  return { kind: "unreadable", key };
}

function readRecord(path: string): Uint8Array | undefined {
  try {
    return readRegularFile(path, MAX_RECORD_BYTES);
  } catch (error) {
    if (!(error instanceof OrcError) || error.kind !== "corrupt") throw error;
    throw corrupt(error.code, error.message, {
      path,
      hint: "look at what it is, and move it away: orc did not make it",
      cause: error,
    });
  }
}

function decodeRecord(
  bytes: Uint8Array,
  path: string,
): LockRecord | undefined {
  return orElse(() => {
    const document = openDocument(parseJson(decodeUtf8(bytes, path), path));
    const text = (key: string): string => readText(field(document, key));
    const number = (key: string): number => readNumber(field(document, key));
    const record = {
      token: text("token"),
      pid: number("pid"),
      start: text("start"),
      startedAtMs: number("started_at_ms"),
      boot: text("boot"),
      namespace: text("namespace"),
      host: text("host"),
      runtime: text("runtime"),
      at: text("at"),
      purpose: text("purpose"),
    };
    // A newer format that still says who holds it must be honoured too.
    const isKnown = number("format") >= FORMAT && isPlausible(record);
    return isKnown && document.problems.length === 0 ? record : undefined;
  }, () => undefined);
}

function isPlausible({ token, pid }: LockRecord): boolean {
  return /^[0-9a-f]{32}$/.test(token) && Number.isInteger(pid) && pid >= 1 &&
    pid <= 0x7fffffff;
}

function encodeRecord(record: LockRecord): string {
  const { startedAtMs, purpose, ...rest } = record;
  const fields = {
    format: FORMAT,
    ...rest,
    started_at_ms: startedAtMs,
    purpose: purpose.slice(0, MAX_PURPOSE_LENGTH),
  };
  return `${JSON.stringify(fields)}\n`;
}

const TOKEN = "([0-9a-f]{32})";
const escaped = (text: string) => text.replaceAll(".", "\\.");
const TEMPORARY = new RegExp(`\\.${TOKEN}${escaped(TEMPORARY_SUFFIX)}$`);
const STAGING = new RegExp(`^${escaped(STAGING_PREFIX)}${TOKEN}$`);
const CLAIM = new RegExp(`^${LOCK_NAME}\\.break\\.(.+)\\.\\d+$`);

/**
 * Removes what dead or displaced holders left in a directory. Only the holder of its lock may,
 * and before it reads any state: a displaced holder that has staged a file loses it here, so
 * that its later rename fails instead of overwriting what the new holder wrote.
 */
export function sweep(directory: string, ownToken: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const token = leftoverToken(name, isDirectory);
    if (token === undefined || token === ownToken) continue;
    removeIfThere(`${directory}/${name}`, isDirectory);
  }
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
    if (publishRecord(directory, name, record)) {
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

function keyOf(seen: Sighting): string {
  if (seen.kind === "record") return seen.record.token;
  return seen.kind === "unreadable" ? seen.key : "";
}

/** Who holds a lock, precisely enough to tell whether that process still lives. */
export interface ProcessIdentity {
  /** Process id, as its own namespace counts. */
  readonly pid: number;
  /** Kernel start time of the process; empty when it cannot be read. */
  readonly start: string;
  /** Wall clock of the process start in milliseconds since 1970. */
  readonly startedAtMs: number;
  /** Identity of this boot of the machine; empty when it cannot be read. */
  readonly boot: string;
  /** Process id namespace; empty when it cannot be read. */
  readonly namespace: string;
  /** Name of the machine; empty when it may not be read. */
  readonly host: string;
  /** What runs orc and its version, such as `deno 2.9.6`; shown to people. */
  readonly runtime: string;
}

/**
 * Whether another process can still act: `dead` only when that is certain, `unknown` on another
 * machine.
 */
export type Liveness = "alive" | "dead" | "unknown";
