/** Which files a working tree has: as git lists them, or all where there is no git. */
import { isObjectId } from "../base/ids.ts";
import {
  GIT_ENTRY,
  gitLayout,
  ORCHESTRATOR_DIRECTORY,
} from "../base/layout.ts";
import { isWithin, joinPath } from "../base/path.ts";
import {
  type GitPointer,
  parseGitConfig,
  readGitPointer,
} from "../files/git.ts";
import { findGit } from "../files/git_index.ts";
import { entriesIn, fileKind, readText } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import { askGit, type GitStreams, type GitTree } from "./git_program.ts";
import {
  byPath,
  isSame,
  MODES,
  parentOf,
  parseEntries,
  parseListed,
  type TreeEntry,
} from "./tree_rules.ts";

/** Why the files of a working tree cannot be told. */
export class NoTree extends Error {
  /** The class name, which survives where `instanceof` does not. */
  override readonly name = "NoTree";
}

/** More files than the largest repositories have: what has more is a whole disk. */
export const MAX_FILES = 1_000_000;

export const NO_GIT = "There is no git repository";

export const UNKNOWN_FORM =
  "Git lists the files in a form that orc does not know";

const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/**
 * Names of directories that programs make, and change with each run: left out where no git says what is
 * to be ignored.
 */
const MADE_BY_PROGRAMS: ReadonlySet<string> = new Set([
  "node_modules",
  ".venv",
  "__pycache__",
  ".pytest_cache",
  ".gradle",
  "target",
]);

/** Says whether a directory below the top is one, and no link leads to it. */
export type IsDirectory = (path: string) => boolean;

/** Looks at each directory once. */
export function directoriesOf(top: string): IsDirectory {
  const seen = new Map<string, boolean>([["", true]]);
  const isDirectory = (path: string): boolean => {
    const known = seen.get(path);
    if (known !== undefined) return known;
    const is = isDirectory(parentOf(path)) &&
      fileKind(joinPath(top, path)) === "directory";
    seen.set(path, is);
    return is;
  };
  return isDirectory;
}

export interface TreeFiles {
  readonly kind: "git" | "files";
  readonly hash: "sha1" | "sha256";
  /** Each path, and the mode that git's index gives it; some may be gone. */
  readonly modes: ReadonlyMap<string, string | null>;
}

type Git = Extract<GitPointer, { readonly gitDirectory: string }>;

interface Listing {
  readonly host: Host;
  readonly top: string;
  readonly isDirectory: IsDirectory;
  readonly signal: AbortSignal | undefined;
  readonly modes: Map<string, string | null>;
}

/**
 * Lists the files of a working tree but for `.orchestrator/` at its top. With git, those that it tracks,
 * and those that it neither tracks nor ignores; a repository below counts with its files.
 *
 * @throws {NoTree} where they cannot be told
 */
export async function listFiles(
  host: Host,
  top: string,
  isDirectory: IsDirectory,
  signal?: AbortSignal,
): Promise<TreeFiles> {
  const modes = new Map<string, string | null>();
  const listing = { host, top, isDirectory, signal, modes };
  const found = findGit(top);
  if (found !== undefined) {
    await listByGit(listing, "", found);
    // A directory that git ignores as a whole is for orc one without git.
    if (modes.size > 0 || found.tree === top) {
      return { kind: "git", hash: hashOf(found.pointer), modes };
    }
  }
  const own = readGitPointer(top);
  if (own.kind === "broken") throw new NoTree(own.problem);
  await walk(listing, "");
  return { kind: "files", hash: "sha256", modes };
}

/** The hash of a repository's ids, which its settings name if it is not the usual one. */
function hashOf({ commonDirectory }: Git): "sha1" | "sha256" {
  const text = readText(gitLayout(commonDirectory).config, MAX_CONFIG_BYTES);
  const isNamed = parseGitConfig(text ?? "").some(({ section, name, value }) =>
    section === "extensions" && name === "objectformat" && value === "sha256"
  );
  return isNamed ? "sha256" : "sha1";
}

async function listByGit(
  listing: Listing,
  below: string,
  found: GitTree,
): Promise<void> {
  const { host, top, modes, signal } = listing;
  const bytes = await gitOutput(host, joinPath(top, below), found, [
    "ls-files",
    "-z",
    "-t",
    "--stage",
    "--cached",
    "--others",
    "--exclude-standard",
  ], signal);
  const listed = parseListed(decodeNames(bytes));
  if (listed === undefined) {
    throw new NoTree(UNKNOWN_FORM);
  }
  for (const { path, mode } of listed) {
    const isUntracked = path.endsWith("/");
    const name = isUntracked ? path.slice(0, -1) : path;
    const whole = below === "" ? name : `${below}/${name}`;
    if (isOwn(whole)) continue;
    if (isUntracked || mode === MODES.repository) {
      await listRepository(listing, whole, isUntracked ? found.pointer : null);
    } else {
      add(modes, whole, mode);
    }
  }
}

/**
 * Those of some files that do not lie in a submodule as one of several commits has them there: who checks out
 * what was committed changes nothing. Git runs only where one lies in another repository.
 */
