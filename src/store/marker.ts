import { OrcError } from "../core/error.ts";
import { ORCHESTRATOR_DIRECTORY, repositoryLayout } from "../core/layout.ts";
import { isAbsolutePath, normalisePath } from "../core/path.ts";
import { visibleKind } from "./read_file.ts";
import { realOrGiven } from "./real_path.ts";

/**
 * Whether a directory holds state of a repository. What lies in the place of
 * that state and is no directory is not passed over in silence: the search
 * would go on to a root that nobody meant.
 *
 * @throws {OrcError} corrupt `symbolic_link` or `not_a_directory`
 */
export function isMarked(directory: string, home: string | undefined): boolean {
  const layout = repositoryLayout(directory);
  const kind = visibleKind(layout.directory);
  if (kind === "absent" || kind === "denied") return false;
  if (isHome(directory, home)) return false;
  if (kind !== "directory") throw foreignMarker(layout.directory, kind);
  return [layout.sessions, layout.meta, layout.current].some((path) =>
    !["absent", "denied"].includes(visibleKind(path))
  );
}

function isHome(directory: string, home: string | undefined): boolean {
  if (home === undefined || !isAbsolutePath(home)) return false;
  return directory === normalisePath(home) || directory === realOrGiven(home);
}

function foreignMarker(path: string, kind: string): OrcError {
  const isLink = kind === "symlink";
  return new OrcError(
    "corrupt",
    isLink ? "symbolic_link" : "not_a_directory",
    `Cannot use "${path}": it is ${
      isLink ? "a symbolic link" : "a file"
    } and not a directory`,
    {
      path,
      hint:
        `Move it away so that orc can make a directory "${ORCHESTRATOR_DIRECTORY}", or pass --root DIR`,
    },
  );
}
