import { notFound, OrcError, refused, usage } from "../base/error.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { MAX_MIGRATION_PLANS } from "../base/limits.ts";
import { joinPath, nameOf, resolvePath } from "../base/path.ts";
import { countOf, shellWord, sizeText } from "../base/text.ts";
import { VERSION } from "../base/version.ts";
import { saltOf } from "../feedback/use.ts";
import { codeOf, isAbsent } from "../files/errors.ts";
import { type HeldLock, withLock } from "../files/lock.ts";
import { fileKind, isThere, realOrGiven } from "../files/read.ts";
import { loadHash } from "../files/tree.ts";
import { isConfirmed } from "../host/confirm.ts";
import type { Host } from "../host/host.ts";
import { assertInFiles, IN_FILES } from "../repository/in_files.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import type { LeftFile } from "../session/ownership.ts";
import { removeSpare } from "../session/spare.ts";
import type { ChangedUnit, MigrationRecord } from "../transfer/record.ts";
import {
  isMigrationUnfinished,
  readMigrationRecord,
  scanRollback,
  undoMigration,
} from "../transfer/settle.ts";
import { applyMigration } from "./apply.ts";
import {
  assertPossible,
  assertReversible,
  doesNothing,
  planMigration,
} from "./plan.ts";
import { assertReport, writeReport } from "./report.ts";
import { scanLegacy, workflowsByHash } from "./scan.ts";
import {
  type LegacyPlaces,
  legacyPlaces,
  placesToImport,
} from "./scan_lines.ts";
import type {
  ForceFrom,
  MigrationConflict,
  MigrationPlan,
  PlannedMove,
  PlannedSession,
} from "./session_plan.ts";

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
  /** Paths of custom `.workflow_*` files, and of files that git tracks, that are to move too. */
  readonly includes?: readonly string[];
  /** Asks nobody. */
  readonly yes?: boolean;
  /** File for the result as JSON, relative to the working directory; replaces nothing but a report. */
  readonly report?: string;
  /** Told again and again how far it is. */
  readonly onProgress?: (progress: MigrationProgress) => void;
}

/** The options of both, moving in and copying in. */
const IMPORTING = {
  dryRun: true,
  autoRollback: true,
  forceFrom: true,
  yes: true,
  report: true,
  onProgress: true,
} as const;

/**
 * Moves the scattered files of the older tool into `.orchestrator/`, or takes that back. All of it
 * counts at once or not at all; the originals stay, as they were, in
 * `.orchestrator/migration_backup/`. Safe to repeat.
 *
 * Requires `--allow-read` and `--allow-write` for the repository, and `--allow-sys=statfs` to look
 * at the space on the disk first.
 *
 * @throws {OrcError} `layouts_differ` (conflict) if both places hold something else and `forceFrom`
 *   does not say which is right; `details.conflicts` shows what differs
 * @throws {OrcError} `legacy_changed` (conflict) if somebody keeps changing the files
 * @throws {OrcError} `changed_since` or `legacy_again` (conflict) if taking it back would lose
 *   something, `backup_incomplete` or `backup_changed` (corrupt) if the backup is not what was
 *   moved there, `no_migration` (not_found) if there is none
 * @throws {OrcError} `not_enough_space` (external) if the disk is too full
 * @throws {OrcError} `migration_unfinished` or `rollback_unfinished` if it counts, but the rest is
 *   left to the next command
 */
export async function migrate(
  host: Host,
  options: MigrateOptions = {},
): Promise<Migrated> {
  assertFit(options);
  assertReport(host, options.report);
  const names = {
    ...IMPORTING,
    rollback: true,
    forceRollback: true,
    includes: true,
  } as const;
  const repository = openRepository(host, options, names);
  await assertInFiles(repository, "move files in", `${IN_FILES} orc migrate`);
  const { layout } = repository;
  const finished = isMigrationUnfinished(layout) && !options.dryRun;
  // Whoever prepares the repository brings to an end what was begun.
  if (finished) await withSessions(host, repository, () => [], () => {});
  const places = legacyPlaces(layout);
  const outcome = options.rollback
    ? await rollBack(host, repository, options)
    : await moveIn({ host, repository, options, places, importedFrom: null });
  return answer(host, repository, options, { ...outcome, finished });
}

