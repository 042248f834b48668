import { LOCK_NAME, TEMPORARY_SUFFIX } from "../base/layout.ts";
import { isAbsent, isTaken } from "./errors.ts";
import { discard, writeAll } from "./file_system.ts";
import { encodeRecord, type LockRecord, lookAt } from "./lock_record.ts";
import { codeOf } from "./os_code.ts";

/** What a file system without hard links answers, and a process that may not make one. */
export const NO_LINKS: ReadonlySet<string> = new Set([
  "EINVAL",
  "EMLINK",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPERM",
  "EXDEV",
  "NotCapable",
  "NotSupported",
]);

/**
 * Publishes a complete record under a name; false when the name is taken.
 *
 * The record is written to a private file and then linked, so that the name never shows an
 * unfinished one, wherever the process is killed.
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
    if (!NO_LINKS.has(codeOf(error))) throw error;
    return publishInPlace(path, record);
  }
}

/**
 * Publishes a record where there are no hard links: made under the name itself, and then
 * looked at. Whoever is stopped in between for so long that the unfinished record counts as
 * nobody's finds that it is not theirs any more.
 */
export function publishInPlace(path: string, record: LockRecord): boolean {
  if (!createFilled(path, record)) return false;
  const seen = lookAt(path);
  return seen.kind === "record" && seen.record.token === record.token;
}

/** Everybody may read who holds a lock, so that others wait for it instead of failing. */
const RECORD_MODE = 0o644;

function createFilled(path: string, record: LockRecord): boolean {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, {
      createNew: true,
      write: true,
      mode: RECORD_MODE,
    });
  } catch (error) {
    if (isTaken(error) || isPendingDeletion(error, path)) return false;
    throw error;
  }
  let filled = false;
  try {
    allowReading(file, path);
    writeAll(file, encodeRecord(record));
    filled = true;
  } finally {
    file.close();
    if (!filled) discard(path);
  }
  return true;
}

/** A umask may take away even what this process needs to see that the lock is its own. */
function allowReading(file: Deno.FsFile, path: string): void {
  const { mode } = file.statSync();
  if (mode === null || (mode & 0o400) !== 0) return;
  Deno.chmodSync(path, RECORD_MODE);
}

/** Windows answers a name that is being deleted with a refusal; that is contention. */
function isPendingDeletion(error: unknown, path: string): boolean {
  return Deno.build.os === "windows" &&
    ["EPERM", "EACCES", "EBUSY"].includes(codeOf(error)) && exists(path);
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
