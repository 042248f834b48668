import type { RepositoryLayout } from "../base/layout.ts";
import { fileKind } from "../files/read.ts";

/** Whether a migration, or taking one back, was begun and is not finished. */
export function isMigrationUnfinished(layout: RepositoryLayout): boolean {
  return [layout.migrationPending, layout.migrationUndo].some((path) =>
    fileKind(path) !== "absent"
  );
}
