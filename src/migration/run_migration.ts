import { OrcError } from "../base/error.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { MAX_MIGRATION_PLANS } from "../base/limits.ts";
import { joinPath, nameOf } from "../base/path.ts";
import { VERSION } from "../base/version.ts";
import { saltOf } from "../feedback/capture_feedback.ts";
import { asOrcError } from "../files/errors.ts";
import { type HeldLock, withLock } from "../files/lock.ts";
import { fileKind } from "../files/read.ts";
import { loadHash } from "../files/tree.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { type AppliedMigration, commitMigration } from "./apply.ts";
import type { LegacyPlaces } from "./legacy_places.ts";
import type { ForceFrom } from "./migration_conflict.ts";
import type { LegacyFacts } from "./migration_facts.ts";
import type { MigrationPlan } from "./migration_plan.ts";
import { assertPossible, takenBack, unfinished } from "./migration_refusal.ts";
import { undoMigration } from "./migration_undo.ts";
import { doesNothing, planMigration } from "./plan.ts";
import { scanLegacy, workflowsByHash } from "./scan.ts";

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
export interface MigrationRequest {
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
export interface Planned {
  readonly plan: MigrationPlan;
  readonly facts: LegacyFacts;
}

/** A migration that was done. */
export interface Done extends Planned {
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
export async function runRequest(
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
export function withSessionLocks<Result>(
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
