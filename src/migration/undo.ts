import { OrcError } from "../base/error.ts";
import { migrationLayoutAt, type RepositoryLayout } from "../base/layout.ts";
import { discard, syncDirectory } from "../files/file_system.ts";
import type { HeldLock } from "../files/lock.ts";
import { removeEmpty } from "../files/move.ts";
import { guardDirectory } from "../files/path_guard.ts";
import { fileKind } from "../files/read.ts";
import { loadHash } from "../files/tree.ts";
import { readMigrationRecord, readRecordAt } from "./migration_files.ts";
import { finishMigration } from "./migration_finish.ts";
import { finishUndo } from "./migration_undo.ts";

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
  if (fileKind(pending) === "absent") return [];
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
    if (fileKind(path) === "absent") continue;
    throw new OrcError(
      "corrupt",
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
  if (fileKind(undo) === "absent") return [];
  const record = readRecordAt(migrationLayoutAt(undo).record);
  if (record === undefined) {
    throw new OrcError(
      "corrupt",
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
