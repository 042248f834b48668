import {
  LOCK_NAME,
  migrationLayoutAt,
  type RepositoryLayout,
  sessionLayoutAt,
} from "../base/layout.ts";
import { joinPath } from "../base/path.ts";
import { fileKind } from "../files/read.ts";
import { hashFile, type NewHash } from "../files/tree.ts";
import { readLog } from "../session/store_log_read.ts";
import { backupOf } from "./migration_files.ts";
import { isSame } from "./migration_finish.ts";
import type { MigrationUnit } from "./migration_plan.ts";
import type { RollbackFacts } from "./migration_rollback.ts";
import { factOf } from "./migration_scan_file.ts";
import type { MigrationRecord } from "./record.ts";
import { treeBelow } from "./scan_lines.ts";

/** Gathers what taking a migration back has to know. Reads only. */
export function scanRollback(
  layout: RepositoryLayout,
  record: MigrationRecord,
  newHash: NewHash,
): RollbackFacts {
  const { originals } = migrationLayoutAt(backupOf(layout, record.id));
  const isThere = (directory: string) => (path: string): boolean =>
    fileKind(joinPath(directory, path)) !== "absent";
  return {
    missing: record.retired.filter((path) => !isThere(originals)(path)),
    altered: alteredIn(originals, record, newHash),
    inTheWay: record.retired.filter(isThere(layout.root)),
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

/** Files of a backup that are not what was moved there; what it lacks as a whole is named as that. */
function alteredIn(
  originals: string,
  { files, retired }: MigrationRecord,
  newHash: NewHash,
): readonly string[] {
  const kept = retired.filter((path) =>
    fileKind(joinPath(originals, path)) !== "absent"
  );
  return files.filter(({ path }) =>
    kept.some((whole) => path === whole || path.startsWith(`${whole}/`))
  ).filter((file) => !isSame(originals, file, newHash))
    .map(({ path }) => path);
}

/** Files of a unit that are not what the migration put there, seen from `.orchestrator/`. */
export function changesIn(
  { directory }: RepositoryLayout,
  { placed }: MigrationRecord,
  { path }: MigrationUnit,
  newHash: NewHash,
): readonly string[] {
  const known = new Map(
    placed.filter((file) =>
      file.path === path || file.path.startsWith(`${path}/`)
    )
      .map((file) => [file.path, file]),
  );
  const fact = factOf(directory, path);
  const present = fact?.kind === "directory"
    ? treeBelow(directory, path).filter(({ kind }) => kind !== "directory")
    : fact === undefined
    ? []
    : [fact];
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
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name === LOCK_NAME || name.startsWith(`${LOCK_NAME}.`);
}
