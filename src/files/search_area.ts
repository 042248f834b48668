import { OrcError } from "../base/error.ts";
import { GIT_ENTRY } from "../base/layout.ts";
import { joinPath, parentDirectory, relativePath } from "../base/path.ts";
import { type GitPointer, readGitPointer } from "./git.ts";
import { visibleKind } from "./read.ts";

/** A linked worktree, and the main worktree that keeps its state. */
export interface LinkedWorktree {
  readonly directory: string;
  /** The linked worktree itself where the repository has no main one. */
  readonly main: string;
}

/** Directories from one up to the working tree around it, in which a root is searched. */
export interface Area {
  /** Nearest first. */
  readonly directories: readonly string[];
  /** The last directory, if git keeps a working tree in it. */
  readonly workingTree: string | undefined;
  /** Where the search may go on; undefined where it must end. */
  readonly outside: string | undefined;
  /** The linked worktree that the search came through. */
  readonly worktree: LinkedWorktree | undefined;
}

/**
 * Returns the directories from `start` up to the working tree around it. In a
 * linked worktree these are the same directories of the main one.
 *
 * @throws {OrcError} corrupt `broken_git_file`
 */
export function areaAround(start: string, worktree?: LinkedWorktree): Area {
  const directories = climb(start);
  const last = directories.at(-1) ?? start;
  const pointer = pointerIn(last);
  if (pointer.kind === "none") {
    return {
      directories,
      workingTree: undefined,
      outside: undefined,
      worktree,
    };
  }
  // Once is enough: worktrees that lie in each other would lead in a circle.
  if (pointer.kind === "worktree" && worktree === undefined) {
    return areaInMain(directories, last, pointer.mainWorktree);
  }
  const outside = outsideOf(last, pointer);
  return { directories, workingTree: last, outside, worktree };
}

/** Returns the next area to search; undefined at the end. */
export function areaOutside(area: Area): Area | undefined {
  if (area.outside === undefined) return undefined;
  return areaAround(area.outside, area.worktree);
}

/** Ends with the first directory that has a `.git`, may not be looked at, or has no parent. */
function climb(start: string): readonly string[] {
  const directories: string[] = [];
  let directory: string | undefined = start;
  while (directory !== undefined) {
    directories.push(directory);
    if (visibleKind(joinPath(directory, GIT_ENTRY)) !== "absent") break;
    directory = parentDirectory(directory);
  }
  return directories;
}

function areaInMain(
  directories: readonly string[],
  directory: string,
  mainWorktree: string | undefined,
): Area {
  const main = mainWorktree ?? directory;
  return {
    directories: directories.map((path) =>
      joinPath(main, relativePath(directory, path) ?? "")
    ),
    workingTree: main,
    outside: outsideOf(main, pointerIn(main)),
    worktree: { directory, main },
  };
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

function pointerIn(directory: string): GitPointer {
  const entry = joinPath(directory, GIT_ENTRY);
  if (visibleKind(entry) === "denied") return { kind: "none" };
  const pointer = readGitPointer(directory);
  if (pointer.kind !== "broken") return pointer;
  throw new OrcError(
    "corrupt",
    "broken_git_file",
    `Cannot tell which repository this is: ${pointer.problem}`,
    {
      path: entry,
      hint:
        "run git worktree repair in the main worktree, or name the root with --root",
    },
  );
}
