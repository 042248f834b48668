import { LOCK_NAME, type RepositoryLayout } from "../base/layout.ts";
import { migrationLayoutAt } from "../base/legacy_layout.ts";
import { MAX_MIGRATION_RECORD_BYTES } from "../base/limits.ts";
import { joinPath, parentDirectory } from "../base/path.ts";
import {
  fileKind,
  guardDirectory,
  guardPath,
  isThere,
  readJson,
} from "../files/read.ts";
import {
  factOf,
  hashFile,
  isUnchanged,
  type LegacyFile,
  type NewHash,
  treeBelow,
} from "../files/tree.ts";
import {
  ensureDirectories,
  moveTo,
  removeEmpty,
  removeIfThere,
  syncDirectory,
} from "../files/write.ts";
import {
  decodeMigrationRecord,
  type MigrationRecord,
  type MigrationUnit,
} from "./record.ts";

/**
 * Moves into place what a migration that counts has put aside, and the legacy
 * files into its backup. Each step may have been done before.
 *
 * Returns what could not be moved, as sentences for people.
 */
export function finishMigration(
  layout: RepositoryLayout,
  record: MigrationRecord,
  newHash: NewHash,
): readonly string[] {
  const pending = layout.migrationPending;
  const paths = migrationLayoutAt(pending);
  const placing = record.units.flatMap((unit) =>
    placeUnit(layout, pending, unit)
  );
  // Readers find the old or the new all the time, also after a power cut.
  syncUnits(layout, record, pending);
  const retiring = record.retired.flatMap((path) =>
    retire(layout, record, path, newHash)
  );
  removeEmpty(paths.staged);
  removeEmpty(paths.replaced);
  syncRetired(layout, record, pending);
  ensureDirectories(layout.migrationBackup);
  moveTo(pending, joinPath(layout.migrationBackup, record.id));
  syncDirectory(layout.migrationBackup);
  syncDirectory(layout.directory);
  return [...placing, ...retiring];
}

function placeUnit(
  { root, directory }: RepositoryLayout,
  pending: string,
  { path, replaces }: MigrationUnit,
): readonly string[] {
  const paths = migrationLayoutAt(pending);
  const staged = joinPath(paths.staged, path);
  if (!isThere(staged)) return [];
  const target = joinPath(directory, path);
  guardPath(root, target);
  const aside = joinPath(paths.replaced, path);
  if (isThere(target)) {
    if (!replaces || isThere(aside)) {
      return [
        `"${target}" was made by another program meanwhile; what belongs there is in the backup`,
      ];
    }
    moveAside(target, aside);
  }
  moveTo(staged, target);
  return [];
}

/** Whoever holds the lock of a session takes it away together with the session. */
export function moveAside(from: string, to: string): void {
  moveTo(from, to);
  if (fileKind(to) === "directory") removeIfThere(joinPath(to, LOCK_NAME));
}

/** Whether a path is another one, or lies below it. */
export function isWithin(path: string, whole: string): boolean {
  return path === whole || path.startsWith(`${whole}/`);
}

/**
 * Moves a legacy file, or a directory as a whole, into the backup. What was written again after
 * it was copied is not what the backup is for.
 */
function retire(
  { root, migrationPending }: RepositoryLayout,
  { files }: MigrationRecord,
  path: string,
  newHash: NewHash,
): readonly string[] {
  const from = joinPath(root, path);
  if (!isThere(from)) return [];
  const own = files.filter((file) => isWithin(file.path, path));
  const changed = changedIn(root, path, own, newHash);
  if (changed !== undefined) {
    const shown = joinPath(root, changed);
    return [
      `"${shown}" was changed after it was migrated, and stays where it is`,
    ];
  }
  moveTo(from, joinPath(migrationLayoutAt(migrationPending).originals, path));
  return [];
}

/** A path whose content is not what was migrated. */
function changedIn(
  root: string,
  path: string,
  files: readonly LegacyFile[],
  newHash: NewHash,
): string | undefined {
  const changed = files.find((file) => !isSame(root, file, newHash));
  if (changed !== undefined) return changed.path;
  if (fileKind(joinPath(root, path)) !== "directory") return undefined;
  const known = new Set(files.map((file) => file.path));
  return treeBelow(root, path).find((file) => !known.has(file.path))?.path;
}

/** Whether a file is what was migrated. Another time alone is no other content: a restored file has one. */
export function isSame(
  root: string,
  file: LegacyFile,
  newHash: NewHash,
): boolean {
  const now = factOf(root, file.path);
  if (now?.kind !== file.kind) return false;
  if (file.kind !== "file" || isUnchanged(root, file)) return true;
  return now.sizeBytes === file.sizeBytes &&
    hashFile(joinPath(root, file.path), newHash) === file.sha256;
}

function syncUnits(
  { directory }: RepositoryLayout,
  { units }: MigrationRecord,
  pending: string,
): void {
  const { replaced } = migrationLayoutAt(pending);
  syncParents([
    ...units.filter(({ replaces }) => replaces)
      .map(({ path }) => joinPath(replaced, path)),
    ...units.map(({ path }) => joinPath(directory, path)),
  ]);
}

/** All names must be durable before the directory that would restore them goes. */
function syncRetired(
  { root }: RepositoryLayout,
  { retired }: MigrationRecord,
  pending: string,
): void {
  const { originals } = migrationLayoutAt(pending);
  syncParents(retired.flatMap((path) => [
    joinPath(originals, path),
    joinPath(root, path),
  ]));
  syncDirectory(pending);
}

/** Makes names durable: each directory they are in once. */
export function syncParents(paths: readonly string[]): void {
  const parents = new Set(paths.map((path) => parentDirectory(path) ?? path));
  for (const parent of parents) {
    if (fileKind(parent) === "directory") syncDirectory(parent);
  }
}

/** Reads what the last migration did; undefined when there was none. */
export function readMigrationRecord(
  layout: RepositoryLayout,
): MigrationRecord | undefined {
  guardPath(layout.root, layout.migrationRecord);
  return readRecordAt(layout.migrationRecord);
}

/** Reads the record at a path. */
export function readRecordAt(path: string): MigrationRecord | undefined {
  const hint = "put back a good copy of the file; the originals are beside it";
  const value = readJson(path, MAX_MIGRATION_RECORD_BYTES, hint);
  return value === undefined ? undefined : decodeMigrationRecord(value, path);
}

/** Directory of the backup of a migration. */
export function backupOf(layout: RepositoryLayout, id: string): string {
  const path = joinPath(layout.migrationBackup, id);
  guardDirectory(layout.root, path);
  return migrationLayoutAt(path).directory;
}