function assertFit(
  { rollback, forceRollback, forceFrom, includes = [], autoRollback }:
    MigrateOptions,
): void {
  const isForward = forceFrom !== undefined || includes.length > 0 ||
    autoRollback === true;
  const contradiction = rollback
    ? isForward && "--rollback takes a whole migration back as it was"
    : forceRollback && "--force-rollback needs --rollback";
  if (!contradiction) return;
  throw usage("contradicting_flags", contradiction, "orc help migrate");
}

function answer(
  host: Host,
  repository: Repository,
  { dryRun = false, report }: MigrateOptions,
  { finished = false, ...outcome }: Partial<Migrated>,
): Migrated {
  const place = placeOf(repository, null);
  const result = { place, ...NOTHING, ...outcome, dryRun, finished };
  const trouble = report && writeReport(host, report, result);
  if (!trouble) return result;
  return { ...result, warnings: [...result.warnings, trouble] };
}

/** How far a migration is; a step begins anew at 0. */
export interface MigrationProgress {
  /** `read` hashes the legacy files, `move` puts them aside for the new place. */
  readonly step: "read" | "move";
  /** How much of the step is done. */
  readonly doneBytes: number;
  /** How much there is to do in it. */
  readonly totalBytes: number;
}

/** What a migration did, or would do. */
export interface Migrated {
  /** Where it was done. */
  readonly place: Place;
  /** `planned` by a dry run that would do something. */
  readonly action: "planned" | "migrated" | "rolled_back" | "nothing";
  /** Whether only said what would be done. */
  readonly dryRun: boolean;
  /** Whether a migration was brought to its end that somebody else had begun. */
  readonly finished: boolean;
  /** Sessions that were made, or added to. */
  readonly sessions: readonly PlannedSession[];
  /** What goes where. */
  readonly moves: readonly PlannedMove[];
  /** Legacy files that stay where they are. */
  readonly left: readonly LeftFile[];
  /** Where the files were copied from; null when they were moved. */
  readonly importedFrom: string | null;
  /** What stands in both places and differs; only a dry run gets that far. */
  readonly conflicts: readonly MigrationConflict[];
  /** Room on the disk that it takes. */
  readonly neededBytes: number;
  /** Null where the system does not say. */
  readonly freeBytes: number | null;
  /** Where the legacy files are now. */
  readonly backup: string | null;
  /** Legacy files that came back. */
  readonly restored: readonly string[];
  /** What had changed since the migration, and is kept aside. */
  readonly kept: readonly ChangedUnit[];
  /** Where that is; null when nothing had changed. */
  readonly keptIn: string | null;
  /** What else to know, as sentences for people. */
  readonly warnings: readonly string[];
}

const NOTHING: Omit<Migrated, "place" | "dryRun" | "finished"> = {
  action: "nothing",
  sessions: [],
  moves: [],
  left: [],
  importedFrom: null,
  conflicts: [],
  neededBytes: 0,
  freeBytes: null,
  backup: null,
  restored: [],
  kept: [],
  keptIn: null,
  warnings: [],
};

interface Moving {
  readonly host: Host;
  readonly repository: Repository;
  readonly options: MigrateOptions;
  readonly places: LegacyPlaces;
  readonly importedFrom: string | null;
}

