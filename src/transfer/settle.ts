import { corrupt, OrcError } from "../base/error.ts";
import {
  LOCK_NAME,
  type RepositoryLayout,
  sessionLayoutAt,
  STAGING_PREFIX,
} from "../base/layout.ts";
import { migrationLayoutAt } from "./layout.ts";
import { MAX_MIGRATION_RECORD_BYTES } from "../base/limits.ts";
import { isWithin, joinPath, nameOf, parentDirectory } from "../base/path.ts";
import { asOrcError, reasonOf } from "../files/errors.ts";
import type { HeldLock } from "../files/lock.ts";
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
  loadHash,
  type NewHash,
  treeBelow,
} from "../files/tree.ts";
import {
  discard,
  ensureDirectories,
  moveTo,
  removeEmpty,
  removeIfThere,
  syncDirectory,
} from "../files/write.ts";
import { readLog } from "../session/log_read.ts";
import {
  decodeMigrationRecord,
  type MigrationRecord,
  type MigrationUnit,
  type RollbackFacts,
} from "./record.ts";

export function readMigrationRecord(
  layout: RepositoryLayout,
): MigrationRecord | undefined {
  guardPath(layout.root, layout.migrationRecord);
  return readRecordAt(layout.migrationRecord);
}

function readRecordAt(path: string): MigrationRecord | undefined {
  const hint = "put back a good copy of the file; the originals are beside it";
  const value = readJson(path, MAX_MIGRATION_RECORD_BYTES, hint);
  return value === undefined ? undefined : decodeMigrationRecord(value, path);
}

/** Whether a migration, or taking one back, was begun and is not finished. */
export function isMigrationUnfinished(layout: RepositoryLayout): boolean {
  return [layout.migrationPending, layout.migrationUndo].some(isThere);
}

/**
 * Brings to its end what a killed process left of a migration: one that counts is finished, one
 * that does not is removed. Only the holder of the repository's lock may, before all else.
 */
export async function settleMigration(
  layout: RepositoryLayout,
  lock: HeldLock,
): Promise<readonly string[]> {
  return [
    ...await settlePending(layout),
    ...await settleUndo(layout, lock),
  ];
}

async function settlePending(
  layout: RepositoryLayout,
): Promise<readonly string[]> {
  const pending = layout.migrationPending;
  guardDirectory(layout.root, pending);
  if (!isThere(pending)) return [];
  const record = readRecordAt(migrationLayoutAt(pending).record);
  const committed = readMigrationRecord(layout);
  if (record !== undefined && record.id === committed?.id) {
    return finishMigration(layout, record, await loadHash());
  }
  assertNothingMoved(layout);
  discard(pending);
  syncDirectory(layout.directory);
  return [];
}

/** Only what counted was moved: then somebody took its record away since. */
function assertNothingMoved(
  { migrationPending, migrationRecord }: RepositoryLayout,
): void {
  const { originals, replaced, record } = migrationLayoutAt(migrationPending);
  for (const path of [originals, replaced]) {
    removeEmpty(path);
    if (!isThere(path)) continue;
    throw corrupt(
      "damaged_migration",
      `"${path}" holds files that were moved, but "${migrationRecord}" does not tell of it`,
      { path, hint: `copy "${record}" to "${migrationRecord}"` },
    );
  }
}

async function settleUndo(
  layout: RepositoryLayout,
  lock: HeldLock,
): Promise<readonly string[]> {
  const undo = layout.migrationUndo;
  guardDirectory(layout.root, undo);
  if (!isThere(undo)) return [];
  const record = readRecordAt(migrationLayoutAt(undo).record);
  if (record === undefined) {
    const hint = "put its record.json back, or move the directory away";
    throw corrupt(
      "damaged_migration",
      `"${undo}" holds no record of a migration`,
      { path: undo, hint },
    );
  }
  const newHash = await loadHash();
  return finishUndo({ layout, lock, record, newHash }).warnings;
}

