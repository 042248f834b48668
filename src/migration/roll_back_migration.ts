import { OrcError } from "../base/error.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { nameOf } from "../base/path.ts";
import { isAbsent } from "../files/errors.ts";
import { codeOf } from "../files/os_code.ts";
import { fileKind } from "../files/read.ts";
import { loadHash } from "../files/tree.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { readMigrationRecord } from "./migration_files.ts";
import { planRollback, type RollbackPlan } from "./migration_rollback.ts";
import { undoMigration } from "./migration_undo.ts";
import { scanRollback } from "./migration_undo_scan.ts";
import type { MigrationRecord } from "./record.ts";
import { withSessionLocks } from "./run_migration.ts";

/** How the last migration is to be taken back. */
export interface RollbackRequest {
  /** Keeps aside what has changed since, instead of refusing. */
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Asks whether to go on; throws if not. */
  readonly confirm: (plan: RollbackPlan) => void;
}

/** A migration that was taken back, or would be. */
export interface RolledBack {
  readonly plan: RollbackPlan;
  /** Where what had changed since is kept; null when nothing had. */
  readonly keptIn: string | null;
  readonly warnings: readonly string[];
}

/** Takes the last migration back: every legacy file is again what and where it was. */
export async function rollBack(
  host: Host,
  repository: Repository,
  { force, dryRun, confirm }: RollbackRequest,
): Promise<RolledBack> {
  const { layout } = repository;
  const newHash = await loadHash();
  const planned = () => {
    const record = readMigrationRecord(layout);
    if (record === undefined) throw nothingToRollBack(layout);
    const facts = scanRollback(layout, record, newHash);
    return { record, plan: planRollback(record, facts, { force }) };
  };
  const { record, plan } = planned();
  if (dryRun) return { plan, keptIn: null, warnings: [] };
  confirm(plan);
  const undone = await withPreparedRepository(
    host,
    repository,
    { portable: false },
    (lock) =>
      withSessionLocks(repository, changedSessions(layout, record), () => {
        // Somebody may have worked on, or migrated again, in the meantime.
        const { record } = planned();
        return undoMigration({ layout, lock, record, newHash });
      }),
  );
  const { keptIn, warnings } = undone;
  const more = record.made.includes(".") ? removeEmptied(layout.directory) : [];
  return { plan, keptIn, warnings: [...warnings, ...more] };
}

/** Sessions that go or change: nobody may update them meanwhile. */
function changedSessions(
  { root, directory }: RepositoryLayout,
  { sessions, units }: MigrationRecord,
): readonly string[] {
  return sessions.filter((id) => {
    const session = sessionLayout(root, id).directory;
    const isChanged = units.some(({ path }) =>
      `${directory}/${path}/`.startsWith(`${session}/`)
    );
    return isChanged && fileKind(session) === "directory";
  });
}

/** Everything is back by now: an empty directory that stays is no failure. */
function removeEmptied(path: string): readonly string[] {
  try {
    Deno.removeSync(path);
    return [];
  } catch (error) {
    // Somebody else uses it by now, or removed it.
    if (isAbsent(error) || codeOf(error) === "ENOTEMPTY") return [];
    return [`Cannot remove the empty directory "${path}": ${codeOf(error)}`];
  }
}

function nothingToRollBack({ migrationRecord }: RepositoryLayout): OrcError {
  return new OrcError(
    "not_found",
    "no_migration",
    `No migration to take back: there is no "${nameOf(migrationRecord)}"`,
    { path: migrationRecord, hint: "orc status" },
  );
}