/** Moves in what is found, or only plans it. What changes before the lock is held is planned anew. */
async function moveIn(moving: Moving): Promise<Partial<Migrated>> {
  const { host, repository, options, importedFrom } = moving;
  for (let tries = 1;; tries++) {
    const plan = await planOf(moving);
    const { sessions, moves, left, conflicts, warnings } = plan;
    const { neededBytes, freeBytes } = plan;
    const view = {
      ...{ sessions, moves, left, conflicts, warnings },
      ...{ neededBytes, freeBytes, importedFrom },
    };
    if (!options.dryRun) assertPossible(plan, repository.layout.root);
    if (doesNothing(plan) && conflicts.length === 0) return view;
    if (options.dryRun) return { ...view, action: "planned" };
    if (tries === 1) ask(host, options, questionOf(plan));
    try {
      const done = await apply(moving, plan);
      const told = [...warnings, ...done.warnings];
      return { ...view, ...done, action: "migrated", warnings: told };
    } catch (error) {
      const isStale = error instanceof OrcError &&
        error.code === "legacy_changed" && tries < MAX_MIGRATION_PLANS;
      if (!isStale) throw error;
    }
  }
}

function questionOf({ moves, files, sessions }: MigrationPlan): string {
  const count = files.filter(({ kind }) => kind === "file").length;
  return `Move ${countOf(count, "legacy file")} (${
    sizeText(sizeOf(moves))
  }) into ${countOf(sessions.length, "session")}?`;
}

