import { joinPath, nameOf, parentDirectory } from "../base/path.ts";
import { asOrcError, isAbsent, isTaken } from "./errors.ts";
import {
  discard,
  makeDirectory,
  syncDirectory,
  writeAll,
} from "./file_system.ts";
import { codeOf } from "./os_code.ts";
import { fileKind } from "./read.ts";
import { readPieces } from "./tree.ts";
import { writeNewFile } from "./write.ts";

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
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!isTaken(error) && codeOf(error) !== "ENOTEMPTY") throw error;
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
  const attributes = {
    mode: info.mode ?? 0o644,
    mtimeMs: info.mtime?.getTime() ?? 0,
  };
  if (info.isSymlink) {
    // Nothing but its text is taken along; nobody looks where it leads.
    return Deno.symlinkSync(Deno.readLinkSync(from), to);
  }
  if (info.isDirectory) {
    makeDirectory(to);
    for (const { name } of Deno.readDirSync(from)) {
      copyTree(joinPath(from, name), joinPath(to, name));
    }
    syncDirectory(to);
  } else {
    copyFile(from, to, info);
  }
  keepAttributes(to, attributes);
}

function copyFile(from: string, to: string, info: Deno.FileInfo): void {
  writeNewFile(to, new Uint8Array(), 0o600);
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
