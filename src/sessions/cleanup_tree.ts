import { OrcError } from "../base/error.ts";
import type { Host } from "../host/host.ts";
import { applyCleanup, type Cleanup } from "./apply_cleanup.ts";
import {
  type CleanupOptions,
  type CleanupPlan,
  planCleanup,
  ruleOf,
} from "./cleanup.ts";
import { searchTree, type TreeOptions } from "./search_tree.ts";

/** Sessions of a directory tree that may go. */
export type CleanupTreeOptions = TreeOptions & CleanupOptions;

/** What was done in a directory tree. */
export interface TreeCleanup extends Cleanup {
  /** Where the search began, absolute. */
  readonly directory: string;
  /** What could not be looked at, as sentences for people. */
  readonly warnings: readonly string[];
}

const DEFAULT_DAYS = 7;

/**
 * Removes closed sessions of all repositories in a directory tree, as
 * `cleanupSessions` does for one. What cannot be looked at is named and stays.
 *
 * Requires `--allow-read` and `--allow-write`; a dry run only `--allow-read`.
 *
 * @throws {OrcError} `not_confirmed` (refused) if nobody says yes
 * @throws {OrcError} `approval_required` (denied) if an agent wants to remove
 *   what was closed less than a day ago
 */
export async function cleanupTree(
  host: Host,
  options: CleanupTreeOptions = {},
): Promise<TreeCleanup> {
  const rule = ruleOf(host, options, DEFAULT_DAYS);
  const { directory, repositories, warnings } = searchTree(host, options);
  const plans: CleanupPlan[] = [];
  const problems = [...warnings];
  for (const repository of repositories) {
    try {
      plans.push(await planCleanup(host, repository, rule));
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      problems.push(error.message);
    }
  }
  const cleanup = await applyCleanup(host, plans, { ...options, rule });
  return { directory, ...cleanup, warnings: problems };
}
