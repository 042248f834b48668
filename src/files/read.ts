import { conflict, corrupt, type OrcError } from "../base/error.ts";
import { decodeUtf8, type JsonValue, parseJson } from "../base/json.ts";
import { joinPath, normalisePath, relativePath } from "../base/path.ts";
import { asOrcError, codeOf, ifThere, isAbsent, isDenied } from "./errors.ts";

/** What lies at a path; links are not followed. */
type FileKind = "absent" | "file" | "directory" | "symlink" | "other";

/** A file replaced this often, each time within microseconds, is not worth waiting for. */
const MAX_ATTEMPTS = 10;

export function fileKind(path: string): FileKind {
  try {
    return kindOf(Deno.lstatSync(path));
  } catch (error) {
    if (isAbsent(error) || codeOf(error) === "ENOTDIR") return "absent";
    throw asOrcError(error, "read", path);
  }
}

export function isThere(path: string): boolean {
  return fileKind(path) !== "absent";
}

/** Size of a file in bytes; 0 where there is none. */
export function sizeOf(path: string): number {
  return ifThere(() => Deno.lstatSync(path))?.size ?? 0;
}

/** As {@linkcode fileKind}, where what may not be looked at is an answer too. */
export function visibleKind(path: string): FileKind | "denied" {
  try {
    return fileKind(path);
  } catch (error) {
    if (isDenied(error)) return "denied";
    throw error;
  }
}

/** Whether something lies at a path, as far as this process may look. */
export function isVisible(path: string): boolean {
  return !["absent", "denied"].includes(visibleKind(path));
}

/** Whether an operation is allowed without asking: what orc can do without is worth no prompt. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/** The answer of the system, for what orc can do without; undefined where it may not ask, or gets none. */
export function ifAllowed<Value>(
  permission: Deno.PermissionDescriptor,
  ask: () => Value,
): Value | undefined {
  if (!isGranted(permission)) return undefined;
  try {
    return ask();
  } catch {
    return undefined;
  }
}

/** How FUSE and NFS call what was removed while somebody had it open: until then, and gone for everybody else. */
const REMOVED_WHILE_OPEN = /^\.(?:fuse_hidden|nfs)[0-9a-f]{8,}$/;

/** What a directory holds, without what is removed. */
export function listed(path: string): readonly Deno.DirEntry[] {
  return [...Deno.readDirSync(path)].filter(({ name }) =>
    !REMOVED_WHILE_OPEN.test(name)
  );
}

/** The entries of a directory; none where there is no directory. */
export function entriesIn(
  path: string,
  doing: string,
): readonly Deno.DirEntry[] {
  try {
    return ifThere(() => listed(path)) ?? [];
  } catch (error) {
    throw asOrcError(error, doing, path);
  }
}

/**
 * Reads a whole file; undefined when there is none. Never follows a link, waits for a pipe or
 * reads a device, and never reads more than `maxBytes`.
 */
export function readRegularFile(
  path: string,
  maxBytes: number,
): Uint8Array | undefined {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    try {
      const seen = Deno.lstatSync(path);
      if (!seen.isFile) throw notRegular(path, seen);
      if (seen.size > maxBytes) throw tooLarge(path, maxBytes);
      const file = openSame(path, seen, { read: true });
      if (file === undefined) continue;
      const bytes = readAndClose(file, seen.size, maxBytes + 1);
      if (bytes.length > maxBytes) throw tooLarge(path, maxBytes);
      return bytes;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw asOrcError(error, "read", path);
    }
  }
  throw conflict(
    "file_replaced",
    `Cannot read "${path}": it is replaced again and again`,
    { path, hint: "try again when the other programs have ended" },
  );
}

/** The first bytes of a regular file, however large it is; undefined where there is none. */
export function readBeginning(
  path: string,
  maxBytes: number,
): Uint8Array | undefined {
  try {
    const seen = Deno.lstatSync(path);
    const file = seen.isFile && openSame(path, seen, { read: true });
    return file ? readAndClose(file, seen.size, maxBytes) : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw asOrcError(error, "read", path);
  }
}

/** Opens what was looked at, else undefined: no runtime opens without following links. */
export function openSame(
  path: string,
  seen: Deno.FileInfo | undefined,
  options: Deno.OpenOptions,
): Deno.FsFile | undefined {
  const file = Deno.openSync(path, options);
  const opened = file.statSync();
  if (opened.dev === seen?.dev && opened.ino === seen.ino) return file;
  file.close();
  return undefined;
}

/** Reads a whole text; undefined when there is no file. The hint is for what is no UTF-8. */
export function readText(
  path: string,
  maxBytes: number,
  hint?: string,
): string | undefined {
  const bytes = readRegularFile(path, maxBytes);
  return bytes && decodeUtf8(bytes, path, hint);
}

