import { OrcError } from "../base/error.ts";
import {
  migrationLayoutAt,
  type RepositoryLayout,
  STAGING_PREFIX,
} from "../base/layout.ts";
import { joinPath } from "../base/path.ts";
import { asOrcError, reasonOf } from "../files/errors.ts";
import { discard, removeIfThere, syncDirectory } from "../files/file_system.ts";
import type { HeldLock } from "../files/lock.ts";
import { moveTo, removeEmpty } from "../files/move.ts";
import { fileKind } from "../files/read.ts";
import type { NewHash } from "../files/tree.ts";
import { backupOf, readRecordAt } from "./migration_files.ts";
import { moveAside, syncParents } from "./migration_finish.ts";
import type { MigrationUnit } from "./migration_plan.ts";
import { changesIn } from "./migration_undo_scan.ts";
import type { MigrationRecord } from "./record.ts";

/** What taking a migration back needs. */
export interface UndoJob {
  readonly layout: RepositoryLayout;
  readonly lock: Pick<HeldLock, "token" | "assertHeld">;
  readonly record: MigrationRecord;
  readonly newHash: NewHash;
}

/** What became of a migration that was taken back. */
export interface Undone {
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
  const backup = fileKind(layout.migrationPending) === "absent"
    ? backupOf(layout, record.id)
    : layout.migrationPending;
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
    throw unfinished(error, layout.migrationUndo);
  }
}

/** The error for a rollback that counts; the next command does the rest of it. */
function unfinished(error: unknown, undo: string): unknown {
  const reason = asOrcError(error, "take the migration back from", undo);
  if (!(reason instanceof OrcError)) return reason;
  const { kind, path } = reason;
  return new OrcError(
    kind,
    "rollback_unfinished",
    `The rollback counts, but is not finished: ${reasonOf(reason)}`,
    { path, hint: "finish it: orc doctor --fix", cause: reason },
  );
}

/** Does what is left of taking a migration back. */
export function finishUndo(job: UndoJob): Undone {
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
  if (fileKind(from) === "absent") return [];
  if (fileKind(to) !== "absent") {
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
  const isGone = [withdrawn, kept].some((path) => fileKind(path) !== "absent");
  const warnings: string[] = [];
  if (!isGone && fileKind(target) !== "absent") {
    const changes = changesIn(layout, record, unit, newHash);
    // Who chose another session meanwhile keeps it.
    if (changes.length > 0 && target === layout.current) return [];
    if (changes.length > 0) {
      warnings.push(`"${target}" had changed since; it is kept aside`);
    }
    moveAside(target, changes.length > 0 ? kept : withdrawn);
  }
  if (fileKind(target) === "absent" && fileKind(replaced) !== "absent") {
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
  if (fileKind(previous) === "absent") removeIfThere(layout.migrationRecord);
  else Deno.renameSync(previous, layout.migrationRecord);
}

/** Returns where something is kept. */
function closeUndo({ layout, lock, record }: UndoJob): string | null {
  const undo = layout.migrationUndo;
  const { kept, originals, replaced } = migrationLayoutAt(undo);
  removeEmpty(originals);
  removeEmpty(replaced);
  const isNeeded = [kept, originals, replaced].some((path) =>
    fileKind(path) !== "absent"
  );
  if (!isNeeded) {
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
  return fileKind(migrationLayoutAt(place).kept) === "absent" ? null : place;
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
  const isUnused = made.includes(SESSIONS) &&
    fileKind(layout.sessions) === "absent";
  for (const path of isUnused ? [layout.gitignore, layout.meta] : []) {
    const isMade = made.some((name) =>
      joinPath(layout.directory, name) === path
    );
    if (isMade) removeIfThere(path);
  }
}

const SESSIONS = "sessions";
