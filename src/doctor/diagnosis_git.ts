import {
  GIT_IGNORE_FILE,
  gitLayout,
  ORCHESTRATOR_DIRECTORY,
  type RepositoryLayout,
} from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { joinPath, parentDirectory, relativePath } from "../base/path.ts";
import { type GitPointer, readGitPointer } from "../files/git.ts";
import { indexNames } from "../files/git_index.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import { troubleOf } from "./diagnosis_entries.ts";
import type { GitFacts } from "./diagnosis_facts.ts";

/** Hundreds of thousands of files. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;

const NO_GIT: GitFacts = {
  isRepository: false,
  isIgnored: false,
  hasIgnoreFile: false,
  isTracked: null,
};

/** Asks git's files, and no git, whether the state is kept out of it. */
export function gitFacts(layout: RepositoryLayout): GitFacts {
  try {
    const found = findGit(layout.root);
    if (found === undefined || fileKind(layout.directory) === "absent") {
      return NO_GIT;
    }
    const { tree, pointer } = found;
    const below = relativePath(tree, layout.directory) ?? "";
    const { index, exclude } = gitLayout(pointer.gitDirectory);
    const ignoreFiles = [exclude, joinPath(tree, GIT_IGNORE_FILE)];
    return {
      isRepository: true,
      isIgnored: hasLine(layout.gitignore, /^\*$/) ||
        ignoreFiles.some((path) => hasLine(path, ignoresState(below))),
      hasIgnoreFile: fileKind(layout.gitignore) !== "absent",
      isTracked: isTracked(index, `${below}/`),
    };
  } catch (error) {
    troubleOf(error, layout.root);
    return NO_GIT;
  }
}

type FoundGit = Extract<GitPointer, { readonly gitDirectory: string }>;

/** A repository of orc may lie below that of git. */
function findGit(
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

/** The ways in which people name the directory; git knows many more. */
function ignoresState(below: string): RegExp {
  const escape = (text: string) =>
    text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const names = [below, ORCHESTRATOR_DIRECTORY].map(escape).join("|");
  return new RegExp(`^(?:/|\\*\\*/)?(?:${names})(?:/|/\\*\\*?)?$`);
}

function hasLine(path: string, pattern: RegExp): boolean {
  const bytes = readRegularFile(path, MAX_SMALL_FILE_BYTES);
  if (bytes === undefined) return false;
  return new TextDecoder().decode(bytes).split("\n")
    .some((line) => pattern.test(line.trim()));
}

function isTracked(index: string, beginning: string): boolean | null {
  const bytes = readRegularFile(index, MAX_INDEX_BYTES);
  return bytes === undefined ? false : indexNames(bytes, beginning) ?? null;
}

/** Whether git tracks a file; null when that cannot be told. */
export function isFileTracked(root: string, path: string): boolean | null {
  const found = findGit(root);
  const below = found && relativePath(found.tree, path);
  if (found === undefined || below === undefined) return false;
  return isTracked(gitLayout(found.pointer.gitDirectory).index, below);
}
