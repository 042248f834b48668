import {
  migrationLayoutAt,
  type RepositoryLayout,
  STAGING_PREFIX,
} from "../base/layout.ts";
import { MAX_MIGRATION_RECORD_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { asOrcError } from "../files/errors.ts";
import { discard, makeDirectory, syncDirectory } from "../files/file_system.ts";
import type { HeldLock } from "../files/lock.ts";
import { guardPath } from "../files/path_guard.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import { changedMeanwhile, type NewHash } from "../files/tree.ts";
import { publish, writeAtomic, writeNewFile } from "../files/write.ts";
import { finishMigration } from "./migration_finish.ts";
import type { MigrationPlan, MigrationUnit } from "./migration_plan.ts";
import { isUnchanged } from "./migration_scan_file.ts";
import { stageMigration } from "./migration_stage.ts";
import { encodeMigrationRecord, type MigrationRecord } from "./record.ts";

/** A migration that is decided, and what it needs. */
export interface MigrationJob {
  readonly layout: RepositoryLayout;
  readonly lock: HeldLock;
  /** Directory the legacy files are in. */
  readonly source: string;
  readonly plan: MigrationPlan;
  readonly canLink: boolean;
  /** What is known about it before it is done. */
  readonly about: Omit<MigrationRecord, "placed">;
  readonly newHash: NewHash;
  readonly workflowOfHash: ReadonlyMap<string, string>;
  readonly onBytes?: (count: number) => void;
}

/** A migration that counts. */
export interface AppliedMigration {
  readonly record: MigrationRecord;
  /** Puts everything into its place; what a crash leaves of it, the next command does. */
  finish(): readonly string[];
}

/**
 * Puts everything new aside and makes it count with one rename, that of the
 * record. Until then nothing is changed; from then on the rest is only moving
 * things into their places, which can be repeated.
 *
 * Only the holder of the repository's lock may, and of the locks of the
 * sessions that are changed.
 *
 * @throws {OrcError} conflict `legacy_changed` if somebody else changed
 *   something since it was planned; nothing is changed then
 */
export function commitMigration(job: MigrationJob): AppliedMigration {
  const { layout, lock } = job;
  const staging = joinPath(
    layout.directory,
    `${STAGING_PREFIX}${lock.token}`,
  );
  try {
    assertAsPlanned(job);
    const record = stage(job, staging);
    assertAsPlanned(job);
    lock.assertHeld();
    publish(staging, layout.migrationPending);
    syncDirectory(layout.directory);
    return commit(job, record);
  } catch (error) {
    discard(staging);
    throw asOrcError(error, "migrate the files in", job.source);
  }
}

function commit(job: MigrationJob, record: MigrationRecord): AppliedMigration {
  const { layout, lock } = job;
  try {
    writeAtomic(layout.migrationRecord, encode(record), {
      token: lock.token,
      fence: () => lock.assertHeld(),
    });
  } catch (error) {
    discard(layout.migrationPending);
    throw error;
  }
  return { record, finish: () => finishMigration(layout, record, job.newHash) };
}

function stage(job: MigrationJob, staging: string): MigrationRecord {
  const { layout, about } = job;
  const paths = migrationLayoutAt(staging);
  makeDirectory(staging);
  for (const path of [paths.staged, paths.originals, paths.replaced]) {
    makeDirectory(path);
  }
  const placed = stageMigration({
    ...job,
    present: layout.directory,
    directory: paths.staged,
  });
  const record = { ...about, placed };
  const previous = readRegularFile(
    layout.migrationRecord,
    MAX_MIGRATION_RECORD_BYTES,
  );
  if (previous !== undefined) writeNewFile(paths.previous, previous);
  writeNewFile(paths.record, encode(record));
  syncDirectory(staging);
  return record;
}

/** What was planned holds for these files only. */
function assertAsPlanned({ layout, source, plan }: MigrationJob): void {
  const changed = plan.files.find((file) => !isUnchanged(source, file));
  if (changed !== undefined) {
    throw changedMeanwhile(joinPath(source, changed.path));
  }
  for (const unit of plan.units) assertPlace(layout, unit);
}

function assertPlace(
  { root, directory }: RepositoryLayout,
  { path, replaces }: MigrationUnit,
): void {
  const target = joinPath(directory, path);
  guardPath(root, target);
  if ((fileKind(target) !== "absent") !== replaces) {
    throw changedMeanwhile(target);
  }
}

function encode(record: MigrationRecord): Uint8Array {
  return new TextEncoder().encode(encodeMigrationRecord(record));
}
