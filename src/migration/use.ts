import {
  conflict,
  external,
  notFound,
  OrcError,
  refused,
  usage,
} from "../base/error.ts";
import {
  type RepositoryLayout,
  repositoryLayout,
  sessionLayout,
} from "../base/layout.ts";
import {
  MAX_CANDIDATES,
  MAX_MIGRATION_PLANS,
  MAX_SMALL_FILE_BYTES,
} from "../base/limits.ts";
import {
  joinPath,
  nameOf,
  parentDirectory,
  resolvePath,
} from "../base/path.ts";
import { listOf, quoted, sizeText } from "../base/text.ts";
import { VERSION } from "../base/version.ts";
import { saltOf } from "../feedback/use.ts";
import { asOrcError, codeOf, isAbsent, reasonOf } from "../files/errors.ts";
import { type HeldLock, withLock } from "../files/lock.ts";
import {
  fileKind,
  readRegularFile,
  realOrGiven,
  visibleKind,
} from "../files/read.ts";
import { loadHash } from "../files/tree.ts";
import { writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import {
  hasLegacyFiles,
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { readMigrationRecord } from "../transfer/finish.ts";
import type { ChangedUnit, MigrationRecord } from "../transfer/record.ts";
import {
  isMigrationUnfinished,
  scanRollback,
  undoMigration,
} from "../transfer/undo.ts";
import { isConfirmed } from "../work/change.ts";
import { type AppliedMigration, commitMigration } from "./apply.ts";
import {
  doesNothing,
  planMigration,
  planRollback,
  type RollbackPlan,
} from "./plan.ts";
import { scanLegacy, workflowsByHash } from "./scan.ts";
import { type LegacyPlaces, legacyPlaces, onlyFile } from "./scan_lines.ts";
import type {
  ForceFrom,
  LeftFile,
  LegacyFacts,
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
  return usage("contradicting_flags", message, "orc help migrate");
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

/** How far a migration is; a step begins anew at 0. */
export interface MigrationProgress {
  /** `read` hashes the legacy files, `move` puts them aside for the new place. */
  readonly step: "read" | "move";
  /** How much of the step is done. */
  readonly doneBytes: number;
  /** How much there is to do in it. */
  readonly totalBytes: number;
}

/** What is to be moved in, and how. */
interface MigrationRequest {
  readonly places: LegacyPlaces;
  /** Where the files are copied from; null when they move. */
  readonly importedFrom: string | null;
  readonly force?: ForceFrom;
  readonly includes: readonly string[];
  readonly autoRollback: boolean;
  readonly onProgress?: (progress: MigrationProgress) => void;
  /** Asks whether to go on; throws if not. */
  readonly confirm: (plan: MigrationPlan) => void;
}

/** What was planned, and what was known. */
interface Planned {
  readonly plan: MigrationPlan;
  readonly facts: LegacyFacts;
}

/** A migration that was done. */
interface Done extends Planned {
  /** Where the legacy files are now. */
  readonly backup: string;
  readonly warnings: readonly string[];
}

/** Plans what is to be moved in. Reads only. */
export async function planRequest(
  host: Host,
  { layout }: Repository,
  request: MigrationRequest,
): Promise<Planned> {
  const { onProgress } = request;
  const facts = await scanLegacy({
    places: request.places,
    layout,
    newHash: await loadHash(),
    includes: request.includes,
    salt: saltOf(host),
    onBytes: (doneBytes, totalBytes) =>
      onProgress?.({ step: "read", doneBytes, totalBytes }),
  });
  const plan = planMigration(facts, {
    force: request.force,
    isImport: request.importedFrom !== null,
    localTime: host.localNow(),
  });
  // What is copied from elsewhere stays there.
  return request.importedFrom === null
    ? { plan, facts }
    : { plan: { ...plan, retired: [] }, facts };
}

/**
 * Moves in what was planned; undefined when nothing is to be done. What changes
 * before the lock is held is planned anew.
 */
async function runRequest(
  host: Host,
  repository: Repository,
  request: MigrationRequest,
): Promise<Done | Planned> {
  let { confirm } = request;
  for (let tries = 1;; tries++) {
    const planned = await planRequest(host, repository, request);
    assertPossible(planned.plan, repository);
    if (doesNothing(planned.plan)) return planned;
    confirm(planned.plan);
    confirm = () => {};
    try {
      return await apply(host, repository, request, planned);
    } catch (error) {
      const isStale = error instanceof OrcError &&
        error.code === "legacy_changed" && tries < MAX_MIGRATION_PLANS;
      if (!isStale) throw error;
    }
  }
}

async function apply(
  host: Host,
  repository: Repository,
  request: MigrationRequest,
  planned: Planned,
): Promise<Done> {
  const { layout } = repository;
  const { plan, facts } = planned;
  const id = newId(host);
  const made = missingIn(layout);
  const newHash = await loadHash();
  const workflowOfHash = await workflowsByHash(
    plan.sessions.map(({ workflowId }) => workflowId),
    saltOf(host),
  );
  const about = {
    ...{ id, at: host.now(), version: VERSION, made },
    importedFrom: request.importedFrom,
    ...{ files: plan.files, retired: plan.retired, units: plan.units },
    sessions: plan.sessions.map((session) => session.id),
  };
  let movedBytes = 0;
  const onBytes = (count: number): void => {
    movedBytes += count;
    const totalBytes = plan.moves.reduce((sum, one) => sum + one.sizeBytes, 0);
    request.onProgress?.({ step: "move", doneBytes: movedBytes, totalBytes });
  };
  const options = { portable: false };
  const warnings = await withPreparedRepository(
    host,
    repository,
    options,
    (lock) =>
      withSessionLocks(repository, plan.lockedSessions, () => {
        const applied = commitMigration({
          ...{ layout, lock, plan, about, newHash, workflowOfHash, onBytes },
          source: request.places.root,
          canLink: facts.canLink && request.importedFrom === null,
        });
        return finishOrUndo(applied, { layout, lock, newHash, request });
      }),
  );
  return {
    ...planned,
    backup: joinPath(layout.migrationBackup, id),
    warnings: [...plan.warnings, ...warnings],
  };
}

interface Finishing {
  readonly layout: RepositoryLayout;
  readonly lock: HeldLock;
  readonly newHash: Awaited<ReturnType<typeof loadHash>>;
  readonly request: MigrationRequest;
}

/** From here on the migration counts: what goes wrong leaves it to the next command, or takes it back. */
function finishOrUndo(
  { record, finish }: AppliedMigration,
  { layout, lock, newHash, request }: Finishing,
): readonly string[] {
  try {
    return finish();
  } catch (cause) {
    const reason = asOrcError(cause, "finish the migration in", layout.root);
    if (request.autoRollback) undoMigration({ layout, lock, record, newHash });
    if (!(reason instanceof OrcError)) throw reason;
    throw request.autoRollback ? takenBack(reason) : unfinished(reason);
  }
}

/** Runs work while nobody can update these sessions. */
function withSessionLocks<Result>(
  repository: Repository,
  ids: readonly string[],
  work: () => Result,
): Promise<Result> {
  const { layout, context } = repository;
  const [id, ...others] = ids;
  if (id === undefined) return Promise.resolve(work());
  const { directory } = sessionLayout(layout.root, id);
  return withLock(
    directory,
    context,
    () => withSessionLocks(repository, others, work),
  );
}

/** Sorts by time, and is never used twice. */
function newId(host: Host): string {
  const time = host.now().replaceAll(/[-:]|\.\d+/g, "").toLowerCase();
  return `${time}-${host.newToken().slice(0, 8)}`;
}

/** What a rollback may remove again. */
function missingIn(layout: RepositoryLayout): readonly string[] {
  const { directory, gitignore, meta, sessions, secrets } = layout;
  const absent = [
    gitignore,
    meta,
    sessions,
    secrets,
    layout.migrationBackup,
    ...["prd", "legacy"].map((name) => joinPath(directory, name)),
  ].filter((path) => fileKind(path) === "absent").map(nameOf);
  return fileKind(directory) === "absent" ? [".", ...absent] : absent;
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

/** What a result says unless there is something else to say. */
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

/** Moves in, or only plans, what is asked for. */
async function outcomeOf(
  host: Host,
  repository: Repository,
  request: MigrationRequest,
  dryRun: boolean,
): Promise<Omit<Migrated, "place" | "dryRun" | "finished">> {
  const done = dryRun
    ? await planRequest(host, repository, request)
    : await runRequest(host, repository, request);
  const isNothing = doesNothing(done.plan) && done.plan.conflicts.length === 0;
  const action = isNothing ? "nothing" : dryRun ? "planned" : "migrated";
  const { importedFrom } = request;
  return { ...NOTHING, ...viewOf(done), action, importedFrom };
}

function viewOf(done: Done | Planned): Partial<Migrated> {
  const { sessions, moves, left, conflicts, ...plan } = done.plan;
  const { neededBytes, freeBytes } = plan;
  const isDone = "backup" in done;
  return {
    ...{ sessions, moves, left, conflicts, neededBytes, freeBytes },
    backup: isDone ? done.backup : null,
    warnings: isDone ? done.warnings : plan.warnings,
  };
}

/** Whoever can be asked is asked; an agent need not be, since all of it can be taken back. */
function confirmation(
  host: Host,
  { yes = false }: { readonly yes?: boolean },
): (plan: MigrationPlan) => void {
  return ({ moves, files, sessions }) => {
    const sizeBytes = moves.reduce((sum, move) => sum + move.sizeBytes, 0);
    const question = `Move ${
      countText(
        files.filter(({ kind }) => kind === "file").length,
        "legacy file",
      )
    } (${sizeText(sizeBytes)}) into ${countText(sessions.length, "session")}?`;
    askUnless(yes, host, question);
  };
}

/** Asks a person who can be asked; throws if they do not want it. */
function askUnless(yes: boolean, host: Host, question: string): void {
  if (yes || !host.terminal.isInteractive || host.caller().agent !== null) {
    return;
  }
  if (isConfirmed(host, question)) return;
  throw refused(
    "not_confirmed",
    "Nothing was moved",
    "see what would be: orc migrate --dry-run",
  );
}

/** A number of things, for people. */
function countText(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Refuses a plan that would lose something, or fill the disk. */
export function assertPossible(
  plan: MigrationPlan,
  { layout }: Repository,
): void {
  const { conflicts, neededBytes, freeBytes } = plan;
  const [first, ...others] = conflicts;
  if (first !== undefined) {
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    throw conflict(
      "layouts_differ",
      `"${first.oldPath}" and "${first.newPath}" hold different things${more}: ${
        listOf(first.differences, MAX_CANDIDATES)
      }`,
      {
        path: joinPath(layout.root, first.oldPath),
        hint:
          "see all of it with orc migrate --dry-run, then say which one is right: --force-from-old or --force-from-new",
        details: { conflicts },
      },
    );
  }
  const isRoomy = freeBytes === null || neededBytes <= freeBytes;
  if (isRoomy || doesNothing(plan)) return;
  throw external(
    "not_enough_space",
    `The migration needs ${sizeText(neededBytes)}, and ${
      sizeText(freeBytes)
    } are free`,
    {
      path: layout.root,
      hint: "make room on the disk, then try again",
      details: { neededBytes, freeBytes },
    },
  );
}

/** The error for a migration that failed late and was undone. */
function takenBack(reason: OrcError): OrcError {
  return new OrcError(
    reason.kind,
    "migration_rolled_back",
    `The migration failed and was taken back: ${reasonOf(reason)}`,
    { path: reason.path, hint: reason.hint, cause: reason },
  );
}

/** The error for a migration that counts and has still to be finished. */
function unfinished(reason: OrcError): OrcError {
  const { kind, path } = reason;
  return new OrcError(
    kind,
    "migration_unfinished",
    `The migration counts, but is not finished: ${reasonOf(reason)}`,
    { path, hint: "finish it: orc migrate", cause: reason },
  );
}

/** Refuses a file for the report that cannot be written, before anything is done. */
function assertReport(host: Host, file: string | undefined): void {
  if (file === undefined) return;
  const path = resolvePath(host.workingDirectory, file);
  const parent = parentDirectory(path);
  const isFit = ["absent", "file"].includes(visibleKind(path)) &&
    parent !== undefined && fileKind(realOrGiven(parent)) === "directory";
  if (isFit) return;
  throw usage("invalid_report", `Cannot write a report to "${path}"`, {
    path,
    hint: "name a file, in a directory that is there",
  });
}

/** Writes a result as JSON where somebody asked for it; what was done counts without it too. */
function writeReport(
  host: Host,
  file: string | undefined,
  result: Migrated,
): Migrated {
  if (file === undefined) return result;
  const path = resolvePath(host.workingDirectory, file);
  const text = `${JSON.stringify(result, null, 2)}\n`;
  const token = host.newToken();
  try {
    writeAtomic(path, new TextEncoder().encode(text), { token });
    return result;
  } catch (cause) {
    const error = asOrcError(cause, "write the report", path);
    if (!(error instanceof OrcError)) throw error;
    return { ...result, warnings: [...result.warnings, error.message] };
  }
}

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
  return notFound(
    "no_such_file",
    `Cannot import "${path}": it is no file or directory`,
    { path, hint: "name a legacy state, a log, or the directory they are in" },
  );
}

function ownFiles(path: string): OrcError {
  return usage("own_files", `"${path}" is this repository itself`, {
    path,
    hint: "move its own files in: orc migrate",
  });
}

/** Asks for a migration before the first command that writes. */
const AUTO_MIGRATE_VARIABLE = "ORCHESTRATOR_AUTO_MIGRATE";

const OFF: ReadonlySet<string> = new Set(["", "0"]);

/**
 * Migrates if the environment asks for it. A migration that is refused keeps
 * nobody from working: returns why, as sentences for people.
 */
export async function migrateIfAsked(
  host: Host,
  options: RepositoryOptions,
): Promise<readonly string[]> {
  const asked = host.env(AUTO_MIGRATE_VARIABLE) ?? "";
  if (OFF.has(asked)) return [];
  const { layout } = openRepository(host, options);
  if (!hasLegacyFiles(layout.root)) return [];
  if (asked !== "1") {
    return [`${AUTO_MIGRATE_VARIABLE} is ${quoted(asked)}, not 1 or 0`];
  }
  try {
    const { action, backup, warnings } = await migrate(host, {
      ...options,
      yes: true,
      autoRollback: true,
    });
    if (action !== "migrated") return warnings;
    return [`Moved the legacy files in; they are in "${backup}"`, ...warnings];
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return [`The legacy files were not moved in: ${error.message}`];
  }
}

/** How somebody is told that a migration is possible: at length once a day, else in a line. */
type MigrationNotice = "box" | "line";

/**
 * Whether somebody should hear of legacy files, and how. What only reads gets the
 * line: that the box was shown has to be written down.
 */
export async function migrationNotice(
  host: Host,
  root: string,
  { writes }: { readonly writes: boolean },
): Promise<MigrationNotice | undefined> {
  const layout = repositoryLayout(root);
  if (!hasLegacyFiles(root)) return undefined;
  const mayBeBox = writes && host.terminal.isErrorTerminal &&
    fileKind(layout.directory) === "directory";
  return mayBeBox && await isFirstToday(host, layout) ? "box" : "line";
}

/** Writes the day down; where that fails, the box is not shown. */
async function isFirstToday(
  host: Host,
  { migrationNotice }: RepositoryLayout,
): Promise<boolean> {
  const today = host.now().slice(0, "2026-03-01".length);
  try {
    const bytes = readRegularFile(migrationNotice, MAX_SMALL_FILE_BYTES);
    if (new TextDecoder().decode(bytes) === today) return false;
    const { writeAtomic } = await import("../files/write.ts");
    const token = host.newToken();
    writeAtomic(migrationNotice, new TextEncoder().encode(today), { token });
    return true;
  } catch (error) {
    if (error instanceof OrcError) return false;
    throw error;
  }
}

/** How the last migration is to be taken back. */
interface RollbackRequest {
  /** Keeps aside what has changed since, instead of refusing. */
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Asks whether to go on; throws if not. */
  readonly confirm: (plan: RollbackPlan) => void;
}

/** A migration that was taken back, or would be. */
interface RolledBack {
  readonly plan: RollbackPlan;
  /** Where what had changed since is kept; null when nothing had. */
  readonly keptIn: string | null;
  readonly warnings: readonly string[];
}

/** Takes the last migration back: every legacy file is again what and where it was. */
async function rollBack(
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
  return notFound(
    "no_migration",
    `No migration to take back: there is no "${nameOf(migrationRecord)}"`,
    { path: migrationRecord, hint: "orc status" },
  );
}
