import { OrcError } from "../base/error.ts";
import { asObject, numberOf } from "../base/json.ts";
import { decodeUtf8, parseJson } from "../base/json_parse.ts";
import { isAbsent } from "./errors.ts";
import type { ProcessIdentity } from "./process_identity.ts";
import { readRegularFile } from "./read.ts";

/** Who holds a lock, as its file says. */
export interface LockRecord extends ProcessIdentity {
  /** 128 random bits, never used twice. */
  readonly token: string;
  readonly at: string;
  /** The command that holds it. */
  readonly purpose: string;
}

/** What stands where a lock or a claim may be. */
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
  try {
    const { ino, mtime, size } = Deno.lstatSync(path);
    const modifiedAtMs = mtime?.getTime() ?? 0;
    const key = `x${ino ?? 0}-${modifiedAtMs}-${size}`;
    return { kind: "unreadable", key };
  } catch (error) {
    if (isAbsent(error)) return { kind: "absent" };
    throw error;
  }
}

function readRecord(path: string): Uint8Array | undefined {
  try {
    return readRegularFile(path, MAX_RECORD_BYTES);
  } catch (error) {
    if (!(error instanceof OrcError) || error.kind !== "corrupt") throw error;
    throw new OrcError("corrupt", error.code, error.message, {
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
  try {
    const fields = asObject(parseJson(decodeUtf8(bytes, path), path));
    const text = (key: string): string => {
      const value = fields?.get(key);
      if (typeof value !== "string") throw new TypeError(key);
      return value;
    };
    const number = (key: string): number => {
      const value = numberOf(fields?.get(key));
      if (value === undefined) throw new TypeError(key);
      return value;
    };
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
    return isPlausible(record) && number("format") >= FORMAT
      ? record
      : undefined;
  } catch (error) {
    if (error instanceof OrcError || error instanceof TypeError) {
      return undefined;
    }
    throw error;
  }
}

function isPlausible({ token, pid }: LockRecord): boolean {
  return /^[0-9a-f]{32}$/.test(token) && Number.isInteger(pid) && pid >= 1 &&
    pid <= 0x7fffffff;
}

/** Encodes a record as the one line of its file. */
export function encodeRecord(record: LockRecord): Uint8Array {
  const { startedAtMs, purpose, ...rest } = record;
  const fields = {
    format: FORMAT,
    ...rest,
    started_at_ms: startedAtMs,
    purpose: purpose.slice(0, MAX_PURPOSE_LENGTH),
  };
  return new TextEncoder().encode(`${JSON.stringify(fields)}\n`);
}
