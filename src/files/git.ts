import { GIT_ENTRY, gitLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import {
  joinPath,
  nameOf,
  parentDirectory,
  resolvePath,
} from "../base/path.ts";
import { asOrcError, isAbsent } from "./errors.ts";
import {
  type GitSetting,
  gitValues,
  isGitTrue,
  parseGitConfig,
  remoteUrlIn,
} from "./git_config.ts";
import { codeOf } from "./os_code.ts";
import { fileKind, readRegularFile, realOrGiven, visibleKind } from "./read.ts";

/** Largest git configuration that is read: thousands of branches stay below it. */
const MAX_GIT_CONFIG_BYTES = 4 * 1024 * 1024;

/** What `.git` in a directory says, as git would understand it. */
export type GitPointer =
  | { readonly kind: "none" }
  | {
    readonly kind: "repository" | "submodule";
    readonly gitDirectory: string;
    readonly commonDirectory: string;
  }
  | {
    readonly kind: "worktree";
    readonly gitDirectory: string;
    /** What all worktrees share. */
    readonly commonDirectory: string;
    /** Undefined when the repository is bare, or keeps its main worktree where git itself cannot tell. */
    readonly mainWorktree: string | undefined;
  }
  | { readonly kind: "broken"; readonly problem: string };

/**
 * Reads what `.git` in a directory leads to, without a git process.
 *
 * @throws {OrcError} denied when what it leads to decides but may not be read
 */
export function readGitPointer(directory: string): GitPointer {
  const entry = joinPath(directory, GIT_ENTRY);
  switch (fileKind(entry)) {
    case "absent":
      return { kind: "none" };
    case "directory":
      return ownRepository("repository", entry);
    case "file":
      return followGitFile(directory, entry);
    case "symlink":
      return followLink(entry);
    case "other":
      return broken(entry, "is neither a file nor a directory");
  }
}

/** Returns the URL of the remote named `origin`, else of the first one. */
export function readRemoteUrl(commonDirectory: string): string | undefined {
  return remoteUrlIn(readConfig(gitLayout(commonDirectory).config));
}

/** Whether a directory is one in which git keeps a repository, such as a bare one. */
export function isGitDirectory(directory: string): boolean {
  const { head, objects } = gitLayout(directory);
  return visibleKind(head) === "file" && visibleKind(objects) === "directory";
}

function followLink(entry: string): GitPointer {
  return isDirectoryBehindLink(entry)
    ? ownRepository("repository", entry)
    : broken(entry, "is a symbolic link that leads to no directory");
}

function isDirectoryBehindLink(link: string): boolean {
  try {
    return Deno.statSync(link).isDirectory;
  } catch (error) {
    if (isAbsent(error) || codeOf(error) === "ELOOP") return false;
    throw asOrcError(error, "read", link);
  }
}

function followGitFile(directory: string, entry: string): GitPointer {
  const target = pathIn(entry, /^gitdir: ([^\0\r\n]+)[\r\n]*$/);
  if (target === undefined) return broken(entry, "names no git directory");
  const gitDirectory = realOrGiven(resolvePath(directory, target));
  // One that may not be looked at is taken as there: a submodule's lies outside of it.
  if (visibleKind(gitDirectory) === "absent") {
    return broken(entry, `leads to "${gitDirectory}", which does not exist`);
  }
  return whereGitFileLeads(gitDirectory, entry);
}

/** Git keeps linked worktrees in `worktrees/` of the shared directory, and submodules in `modules/`. */
function whereGitFileLeads(gitDirectory: string, entry: string): GitPointer {
  const isLinked = nameOf(parentDirectory(gitDirectory) ?? "") === "worktrees";
  // Looked at first, so that a missing permission is named for all of it.
  if (isLinked) fileKind(usualHome(gitDirectory));
  const { commonPointer } = gitLayout(gitDirectory);
  const common = isLinked
    ? pathIn(commonPointer, /^([^\0\r\n]+)[\r\n]*$/)
    : undefined;
  if (common === undefined) {
    const isSubmodule = gitDirectory.includes("/modules/");
    return ownRepository(
      isSubmodule ? "submodule" : "repository",
      gitDirectory,
    );
  }
  const commonDirectory = realOrGiven(resolvePath(gitDirectory, common));
  if (fileKind(commonDirectory) !== "directory") {
    return broken(
      entry,
      `belongs to "${commonDirectory}", which does not exist`,
    );
  }
  const mainWorktree = mainWorktreeOf(commonDirectory);
  return { kind: "worktree", gitDirectory, commonDirectory, mainWorktree };
}

/** Where the shared git directory of a linked worktree, and a main worktree around it, usually lie. */
function usualHome(gitDirectory: string): string {
  const common = resolvePath(gitDirectory, "../..");
  return nameOf(common) === GIT_ENTRY ? resolvePath(common, "..") : common;
}

function mainWorktreeOf(commonDirectory: string): string | undefined {
  const settings = mainSettings(commonDirectory);
  if (isGitTrue(settings, "core", "bare")) return undefined;
  const configured = gitValues(settings, "core", "worktree").at(-1);
  const usual = nameOf(commonDirectory) === GIT_ENTRY
    ? parentDirectory(commonDirectory)
    : undefined;
  const main = configured
    ? realOrGiven(resolvePath(commonDirectory, configured))
    : usual;
  return main && fileKind(main) === "directory" ? main : undefined;
}

function mainSettings(commonDirectory: string): readonly GitSetting[] {
  const { config, worktreeConfig } = gitLayout(commonDirectory);
  const settings = readConfig(config);
  return isGitTrue(settings, "extensions", "worktreeconfig")
    ? [...settings, ...readConfig(worktreeConfig)]
    : settings;
}

function readConfig(path: string): readonly GitSetting[] {
  const bytes = readRegularFile(path, MAX_GIT_CONFIG_BYTES);
  return bytes === undefined
    ? []
    : parseGitConfig(new TextDecoder().decode(bytes));
}

function pathIn(file: string, pattern: RegExp): string | undefined {
  const bytes = readRegularFile(file, MAX_SMALL_FILE_BYTES);
  if (bytes === undefined) return undefined;
  return pattern.exec(new TextDecoder().decode(bytes))?.[1];
}

function ownRepository(
  kind: "repository" | "submodule",
  gitDirectory: string,
): GitPointer {
  return { kind, gitDirectory, commonDirectory: gitDirectory };
}

function broken(entry: string, problem: string): GitPointer {
  return { kind: "broken", problem: `"${entry}" ${problem}` };
}
