import type { RepositoryLayout } from "../base/layout.ts";
import { joinPath } from "../base/path.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { codeOf } from "../files/os_code.ts";
import type { NewHash } from "../files/tree.ts";
import type { LegacyPlaces } from "./legacy_places.ts";
import type { LeftFile, LegacyFile } from "./migration_facts.ts";

/** How far a reading of many bytes is. */
export type OnBytes = (doneBytes: number, totalBytes: number) => void;

/** What is looked for, and what for. */
export interface ScanOptions {
  readonly places: LegacyPlaces;
  /** Where everything is to go. */
  readonly layout: RepositoryLayout;
  readonly newHash: NewHash;
  /** Custom files that are to move too. */
  readonly includes: readonly string[];
  /** With which the workflows in feedback were hashed. */
  readonly salt: string;
  readonly onBytes?: OnBytes;
}

/** What is being gathered. */
export interface Scan extends ScanOptions {
  readonly left: LeftFile[];
  readonly warnings: string[];
}

/** What is no regular file is left where it lies; links are not followed. */
export function regularFact(
  root: string,
  path: string,
  left: LeftFile[],
): LegacyFile | undefined {
  const fact = factOf(root, path);
  const isBehindLink = parentsOf(path).some((parent) =>
    factOf(root, parent)?.kind === "symlink"
  );
  if (fact === undefined || (fact.kind === "file" && !isBehindLink)) {
    return fact;
  }
  const reason = isBehindLink || fact.kind === "symlink"
    ? "it is a symbolic link, which orc does not follow"
    : "it is no regular file";
  left.push({ path, reason });
  return undefined;
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** Returns what lies at a place, without its hash; undefined for nothing. */
export function factOf(root: string, path: string): LegacyFile | undefined {
  const absolute = joinPath(root, path);
  try {
    return factFrom(path, Deno.lstatSync(absolute));
  } catch (error) {
    if (isAbsent(error) || codeOf(error) === "ENOTDIR") return undefined;
    throw asOrcError(error, "look at", absolute);
  }
}

function factFrom(path: string, info: Deno.FileInfo): LegacyFile {
  return {
    path,
    kind: kindOf(info),
    sizeBytes: info.isFile ? info.size : 0,
    mode: (info.mode ?? 0o644) & 0o7777,
    mtimeMs: info.mtime?.getTime() ?? 0,
    sha256: null,
  };
}

function kindOf(info: Deno.FileInfo): LegacyFile["kind"] {
  if (info.isSymlink) return "symlink";
  if (info.isFile) return "file";
  return info.isDirectory ? "directory" : "other";
}

/** Whether a legacy file is what it was when it was looked at. */
export function isUnchanged(root: string, file: LegacyFile): boolean {
  const now = factOf(root, file.path);
  return now !== undefined && now.kind === file.kind &&
    now.sizeBytes === file.sizeBytes && now.mtimeMs === file.mtimeMs;
}

/** Whether both places lie on one file system. */
export function isSameDevice(
  { root, directory }: RepositoryLayout,
  places: LegacyPlaces,
): boolean {
  const { checkpoints } = places;
  if (checkpoints === null) return false;
  const source = deviceOf(joinPath(places.root, checkpoints));
  const target = deviceOf(directory) ?? deviceOf(root);
  return places.root === root && source !== undefined && source === target;
}

function deviceOf(path: string): number | undefined {
  try {
    return Deno.lstatSync(path).dev;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw asOrcError(error, "look at", path);
  }
}
