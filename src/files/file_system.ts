/** The few file calls of the write path, with the same behaviour on Deno and Node. */
import { isAbsent } from "./errors.ts";
import { codeOf } from "./os_code.ts";

const IS_WINDOWS = Deno.build.os === "windows";

/** How often a rename is tried on Windows, where a reader or scanner may hold the name for a moment. */
const RENAME_TRIES = 12;

/** Writes all bytes; a short write is continued. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    const count = file.writeSync(bytes.subarray(written));
    if (count <= 0) throw new Error("a write made no progress");
    written += count;
  }
}

/** Reads from a place in a file; less than was asked for only where the file ends. */
export function readAt(
  file: Deno.FsFile,
  offset: number,
  lengthBytes: number,
): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  file.seekSync(offset, 0);
  let filled = 0;
  while (filled < lengthBytes) {
    const count = file.readSync(bytes.subarray(filled));
    if (!count) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/** Makes a file's name durable. Windows has no such call; some file systems refuse it. */
export function syncDirectory(path: string): void {
  if (IS_WINDOWS) return;
  const directory = Deno.openSync(path, { read: true });
  try {
    directory.syncSync();
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EOPNOTSUPP"].includes(codeOf(error))) {
      throw error;
    }
  } finally {
    directory.close();
  }
}

/** Makes a directory that its owner can use, whatever the umask takes away. */
export function makeDirectory(path: string): void {
  Deno.mkdirSync(path, { mode: 0o755 });
  const { mode } = Deno.lstatSync(path);
  if (mode === null || (mode & 0o700) === 0o700) return;
  Deno.chmodSync(path, mode & 0o777 | 0o700);
}

/** Removes a file; false when there was none. */
export function removeIfThere(path: string): boolean {
  try {
    Deno.removeSync(path);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/**
 * Removes what only this process made and nobody needs, after an error that is the one to
 * report. What cannot be removed is swept by the next holder of the lock.
 */
export function discard(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    return;
  }
}

/** Renames a file over another. */
export function renameOver(from: string, to: string): void {
  for (let attempt = 1;; attempt++) {
    try {
      return Deno.renameSync(from, to);
    } catch (error) {
      const held = ["EPERM", "EACCES", "EBUSY"].includes(codeOf(error));
      if (!IS_WINDOWS || !held || attempt === RENAME_TRIES) throw error;
      pause(Math.min(5 * 2 ** attempt, 500));
    }
  }
}

function pause(milliseconds: number): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(never, 0, 0, milliseconds);
}
