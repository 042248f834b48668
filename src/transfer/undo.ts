import { corrupt, OrcError } from "../base/error.ts";
import {
  LOCK_NAME,
  type RepositoryLayout,
  sessionLayoutAt,
  STAGING_PREFIX,
} from "../base/layout.ts";
import { migrationLayoutAt } from "../base/legacy_layout.ts";
import { joinPath, nameOf } from "../base/path.ts";
import { asOrcError, reasonOf } from "../files/errors.ts";
import type { HeldLock } from "../files/lock.ts";
import { fileKind, guardDirectory, isThere } from "../files/read.ts";
import {
  factOf,
  hashFile,
  loadHash,
  type NewHash,
  treeBelow,
} from "../files/tree.ts";
import {
  discard,
  moveTo,
  removeEmpty,
  removeIfThere,
  syncDirectory,
} from "../files/write.ts";
import { readLog } from "../session/log_read.ts";
import {
  backupOf,
  finishMigration,
  isSame,
  isWithin,
  moveAside,
  readMigrationRecord,
  readRecordAt,
  syncParents,
} from "./finish.ts";
import type {
  MigrationRecord,
  MigrationUnit,
  RollbackFacts,
} from "./record.ts";

/**
 * Brings to its end what a killed process left of a migration: one that counts
 * is finished, one that does not is removed. Only the holder of the
 * repository's lock may, and before it changes anything.
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
    throw corrupt(
      "damaged_migration",
      `"${undo}" holds no record of a migration`,
      {
        path: undo,
        hint: "put its record.json back, or move the directory away",
      },
    );
  }
  const newHash = await loadHash();
  return finishUndo({ layout, lock, record, newHash }).warnings;
}

/** What taking a migration back needs. */
interface UndoJob {
  readonly layout: RepositoryLayout;
  readonly lock: Pick<HeldLock, "token" | "assertHeld">;
  readonly record: MigrationRecord;
  readonly newHash: NewHash;
}

/** What became of a migration that was taken back. */
interface Undone {
  /** Where what had changed since is kept; null when nothing had. */
  readonly keptIn: string | null;
  /** What could not be put back, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Takes a migration back. One rename makes it count; the rest can be repeated
 * after a crash. What has changed since is kept aside, and never deleted.
 *
 * Only the holder of the repository's lock may, and of the locks of the
 * sessions that go.
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
    const reason = asOrcError(error, "take the migration back from", undo);
    if (!(reason instanceof OrcError)) throw reason;
    // The next command does the rest.
    throw new OrcError(
      reason.kind,
      "rollback_unfinished",
      `The rollback counts, but is not finished: ${reasonOf(reason)}`,
      {
        path: reason.path,
        hint: "finish it: orc doctor --fix",
        cause: reason,
      },
    );
  }
}

/** Does what is left of taking a migration back. */
function finishUndo(job: UndoJob): Undone {
  const { layout, record } = job;
  const { originals, kept } = migrationLayoutAt(layout.migrationUndo);
  const warnings = [
    ...record.retired.flatMap((path) => putBack(layout, originals, path)),
    ...record.units.toReversed().flatMap((unit) => withdraw(job, unit)),
  ];
  restoreRecord(layout, record);
  removeEmpty(kept);
  syncParents([
    ...record.retired.map((path) => joinPath(layout.root, path)),
    ...record.units.map(({ path }) => joinPath(layout.directory, path)),
  ]);
  syncDirectory(layout.directory);
  return { keptIn: closeUndo(job), warnings };
}

function putBack(
  { root }: RepositoryLayout,
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
  const isGone = [withdrawn, kept].some(isThere);
  const warnings: string[] = [];
  if (!isGone && isThere(target)) {
    const changes = changesIn(layout, record, unit, newHash);
    // Who chose another session meanwhile keeps it.
    if (changes.length > 0 && target === layout.current) return [];
    if (changes.length > 0) {
      warnings.push(`"${target}" had changed since; it is kept aside`);
    }
    moveAside(target, changes.length > 0 ? kept : withdrawn);
  }
  if (!isThere(target) && isThere(replaced)) {
    moveTo(replaced, target);
  }
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

/** Returns where something is kept. */
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
  layout: RepositoryLayout,
  { made }: MigrationRecord,
): void {
  for (const name of made.filter((name) => name !== ".")) {
    const path = joinPath(layout.directory, name);
    if (fileKind(path) === "directory") removeEmpty(path);
  }
  if (!made.includes(SESSIONS) || isThere(layout.sessions)) return;
  const paths = made.map((name) => joinPath(layout.directory, name));
  for (const path of [layout.gitignore, layout.meta]) {
    if (paths.includes(path)) removeIfThere(path);
  }
}

const SESSIONS = "sessions";

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
      .filter(({ path }) => kept.some((whole) => isWithin(path, whole)))
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
    placed.filter((file) => isWithin(file.path, path))
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
  const { directory: session, log } = sessionLayoutAt(
    joinPath(directory, unit.path),
  );
  if (fileKind(session) !== "directory") return [];
  const updates: string[] = [];
  for (const { serial, message } of readLog({ root, path: log }).events) {
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

/** Whether a migration, or taking one back, was begun and is not finished. */
export function isMigrationUnfinished(layout: RepositoryLayout): boolean {
  return [layout.migrationPending, layout.migrationUndo].some(isThere);
}
