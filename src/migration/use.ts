import { OrcError } from "../base/error.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { placeOf } from "../repository/place.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { legacyPlaces } from "./legacy_places.ts";
import type { ForceFrom } from "./migration_conflict.ts";
import {
  askUnless,
  confirmation,
  countText,
  type Migrated,
  NOTHING,
  outcomeOf,
} from "./migration_outcome.ts";
import { assertReport, writeReport } from "./migration_report.ts";
import { isMigrationUnfinished } from "./migration_unfinished.ts";
import { rollBack } from "./roll_back_migration.ts";
import type { MigrationProgress } from "./run_migration.ts";

export type { Migrated, MigrationProgress };

/** How the files of the older tool are to be moved in, or back out. */
export interface MigrateOptions extends RepositoryOptions {
  /** Only says what would be done. */
  readonly dryRun?: boolean;
  /** Takes the last migration back. */
  readonly rollback?: boolean;
  /** Takes the migration back by itself if it cannot be finished. */
  readonly autoRollback?: boolean;
  /** Which of two wins where both places hold something else. */
  readonly forceFrom?: ForceFrom;
  /** With `rollback`: keeps aside what has changed since. */
  readonly forceRollback?: boolean;
  /** Names of custom `.workflow_*` files that are to move too. */
  readonly includes?: readonly string[];
  /** Asks nobody. */
  readonly yes?: boolean;
  /** File for the result as JSON, relative to the working directory. */
  readonly report?: string;
  /** Told again and again how far it is. */
  readonly onProgress?: (progress: MigrationProgress) => void;
}

/**
 * Moves the scattered files of the older tool into `.orchestrator/`, or takes
 * that back. All of it counts at once or not at all; the originals stay, as they
 * were, in `.orchestrator/migration_backup/`. Safe to repeat.
 *
 * Requires `--allow-read` and `--allow-write` for the repository, and
 * `--allow-sys=statfs` to look at the space on the disk first.
 *
 * @throws {OrcError} `layouts_differ` (conflict) if both places hold something
 *   else and `forceFrom` does not say which is right; `details.conflicts` shows
 *   what differs
 * @throws {OrcError} `legacy_changed` (conflict) if somebody keeps changing the
 *   files
 * @throws {OrcError} `changed_since` or `legacy_again` (conflict) if taking it
 *   back would lose something
 * @throws {OrcError} `backup_incomplete` or `backup_changed` (corrupt) if the
 *   backup is not what was moved there
 * @throws {OrcError} `no_migration` (not_found) if there is nothing to take
 *   back
 * @throws {OrcError} `not_enough_space` (external) if the disk is too full
 * @throws {OrcError} `migration_unfinished` or `rollback_unfinished` if it
 *   counts, but the rest is left to the next command
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, migrate } from "@orc/cli";
 *
 * const root = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${root}/.secrets.enc`, "");
 * const { action, moves } = await migrate(denoHost(), { root, dryRun: true });
 * assertEquals([action, moves[0]?.to], ["planned", "secrets/.secrets.enc"]);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function migrate(
  host: Host,
  options: MigrateOptions = {},
): Promise<Migrated> {
  assertFit(options);
  assertReport(host, options.report);
  const repository = openRepository(host, options);
  const { dryRun = false } = options;
  const finished = isMigrationUnfinished(repository.layout) && !dryRun;
  if (finished) await settle(host, repository);
  const outcome = options.rollback
    ? await rollBackOutcome(host, repository, options)
    : await moveInOutcome(host, repository, options);
  const migrated = {
    place: placeOf(repository, null),
    ...NOTHING,
    ...outcome,
    dryRun,
    finished,
  };
  return writeReport(host, options.report, migrated);
}

function assertFit(options: MigrateOptions): void {
  const { rollback, forceRollback, forceFrom, includes = [] } = options;
  const forward = forceFrom !== undefined || includes.length > 0 ||
    options.autoRollback === true;
  if (rollback && forward) {
    throw contradiction("--rollback takes a whole migration back as it was");
  }
  if (forceRollback && !rollback) {
    throw contradiction("--force-rollback needs --rollback");
  }
}

function contradiction(message: string): OrcError {
  return new OrcError("usage", "contradicting_flags", message, {
    hint: "orc help migrate",
  });
}

/** Whoever prepares the repository brings to an end what was begun. */
function settle(host: Host, repository: Repository): Promise<void> {
  const options = { portable: false };
  return withPreparedRepository(
    host,
    repository,
    options,
    () => Promise.resolve(),
  );
}

async function rollBackOutcome(
  host: Host,
  repository: Repository,
  { dryRun = false, forceRollback = false, yes = false }: MigrateOptions,
): Promise<Partial<Migrated>> {
  const { plan, keptIn, warnings } = await rollBack(host, repository, {
    force: forceRollback,
    dryRun,
    confirm: (plan) => {
      const { restored, removed } = plan;
      askUnless(
        yes,
        host,
        `Bring back ${countText(restored.length, "legacy file")} and remove ${
          countText(removed.length, "session")
        }?`,
      );
    },
  });
  const { restored, kept } = plan;
  const action = dryRun ? "planned" : "rolled_back";
  return { action, restored, kept, keptIn, warnings };
}

async function moveInOutcome(
  host: Host,
  repository: Repository,
  options: MigrateOptions,
): Promise<Partial<Migrated>> {
  return await outcomeOf(host, repository, {
    places: legacyPlaces(repository.layout),
    importedFrom: null,
    force: options.forceFrom,
    includes: options.includes ?? [],
    autoRollback: options.autoRollback ?? false,
    onProgress: options.onProgress,
    confirm: confirmation(host, options),
  }, options.dryRun ?? false);
}