/** Reads a whole file of JSON; undefined when there is none. The hint is for what is no JSON. */
export function readJson(
  path: string,
  maxBytes: number,
  hint?: string,
): JsonValue | undefined {
  const text = readText(path, maxBytes, hint);
  return text === undefined ? undefined : parseJson(text, path, hint);
}

/** Reads a file to its end, which may move meanwhile, or as far as to a limit. */
function readAndClose(
  file: Deno.FsFile,
  size: number,
  limitBytes: number,
): Uint8Array {
  try {
    // One byte more than expected, so that the end is seen without growing.
    let buffer = new Uint8Array(Math.min(size + 1, limitBytes));
    let length = 0;
    for (;;) {
      const rest = buffer.subarray(length);
      const count = file.readSync(rest) ?? 0;
      length += count;
      // Less than was asked for, where the end was expected, is the end.
      const isEnd = count === 0 || length === limitBytes ||
        length === size && count < rest.length;
      if (isEnd) return buffer.subarray(0, length);
      if (length < buffer.length) continue;
      const full = buffer;
      buffer = new Uint8Array(Math.min(length * 2, limitBytes));
      buffer.set(full);
    }
  } finally {
    file.close();
  }
}

export function kindOf(info: Deno.FileInfo): Exclude<FileKind, "absent"> {
  if (info.isSymlink) return "symlink";
  if (info.isFile) return "file";
  return info.isDirectory ? "directory" : "other";
}

function notRegular(path: string, info: Deno.FileInfo): OrcError {
  return corrupt(
    "not_a_regular_file",
    `Cannot read "${path}": it is ${describe(info)} and not a regular file`,
    { path, hint: "put a regular file in its place" },
  );
}

function describe(info: Deno.FileInfo): string {
  if (info.isSymlink) return "a symbolic link";
  if (info.isDirectory) return "a directory";
  if (info.isFifo) return "a named pipe";
  return info.isSocket ? "a socket" : "a device";
}

function tooLarge(path: string, maxBytes: number): OrcError {
  return corrupt(
    "file_too_large",
    `Cannot read "${path}": it is larger than ${maxBytes} bytes`,
    {
      path,
      hint: "see what it is, and move it away; orc writes no file of that size",
      details: { maxBytes },
    },
  );
}

/**
 * Resolves the links in an absolute path, so that a directory has one name. Keeps the path where
 * it does not exist or may not be resolved, and where only the given name may be looked at.
 */
export function realOrGiven(path: string): string {
  const given = normalisePath(path);
  const real = resolveLinks(path) ?? given;
  return real === given || visibleKind(real) !== "denied" ? real : given;
}

function resolveLinks(path: string): string | undefined {
  try {
    return normalisePath(Deno.realPathSync(path));
  } catch (error) {
    const reason = asOrcError(error, "read", path);
    if (isAbsent(error) || isDenied(reason)) return undefined;
    throw reason;
  }
}

/**
 * Refuses a path below the root if a part of it is a symbolic link, or a file where a directory
 * is expected. The runtimes resolve links before they look at permissions, so without this a
 * link in `.orchestrator` would be read and written through, wherever it leads. Returns what lies
 * at the path.
 */
export function guardPath(
  root: string,
  path: string,
  isDirectory = false,
): FileKind {
  const below = relativePath(root, path);
  if (below === undefined || below === "") {
    throw new Error(`"${path}" is not below "${root}"`);
  }
  const parts = below.split("/");
  let kind: FileKind = "absent";
  for (let count = 1; count <= parts.length; count++) {
    const part = joinPath(root, parts.slice(0, count).join("/"));
    kind = fileKind(part);
    if (kind === "absent") break;
    const mustBeDirectory = isDirectory || count < parts.length;
    if (kind === "symlink" || mustBeDirectory && kind !== "directory") {
      throw untrusted(part, kind);
    }
  }
  return kind;
}

/** As {@linkcode guardPath}, for a path that must itself be a directory if it exists. */
export function guardDirectory(root: string, path: string): FileKind {
  return guardPath(root, path, true);
}

/** The whole path is named: there is a `.orchestrator` in the home directory too. */
function untrusted(path: string, kind: FileKind): OrcError {
  if (kind === "symlink") {
    return corrupt(
      "symbolic_link",
      `Cannot use "${path}": it is a symbolic link`,
      {
        path,
        hint: "put a real directory or file in its place; orc follows no links",
      },
    );
  }
  const found = kind === "file" ? "a file" : "neither a file nor a directory,";
  return corrupt(
    "not_a_directory",
    `Cannot use "${path}": it is ${found} where a directory is expected`,
    { path, hint: "move it away; orc does not remove what it did not make" },
  );
}
