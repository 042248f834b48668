import { OrcError } from "../base/error.ts";
import { isAbsolutePath, resolvePath } from "../base/path.ts";
import { parseWholeNumber } from "../base/whole_number.ts";
import { fileKind, realOrGiven } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import {
  type Repository,
  repositoryAt,
  type RepositoryOptions,
} from "../repository/open.ts";
import { findRepositories } from "./find_repositories.ts";

/** Which directories to search for repositories. */
export interface TreeOptions extends RepositoryOptions {
  /**
   * Where the search begins; without it at `root`, else at
   * `ORCHESTRATOR_ROOT`, else in the working directory.
   */
  readonly directory?: string;
  /** Levels of directories below it, as typed: 0 to 64; without it 3. */
  readonly depth?: string;
}

/** The repositories of a directory tree. */
export interface Tree {
  /** Where the search began, absolute. */
  readonly directory: string;
  readonly repositories: readonly Repository[];
  /** What could not be looked at, as sentences for people. */
  readonly warnings: readonly string[];
}

const DEFAULT_DEPTH = "3";
const MAX_DEPTH_SEARCHED = 64;

/** Finds every repository of a directory tree, with new or legacy sessions. Reads only. */
export function searchTree(host: Host, options: TreeOptions): Tree {
  const directory = startOf(host, options);
  const depth = parseWholeNumber(options.depth ?? DEFAULT_DEPTH, {
    flag: "--depth",
    max: MAX_DEPTH_SEARCHED,
  });
  const home = host.homeDirectory();
  const found = findRepositories(directory, { depth, home });
  return {
    directory,
    repositories: found.directories.map((root) =>
      repositoryAt(host, root, options)
    ),
    warnings: found.problems,
  };
}

function startOf(host: Host, { directory, root }: TreeOptions): string {
  const named = directory ?? root ?? (host.env("ORCHESTRATOR_ROOT") || ".");
  // A directory that stands by itself does without a working directory, which may be gone.
  const given = isAbsolutePath(named)
    ? named
    : resolvePath(host.workingDirectory, named);
  const start = realOrGiven(given);
  const kind = fileKind(start);
  if (kind === "directory") return start;
  throw kind === "absent"
    ? new OrcError(
      "not_found",
      "no_such_directory",
      `Cannot search "${start}": it does not exist`,
      { path: start, hint: "name a directory that exists" },
    )
    : new OrcError(
      "usage",
      "not_a_directory",
      `Cannot search "${start}": it is not a directory`,
      { path: start, hint: "name a directory" },
    );
}
