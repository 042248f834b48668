import { OrcError } from "../base/error.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { VERSION } from "../base/version.ts";
import { asOrcError, isTaken } from "../files/errors.ts";
import { makeDirectory, syncDirectory } from "../files/file_system.ts";
import { readGitPointer, readRemoteUrl } from "../files/git.ts";
import { type HeldLock, withLock } from "../files/lock.ts";
import { sweep } from "../files/lock_sweep.ts";
import { guardDirectory, guardPath } from "../files/path_guard.ts";
import { fileKind } from "../files/read.ts";
import { writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { isMigrationUnfinished } from "../migration/migration_unfinished.ts";
import {
  ensureRepository,
  type RepositoryFacts,
} from "../session/repository.ts";
import type { Repository } from "./open.ts";

/** How a repository is prepared. */
export interface Preparation {
  /** Lets git track `.orchestrator/`, if it is new. */
  readonly portable: boolean;
  /** Takes what went wrong after it counted. */
  readonly warnings?: string[];
}

/**
 * Runs work on the repository as a whole, under its lock, with `.orchestrator/` made and in
 * order. What a killed process left half made is removed first.
 */
export async function withPreparedRepository<Result>(
  host: Host,
  repository: Repository,
  options: Preparation,
  work: (lock: HeldLock) => Promise<Result>,
): Promise<Result> {
  const { layout, context } = repository;
  guardRepository(layout);
  // Settings that nobody can read are found before anything is made.
  if (typeof context.timeoutMs === "function") await context.timeoutMs();
  try {
    makeStateDirectory(layout);
    return await withLock(layout.lockDirectory, context, async (lock) => {
      for (const directory of [layout.sessions, layout.bindings]) {
        if (fileKind(directory) === "directory") sweep(directory, lock.token);
      }
      if (isMigrationUnfinished(layout)) {
        const { settleMigration } = await import(
          "../migration/undo.ts"
        );
        await settleMigration(layout, lock);
      }
      const facts = factsOf(host, repository, options.portable);
      await ensureRepository(layout, facts, (path, bytes) => {
        const warning = writeAtomic(path, bytes, { token: lock.token });
        if (warning !== undefined) options.warnings?.push(warning);
      });
      return await work(lock);
    });
  } catch (error) {
    throw asOrcError(error, "prepare the repository", layout.directory);
  }
}

/** What lies in the wrong place is found before anything is written, not between two files. */
function guardRepository(
  { root, sessions, bindings, current }: RepositoryLayout,
): void {
  guardDirectory(root, sessions);
  guardDirectory(root, bindings);
  guardPath(root, current);
  if (["absent", "file"].includes(fileKind(current))) return;
  throw new OrcError(
    "corrupt",
    "not_a_regular_file",
    `Cannot use "${current}": it is not a regular file`,
    {
      path: current,
      hint: "move it away; orc does not remove what it did not make",
    },
  );
}

/** Durable before anything is kept in it, or a power cut takes it all away. */
function makeStateDirectory({ root, directory }: RepositoryLayout): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    if (isTaken(error)) return;
    throw error;
  }
  syncDirectory(root);
}

function factsOf(
  host: Host,
  { found }: Repository,
  portable: boolean,
): RepositoryFacts {
  const git = readGitPointer(found.root);
  const remote = "commonDirectory" in git
    ? readRemoteUrl(git.commonDirectory)
    : undefined;
  return {
    now: host.now(),
    repoRoot: found.root,
    remote,
    version: VERSION,
    portable,
    newToken: host.newToken,
  };
}
