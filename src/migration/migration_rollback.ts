import { OrcError } from "../base/error.ts";
import { MAX_CANDIDATES } from "../base/limits.ts";
import { listOf } from "../base/text.ts";
import type { MigrationRecord } from "./record.ts";

/** Something new that has changed since the migration. */
export interface ChangedUnit {
  /** Seen from `.orchestrator/`. */
  readonly path: string;
  /** Its files that changed, were added, or are gone. */
  readonly files: readonly string[];
  /** What orc has recorded in its log since, the last of it. */
  readonly updates: readonly string[];
}

/** What stands in the way of taking a migration back. */
export interface RollbackFacts {
  /** Originals that the backup lacks. */
  readonly missing: readonly string[];
  /** Originals in it that somebody changed. */
  readonly altered: readonly string[];
  /** Legacy files that are there again. */
  readonly inTheWay: readonly string[];
  readonly changed: readonly ChangedUnit[];
}

/** What taking a migration back does. */
export interface RollbackPlan {
  /** Legacy files that come back, seen from the root. */
  readonly restored: readonly string[];
  /** Sessions that go. */
  readonly removed: readonly string[];
  /** What goes although it has changed since; it is kept aside. */
  readonly kept: readonly ChangedUnit[];
}

/**
 * Decides whether a migration may be taken back.
 *
 * @throws {OrcError} corrupt `backup_incomplete` or `backup_changed`, conflict
 *   `legacy_again` or `changed_since`
 */
export function planRollback(
  record: MigrationRecord,
  facts: RollbackFacts,
  { force }: { readonly force: boolean },
): RollbackPlan {
  if (facts.missing.length > 0) throw incomplete(facts.missing);
  if (facts.altered.length > 0 && !force) throw altered(facts.altered);
  if (facts.inTheWay.length > 0) throw inTheWay(facts.inTheWay);
  if (facts.changed.length > 0 && !force) throw changedSince(facts.changed);
  return {
    restored: record.retired,
    removed: record.sessions,
    kept: facts.changed,
  };
}

function incomplete(missing: readonly string[]): OrcError {
  return new OrcError(
    "corrupt",
    "backup_incomplete",
    `Cannot take the migration back: the backup lacks ${
      listOf(missing, MAX_CANDIDATES)
    }`,
    {
      hint: "put the files back into the backup",
      details: { missing },
    },
  );
}

function altered(paths: readonly string[]): OrcError {
  return new OrcError(
    "corrupt",
    "backup_changed",
    `Cannot take the migration back: in the backup, ${
      listOf(paths, MAX_CANDIDATES)
    } is not what was moved there`,
    {
      hint:
        "put it right, or take it as it is: orc migrate --rollback --force-rollback",
      details: { paths },
    },
  );
}

function inTheWay(paths: readonly string[]): OrcError {
  return new OrcError(
    "conflict",
    "legacy_again",
    `Cannot take the migration back: ${
      listOf(paths, MAX_CANDIDATES)
    } is there again`,
    { hint: "move it away, then try again", details: { paths } },
  );
}

function changedSince(changed: readonly ChangedUnit[]): OrcError {
  const updates = changed.flatMap(({ updates }) => updates);
  const lost = updates.length > 0
    ? updates.map((update) => `"${update}"`)
    : changed.flatMap(({ files }) => files);
  return new OrcError(
    "conflict",
    "changed_since",
    `Cannot take the migration back: what was done since would be lost: ${
      listOf(lost, MAX_CANDIDATES)
    }`,
    {
      hint: "keep it aside: orc migrate --rollback --force-rollback",
      details: { changed },
    },
  );
}
