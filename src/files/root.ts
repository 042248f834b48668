import { corrupt, external, notFound, usage } from "../base/error.ts";
import {
  GIT_ENTRY,
  ORCHESTRATOR_DIRECTORY,
  repositoryLayout,
} from "../base/layout.ts";
import {
  isAbsolutePath,
  joinPath,
  normalisePath,
  parentDirectory,
  relativePath,
  resolvePath,
} from "../base/path.ts";
import {
  type GitPointer,
  isGitDirectory,
  isHidden,
  readGitPointer,
} from "./git.ts";
import { fileKind, isVisible, realOrGiven, visibleKind } from "./read.ts";

export interface RootOptions {
  /** Working directory of the caller, absolute. */
  readonly start: string;
  readonly explicit?: string;
  /** Root named by the environment; empty counts as not set. */
  readonly environment?: string;
  /** The user's home, whose own `.orchestrator` belongs to no repository. */
  readonly home?: string;
}

/**
 * How a root was found: `flag` (named by the caller), `environment`, `marker` (it holds state of
 * orc), `git`, `worktree` (the main one of a linked worktree), `workflow` (it holds workflow.yaml)
 * or `cwd` (nothing was found).
 */
export type RootSource =
  | "flag"
  | "environment"
  | "marker"
  | "git"
  | "worktree"
  | "workflow"
  | "cwd";

/** The directory that holds, or will hold, `.orchestrator/`. */
export interface FoundRoot {
  /** Absolute, with `/` between its parts. */
  readonly root: string;
  /** How it was found. */
  readonly source: RootSource;
  /** Where checks run: the root, or its counterpart in the caller's linked worktree. */
  readonly workingTree: string;
  /** The linked worktree the caller is in. */
  readonly worktree: string | null;
}

/**
 * Finds the root of the caller's repository. Named by flag or environment it is taken literally.
 * Otherwise the nearest directory upwards that holds state of orc, else the nearest with `.git`
 * or workflow.yaml, else the start. The search ends at a directory it may not look at, and passes
 * over those that belong to no repository. A linked worktree keeps its state in the main one, or
 * where those of a bare repository share it; a submodule in itself.
 */
export function findRoot(options: RootOptions): FoundRoot {
  const { start, explicit, environment, home } = options;
  if (explicit !== undefined) return namedRoot(explicit, "flag", options);
  if (environment) return namedRoot(environment, "environment", options);
  return searchUpwards(realStart(start), home);
}

function namedRoot(
  name: string,
  source: "flag" | "environment",
  { start, home }: RootOptions,
): FoundRoot {
  const root = name && realOrGiven(resolvePath(start, name));
  const kind = root === "" ? "other" : fileKind(root);
  const option = "with --root DIR or ORCHESTRATOR_ROOT";
  if (kind === "absent") {
    throw notFound(
      "no_such_root",
      `Cannot use "${root}" as root: it does not exist`,
      { path: root, hint: `name a directory that exists ${option}` },
    );
  }
  if (kind !== "directory" && kind !== "symlink") {
    throw usage(
      "root_not_a_directory",
      `Cannot use "${root}" as root: it is not a directory`,
      { path: root, hint: `name a directory ${option}` },
    );
  }
  // A linked worktree has no state of its own, however it is named; all else is taken literally.
  const pointer = readGitPointer(root);
  return pointer.kind === "worktree"
    ? {
      root: mainOf(pointer, home) ?? sharedDirectory(pointer, home),
      source,
      workingTree: root,
      worktree: root,
    }
    : { root, source, workingTree: root, worktree: null };
}

function realStart(start: string): string {
  const real = realOrGiven(start);
  if (visibleKind(real) !== "absent") return real;
  throw external(
    "working_directory_gone",
    "The current directory no longer exists",
    { path: real, hint: "change to another directory, or pass --root DIR" },
  );
}

function searchUpwards(start: string, home: string | undefined): FoundRoot {
  refuseGitDirectory(gitPartOf(start), start);
  const nearest = areaAround(start, home);
  for (let area = nearest;;) {
    const marked = area.directories.find((path) => isMarked(path, home));
    if (marked !== undefined) return foundIn(area, marked, "marker");
    if (area.outside === undefined) return projectIn(nearest, start, home);
    area = areaAround(area.outside, home, area.worktree);
  }
}

function projectIn(
  area: Area,
  start: string,
  home: string | undefined,
): FoundRoot {
  for (const directory of area.directories) {
    if (isOfNoRepository(directory, home)) continue;
    if (directory === area.workingTree) return foundIn(area, directory, "git");
    const kind = visibleKind(repositoryLayout(directory).workflow);
    if (kind === "file" || kind === "symlink") {
      return foundIn(area, directory, "workflow");
    }
  }
  refuseGitDirectory(area.directories.find(isGitDirectory), start);
  return foundIn(area, start, "cwd");
}

function foundIn(area: Area, root: string, source: RootSource): FoundRoot {
  if (area.worktree === undefined) {
    return { root, source, workingTree: root, worktree: null };
  }
  const { directory, main } = area.worktree;
  return {
    root,
    source: directory === main ? source : "worktree",
    workingTree: joinPath(directory, relativePath(main, root) ?? ""),
    worktree: directory,
  };
}

/** The part of a path that ends in `.git`; a working tree has no such directory. */
function gitPartOf(path: string): string | undefined {
  const parts = path.split("/");
  const index = parts.indexOf(GIT_ENTRY);
  return index < 0 ? undefined : parts.slice(0, index + 1).join("/");
}

