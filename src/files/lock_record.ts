import { corrupt, OrcError, orElse } from "../base/error.ts";
import { decodeUtf8, parseJson } from "../base/json.ts";
import { LOCK_NAME, TEMPORARY_SUFFIX } from "../base/layout.ts";
import { field, openDocument, readNumber, readText } from "../base/shape.ts";
import { ifThere, isAbsent, isTaken, isWithoutLinks } from "./errors.ts";
import { readRegularFile } from "./read.ts";
import { discard, isHeldName, writeAll } from "./write.ts";

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

/**
 * Publishes a complete record; undefined when the name is taken. It is written to a private file
 * and then linked, so that the name never shows an unfinished one, wherever the process is killed.
 */
export function publishRecord(
  directory: string,
  name: string,
  record: LockRecord,
): OwnRecord | undefined {
  const path = `${directory}/${name}`;
  const own = `${directory}/${LOCK_NAME}.${record.token}${TEMPORARY_SUFFIX}`;
  try {
    const file = createFilled(own, record);
    return file && link(file, own, path, record);
  } finally {
    discard(own);
  }
}

function link(
  file: Deno.FsFile,
  own: string,
  path: string,
  record: LockRecord,
): OwnRecord | undefined {
  try {
    Deno.linkSync(own, path);
    return new OwnRecord(path, record.token, file);
  } catch (error) {
    file.close();
    // ENOENT: a new holder's sweep took the private file; the caller tries again.
    if (isTaken(error) || isAbsent(error)) return undefined;
    if (!isWithoutLinks(error)) throw error;
    return publishInPlace(path, record);
  }
}

/**
 * Publishes a record where there are no hard links: made under the name itself, and looked at. Who
 * was stopped in between until it counted as nobody's finds that it is not theirs any more.
 */
export function publishInPlace(
  path: string,
  record: LockRecord,
): OwnRecord | undefined {
  const file = createFilled(path, record);
  const own = file && new OwnRecord(path, record.token, file);
  if (own === undefined || own.isThere()) return own;
  own.close();
  return undefined;
}

/** Everybody may read who holds a lock, so that others wait for it instead of failing. */
const RECORD_MODE = 0o644;

function createFilled(
  path: string,
  record: LockRecord,
): Deno.FsFile | undefined {
  let file: Deno.FsFile;
  try {
    const options = { createNew: true, write: true, mode: RECORD_MODE };
    file = Deno.openSync(path, options);
  } catch (error) {
    // A name that is being deleted is contention too.
    if (isTaken(error) || isHeldName(error) && exists(path)) return undefined;
    throw error;
  }
  try {
    const { mode } = file.statSync();
    // A umask may take away even what this process needs to see that the lock is its own.
    if (mode !== null && (mode & 0o400) === 0) {
      Deno.chmodSync(path, RECORD_MODE);
    }
    writeAll(file, encodeRecord(record));
    return file;
  } catch (error) {
    file.close();
    discard(path);
    throw error;
  }
}

const IS_WINDOWS = Deno.build.os === "windows";

/** A record of this process, as it was published under its name. */
export class OwnRecord {
  readonly #path: string;
  readonly #token: string;
  /** Open as long as the record counts: until then no other file can be given its inode. */
  readonly #file: Deno.FsFile;
  #made: Deno.FileInfo | undefined;

  constructor(path: string, token: string, file: Deno.FsFile) {
    this.#path = path;
    this.#token = token;
    this.#file = file;
    this.#made = file.statSync();
    // There a name whose file is open cannot be given away.
    if (IS_WINDOWS) this.close();
  }

  /** Whether the name still leads to this record: nobody took it over. */
  isThere(): boolean {
    const found = ifThere(() => Deno.lstatSync(this.#path));
    if (found === undefined) return false;
    // A file system may change a time afterwards: then the record itself tells.
    return this.#made !== undefined && isSame(found, this.#made) ||
      keyOf(lookAt(this.#path)) === this.#token;
  }

  close(): void {
    if (this.#made === undefined) return;
    this.#made = undefined;
    this.#file.close();
  }
}

function isSame(one: Deno.FileInfo, other: Deno.FileInfo): boolean {
  return one.ino !== null && one.ino === other.ino && one.dev === other.dev &&
    one.size === other.size &&
    one.mtime?.getTime() === other.mtime?.getTime();
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

export function keyOf(seen: Sighting): string {
  if (seen.kind === "record") return seen.record.token;
  return seen.kind === "unreadable" ? seen.key : "";
}
