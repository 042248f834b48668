/**
 * The part of the Deno namespace that orc uses, made of Node's own modules: the npm package
 * carries it in the place of Deno. `tests/npm/deno_api_test.ts` holds both to one contract.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import fs, { constants, type Stats } from "node:fs";
import os from "node:os";
import process from "node:process";
import tty from "node:tty";

/** Names that Deno gives to errors of the system; orc looks at names and codes only. */
const ERROR_NAMES: Readonly<Record<string, string>> = {
  EACCES: "PermissionDenied",
  EAGAIN: "WouldBlock",
  EEXIST: "AlreadyExists",
  EINTR: "Interrupted",
  EISDIR: "IsADirectory",
  ELOOP: "FilesystemLoop",
  ENOENT: "NotFound",
  ENOTDIR: "NotADirectory",
  EPERM: "PermissionDenied",
  EPIPE: "BrokenPipe",
  ERR_ACCESS_DENIED: "NotCapable",
  ESRCH: "NotFound",
};

function named<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const { code = "" } = error as { code?: string };
    const name = ERROR_NAMES[code];
    if (name !== undefined) (error as Error).name = name;
    throw error;
  }
}

interface FileInfo {
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
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
}

function infoOf(stats: Stats): FileInfo {
  const { size, mtime, atime, dev, ino, mode, nlink, uid, gid } = stats;
  return {
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSymlink: stats.isSymbolicLink(),
    isFifo: stats.isFIFO(),
    isSocket: stats.isSocket(),
    isBlockDevice: stats.isBlockDevice(),
    isCharDevice: stats.isCharacterDevice(),
    ...{ size, mtime, atime, dev, ino, mode, nlink, uid, gid },
  };
}

interface OpenOptions {
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

/** Node keeps no position that could be set: once it was, it is counted here. */
class FsFile {
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

  seekSync(offset: number, whence: number): number {
    const from = [0, this.#position ?? 0, this.statSync().size][whence];
    if (from === undefined) throw new TypeError(`Invalid whence ${whence}`);
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

function openSync(path: string, options: OpenOptions = { read: true }): FsFile {
  const mode = options.mode ?? NEW_FILE_MODE;
  const fd = named(() => fs.openSync(path, openFlags(options), mode));
  return new FsFile(fd, options.append === true);
}

interface DirEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
}

function readDirSync(path: string): Iterable<DirEntry> {
  const entries = named(() => fs.readdirSync(path, { withFileTypes: true }));
  return entries.map((entry) => ({
    name: entry.name,
    isFile: entry.isFile(),
    isDirectory: entry.isDirectory(),
    isSymlink: entry.isSymbolicLink(),
  }));
}

function removeSync(path: string, { recursive = false } = {}): void {
  named(() => {
    if (recursive) return fs.rmSync(path, { recursive });
    const isDirectory = fs.lstatSync(path).isDirectory();
    return isDirectory ? fs.rmdirSync(path) : fs.unlinkSync(path);
  });
}

interface PermissionDescriptor {
  readonly name: string;
  readonly path?: string;
}

/** Node's permission model knows three of Deno's permissions; without it all are granted. */
const NODE_SCOPES: Readonly<Record<string, string>> = {
  read: "fs.read",
  run: "child",
  write: "fs.write",
};

interface NodePermission {
  has(scope: string, reference?: string): boolean;
}

function querySync({ name, path }: PermissionDescriptor): { state: string } {
  const { permission } = process as { permission?: NodePermission };
  const scope = NODE_SCOPES[name];
  if (permission === undefined || scope === undefined) {
    return { state: "granted" };
  }
  return { state: permission.has(scope, path) ? "granted" : "prompt" };
}

interface CommandOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Programs that answer at once; what runs longer goes through `node:child_process`. */
class Command {
  readonly #program: string;
  readonly #options: CommandOptions;

  constructor(program: string, options: CommandOptions = {}) {
    this.#program = program;
    this.#options = options;
  }

  outputSync(): { code: number; stdout: Uint8Array; stderr: Uint8Array } {
    const { args = [], env } = this.#options;
    const ended = spawnSync(this.#program, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (ended.error) {
      named(() => {
        throw ended.error;
      });
    }
    const { stdout, stderr, status } = ended;
    return { code: status ?? -1, stdout, stderr };
  }
}

/** How long to wait for a terminal that another program made non-blocking. */
const EMPTY_INPUT_PAUSE_MS = 10;

function readInput(buffer: Uint8Array): number | null {
  for (;;) {
    try {
      return fs.readSync(0, buffer) || null;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "EOF") return null;
      if (code !== "EAGAIN") throw error;
      const never = new Int32Array(new SharedArrayBuffer(4));
      Atomics.wait(never, 0, 0, EMPTY_INPUT_PAUSE_MS);
    }
  }
}

function outputOf(fd: 1 | 2) {
  return {
    isTerminal: () => tty.isatty(fd),
    writeSync: (bytes: Uint8Array) => named(() => fs.writeSync(fd, bytes)),
  };
}

function consoleSize(): { columns: number; rows: number } {
  for (const { columns, rows } of [process.stdout, process.stderr]) {
    if (columns) return { columns, rows };
  }
  throw new Error("No terminal");
}

const SYSTEMS: Readonly<Record<string, string>> = { win32: "windows" };

type Signal = NodeJS.Signals;

/** Stands in for `globalThis.Deno`. */
export const Deno = {
  args: process.argv.slice(2),
  build: { os: SYSTEMS[process.platform] ?? process.platform },
  pid: process.pid,
  version: {
    deno: "",
    runtime: process.versions.bun === undefined
      ? `node ${process.versions.node}`
      : `bun ${process.versions.bun}`,
  },
  env: { get: (name: string) => process.env[name] },
  permissions: { querySync },
  stdin: { isTerminal: () => tty.isatty(0), readSync: readInput },
  stdout: outputOf(1),
  stderr: outputOf(2),
  FsFile,
  Command,
  addSignalListener: (signal: Signal, handler: () => void) =>
    void process.on(signal, handler),
  removeSignalListener: (signal: Signal, handler: () => void) =>
    void process.off(signal, handler),
  chmodSync: (path: string, mode: number) =>
    named(() => fs.chmodSync(path, mode)),
  chownSync: (path: string, uid: number | null, gid: number | null) =>
    named(() => fs.chownSync(path, uid ?? -1, gid ?? -1)),
  consoleSize,
  cwd: () => named(() => process.cwd()),
  exit: (code?: number): never => process.exit(code),
  hostname: () => os.hostname(),
  kill: (pid: number, signal: Signal | number) =>
    void named(() => process.kill(pid, signal)),
  linkSync: (from: string, to: string) => named(() => fs.linkSync(from, to)),
  lstatSync: (path: string) => infoOf(named(() => fs.lstatSync(path))),
  mkdirSync: (path: string, options?: { mode?: number; recursive?: boolean }) =>
    void named(() => fs.mkdirSync(path, options)),
  openSync,
  readDirSync,
  readTextFileSync: (path: string) =>
    named(() => fs.readFileSync(path, "utf8")),
  realPathSync: (path: string) => named(() => fs.realpathSync.native(path)),
  removeSync,
  renameSync: (from: string, to: string) =>
    named(() => fs.renameSync(from, to)),
  statSync: (path: string) => infoOf(named(() => fs.statSync(path))),
};
