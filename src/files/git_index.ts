import { gitLayout } from "../base/layout.ts";
import {
  joinPath,
  parentDirectory,
  relativePath,
  resolvePath,
} from "../base/path.ts";
import { type GitPointer, pathIn, readGitPointer } from "./git.ts";
import { entriesIn, readRegularFile, realOrGiven } from "./read.ts";

/** Git's index begins with these bytes, then comes the version. */
const SIGNATURE = 0x44495243;

/** From version 4 on, paths are stored in pieces. */
const NEWEST_PLAIN_VERSION = 3;

const HEADER_BYTES = 12;

/** The low bits of an entry's flags, which stand before its path: the length of the path, or all ones. */
const LENGTH_BITS = 0xfff;

/**
 * Whether git's index names a path that begins so, besides one; undefined where it cannot be understood.
 * Looks for the bytes, since the size of an entry depends on the hash that the repository uses.
 */
export function indexNames(
  index: Uint8Array,
  beginning: string,
  except?: string,
): boolean | undefined {
  if (index.length < HEADER_BYTES) return undefined;
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  if (view.getUint32(0) !== SIGNATURE) return undefined;
  if (view.getUint32(4) > NEWEST_PLAIN_VERSION) return undefined;
  const wanted = new TextEncoder().encode(beginning);
  for (let at = HEADER_BYTES; (at = find(index, wanted, at)) >= 0; at++) {
    const end = index.indexOf(0, at);
    const length = Math.min(end - at, LENGTH_BITS);
    if ((view.getUint16(at - 2) & LENGTH_BITS) !== length) continue;
    const path = new TextDecoder().decode(index.subarray(at, end));
    if (path !== except) return true;
  }
  return false;
}

/** By hand: what Node offers for this takes a third of a start to load. */
function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const [first = 0] = wanted;
  for (let at = bytes.indexOf(first, from); at >= 0;) {
    if (wanted.every((byte, offset) => bytes[at + offset] === byte)) return at;
    at = bytes.indexOf(first, at + 1);
  }
  return -1;
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
