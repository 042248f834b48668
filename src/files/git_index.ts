import { hexOf } from "../base/checksum.ts";
import { gitLayout } from "../base/layout.ts";
import {
  joinPath,
  parentDirectory,
  relativePath,
  resolvePath,
} from "../base/path.ts";
import { type GitPointer, pathIn, readGitPointer } from "./git.ts";
import { entriesIn, isGranted, readRegularFile, realOrGiven } from "./read.ts";
import { joinedBytes } from "./write.ts";

/** Git's index begins with these bytes, then comes the version. */
const SIGNATURE = 0x44495243;

/** From version 4 on, a path says how much of the one before it stays. */
const PIECES_VERSION = 4;

const KNOWN_VERSIONS: readonly number[] = [2, 3, PIECES_VERSION];

const HEADER_BYTES = 12;

/** What an entry says of the file before its hash. */
const STAT_BYTES = 40;

/** An index does not say which hash its repository uses, but with the other one it makes no sense. */
const HASHES_BYTES: readonly number[] = [20, 32];

/** The low bits of an entry's flags, which stand before its path: the length of the path, or all ones. */
const LENGTH_BITS = 0xfff;

/** Set where more flags follow. */
const EXTENDED = 0x4000;

/**
 * Whether git's index names a path that begins so, besides one; undefined where it cannot be
 * understood, or holds only a part of the paths: a split index keeps the rest in another file, a
 * sparse one has directories for what lies in them.
 */
export function indexNames(
  index: Uint8Array,
  beginning: string,
  except?: string,
  onFound?: (id: Uint8Array) => void,
): boolean | undefined {
  if (index.length < HEADER_BYTES) return undefined;
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  if (view.getUint32(0) !== SIGNATURE) return undefined;
  if (!KNOWN_VERSIONS.includes(view.getUint32(4))) return undefined;
  const wanted = new TextEncoder().encode(beginning);
  const isWanted: IsWanted = (path, id) => {
    const isIt = wanted.every((byte, offset) => path[offset] === byte) &&
      new TextDecoder().decode(path.subarray(0, -1)) !== except;
    if (isIt) onFound?.(id);
    return isIt;
  };
  for (const hashBytes of HASHES_BYTES) {
    const seen = lookThrough(view, index, { hashBytes, isWanted });
    if (seen !== undefined) return seen === "partly" ? undefined : seen;
  }
  return undefined;
}

/** Takes a path with the zero byte that ends it, and the id of its content. */
type IsWanted = (path: Uint8Array, id: Uint8Array) => boolean;

/** Undefined where the entries do not fit; each path is handed on with the zero byte that ends it. */
function lookThrough(
  view: DataView,
  index: Uint8Array,
  { hashBytes, isWanted }: {
    readonly hashBytes: number;
    readonly isWanted: IsWanted;
  },
): boolean | "partly" | undefined {
  const hasPieces = view.getUint32(4) === PIECES_VERSION;
  const end = index.length - hashBytes;
  let path: Uint8Array = new Uint8Array(1);
  let at = HEADER_BYTES;
  for (let count = view.getUint32(8); count > 0; count--) {
    const flagsAt = at + STAT_BYTES + hashBytes;
    if (flagsAt >= end) return undefined;
    const flags = view.getUint16(flagsAt);
    let from = flagsAt + (flags & EXTENDED ? 4 : 2);
    let dropped = path.length - 1;
    if (hasPieces) [dropped, from] = readOffset(index, from);
    const kept = path.length - 1 - dropped;
    const zero = index.indexOf(0, from);
    if (kept < 0 || zero < 0 || zero >= end) return undefined;
    const rest = index.subarray(from, zero + 1);
    path = joinedBytes([path.subarray(0, kept), rest]);
    const length = Math.min(path.length - 1, LENGTH_BITS);
    if (length !== (flags & LENGTH_BITS)) return undefined;
    if (isWanted(path, index.subarray(flagsAt - hashBytes, flagsAt))) {
      return true;
    }
    // Without pieces, one to eight zero bytes end an entry at a multiple of eight.
    at = hasPieces ? zero + 1 : at + ((zero - at + 8) & ~7);
  }
  let isWhole = true;
  for (; at + 8 <= end; at += 8 + view.getUint32(at + 4)) {
    // What nobody may pass over begins with a small letter: it changes what the entries mean.
    if (view.getUint8(at) >= "a".charCodeAt(0)) isWhole = false;
  }
  if (at !== end) return undefined;
  return isWhole ? false : "partly";
}