export async function unrecorded(
  host: Host,
  { workingTree: directory }: { readonly workingTree: string },
  commits: readonly (string | null)[],
  { paths, entries }: {
    readonly paths: readonly string[];
    readonly entries: readonly TreeEntry[];
  },
): Promise<readonly string[]> {
  const git = findGit(directory);
  const inside = inOtherRepositories(directory, paths);
  if (!git || inside.length === 0) return paths;
  const lying = byPath(entries);
  const recorded = new Set<string>();
  for (const commit of commits) {
    if (commit === null || !isObjectId(commit)) continue;
    const site = { directory, git, commit, isSubmodule: false };
    for (const [path, entry] of await submoduleFiles(host, site, inside)) {
      if (isSame(entry, lying.get(path))) recorded.add(path);
    }
  }
  return paths.filter((path) => !recorded.has(path));
}

function inOtherRepositories(
  top: string,
  paths: readonly string[],
): readonly string[] {
  const known = new Map<string, boolean>([["", false]]);
  const isOther = (directory: string): boolean => {
    const is = known.get(directory) ?? (isOther(parentOf(directory)) ||
      readGitPointer(joinPath(top, directory)).kind !== "none");
    known.set(directory, is);
    return is;
  };
  return paths.filter((path) => isOther(parentOf(path)));
}

/**
 * What commits say of some files in submodules: undefined for what is not there, and left out where nobody can
 * tell, since the commit that is named for a submodule is not in it.
 */
async function submoduleFiles(
  host: Host,
  { directory, git, commit, isSubmodule }: {
    readonly directory: string;
    readonly git: GitTree;
    readonly commit: string;
    readonly isSubmodule: boolean;
  },
  paths: readonly string[],
): Promise<ReadonlyMap<string, TreeEntry | undefined>> {
  const args = ["ls-tree", "-r", "-z", commit];
  const bytes = await gitOutput(host, directory, git, args, undefined)
    .catch((error) => {
      if (error instanceof NoTree) return undefined;
      throw error;
    });
  const listed = bytes && parseEntries(decodeNames(bytes));
  if (listed === undefined) return new Map();
  const entries = byPath(listed);
  const files = new Map(
    isSubmodule ? paths.map((path) => [path, entries.get(path)]) : [],
  );
  for (const { path: place, mode, id } of listed) {
    if (mode !== MODES.repository) continue;
    const inside = paths.filter((path) => isWithin(place, path));
    for (const path of inside) files.delete(path);
    const tree = joinPath(directory, place);
    const pointer = readGitPointer(tree);
    if (inside.length === 0 || !("gitDirectory" in pointer)) continue;
    const below = { directory: tree, git: { tree, pointer }, commit: id };
    const names = inside.map((path) => path.slice(place.length + 1));
    const site = { ...below, isSubmodule: true };
    for (const [name, entry] of await submoduleFiles(host, site, names)) {
      files.set(`${place}/${name}`, entry);
    }
  }
  return files;
}

/** Whether it is the state of orc, which each update changes. */
export function isOwn(path: string): boolean {
  return isWithin(ORCHESTRATOR_DIRECTORY, path);
}

function add(
  modes: Map<string, string | null>,
  path: string,
  mode: string | null,
): void {
  modes.set(path, mode);
  if (modes.size <= MAX_FILES) return;
  throw new NoTree(`There are more than ${MAX_FILES} files`);
}

/**
 * Lists a repository in another one: its files, and not the commit it is at, which says nothing of what
 * a check can see. A linked worktree that git does not track is another checkout, and no part of this one.
 */
async function listRepository(
  listing: Listing,
  path: string,
  outer: Git | null,
): Promise<void> {
  if (!listing.isDirectory(path)) return;
  const tree = joinPath(listing.top, path);
  const pointer = readGitPointer(tree);
  if (pointer.kind === "none" || pointer.kind === "broken") {
    return await walk(listing, path);
  }
  const isOther = pointer.kind === "worktree" &&
    pointer.commonDirectory === outer?.commonDirectory;
  if (!isOther) await listByGit(listing, path, { tree, pointer });
}

/** Lists what lies in a directory without git. */
async function walk(listing: Listing, below: string): Promise<void> {
  const { top, modes, signal } = listing;
  signal?.throwIfAborted();
  const directory = joinPath(top, below);
  for (const entry of entriesIn(directory, "list")) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.name === GIT_ENTRY || isOwn(path)) continue;
    if (entry.isFile || entry.isSymlink) add(modes, path, null);
    if (!entry.isDirectory || MADE_BY_PROGRAMS.has(entry.name)) continue;
    const { kind } = readGitPointer(joinPath(top, path));
    await (kind === "none" ? walk : listRepository)(listing, path, null);
  }
}

/** Throws for a name that this runtime cannot open: no file may be left out because of its name. */
export function decodeNames(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    const name = new TextDecoder().decode(bytes).split("\0")
      .find((row) => row.includes("\ufffd")) ?? "";
    const shown = name.replace(/^(?:\? |.*\t)/s, "");
    throw new NoTree(
      `The name of the file "${shown}" is not UTF-8: rename it, or let git ignore it`,
    );
  }
}

/**
 * The output of git, unless somebody takes it.
 *
 * @throws {NoTree} where git fails
 */
export async function gitOutput(
  host: Host,
  directory: string,
  git: GitTree,
  args: readonly string[],
  signal: AbortSignal | undefined,
  streams: GitStreams = {},
): Promise<Uint8Array> {
  const answer = await askGit(host, directory, git, args, signal, streams);
  const { exitCode, problem, bytes, complaint } = answer;
  if (problem !== null) throw new NoTree(problem);
  if (exitCode === 0) return bytes;
  const [asked] = args;
  const what = asked === "ls-files" ? "list the files" : `do "${asked}"`;
  throw new NoTree(
    `Git cannot ${what}: ${complaint || `it ended with ${exitCode}`}`,
  );
}
