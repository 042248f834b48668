import { OrcError } from "../base/error.ts";
import { repositoryLayout, UNSEARCHED_DIRECTORIES } from "../base/layout.ts";
import { joinPath } from "../base/path.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { fileKind } from "../files/read.ts";
import { isMarked } from "../files/root.ts";

/** How far a directory tree is searched. */
export interface SearchLimits {
  /** Levels below the start; 0 is the start alone. */
  readonly depth: number;
  /** The user's home, whose own `.orchestrator` belongs to no repository. */
  readonly home: string | undefined;
}

/** What a directory tree holds. */
export interface FoundRepositories {
  /** Directories with state, new or legacy; parents before what they hold. */
  readonly directories: readonly string[];
  /** What could not be looked at, as sentences. */
  readonly problems: readonly string[];
}

/**
 * Finds the directories of a tree that hold sessions. Follows no link, so that it ends
 * everywhere; what it may not look at is named and passed over.
 */
export function findRepositories(
  start: string,
  { depth, home }: SearchLimits,
): FoundRepositories {
  const directories: string[] = [];
  const problems: string[] = [];
  const unlessHidden = <Value>(look: () => Value): Value | undefined => {
    try {
      return look();
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const visit = (directory: string, levels: number): void => {
    if (unlessHidden(() => holdsSessions(directory, home))) {
      directories.push(directory);
    }
    if (levels === 0) return;
    for (const name of unlessHidden(() => directoriesIn(directory)) ?? []) {
      visit(joinPath(directory, name), levels - 1);
    }
  };
  visit(start, depth);
  return { directories, problems };
}

function holdsSessions(directory: string, home: string | undefined): boolean {
  if (isMarked(directory, home)) return true;
  const { sessions, legacyState } = repositoryLayout(directory);
  // Sessions that may not be looked at must not count as none.
  fileKind(sessions);
  return fileKind(legacyState) !== "absent";
}

function directoriesIn(directory: string): readonly string[] {
  try {
    return Array.from(Deno.readDirSync(directory))
      .filter(({ name, isDirectory }) =>
        isDirectory && !UNSEARCHED_DIRECTORIES.has(name)
      )
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    // It was removed since its name was read.
    if (isAbsent(error)) return [];
    throw asOrcError(error, "search", directory);
  }
}
