import { decodeUtf8, parseJson } from "../base/json_parse.ts";
import { migrationLayoutAt, type RepositoryLayout } from "../base/layout.ts";
import { MAX_MIGRATION_RECORD_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { guardDirectory, guardPath } from "../files/path_guard.ts";
import { readRegularFile } from "../files/read.ts";
import { decodeMigrationRecord, type MigrationRecord } from "./record.ts";

/** Reads what the last migration did; undefined when there was none. */
export function readMigrationRecord(
  layout: RepositoryLayout,
): MigrationRecord | undefined {
  guardPath(layout.root, layout.migrationRecord);
  return readRecordAt(layout.migrationRecord);
}

/** Reads the record at a path. */
export function readRecordAt(path: string): MigrationRecord | undefined {
  const bytes = readRegularFile(path, MAX_MIGRATION_RECORD_BYTES);
  if (bytes === undefined) return undefined;
  const hint = "put back a good copy of the file; the originals are beside it";
  return decodeMigrationRecord(
    parseJson(decodeUtf8(bytes, path, hint), path, hint),
    path,
  );
}

/** Directory of the backup of a migration. */
export function backupOf(layout: RepositoryLayout, id: string): string {
  const path = joinPath(layout.migrationBackup, id);
  guardDirectory(layout.root, path);
  return migrationLayoutAt(path).directory;
}
