import { type OrcError, refused, usage } from "../base/error.ts";
import { shortSessionId } from "../base/ids.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { VERSION } from "../base/version.ts";
import { asOrcError, isTaken } from "../files/errors.ts";
import { readRemoteUrl } from "../files/git_remote.ts";
import { type HeldLock, sweep, withLock } from "../files/lock.ts";
import { fileKind, guardDirectory, guardPath } from "../files/read.ts";
import { isOfNoRepository } from "../files/root.ts";
import { makeDirectory, syncDirectory, writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { foreignNames } from "../settings/files.ts";
import { readBinding, readCurrent } from "../session/read.ts";
import type { Session } from "../session/store.ts";
import {
  ensureRepository,
  type RepositoryFacts,
} from "../session/repository.ts";
import { isMigrationUnfinished, settleMigration } from "../transfer/settle.ts";
import type { Repository } from "./open.ts";
import { onlySession } from "./only.ts";
import { ownersOf, readIfThere, refusalOfOwner } from "./select.ts";

/**
 * Runs work under the lock of the repository, with `.orchestrator/` made and what a killed process
 * left removed. `portable` lets git track a new one; `warnings` takes what went wrong after it
 * counted.
 *
 * @throws {OrcError} `not_a_project` (usage) in a directory that is never a repository's
 */
export async function withPreparedRepository<Result>(
  host: Host,
  repository: Repository,
  options: { readonly portable?: boolean; readonly warnings?: string[] },
  work: (lock: HeldLock) => Result | Promise<Result>,
): Promise<Result> {
  const { layout, context } = repository;
  assertPreparable(host, repository);
  // Settings that nobody can read are found before anything is made.
  if (typeof context.timeoutMs === "function") await context.timeoutMs();
  try {
    makeStateDirectory(layout);
    return await withLock(layout.lockDirectory, context, async (lock) => {
      for (const directory of [layout.sessions, layout.bindings]) {
        if (fileKind(directory) === "directory") {
          sweep(directory, lock.token, context.now());
        }
      }
      if (isMigrationUnfinished(layout)) {
        await settleMigration(layout, lock);
      }
      const facts = factsOf(host, repository, options.portable ?? false);
      await ensureRepository(layout, facts, (path, text) => {
        const warnings = writeAtomic(path, text, { token: lock.token });
        options.warnings?.push(...warnings);
      });
      return await work(lock);
    });
  } catch (error) {
    throw asOrcError(error, "prepare the repository", layout.directory);
  }
}

/** Refuses to prepare what is never a repository, or where something else lies in the place of its state. */
export function assertPreparable(host: Host, { layout }: Repository): void {
  const { root } = layout;
  if (isOfNoRepository(root, host.homeDirectory())) throw notAProject(root);
  guardRepository(layout);
}

function notAProject(root: string): OrcError {
  return usage(
    "not_a_project",
    `Cannot keep the state of a repository in "${root}": all below it would share it`,
    {
      path: root,
      hint:
        "change to the directory of a project, or name it with --root DIR; settings and secrets for all of them take --global",
    },
  );
}

/** What lies in the wrong place is found before anything is written, not between two files. */
function guardRepository(
  { root, sessions, bindings, current }: RepositoryLayout,
): void {
  guardDirectory(root, sessions);
  guardDirectory(root, bindings);
  guardPath(root, current);
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
  { found, layout }: Repository,
  portable: boolean,
): RepositoryFacts {
  return {
    now: host.now(),
    repoRoot: found.root,
    remote: readRemoteUrl(found.root),
    version: VERSION,
    portable,
    foreignNames: fileKind(layout.gitignore) === "absent"
      ? foreignNames(layout)
      : [],
    newToken: () => host.newToken(),
  };
}

const MAX_TASK_SHOWN = 60;

/** Refuses to start a session while the caller's own is active; other callers' sessions do not count. */
export async function assertNoOwnSession(
  host: Host,
  repository: Repository,
): Promise<void> {
  const own = await activeSession(host, repository);
  if (own === undefined) return;
  const task = beginningOf(own.state.task);
  throw refused(
    "session_active",
    `Session ${shortSessionId(own.id)} ("${task}") is still active`,
    {
      hint:
        'go on with it (orc next), give it up (orc finish --abandon --reason "WHY"), or work on both (orc start --beside "TASK")',
      details: { session: own.id },
    },
  );
}

/** Enough of a task to know it again; a task may be a whole page. */
function beginningOf(task: string): string {
  const [line = ""] = task.split("\n");
  const characters = Array.from(line);
  return characters.length <= MAX_TASK_SHOWN
    ? line
    : `${characters.slice(0, MAX_TASK_SHOWN).join("")}…`;
}

/** The caller's own session, if it is active; that of everybody for who has none of their own. */
export async function activeSession(
  host: Host,
  repository: Repository,
): Promise<Session | undefined> {
  const own = await ownSession(host, repository);
  return own?.state.status === "active" ? own : undefined;
}

async function ownSession(
  host: Host,
  repository: Repository,
): Promise<Session | undefined> {
  const owners = ownersOf(host, repository);
  for (const owner of owners) {
    const id = await readBinding(repository.layout, owner);
    const own = id ? await readIfThere(repository, id) : undefined;
    if (own?.state.status !== "active") continue;
    // What another agent took over is nobody else's any more.
    if (await refusalOfOwner(host, repository, own.id) === null) return own;
  }
  // Who can be told apart from others has no part in the session that all others share.
  if (owners.length > 0) return undefined;
  const id = readCurrent(repository.layout);
  if (id) return await readIfThere(repository, id);
  // Where nobody has chosen, a second session would hide the only one from everybody.
  const found = await onlySession(repository);
  return "session" in found ? found.session : undefined;
}