/** A number as git packs it, seven bits to a byte, and where what follows it stands. */
function readOffset(bytes: Uint8Array, from: number): [number, number] {
  let at = from;
  let byte = bytes[at++] ?? 0;
  let value = byte & 0x7f;
  while (byte & 0x80) {
    byte = bytes[at++] ?? 0;
    value = (value + 1) * 0x80 + (byte & 0x7f);
  }
  return [value, at];
}

/** Hundreds of thousands of files. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;

type FoundGit = Extract<GitPointer, { readonly gitDirectory: string }>;

/** A repository of orc may lie below that of git. */
export function findGit(
  root: string,
): { readonly tree: string; readonly pointer: FoundGit } | undefined {
  for (
    let tree: string | undefined = root;
    tree !== undefined;
    tree = parentDirectory(tree)
  ) {
    const pointer = readGitPointer(tree);
    if (pointer.kind === "broken") return undefined;
    if (pointer.kind !== "none") return { tree, pointer };
  }
  return undefined;
}

export function isTracked(
  index: string,
  beginning: string,
  except?: string,
): boolean | null {
  const bytes = readRegularFile(index, MAX_INDEX_BYTES);
  if (bytes === undefined) return false;
  return indexNames(bytes, beginning, except) ?? null;
}

/**
 * The id of what git's index holds for a file, in hex; null where it holds nothing, or nobody can
 * tell. What is there may not be committed yet.
 */
export function idInIndex(root: string, path: string): string | null {
  const found = findGit(root);
  const below = found && relativePath(found.tree, path);
  if (found === undefined || below === undefined) return null;
  const { index } = gitLayout(found.pointer.gitDirectory);
  const bytes = readRegularFile(index, MAX_INDEX_BYTES);
  let id: string | null = null;
  const keep = (found: Uint8Array) => id = hexOf(found);
  if (bytes !== undefined) indexNames(bytes, `${below}\0`, undefined, keep);
  return id;
}

/** Whether git tracks a file, or something in a directory; null when that cannot be told. */
export function isFileTracked(
  root: string,
  path: string,
  isDirectory = false,
): boolean | null {
  const found = findGit(root);
  const below = found && relativePath(found.tree, path);
  if (found === undefined || below === undefined) return false;
  const { index } = gitLayout(found.pointer.gitDirectory);
  // A zero byte ends each path: without it, ".env" would be found in ".envrc".
  return isTracked(index, `${below}${isDirectory ? "/" : "\0"}`);
}

/** The linked worktrees of a repository, as git has registered them; some may be gone. */
export function linkedWorktrees(commonDirectory: string): readonly string[] {
  const { worktrees } = gitLayout(commonDirectory);
  return entriesIn(worktrees, "list").flatMap(({ name }) => {
    const directory = joinPath(worktrees, name);
    const entry = pathIn(gitLayout(directory).worktreePointer);
    const tree = entry && parentDirectory(resolvePath(directory, entry));
    return tree ? [realOrGiven(tree)] : [];
  });
}

/** Why no tree can be told where git is not to be run. */
export const GIT_MAY_NOT_RUN = "Git lists the files, and may not run";

/** Whether orc may ask git without somebody being asked first. */
export function mayAskGit(): boolean {
  return isGranted({ name: "run", command: "git" });
}
