/**
 * What is kept of trees below `.orchestrator/cache/`: the ids of files that did not change since they were
 * read, and the entries of the last trees. Nothing rests on it but speed and the names in a message, so that
 * it may be removed at any time, and is not made where it cannot be.
 */
import { orElse } from "../base/error.ts";
import {
  GIT_IGNORE_FILE,
  type RepositoryLayout,
  TEMPORARY_SUFFIX,
} from "../base/layout.ts";
import { parentDirectory } from "../base/path.ts";
import { ifThere, isTaken } from "../files/errors.ts";
import {
  entriesIn,
  fileKind,
  guardPath,
  isGranted,
  readText,
} from "../files/read.ts";
import {
  discard,
  makeDirectory,
  removeIfThere,
  renameOver,
  writeAll,
  writeNewFile,
} from "../files/write.ts";

/** A million files, each with a path of usual length. */
const MAX_CACHE_BYTES = 256 * 1024 * 1024;

/** Trees of the last checks, and working trees; of 10,000 files one takes a megabyte. */
const MAX_KEPT = 20;

/** What others could have written is not believed. */
const PRIVATE = 0o600;

/** Where the ids of the files of one working tree are kept. */
export function filesPath(
  { cache }: RepositoryLayout,
  workingTree: string,
): string {
  return `${cache}/files/${workingTree}`;
}

/** Where directories lie that are thrown away after one use. */
export function scratchPath({ cache }: RepositoryLayout): string {
  return `${cache}/scratch`;
}

/** Where the entries of a tree are kept. */
export function treePath({ cache }: RepositoryLayout, id: string): string {
  return `${cache}/trees/${id}`;
}

/** The text that is kept at a path; undefined where none is, or none to be believed. */
export function readCached(
  { root }: RepositoryLayout,
  path: string,
): string | undefined {
  return orElse(() => {
    if (guardPath(root, path) !== "file") return undefined;
    const mode = ifThere(() => Deno.lstatSync(path))?.mode ?? PRIVATE;
    return (mode & 0o777) === PRIVATE
      ? readText(path, MAX_CACHE_BYTES)
      : undefined;
  }, () => undefined);
}

/** A file that is being written beside its place. */
export interface Staged {
  readonly path: string;
  readonly temporary: string;
  /** When it was made, by the clock of the file system that it lies on. */
  readonly madeAtMs: number;
}

/** Begins to write a file of the cache; undefined where that cannot be. */
export function stage(
  layout: RepositoryLayout,
  path: string,
  token: string,
): Staged | undefined {
  const temporary = `${path}.${token}${TEMPORARY_SUFFIX}`;
  try {
    if (!isGranted({ name: "write", path })) return undefined;
    guardPath(layout.root, path);
    makeCache(layout.cache, parentDirectory(path) ?? path);
    const options = { createNew: true, write: true, mode: PRIVATE };
    const file = Deno.openSync(temporary, options);
    const { ctime } = file.statSync();
    file.close();
    return { path, temporary, madeAtMs: ctime?.getTime() ?? 0 };
  } catch {
    // Without it the next run reads all files, as this one does.
    return undefined;
  }
}

/** Makes a directory of the cache; throws where there is no state to keep it with. */
export function makeCache(cache: string, directory: string): void {
  makeUnlessThere(cache, makeDirectory);
  // Git shows the state of a portable repository, and must not show this.
  const ignored = `${cache}/${GIT_IGNORE_FILE}`;
  makeUnlessThere(ignored, (path) => writeNewFile(path, "*\n"));
  makeUnlessThere(directory, makeDirectory);
}

/** Another process may make it at the same time. */
function makeUnlessThere(path: string, make: (path: string) => unknown): void {
  if (fileKind(path) !== "absent") return;
  try {
    make(path);
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
}

/**
 * Gives a staged file its text and its name. It is not synced: what a power cut leaves of it is not read
 * as anything else, since each of its parts says what it belongs to. A file that holds the text already is
 * only marked as used, as some file systems take their time to put one in the place of another.
 */
export function keep(
  layout: RepositoryLayout,
  { path, temporary, madeAtMs }: Staged,
  text: string,
): void {
  try {
    if (readCached(layout, path) === text) {
      Deno.utimeSync(path, madeAtMs / 1000, madeAtMs / 1000);
      return discard(temporary);
    }
    const file = Deno.openSync(temporary, { write: true });
    try {
      writeAll(file, text);
    } finally {
      file.close();
    }
    renameOver(temporary, path);
    removeOldest(parentDirectory(path) ?? path);
  } catch {
    discard(temporary);
  }
}

/** Removes what was not used for longest; another process may do so at the same time. */
function removeOldest(directory: string): void {
  const paths = entriesIn(directory, "list")
    .map(({ name }) => `${directory}/${name}`);
  if (paths.length <= MAX_KEPT) return;
  const files = paths.map((path) => ({
    path,
    atMs: ifThere(() => Deno.lstatSync(path))?.mtime?.getTime() ?? 0,
  }));
  files.sort((one, other) => other.atMs - one.atMs);
  for (const { path } of files.slice(MAX_KEPT)) removeIfThere(path);
}
