import type { Host } from "../host/host.ts";
import { openRepository, type RepositoryOptions } from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { applyCleanup, type Cleanup } from "./apply_cleanup.ts";
import { type CleanupOptions, planCleanup, ruleOf } from "./cleanup.ts";

/** Sessions of one repository that may go. */
export type CleanupSessionsOptions = RepositoryOptions & CleanupOptions;

const DEFAULT_DAYS = 30;

/**
 * Removes closed sessions of a repository that have not changed for a while. An
 * active one is never removed, nor one that is damaged or was changed outside
 * orc. `current` and bindings that name a removed session go with it.
 *
 * Requires `--allow-read` and `--allow-write`; a dry run only `--allow-read`.
 *
 * @throws {OrcError} `not_confirmed` (refused) if nobody says yes
 * @throws {OrcError} `approval_required` (denied) if an agent wants to remove
 *   what was closed less than a day ago
 */
export async function cleanupSessions(
  host: Host,
  options: CleanupSessionsOptions = {},
): Promise<Cleanup & { readonly place: Place }> {
  const rule = ruleOf(host, options, DEFAULT_DAYS);
  const repository = openRepository(host, options);
  const plan = await planCleanup(host, repository, rule);
  const cleanup = await applyCleanup(host, [plan], { ...options, rule });
  return { place: placeOf(repository, null), ...cleanup };
}
