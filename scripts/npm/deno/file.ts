import type { Stats } from "node:fs";
import { named } from "./error.ts";
import { fs, process } from "./node.ts";

export interface FileInfo {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
  readonly isFifo: boolean;
  readonly isSocket: boolean;
  readonly isBlockDevice: boolean;
  readonly isCharDevice: boolean;
  readonly size: number;
  readonly mtime: Date;
  readonly atime: Date;
  readonly ctime: Date;
  readonly dev: number;
  readonly ino: number;
  readonly mode: number | null;
  readonly nlink: number;
  readonly uid: number | null;
  readonly gid: number | null;
}

/** Windows has neither: Node makes up the mode of a file anybody may change, and no owner. */
const HAS_MODES = process.platform !== "win32";

export function infoOf(stats: Stats): FileInfo {
  const { size, mtime, atime, ctime, dev, ino, nlink } = stats;
  const [mode, uid, gid] = HAS_MODES
    ? [stats.mode, stats.uid, stats.gid]
    : [null, null, null];
  return {
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSymlink: stats.isSymbolicLink(),
    isFifo: stats.isFIFO(),
    isSocket: stats.isSocket(),
    isBlockDevice: stats.isBlockDevice(),
    isCharDevice: stats.isCharacterDevice(),
    ...{ size, mtime, atime, ctime, dev, ino, mode, nlink, uid, gid },
  };
}

export interface OpenOptions {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly append?: boolean;
  readonly truncate?: boolean;
  readonly create?: boolean;
  readonly createNew?: boolean;
  readonly mode?: number;
}

const NEW_FILE_MODE = 0o666;

function openFlags(options: OpenOptions): number {
  const { constants } = fs;
  const { read, write, append, truncate, create, createNew } = options;
  const writes = write || append;
  let flags = writes
    ? read ? constants.O_RDWR : constants.O_WRONLY
    : constants.O_RDONLY;
  if (append) flags |= constants.O_APPEND;
  if (truncate) flags |= constants.O_TRUNC;
  if (create || createNew) flags |= constants.O_CREAT;
  if (createNew) flags |= constants.O_EXCL;
  return flags;
}

/** What {@linkcode openSync} opened. Node keeps no position that could be set: once it was, it is counted here. */
export class FsFile {
  readonly #fd: number;
  readonly #appends: boolean;
  #position: number | undefined;

  constructor(fd: number, appends: boolean) {
    this.#fd = fd;
    this.#appends = appends;
  }

  readSync(buffer: Uint8Array): number | null {
    const at = this.#position ?? null;
    const count = named(() =>
      fs.readSync(this.#fd, buffer, 0, buffer.length, at)
    );
    this.#advance(count);
    return count === 0 && buffer.length > 0 ? null : count;
  }

  writeSync(bytes: Uint8Array): number {
    const at = this.#appends ? null : this.#position ?? null;
    const count = named(() =>
      fs.writeSync(this.#fd, bytes, 0, bytes.length, at)
    );
    this.#advance(count);
    return count;
  }

  #advance(count: number): void {
    if (this.#position !== undefined) this.#position += count;
  }

  /** Sets the position from the start of the file, or from its end. */
  seekSync(offset: number, whence: 0 | 2): number {
    const from = whence === 0 ? 0 : this.statSync().size;
    return this.#position = from + offset;
  }

  statSync(): FileInfo {
    return infoOf(named(() => fs.fstatSync(this.#fd)));
  }

  syncSync(): void {
    named(() => fs.fsyncSync(this.#fd));
  }

  syncDataSync(): void {
    named(() => fs.fdatasyncSync(this.#fd));
  }

  truncateSync(length = 0): void {
    named(() => fs.ftruncateSync(this.#fd, length));
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

export function openSync(
  path: string,
  options: OpenOptions = { read: true },
): FsFile {
  const mode = options.mode ?? NEW_FILE_MODE;
  const fd = named(() => fs.openSync(path, openFlags(options), mode));
  return new FsFile(fd, options.append === true);
}

export interface DirEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
}

export function readDirSync(path: string): Iterable<DirEntry> {
  const entries = named(() => fs.readdirSync(path, { withFileTypes: true }));
  return entries.map((entry) => ({
    name: entry.name,
    isFile: entry.isFile(),
    isDirectory: entry.isDirectory(),
    isSymlink: entry.isSymbolicLink(),
  }));
}

export function removeSync(path: string, { recursive = false } = {}): void {
  named(() => {
    if (recursive) return fs.rmSync(path, { recursive });
    const isDirectory = fs.lstatSync(path).isDirectory();
    return isDirectory ? fs.rmdirSync(path) : fs.unlinkSync(path);
  });
}

/** Windows cannot name what lies on some virtual drives and deep below others: then Node follows the links itself. */
export function realPathSync(path: string): string {
  return named(() => {
    try {
      return fs.realpathSync.native(path);
    } catch (error) {
      const isNameless = process.platform === "win32" &&
        (error as NodeJS.ErrnoException).code !== "ENOENT";
      if (isNameless) return fs.realpathSync(path);
      throw error;
    }
  });
}
