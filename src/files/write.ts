import { conflict, corrupt, OrcError } from "../base/error.ts";
import { asidePath, TEMPORARY_SUFFIX } from "../base/layout.ts";
import { joinPath, nameOf, parentDirectory } from "../base/path.ts";
import {
  asOrcError,
  codeOf,
  ifThere,
  isAbsent,
  isDenied,
  isTaken,
} from "./errors.ts";
import { fileKind, listed, openSame } from "./read.ts";
import { readPieces } from "./tree.ts";

interface WriteOptions {
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
 * fsync of the directory. Returns warnings when the change is made but the disk did not
 * confirm that it survives a power cut.
 *
 * From the rename on, the change counts: a failure after it is no failure of the write, and
 * a failed fsync is never repeated, since the kernel has marked the pages clean by then.
 */
export function writeAtomic(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions,
): readonly string[] {
  const { stagingDirectory } = options;
  const beside = `${path}.${options.token}${TEMPORARY_SUFFIX}`;
  const temporary = stagingDirectory === undefined
    ? beside
    : joinPath(stagingDirectory, nameOf(beside));
  const replaced = regularFileAt(path, "replace");
  const oldMode = replaced?.mode ?? null;
  const mode = oldMode === null
    ? options.mode ?? NEW_FILE_MODE
    : oldMode & 0o777;
  try {
    const made = writeNewFile(temporary, content, mode);
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

/** As {@linkcode writeAtomic}, for what comes in pieces and may be of any size; tells how many bytes that were. */
export async function writePieces(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  { token, mode = NEW_FILE_MODE }: Pick<WriteOptions, "token" | "mode">,
): Promise<
  { readonly sizeBytes: number; readonly warnings: readonly string[] }
> {
  const temporary = `${path}.${token}${TEMPORARY_SUFFIX}`;
  let sizeBytes: number;
  try {
    sizeBytes = await writeNewPieces(temporary, pieces, mode);
    publish(temporary, path);
  } catch (error) {
    discard(temporary);
    throw asOrcError(error, "write", path);
  }
  return { sizeBytes, warnings: confirm(path) };
}

/** Makes a file of pieces whose content is durable; returns how many bytes that were. */
export async function writeNewPieces(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  mode: number = NEW_FILE_MODE,
): Promise<number> {
  const file = Deno.openSync(path, { createNew: true, write: true, mode });
  let sizeBytes = 0;
  try {
    for await (const piece of pieces) {
      writeAll(file, piece);
      sizeBytes += piece.length;
    }
    file.syncSync();
    return sizeBytes;
  } finally {
    file.close();
  }
}

/** Makes a file whose content is durable; its name becomes so when its directory is synced. */
export function writeNewFile(
  path: string,
  content: string | Uint8Array,
  mode: number = NEW_FILE_MODE,
): Deno.FileInfo {
  const file = Deno.openSync(path, { createNew: true, write: true, mode });
  try {
    const made = file.statSync();
    const isOther = made.mode !== null && (made.mode & 0o777) !== mode;
    if (isOther) Deno.chmodSync(path, mode);
    writeAll(file, content);
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

/** What lies at a path that may hold nothing but a regular file; undefined where nothing does. */
export function regularFileAt(
  path: string,
  doing: "read" | "write" | "replace",
): Deno.FileInfo | undefined {
  const info = ifThere(() => Deno.lstatSync(path));
  if (info === undefined || info.isFile) return info;
  const hint = doing === "replace"
    ? undefined
    : "put a regular file in its place, or move it away";
  throw corrupt(
    "not_a_regular_file",
    `Cannot ${doing} "${path}": it is not a regular file`,
    { path, hint },
  );
}

/** Opens the regular file that was looked at; one that is gone by now throws as it is. */
export function openRegular(
  path: string,
  seen: Deno.FileInfo | undefined,
  doing: "read" | "write",
  options: Deno.OpenOptions,
): Deno.FsFile {
  try {
    const file = openSame(path, seen, options);
    if (file !== undefined) return file;
  } catch (error) {
    throw isAbsent(error) ? error : asOrcError(error, doing, path);
  }
  throw conflict(
    "file_replaced",
    `Cannot ${doing} "${path}": it was replaced at the same moment`,
    { path, hint: "try again when the other programs have ended" },
  );
}

/** The superuser must not lock a user out of their own session. */
export function keepOwner(
  path: string,
  made: Deno.FileInfo,
  { uid, gid }: Pick<Deno.FileInfo, "uid" | "gid">,
): void {
  if (made.uid === uid && made.gid === gid) return;
  try {
    Deno.chownSync(path, uid, gid);
  } catch (error) {
    // Who may not give files away makes them their own, as any editor does.
    if (!isDenied(asOrcError(error, "write", path))) throw error;
  }
}

function confirm(path: string): readonly string[] {
  try {
    syncDirectory(parentDirectory(path) ?? path);
    return [];
  } catch (error) {
    const { message } = error as Error;
    return [`The change is made, but the disk did not confirm it: ${message}`];
  }
}

/** Renames what a repair is to replace, so that nothing is lost; returns the new path. Only the holder of the lock may. */
export function putAside(path: string, at: string): string {
  for (let number = 1;; number++) {
    const aside = asidePath(path, at, number);
    if (fileKind(aside) !== "absent") continue;
    renameOver(path, aside);
    syncDirectory(parentDirectory(path) ?? path);
    return aside;
  }
}

/**
 * Gives a file that has more than one name, as `cp -al` makes them, a copy of its own: what is
 * appended to it would else stand in the other directory too. Only the holder of the lock may.
 */
export function makeSole(
  path: string,
  info: Deno.FileInfo,
  { token, fence }: { readonly token: string; readonly fence: () => void },
): void {
  if ((info.nlink ?? 1) < 2) return;
  const temporary = `${path}.${token}${TEMPORARY_SUFFIX}`;
  try {
    copyFile(path, temporary, info);
    const { mode, mtime } = info;
    keepAttributes(temporary, {
      mode: mode ?? NEW_FILE_MODE,
      mtimeMs: mtime?.getTime() ?? 0,
    });
    keepOwner(temporary, Deno.lstatSync(temporary), info);
    fence();
    publish(temporary, path);
  } catch (error) {
    discard(temporary);
    throw reasonOf(error, path);
  }
  syncDirectory(parentDirectory(path) ?? path);
}

/**
 * Moves a file or directory to a name that is free; false when it is gone. Across file
 * systems it is copied, made durable and only then removed.
 */
export function moveTo(from: string, to: string): boolean {
  ensureDirectories(parentDirectory(to) ?? to);
  try {
    Deno.renameSync(from, to);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    if (codeOf(error) !== "EXDEV") throw asOrcError(error, "move", from);
  }
  try {
    // What a killed process left of such a copy.
    discard(to);
    copyTree(from, to);
    syncDirectory(parentDirectory(to) ?? to);
    Deno.removeSync(from, { recursive: true });
    return true;
  } catch (error) {
    throw asOrcError(error, "move", from);
  }
}

/** Makes a directory and those above it, durable before anything moves in. */
export function ensureDirectories(path: string): void {
  if (fileKind(path) === "directory") return;
  const parent = parentDirectory(path);
  if (parent !== undefined) ensureDirectories(parent);
  try {
    makeDirectory(path);
    if (parent !== undefined) syncDirectory(parent);
  } catch (error) {
    if (!isTaken(error)) throw asOrcError(error, "make", path);
  }
}

/** Removes the directories below a path in which nothing lies, and the path itself. */
export function removeEmpty(path: string): void {
  if (fileKind(path) !== "directory") return;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) removeEmpty(joinPath(path, name));
  }
  removeIfEmpty(path);
}

/** Removes a directory in which nothing lies; false where something does. */
export function removeIfEmpty(path: string): boolean {
  const kind = fileKind(path);
  if (kind !== "directory") return kind === "absent";
  try {
    removeIfThere(path);
    return true;
  } catch (error) {
    if (isTaken(error) || codeOf(error) === "ENOTEMPTY") return false;
    throw error;
  }
}

/** Sets mode and time of a copy to those of what it was copied from. */
export function keepAttributes(
  path: string,
  { mode, mtimeMs }: { readonly mode: number; readonly mtimeMs: number },
): void {
  Deno.chmodSync(path, mode & 0o777);
  Deno.utimeSync(path, mtimeMs / 1000, mtimeMs / 1000);
}

function copyTree(from: string, to: string): void {
  const info = Deno.lstatSync(from);
  const { mode, mtime } = info;
  if (info.isSymlink) {
    // Nothing but its text is taken along; nobody looks where it leads.
    return Deno.symlinkSync(Deno.readLinkSync(from), to);
  }
  if (info.isDirectory) {
    makeDirectory(to);
    for (const { name } of listed(from)) {
      copyTree(joinPath(from, name), joinPath(to, name));
    }
    syncDirectory(to);
  } else {
    copyFile(from, to, info);
  }
  keepAttributes(to, {
    mode: mode ?? 0o644,
    mtimeMs: mtime?.getTime() ?? 0,
  });
}

/** Makes a new file that holds what another one does, however much that is; an empty one where there is none. */
export function copyToNew(from: string, to: string): void {
  const info = regularFileAt(from, "read");
  if (info === undefined) writeNewFile(to, "");
  else copyFile(from, to, info, NEW_FILE_MODE);
}

function copyFile(
  from: string,
  to: string,
  info: Deno.FileInfo,
  mode = 0o600,
): void {
  writeNewFile(to, new Uint8Array(), mode);
  const file = Deno.openSync(to, { append: true });
  try {
    readPieces(from, info, (piece) => writeAll(file, piece));
    file.syncSync();
    if (file.statSync().size !== info.size) {
      throw new Error(`"${nameOf(from)}" changed while it was copied`);
    }
  } finally {
    file.close();
  }
}

const IS_WINDOWS = Deno.build.os === "windows";

/** How often a rename is tried on Windows, where a reader or scanner may hold the name for a moment. */
const RENAME_TRIES = 12;

/** Writes all of a text or of bytes; a short write is continued. */
export function writeAll(
  file: Deno.FsFile,
  content: string | Uint8Array,
): void {
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  let written = 0;
  while (written < bytes.length) {
    const count = file.writeSync(bytes.subarray(written));
    if (count <= 0) throw new Error("a write made no progress");
    written += count;
  }
}

/** What can be read from any place on: a file, or what stands for one. */
export interface ReadableFile {
  statSync(): { readonly size: number };
  seekSync(offset: number, whence: 0): number;
  /** Null at the end. */
  readSync(buffer: Uint8Array): number | null;
  close(): void;
}

/** Reads from a place in a file; less than was asked for only where the file ends. */
export function readAt(
  file: ReadableFile,
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

/** Removes a file, or a directory as a whole; false when there was none. */
export function removeIfThere(path: string, recursive = false): boolean {
  return ifThere(() => {
    Deno.removeSync(path, { recursive });
    return true;
  }) ?? false;
}

/** Removes a file so that no power cut brings it back; false when there was none. */
export function removeDurably(path: string): boolean {
  const wasThere = removeIfThere(path);
  if (wasThere) syncDirectory(parentDirectory(path) ?? path);
  return wasThere;
}

/** Removes what nobody needs after an error that is the one to report; the next holder sweeps the rest. */
export function discard(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    return;
  }
}

export function renameOver(from: string, to: string): void {
  for (let attempt = 1;; attempt++) {
    try {
      return Deno.renameSync(from, to);
    } catch (error) {
      if (!isHeldName(error) || attempt === RENAME_TRIES) throw error;
      const never = new Int32Array(new SharedArrayBuffer(4));
      Atomics.wait(never, 0, 0, Math.min(5 * 2 ** attempt, 500));
    }
  }
}

/** Windows answers so where somebody holds a name, or where it is being deleted. */
export function isHeldName(error: unknown): boolean {
  return IS_WINDOWS && ["EPERM", "EACCES", "EBUSY"].includes(codeOf(error));
}

/** The pieces as one; a single one is handed on as it is. */
export function joinedBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(), ...others] = pieces;
  if (others.length === 0) return first;
  const lengthBytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const whole = new Uint8Array(lengthBytes);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

export function isSameBytes(
  one: Uint8Array | undefined,
  other: Uint8Array,
): boolean {
  return one?.length === other.length &&
    one.every((byte, index) => byte === other[index]);
}