function refuseGitDirectory(
  gitDirectory: string | undefined,
  start: string,
): void {
  if (gitDirectory === undefined) return;
  throw usage(
    "inside_git_directory",
    `Cannot find a working tree: "${start}" is inside the git directory "${gitDirectory}"`,
    { path: start, hint: "change to the working tree, or pass --root DIR" },
  );
}

/**
 * Whether a directory holds state of a repository. What lies in the place of that state and is
 * no directory is refused: the search would go on to a root that nobody meant.
 */
export function isMarked(directory: string, home: string | undefined): boolean {
  const layout = repositoryLayout(directory);
  const kind = visibleKind(layout.directory);
  if (kind === "absent" || kind === "denied") return false;
  if (isOfNoRepository(directory, home)) return false;
  if (kind !== "directory") {
    const isLink = kind === "symlink";
    const found = isLink ? "a symbolic link" : "a file";
    throw corrupt(
      isLink ? "symbolic_link" : "not_a_directory",
      `Cannot use "${layout.directory}": it is ${found} and not a directory`,
      {
        path: layout.directory,
        hint:
          `move it away so that orc can make a directory "${ORCHESTRATOR_DIRECTORY}", or pass --root DIR`,
      },
    );
  }
  return [layout.sessions, layout.meta, layout.current].some(isVisible);
}

/**
 * Whether a directory is never a repository's: the user's own, where orc keeps what is for all
 * repositories, and the one above all others. Its state would be that of everything below.
 */
export function isOfNoRepository(
  directory: string,
  home: string | undefined,
): boolean {
  if (parentDirectory(directory) === undefined) return true;
  if (home === undefined || !isAbsolutePath(home)) return false;
  return directory === normalisePath(home) || directory === realOrGiven(home);
}

/** A linked worktree, and the directory that keeps its state. */
interface LinkedWorktree {
  readonly directory: string;
  readonly main: string;
}

type WorktreePointer = Extract<GitPointer, { readonly kind: "worktree" }>;

function mainOf(
  { mainWorktree }: WorktreePointer,
  home: string | undefined,
): string | undefined {
  return mainWorktree && !isOfNoRepository(mainWorktree, home)
    ? mainWorktree
    : undefined;
}

/**
 * What worktrees without a main one share: the project that their git directory lies in, such as
 * `shop` of `shop/.bare`. Around any other, such as `src/shop.git`, lies what is not theirs.
 */
function sharedDirectory(
  { commonDirectory }: WorktreePointer,
  home: string | undefined,
): string {
  const around = parentDirectory(commonDirectory);
  if (around === undefined || isOfNoRepository(around, home)) {
    return commonDirectory;
  }
  const isProject = isHidden(commonDirectory) ||
    leadsTo(around, commonDirectory);
  return isProject ? around : commonDirectory;
}

function leadsTo(directory: string, gitDirectory: string): boolean {
  const kind = visibleKind(joinPath(directory, GIT_ENTRY));
  if (kind !== "file" && kind !== "symlink") return false;
  const pointer = readGitPointer(directory);
  return "commonDirectory" in pointer &&
    realOrGiven(pointer.commonDirectory) === gitDirectory;
}

/** Directories from one up to the working tree around it, in which a root is searched. */
interface Area {
  /** Nearest first. */
  readonly directories: readonly string[];
  /** The last directory, if git keeps a working tree in it. */
  readonly workingTree?: string;
  /** Where the search may go on; undefined where it must end. */
  readonly outside?: string;
  /** The linked worktree that the search came through. */
  readonly worktree?: LinkedWorktree;
}

/** In a linked worktree the directories are those of the main one, or the one that all share. */
function areaAround(
  start: string,
  home?: string,
  worktree?: LinkedWorktree,
): Area {
  const { directories, last, git } = climb(start);
  const pointer = pointerIn(last, git);
  if (pointer.kind === "none") return { directories, worktree };
  // Once is enough: worktrees that lie in each other would lead in a circle.
  if (pointer.kind !== "worktree" || worktree !== undefined) {
    const outside = outsideOf(last, pointer);
    return { directories, workingTree: last, outside, worktree };
  }
  const main = mainOf(pointer, home);
  const top = main ?? sharedDirectory(pointer, home);
  return {
    directories: main === undefined
      ? [top]
      : directories.map((path) =>
        joinPath(main, relativePath(last, path) ?? "")
      ),
    workingTree: top,
    outside: outsideOf(top, pointerIn(top)),
    worktree: { directory: last, main: top },
  };
}

/**
 * Ends with the first directory that has a `.git`, may not be looked at, or has no parent; tells
 * what its `.git` is.
 */
function climb(start: string) {
  const directories = [start];
  for (let last = start;;) {
    const git = visibleKind(joinPath(last, GIT_ENTRY));
    const parent = git === "absent" ? parentDirectory(last) : undefined;
    if (parent === undefined) return { directories, last, git };
    directories.push(parent);
    last = parent;
  }
}

/** A submodule is a repository of its own, whatever lies around it. */
function outsideOf(
  workingTree: string,
  pointer: GitPointer,
): string | undefined {
  return pointer.kind === "submodule"
    ? undefined
    : parentDirectory(workingTree);
}

function pointerIn(
  directory: string,
  kind = visibleKind(joinPath(directory, GIT_ENTRY)),
): GitPointer {
  if (kind === "denied" || kind === "absent") return { kind: "none" };
  const pointer = readGitPointer(directory);
  if (pointer.kind !== "broken") return pointer;
  throw corrupt(
    "broken_git_file",
    `Cannot tell which repository this is: ${pointer.problem}`,
    {
      path: joinPath(directory, GIT_ENTRY),
      hint:
        "run git worktree repair in the main worktree, or name the root with --root",
    },
  );
}
