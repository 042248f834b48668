import { OrcError } from "../base/error.ts";
import { joinPath, relativePath } from "../base/path.ts";
import { type FileKind, fileKind } from "./read.ts";

/**
 * Refuses a path below the root if a part of it is a symbolic link, or a file
 * where a directory is expected. Parts that do not exist are fine.
 *
 * The runtimes resolve links before they look at permissions, so without this
 * a link in `.orchestrator` would be read and written through, wherever it
 * leads. One lstat per part: guard a directory once and keep the answer.
 *
 * @throws {OrcError} corrupt `symbolic_link` or `not_a_directory`
 */
export function guardPath(root: string, path: string): void {
  guardParts(root, path, false);
}

/** As {@linkcode guardPath}, for a path that must itself be a directory if it exists. */
export function guardDirectory(root: string, path: string): void {
  guardParts(root, path, true);
}

function guardParts(root: string, path: string, isDirectory: boolean): void {
  const below = relativePath(root, path);
  if (below === undefined || below === "") {
    throw new Error(`"${path}" is not below "${root}"`);
  }
  const parts = below.split("/");
  for (let count = 1; count <= parts.length; count++) {
    const shown = parts.slice(0, count).join("/");
    const kind = fileKind(joinPath(root, shown));
    if (kind === "absent") return;
    if (kind === "symlink") throw symbolicLink(root, shown);
    const mustBeDirectory = isDirectory || count < parts.length;
    if (mustBeDirectory && kind !== "directory") {
      throw notADirectory(root, shown, kind);
    }
  }
}

function symbolicLink(root: string, shown: string): OrcError {
  return new OrcError(
    "corrupt",
    "symbolic_link",
    `Cannot use "${shown}": it is a symbolic link`,
    {
      path: joinPath(root, shown),
      hint: "put a real directory or file in its place; orc follows no links",
    },
  );
}

function notADirectory(
  root: string,
  shown: string,
  kind: FileKind,
): OrcError {
  const found = kind === "file" ? "a file" : "neither a file nor a directory,";
  return new OrcError(
    "corrupt",
    "not_a_directory",
    `Cannot use "${shown}": it is ${found} where a directory is expected`,
    {
      path: joinPath(root, shown),
      hint: "move it away; orc does not remove what it did not make",
    },
  );
}