function sizeOf(moves: readonly PlannedMove[]): number {
  return moves.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

async function planOf(
  { host, repository, options, places, importedFrom }: Moving,
): Promise<MigrationPlan> {
  const facts = await scanLegacy({
    places,
    layout: repository.layout,
    newHash: await loadHash(),
    includes: options.includes ?? [],
    salt: saltOf(host),
    onBytes: (doneBytes, totalBytes) =>
      options.onProgress?.({ step: "read", doneBytes, totalBytes }),
  });
  return planMigration(facts, {
    force: options.forceFrom,
    isImport: importedFrom !== null,
    localTime: host.localNow(),
  });
}

async function apply(
  { host, repository, options, places, importedFrom }: Moving,
  plan: MigrationPlan,
): Promise<Pick<Migrated, "backup" | "warnings">> {
  const { layout } = repository;
  const { files, retired, units } = plan;
  const id = newId(host);
  const made = missingIn(layout);
  const newHash = await loadHash();
  const workflowOfHash = await workflowsByHash(
    plan.sessions.map(({ workflowId }) => workflowId),
    saltOf(host),
  );
  const about = {
    ...{ id, at: host.now(), version: VERSION, made, importedFrom },
    ...{ files, retired, units },
    sessions: plan.sessions.map((session) => session.id),
  };
  const totalBytes = sizeOf(plan.moves);
  let doneBytes = 0;
  const onBytes = (count: number): void => {
    doneBytes += count;
    options.onProgress?.({ step: "move", doneBytes, totalBytes });
  };
  const locked = () => plan.lockedSessions;
  const warnings = await withSessions(
    host,
    repository,
    locked,
    (lock) =>
      applyMigration({
        ...{ layout, lock, plan, about, newHash, workflowOfHash, onBytes },
        ...{ source: places.root, canLink: plan.canLink },
      }, options.autoRollback ?? false),
  );
  return { backup: joinPath(layout.migrationBackup, id), warnings };
}

/** Runs work under the lock of the repository, and those of sessions, which nobody can update meanwhile. */
function withSessions<Result>(
  host: Host,
  repository: Repository,
  sessions: () => readonly string[],
  act: (lock: HeldLock) => Result,
): Promise<Result> {
  const { layout: { root }, context } = repository;
  const work = (lock: HeldLock) => {
    const within = (
      [id, ...others]: readonly string[],
    ): Result | Promise<Result> =>
      id === undefined
        ? act(lock)
        : withLock(sessionLayout(root, id).directory, context, () =>
          within(others));
    return within(sessions());
  };
  return withPreparedRepository(host, repository, {}, work);
}

/** Sorts by time, and is never used twice. */
function newId(host: Host): string {
  const time = host.now().replaceAll(/[-:]|\.\d+/g, "").toLowerCase();
  return `${time}-${host.newToken().slice(0, 8)}`;
}

/** What a rollback may remove again. */
function missingIn(
  { directory, gitignore, meta, sessions, secrets, migrationBackup }:
    RepositoryLayout,
): readonly string[] {
  const moved = ["prd", "legacy"].map((name) => joinPath(directory, name));
  const own = [gitignore, meta, sessions, secrets, migrationBackup];
  const absent = [...own, ...moved].filter((path) => !isThere(path))
    .map(nameOf);
  return isThere(directory) ? absent : [".", ...absent];
}

/** Whoever can be asked is asked; an agent need not be, since all of it can be taken back. Throws if they do not want it. */
function ask(
  host: Host,
  { yes = false }: MigrateOptions,
  question: string,
): void {
  const { terminal } = host;
  const isAsked = !yes && terminal.isInteractive &&
    host.caller().agent === null;
  if (!isAsked || isConfirmed(host, question)) return;
  const hint = "see what would be: orc migrate --dry-run";
  throw refused("not_confirmed", "Nothing was moved", hint);
}

/** Takes the last migration back: every legacy file is again what and where it was. */
async function rollBack(
  host: Host,
  repository: Repository,
  options: MigrateOptions,
): Promise<Partial<Migrated>> {
  const { layout } = repository;
  const newHash = await loadHash();
  const planned = () => {
    const record = readMigrationRecord(layout);
    if (record === undefined) {
      const path = layout.migrationRecord;
      const message = `No migration to take back: there is no "${
        nameOf(path)
      }"`;
      throw notFound("no_migration", message, { path, hint: "orc status" });
    }
    const facts = scanRollback(layout, record, newHash);
    assertReversible(facts, options.forceRollback ?? false);
    return { record, kept: facts.changed };
  };
  const { record, kept } = planned();
  const { retired: restored, sessions } = record;
  const view = { restored, kept };
  if (options.dryRun) return { ...view, action: "planned" };
  ask(
    host,
    options,
    `Bring back ${countOf(restored.length, "legacy file")} and remove ${
      countOf(sessions.length, "session")
    }?`,
  );
  const changed = () => changedSessions(layout, record);
  const undone = await withSessions(host, repository, changed, (lock) =>
    // Somebody may have worked on, or migrated again, in the meantime.
    undoMigration({ layout, lock, record: planned().record, newHash }));
  // What was taken back is not to be missed.
  for (const id of sessions) {
    const { directory } = sessionLayout(layout.root, id);
    if (fileKind(directory) === "absent") removeSpare(layout.root, id);
  }
  const { keptIn, warnings } = undone;
  const more = record.made.includes(".") ? removeEmptied(layout.directory) : [];
  return {
    ...view,
    ...{ action: "rolled_back", keptIn, warnings: [...warnings, ...more] },
  };
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

/** Files of the older tool from elsewhere. */
export interface ImportOptions
  extends Omit<MigrateOptions, "rollback" | "forceRollback" | "includes"> {
  /** A state, a log, or a directory with the older tool's files. */
  readonly path: string;
}

/**
 * Copies files of the older tool from elsewhere into this repository, as {@linkcode migrate} moves
 * its own; the files it copies stay as they are.
 *
 * Requires `--allow-read` for both places and `--allow-write` for the repository.
 *
 * @throws {OrcError} `no_such_file` (not_found), `own_files` (usage) if they are the repository's
 *   own, and what {@linkcode migrate} throws
 */
export async function importLegacy(
  host: Host,
  options: ImportOptions,
): Promise<Migrated> {
  assertReport(host, options.report);
  const names = { ...IMPORTING, path: true } as const;
  const repository = openRepository(host, options, names);
  const wayOn = `${IN_FILES} orc import-legacy ${shellWord(options.path)}`;
  await assertInFiles(repository, "move files in", wayOn);
  const path = realOrGiven(resolvePath(host.workingDirectory, options.path));
  if (path === repository.found.root) {
    const hint = "move its own files in: orc migrate";
    const message = `"${path}" is this repository itself`;
    throw usage("own_files", message, { path, hint });
  }
  const outcome = await moveIn({
    ...{ host, repository, options },
    places: placesToImport(path),
    importedFrom: path,
  });
  return answer(host, repository, options, outcome);
}