/**
 * Moves into place what a migration that counts has put aside, and the legacy files into its
 * backup; each step may have been done before. Returns what could not be moved, in sentences.
 */
export function finishMigration(
  layout: RepositoryLayout,
  record: MigrationRecord,
  newHash: NewHash,
): readonly string[] {
  const { root, directory, migrationPending, migrationBackup } = layout;
  const { units, retired } = record;
  const paths = migrationLayoutAt(migrationPending);
  const placing = units.flatMap((unit) => placeUnit(layout, unit));
  // Readers find the old or the new all the time, also after a power cut.
  syncParents([
    ...units.filter(({ replaces }) => replaces)
      .map(({ path }) => joinPath(paths.replaced, path)),
    ...units.map(({ path }) => joinPath(directory, path)),
  ]);
  const retiring = retired.flatMap((path) =>
    retire(layout, record, path, newHash)
  );
  removeEmpty(paths.staged);
  removeEmpty(paths.replaced);
  // All names must be durable before the directory that would restore them goes.
  syncParents(retired.flatMap((path) => [
    joinPath(paths.originals, path),
    joinPath(root, path),
  ]));
  syncDirectory(migrationPending);
  ensureDirectories(migrationBackup);
  moveTo(migrationPending, joinPath(migrationBackup, record.id));
  syncDirectory(migrationBackup);
  syncDirectory(directory);
  return [...placing, ...retiring];
}

