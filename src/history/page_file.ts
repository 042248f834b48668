/** Where pages for people go, and over what they are never written. */
import { corrupt, notFound, OrcError, refused, usage } from "../base/error.ts";
import { GIT_ENTRY } from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import {
  isWithin,
  nameOf,
  parentDirectory,
  relativePath,
  resolvePath,
} from "../base/path.ts";
import { quoted } from "../base/text.ts";
import { fileKind, guardPath, readRegularFile } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";

/** How a caller names a page, and what they can do instead. */
interface Named {
  readonly flag: string;
  readonly instead: string;
}

/**
 * Where a page goes that somebody named, seen from the working directory.
 *
 * @throws {OrcError} `page_elsewhere` (usage) or `path_not_found` (not_found)
 */
export function pagePath(
  host: Host,
  { found, layout }: Repository,
  file: string,
  { flag, instead }: Named,
): string {
  const { workingTree } = found;
  const path = resolvePath(host.workingDirectory, file);
  const reason = reasonAgainst(path, workingTree, layout.directory);
  if (reason === undefined) {
    if (guardPath(workingTree, path) !== "absent") return path;
    if (fileKind(parentDirectory(path) ?? path) !== "absent") return path;
    const message = `Cannot write ${
      quoted(path)
    }: its directory does not exist`;
    const hint = `make it first, or ${instead}`;
    throw notFound("path_not_found", message, { path, hint });
  }
  throw usage("page_elsewhere", `Cannot write ${quoted(path)}: ${reason}`, {
    path,
    hint: `name another file with ${flag}, or ${instead}`,
  });
}

/** A page is for the people of this repository; programs read what lies in the other places. */
function reasonAgainst(
  path: string,
  workingTree: string,
  state: string,
): string | undefined {
  const below = relativePath(workingTree, path);
  if (!below) return "it lies outside the working tree";
  if (nameOf(path) === "-") return "that is not the name of a file";
  if (below.split("/")[0] === GIT_ENTRY) return "it lies among what git keeps";
  return isWithin(state, path) ? "it lies among what orc keeps" : undefined;
}

export const FOREIGN = Symbol("a file that orc did not make");

/** Which page may be replaced. */
interface Replaced {
  isOwn(text: string): boolean;
  readonly force?: boolean | undefined;
  /** What can be done where something else lies there. */
  readonly instead: string;
}

/**
 * The text of a file, if it may be replaced: a page of orc, or whatever a human has to give up.
 *
 * @throws {OrcError} `not_generated` (refused) or `not_a_regular_file` (corrupt)
 */
export function presentPage(
  path: string,
  { isOwn, force = false, instead }: Replaced,
): string | typeof FOREIGN | undefined {
  const kind = fileKind(path);
  if (kind === "absent") return undefined;
  const text = kind === "file" ? readPage(path, force) : undefined;
  if (text !== undefined && isOwn(text)) return text;
  const options = { path, hint: instead };
  if (kind !== "file") {
    throw corrupt(
      "not_a_regular_file",
      `Cannot replace "${path}": it is a ${kind} and not a regular file`,
      options,
    );
  }
  if (force) return FOREIGN;
  throw refused(
    "not_generated",
    `Cannot replace "${path}": orc did not make it`,
    options,
  );
}

function readPage(path: string, force: boolean): string | undefined {
  try {
    const bytes = readRegularFile(path, MAX_STATE_BYTES);
    return bytes && new TextDecoder().decode(bytes);
  } catch (error) {
    // A human gives up also what cannot be read.
    if (force && error instanceof OrcError) return undefined;
    throw error;
  }
}

/** Inside `.orchestrator/` a crash leaves nothing beside the file; elsewhere may be another disk. */
export function stagingFor({ found, layout }: Repository): string | undefined {
  return found.workingTree === found.root &&
      fileKind(layout.directory) === "directory"
    ? layout.directory
    : undefined;
}
