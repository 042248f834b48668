import { OrcError } from "../base/error.ts";
import { TEMPORARY_SUFFIX } from "../base/layout.ts";
import { joinPath, nameOf, parentDirectory } from "../base/path.ts";
import { asOrcError, isAbsent, isDenied } from "./errors.ts";
import { discard, renameOver, syncDirectory, writeAll } from "./file_system.ts";
import { fileKind } from "./read.ts";

/** How a file is replaced. */
export interface WriteOptions {
  /** Names the temporary file; the holder's lock token, so that the next holder can sweep it. */
  readonly token: string;
  /** Mode of a new file; an existing file keeps its own. */
  readonly mode?: number;
  /** Where the temporary file lies; beside the target without it, and always on its file system. */
  readonly stagingDirectory?: string;
  /** Called when all is staged, immediately before the rename; throws to stop it. */
  readonly fence?: () => void;
}

/** What was staged was swept by a new holder of the lock before it could be published. */
export class StagedFileLost extends OrcError {
  constructor(path: string, cause: unknown) {
    super(
      "conflict",
      "lock_lost",
      `Cannot write "${path}": another process took the lock over meanwhile`,
      { path, hint: "try again", cause },
    );
  }
}

const NEW_FILE_MODE = 0o644;

/**
 * Replaces a file whole and durably, or not at all: temporary file beside it, fsync, rename,
 * fsync of the directory. Returns a warning when the change is made but the disk did not
 * confirm that it survives a power cut.
 *
 * From the rename on, the change counts: a failure after it is no failure of the write, and
 * a failed fsync is never repeated, since the kernel has marked the pages clean by then.
 */
export function writeAtomic(
  path: string,
  bytes: Uint8Array,
  options: WriteOptions,
): string | undefined {
  const temporary = temporaryPath(path, options);
  const replaced = regularFileAt(path);
  const mode = modeOf(replaced) ?? options.mode ?? NEW_FILE_MODE;
  try {
    const made = writeNewFile(temporary, bytes, mode);
    if (replaced !== undefined) keepOwner(temporary, made, replaced);
    options.fence?.();
    publish(temporary, path);
  } catch (error) {
    discard(temporary);
    throw reasonOf(error, path);
  }
  return confirm(path);
}

/** What was staged can only vanish with its directory, which is for the caller to tell, or by a sweep. */
function reasonOf(error: unknown, path: string): unknown {
  if (!isAbsent(error)) return asOrcError(error, "write", path);
  const isSwept = fileKind(parentDirectory(path) ?? path) === "directory";
  return isSwept ? new StagedFileLost(path, error) : error;
}

/** Makes a file whose content is durable; its name becomes so when its directory is synced. */
export function writeNewFile(
  path: string,
  bytes: Uint8Array,
  mode: number = NEW_FILE_MODE,
): Deno.FileInfo {
  const file = Deno.openSync(path, { createNew: true, write: true, mode });
  try {
    const made = file.statSync();
    const isOther = made.mode !== null && (made.mode & 0o777) !== mode;
    if (isOther) Deno.chmodSync(path, mode);
    writeAll(file, bytes);
    file.syncSync();
    return made;
  } finally {
    file.close();
  }
}

/** Gives a staged file or directory its name; that it is gone means that it was swept. */
export function publish(staged: string, path: string): void {
  try {
    renameOver(staged, path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    throw new StagedFileLost(path, error);
  }
}

function temporaryPath(path: string, options: WriteOptions): string {
  const beside = `${path}.${options.token}${TEMPORARY_SUFFIX}`;
  return options.stagingDirectory === undefined
    ? beside
    : joinPath(options.stagingDirectory, nameOf(beside));
}

function regularFileAt(path: string): Deno.FileInfo | undefined {
  try {
    const info = Deno.lstatSync(path);
    if (info.isFile) return info;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  throw new OrcError(
    "corrupt",
    "not_a_regular_file",
    `Cannot replace "${path}": it is not a regular file`,
    { path },
  );
}

function modeOf(file: Deno.FileInfo | undefined): number | undefined {
  const mode = file?.mode ?? null;
  return mode === null ? undefined : mode & 0o777;
}

/** The superuser must not lock a user out of their own session. */
function keepOwner(
  path: string,
  made: Deno.FileInfo,
  { uid, gid }: Deno.FileInfo,
): void {
  if (made.uid === uid && made.gid === gid) return;
  try {
    Deno.chownSync(path, uid, gid);
  } catch (error) {
    // Who may not give files away makes them their own, as any editor does.
    if (!isDenied(asOrcError(error, "write", path))) throw error;
  }
}

function confirm(path: string): string | undefined {
  try {
    syncDirectory(parentDirectory(path) ?? path);
  } catch (error) {
    return `The change is made, but the disk did not confirm it: ${
      (error as Error).message
    }`;
  }
}
