/**
 * The part of the Deno namespace that orc uses, made of Node's own modules: the npm package
 * carries it in the place of Deno. `tests/npm/deno_api_test.ts` holds both to one contract.
 *
 * @module
 */
import { named } from "./error.ts";
import {
  FsFile,
  infoOf,
  openSync,
  readDirSync,
  realPathSync,
  removeSync,
} from "./file.ts";
import { fs, load, process } from "./node.ts";
import { Command, querySync } from "./process.ts";
import { consoleSize, outputOf, stdin } from "./terminal.ts";

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
  env: {
    get: (name: string) => process.env[name],
    toObject: () => ({ ...process.env }),
  },
  permissions: { querySync },
  stdin,
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
  hostname: () => load<typeof import("node:os")>("node:os").hostname(),
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
  readLinkSync: (path: string) => named(() => fs.readlinkSync(path)),
  realPathSync,
  removeSync,
  renameSync: (from: string, to: string) =>
    named(() => fs.renameSync(from, to)),
  statSync: (path: string) => infoOf(named(() => fs.statSync(path))),
  symlinkSync: (
    target: string,
    path: string,
    options?: { type: "file" | "dir" | "junction" },
  ) => named(() => fs.symlinkSync(target, path, options?.type)),
  utimeSync: (path: string, atime: number | Date, mtime: number | Date) =>
    named(() => fs.utimesSync(path, atime, mtime)),
};
