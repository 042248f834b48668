import { OrcError } from "../base/error.ts";
import { repositoryLayout } from "../base/layout.ts";
import { nameOf, parentDirectory, resolvePath } from "../base/path.ts";
import { fileKind, realOrGiven } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import { openRepository } from "../repository/open.ts";
import { placeOf } from "../repository/place.ts";
import { type LegacyPlaces, legacyPlaces, onlyFile } from "./legacy_places.ts";
import { confirmation, type Migrated, outcomeOf } from "./migration_outcome.ts";
import { assertReport, writeReport } from "./migration_report.ts";
import type { MigrateOptions } from "./use.ts";

/** Files of the older tool from elsewhere. */
export interface ImportOptions
  extends Omit<MigrateOptions, "rollback" | "forceRollback" | "includes"> {
  /** A state, a log, or a directory with the older tool's files. */
  readonly path: string;
}

const LOG_SUFFIX = ".jsonl";

/**
 * Copies files of the older tool from elsewhere into this repository, as
 * {@linkcode migrate} moves its own; the files it copies stay as they are.
 *
 * Requires `--allow-read` for both places and `--allow-write` for the repository.
 *
 * @throws {OrcError} `no_such_file` (not_found), `own_files` (usage) if they
 *   are the repository's own, and what {@linkcode migrate} throws
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, importLegacy } from "@orc/cli";
 *
 * const [root, path] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
 * const { action } = await importLegacy(denoHost(), { root, path });
 * assertEquals(action, "nothing");
 * await Deno.remove(root, { recursive: true });
 * await Deno.remove(path, { recursive: true });
 * ```
 */
export async function importLegacy(
  host: Host,
  options: ImportOptions,
): Promise<Migrated> {
  assertReport(host, options.report);
  const repository = openRepository(host, options);
  const { dryRun = false } = options;
  const path = realOrGiven(resolvePath(host.workingDirectory, options.path));
  if (path === repository.found.root) throw ownFiles(path);
  const outcome = await outcomeOf(host, repository, {
    places: placesAt(path),
    importedFrom: path,
    force: options.forceFrom,
    includes: [],
    autoRollback: options.autoRollback ?? false,
    onProgress: options.onProgress,
    confirm: confirmation(host, options),
  }, dryRun);
  const imported = {
    place: placeOf(repository, null),
    ...outcome,
    dryRun,
    finished: false,
  };
  return writeReport(host, options.report, imported);
}

function placesAt(path: string): LegacyPlaces {
  const kind = fileKind(path);
  if (kind === "directory") {
    // What else lies there is not for this repository.
    return { ...legacyPlaces(repositoryLayout(path)), hasCustom: false };
  }
  if (kind !== "file") throw noSuchFile(path);
  const role = path.endsWith(LOG_SUFFIX) ? "log" : "state";
  return onlyFile(parentDirectory(path) ?? path, nameOf(path), role);
}

function noSuchFile(path: string): OrcError {
  return new OrcError(
    "not_found",
    "no_such_file",
    `Cannot import "${path}": it is no file or directory`,
    { path, hint: "name a legacy state, a log, or the directory they are in" },
  );
}

function ownFiles(path: string): OrcError {
  return new OrcError(
    "usage",
    "own_files",
    `"${path}" is this repository itself`,
    { path, hint: "move its own files in: orc migrate" },
  );
}