function placeUnit(
  { root, directory, migrationPending }: RepositoryLayout,
  { path, replaces }: MigrationUnit,
): readonly string[] {
  const paths = migrationLayoutAt(migrationPending);
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

/**
 * Moves a legacy file or directory into the backup, unless it was written again after it was
 * copied.
 */
function retire(
  { root, migrationPending }: RepositoryLayout,
  { files }: MigrationRecord,
  path: string,
  newHash: NewHash,
): readonly string[] {
  const from = joinPath(root, path);
  if (!isThere(from)) return [];
  const own = files.filter((file) => isWithin(path, file.path));
  const changed = changedIn(root, path, own, newHash);
  if (changed === undefined) {
    moveTo(from, joinPath(migrationLayoutAt(migrationPending).originals, path));
    return [];
  }
  const shown = joinPath(root, changed);
  return [
    `"${shown}" was changed after it was migrated, and stays where it is`,
  ];
}

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
function isSame(root: string, file: LegacyFile, newHash: NewHash): boolean {
  const now = factOf(root, file.path);
  if (now?.kind !== file.kind) return false;
  if (file.kind !== "file" || isUnchanged(root, file)) return true;
  return now.sizeBytes === file.sizeBytes &&
    hashFile(joinPath(root, file.path), newHash) === file.sha256;
}

/** Whoever holds the lock of a session takes it away together with the session. */
function moveAside(from: string, to: string): void {
  moveTo(from, to);
  if (fileKind(to) === "directory") removeIfThere(joinPath(to, LOCK_NAME));
}

/** Makes names durable: each directory they are in once. */
function syncParents(paths: readonly string[]): void {
  const parents = new Set(paths.map((path) => parentDirectory(path) ?? path));
  for (const parent of parents) {
    if (fileKind(parent) === "directory") syncDirectory(parent);
  }
}

interface UndoJob {
  readonly layout: RepositoryLayout;
  readonly lock: Pick<HeldLock, "token" | "assertHeld">;
  readonly record: MigrationRecord;
  readonly newHash: NewHash;
}

interface Undone {
  /** Where what had changed since is kept; null when nothing had. */
  readonly keptIn: string | null;
  /** What could not be put back, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Takes a migration back. One rename makes it count; the rest can be repeated. What has changed
 * since is kept aside. Only the holder of the repository's lock may, and of those of the sessions
 * that go.
 */
export function undoMigration(job: UndoJob): Undone {
  const { layout, lock, record } = job;
  // One that was not finished is where it was being finished.
  const backup = isThere(layout.migrationPending)
    ? layout.migrationPending
    : backupOf(layout, record.id);
  try {
    lock.assertHeld();
    Deno.renameSync(backup, layout.migrationUndo);
  } catch (error) {
    throw asOrcError(error, "take the migration back from", backup);
  }
  try {
    syncDirectory(layout.directory);
    return finishUndo(job);
  } catch (error) {
    const undo = layout.migrationUndo;
    const cause = asOrcError(error, "take the migration back from", undo);
    if (!(cause instanceof OrcError)) throw cause;
    // The next command does the rest.
    throw new OrcError(
      cause.kind,
      "rollback_unfinished",
      `The rollback counts, but is not finished: ${reasonOf(cause)}`,
      { path: cause.path, hint: "finish it: orc doctor --fix", cause },
    );
  }
}

function backupOf(layout: RepositoryLayout, id: string): string {
  const path = joinPath(layout.migrationBackup, id);
  guardDirectory(layout.root, path);
  return path;
}

function finishUndo(job: UndoJob): Undone {
  const { layout, record } = job;
  const { root, directory, migrationUndo } = layout;
  const { originals, kept } = migrationLayoutAt(migrationUndo);
  const warnings = [
    ...record.retired.flatMap((path) => putBack(root, originals, path)),
    ...record.units.toReversed().flatMap((unit) => withdraw(job, unit)),
  ];
  restoreRecord(layout, record);
  removeEmpty(kept);
  syncParents([
    ...record.retired.map((path) => joinPath(root, path)),
    ...record.units.map(({ path }) => joinPath(directory, path)),
  ]);
  syncDirectory(directory);
  return { keptIn: closeUndo(job), warnings };
}

function putBack(
  root: string,
  originals: string,
  path: string,
): readonly string[] {
  const [from, to] = [joinPath(originals, path), joinPath(root, path)];
  if (!isThere(from)) return [];
  if (isThere(to)) {
    return [`"${to}" is there again; the one from before stays in the backup`];
  }
  moveTo(from, to);
  return [];
}

function withdraw(
  { layout, record, newHash }: UndoJob,
  unit: MigrationUnit,
): readonly string[] {
  const paths = migrationLayoutAt(layout.migrationUndo);
  const target = joinPath(layout.directory, unit.path);
  const [withdrawn, kept, replaced] = [
    joinPath(paths.withdrawn, unit.path),
    joinPath(paths.kept, unit.path),
    joinPath(paths.replaced, unit.path),
  ];
  const warnings: string[] = [];
  if (![withdrawn, kept].some(isThere) && isThere(target)) {
    const isChanged = changesIn(layout, record, unit, newHash).length > 0;
    // Who chose another session meanwhile keeps it.
    if (isChanged && target === layout.current) return [];
    if (isChanged) {
      warnings.push(`"${target}" had changed since; it is kept aside`);
    }
    moveAside(target, isChanged ? kept : withdrawn);
  }
  if (!isThere(target) && isThere(replaced)) moveTo(replaced, target);
  return warnings;
}

/** The migration before this one is the last one again. */
function restoreRecord(
  layout: RepositoryLayout,
  { id }: MigrationRecord,
): void {
  const { previous } = migrationLayoutAt(layout.migrationUndo);
  if (readRecordAt(layout.migrationRecord)?.id !== id) return;
  if (isThere(previous)) Deno.renameSync(previous, layout.migrationRecord);
  else removeIfThere(layout.migrationRecord);
}

function closeUndo({ layout, lock, record }: UndoJob): string | null {
  const undo = layout.migrationUndo;
  const { kept, originals, replaced } = migrationLayoutAt(undo);
  removeEmpty(originals);
  removeEmpty(replaced);
  if (![kept, originals, replaced].some(isThere)) {
    // Under this name the next holder of the lock removes it, should this one be killed.
    const litter = `${layout.directory}/${STAGING_PREFIX}${lock.token}`;
    Deno.renameSync(undo, litter);
    syncDirectory(layout.directory);
    discard(litter);
    removeMade(layout, record);
    return null;
  }
  const place = joinPath(layout.migrationBackup, `${record.id}-undone`);
  moveTo(undo, place);
  syncDirectory(layout.directory);
  return isThere(migrationLayoutAt(place).kept) ? place : null;
}

/** What had to be made for the migration goes, unless somebody else uses it by now. */
function removeMade(
  { directory, sessions, gitignore, meta }: RepositoryLayout,
  record: MigrationRecord,
): void {
  const made = record.made.filter((name) => name !== ".")
    .map((name) => joinPath(directory, name));
  for (const path of made) {
    if (fileKind(path) === "directory") removeEmpty(path);
  }
  if (!made.includes(sessions) || isThere(sessions)) return;
  for (const path of [gitignore, meta]) {
    if (made.includes(path)) removeIfThere(path);
  }
}

/** Gathers what taking a migration back has to know. Reads only. */
export function scanRollback(
  layout: RepositoryLayout,
  record: MigrationRecord,
  newHash: NewHash,
): RollbackFacts {
  const { originals } = migrationLayoutAt(backupOf(layout, record.id));
  const isIn = (directory: string) => (path: string): boolean =>
    isThere(joinPath(directory, path));
  const kept = record.retired.filter(isIn(originals));
  return {
    missing: record.retired.filter((path) => !kept.includes(path)),
    // What the backup lacks as a whole is named as that.
    altered: record.files
      .filter(({ path }) => kept.some((whole) => isWithin(whole, path)))
      .filter((file) => !isSame(originals, file, newHash))
      .map(({ path }) => path),
    inTheWay: record.retired.filter(isIn(layout.root)),
    changed: record.units
      .filter(({ path }) => joinPath(layout.directory, path) !== layout.current)
      .map((unit) => ({
        path: unit.path,
        files: changesIn(layout, record, unit, newHash),
        updates: updatesIn(layout, unit),
      }))
      .filter(({ files }) => files.length > 0),
  };
}

/** Files of a unit that are not what the migration put there, seen from `.orchestrator/`. */
function changesIn(
  { directory }: RepositoryLayout,
  { placed }: MigrationRecord,
  { path }: MigrationUnit,
  newHash: NewHash,
): readonly string[] {
  const known = new Map(
    placed.filter((file) => isWithin(path, file.path))
      .map((file) => [file.path, file]),
  );
  const fact = factOf(directory, path);
  const present = fact?.kind === "directory"
    ? treeBelow(directory, path).filter(({ kind }) => kind !== "directory")
    : [fact ?? []].flat();
  const changed = present.filter((file) => {
    if (isLockFile(file.path)) return false;
    const before = known.get(file.path);
    known.delete(file.path);
    return file.kind !== "file" || before?.sizeBytes !== file.sizeBytes ||
      hashFile(joinPath(directory, file.path), newHash) !== before.sha256;
  });
  return [...changed.map((file) => file.path), ...known.keys()];
}

/** Enough to know again what one has done. */
const MAX_UPDATES = 20;

/** What orc itself wrote into the log of a session, the last of it. */
function updatesIn(
  { root, directory }: RepositoryLayout,
  unit: MigrationUnit,
): readonly string[] {
  const session = joinPath(directory, unit.path);
  if (fileKind(session) !== "directory") return [];
  const path = sessionLayoutAt(session).log;
  const updates: string[] = [];
  for (const { serial, message } of readLog({ root, path }).events) {
    if (serial > 0) updates.push(message);
    if (updates.length > MAX_UPDATES) updates.shift();
  }
  return updates;
}

/** A lock, or what somebody who waited for it left. */
function isLockFile(path: string): boolean {
  const name = nameOf(path);
  return name === LOCK_NAME || name.startsWith(`${LOCK_NAME}.`);
}
