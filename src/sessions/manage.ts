import { OrcError } from "../base/error.ts";
import { matchSessionId } from "../base/ids.ts";
import { LOCK_NAME, sessionLayout } from "../base/layout.ts";
import { parseSessionTitle } from "../base/names.ts";
import { epochMsOf, localTimeOf, momentOf } from "../base/time.ts";
import { breakLock } from "../files/lock.ts";
import { type Liveness, lookAt } from "../files/lock_record.ts";
import { guardDirectory } from "../files/read.ts";
import { clockOf, type Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
  type SessionPlace,
} from "../repository/open.ts";
import { assertNotOfAnother } from "../repository/owner.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import {
  ownersOf,
  refusalOfOwner,
  selectSession,
  type SessionOptions,
  workflowOf,
} from "../repository/select.ts";
import { sessionMasker } from "../secrets/masker.ts";
import { writeBinding, writeCurrent } from "../session/create.ts";
import { saidOf } from "../session/read.ts";
import type { Session } from "../session/store.ts";
import { requireApproval } from "../work/change.ts";
import type { SessionState } from "../workflow/types.ts";

/** The session to go on with. */
export interface SwitchOptions extends RepositoryOptions {
  /** Its id, an unambiguous beginning of it, or an end of at least 4 characters. */
  readonly id: string;
}

/** The session a caller is in now. */
export interface Switched {
  /** Where the session is. */
  readonly place: SessionPlace;
  /** Its id, whole. */
  readonly session: string;
  /** What is to be done in it. */
  readonly task: string;
  /** Who was bound: the agent or worktree alone, or everybody who has no session of their own. */
  readonly bound: "agent" | "worktree" | "current";
  /** Whose it was, and what went wrong after the switch counted. */
  readonly warnings: readonly string[];
}

/**
 * Makes a session the caller's own. An agent or a linked worktree is bound to it and nobody
 * else is moved; any other caller moves `current`, and what another program keeps in its place is
 * put aside. Closed sessions can be switched to as well. An agent takes over what belongs to another:
 * from then on that one can only read it, and a warning says so.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `no_such_session` (not_found) if there is none
 * @throws {OrcError} `ambiguous_session_id` (usage) if the id fits several; the first are in
 *   `details.candidates`
 * @throws {OrcError} `invalid_session_id` (usage) if the text cannot be part of an id
 */
export async function switchSession(
  host: Host,
  options: SwitchOptions,
): Promise<Switched> {
  const repository = openRepository(host, options, { id: true });
  const { layout, store } = repository;
  const session = matchSessionId(options.id, await store.ids());
  const { state } = await store.read(session);
  const { task } = state;
  const [owner] = ownersOf(host, repository);
  const warnings: string[] = [];
  if (owner?.kind === "agent") {
    warnings.push(...await takeOver(host, repository, { id: session, state }));
  }
  const bind = async ({ token }: { token: string }): Promise<void> => {
    warnings.push(
      ...owner
        ? await writeBinding(layout, owner, { session, at: host.now() }, token)
        : writeCurrent(layout, session, { token, asideAt: host.now() }),
    );
  };
  await withPreparedRepository(host, repository, { warnings }, bind);
  return {
    place: placeOf(repository, session),
    session,
    task,
    bound: owner?.kind ?? "current",
    warnings,
  };
}

/** Makes the calling agent the one that a session belongs to. Returns warnings. */
async function takeOver(
  host: Host,
  repository: Repository,
  { id, state }: Pick<Session, "id" | "state">,
): Promise<readonly string[]> {
  const { store } = repository;
  const { agent } = host.caller();
  if (agent === null || await saidOf(store, id, "owner") === agent) return [];
  const before = await refusalOfOwner(host, repository, id);
  const said = { owner: agent };
  const startedAtLocal = startedAt(host, state);
  const naming = { id, said, startedAtLocal };
  const warnings = await store.nameSession(naming).catch((error) => {
    // What says nothing of its owner belongs to nobody, and is doctor's to mend.
    if (error instanceof OrcError && error.kind === "corrupt") {
      return [error.message];
    }
    throw error;
  });
  if (before === null) return warnings;
  const { owner } = Object(before.details);
  return [
    ...warnings,
    `It belonged to agent "${owner}", which can only read it from now on`,
  ];
}

/** When a session started, in local time without offset. */
function startedAt(host: Host, { createdAt }: SessionState): string {
  const clock = clockOf(host);
  const startedMs = momentOf(createdAt, clock);
  return startedMs === undefined
    ? clock.localNow
    : localTimeOf(startedMs, clock);
}

/** A session to name. */
export interface RenameOptions extends SwitchOptions {
  /** 1 to 80 characters. */
  readonly name: string;
}

/** A session that has a name. */
export interface Renamed {
  /** Where the session is. */
  readonly place: SessionPlace;
  /** Its id, which stays. */
  readonly session: string;
  /** What it is called now, without the secrets in it. */
  readonly name: string;
  /** What went wrong after the name counted, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Gives a session a name that is shown with its task; its id stays. A closed one can be named too.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `invalid_name` (usage) if nobody could read the name; `no_such_session`
 *   (not_found) if there is none; `session_of_another` (refused) if it is that of another agent
 */
export async function renameSession(
  host: Host,
  options: RenameOptions,
): Promise<Renamed> {
  const title = parseSessionTitle(options.name);
  const repository = openRepository(host, options, { id: true, name: true });
  const { store } = repository;
  const id = matchSessionId(options.id, await store.ids());
  const session = await store.read(id);
  assertNotOfAnother({ refusal: await refusalOfOwner(host, repository, id) });
  const { workflow } = await workflowOf(repository, session);
  const { mask } = await sessionMasker(host, { repository, workflow });
  const startedAtLocal = startedAt(host, session.state);
  const name = mask(title);
  const naming = { id, said: { name }, startedAtLocal };
  const warnings = await store.nameSession(naming);
  return { place: placeOf(repository, id), session: id, name, warnings };
}

/** Whose locks are meant. */
export interface UnlockOptions extends SessionOptions {
  /** Removes them: an act of a human. */
  readonly force?: boolean;
}

/** A lock that is there. */
export interface LockInfo {
  /** What it guards: one session, or `.orchestrator/` as a whole. */
  readonly scope: "session" | "repository";
  /** The lock itself. */
  readonly path: string;
  /** Process id of the holder; null when the lock cannot be read, as all below. */
  readonly pid: number | null;
  /** Name of the machine it runs on. */
  readonly host: string | null;
  /** The command that took it. */
  readonly purpose: string | null;
  /** Instant it was taken at. */
  readonly lockedAt: string | null;
  /** Milliseconds since then, never negative. */
  readonly ageMs: number | null;
  /** Whether the holder still runs, as far as this process can tell. */
  readonly liveness: Liveness;
}

/** The locks that are, or were, in the way. */
export interface Unlocked {
  /** Where they are, and the session that was meant; none where there is none. */
  readonly place: Place;
  /** Those that are there; with `force`, those that were. */
  readonly locks: readonly LockInfo[];
  /** Whether they were removed. */
  readonly removed: boolean;
}

/**
 * Shows who holds the locks of the repository and of the session; with `force` removes them. An
 * update that is displaced this way is not lost: it finds its lock gone and is repeated.
 *
 * Requires `--allow-read`; with `force` also `--allow-write`.
 *
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if no human says yes
 */
export async function unlock(
  host: Host,
  options: UnlockOptions = {},
): Promise<Unlocked> {
  const repository = openRepository(host, options, { force: true });
  const session = await sessionId(host, repository, options.session);
  const { lockDirectory } = repository.layout;
  const directories = lockDirectories(repository, session);
  const locks = directories.flatMap((directory) => {
    const scope = directory === lockDirectory ? "repository" : "session";
    return lockAt(host, scope, directory) ?? [];
  });
  const removed = options.force === true && locks.length > 0;
  if (removed) {
    const act = { request: "remove the locks", confirmation: "unlock" };
    const command = session === null
      ? "orc unlock --force"
      : `orc unlock --force --session ${session}`;
    await requireApproval(host, repository, act, command);
    for (const directory of directories) {
      breakLock(directory, repository.context);
    }
  }
  return { place: placeOf(repository, session), locks, removed };
}

function lockDirectories(
  { layout: { root, lockDirectory } }: Repository,
  session: string | null,
): readonly string[] {
  const own = session === null ? [] : [sessionLayout(root, session).directory];
  return [lockDirectory, ...own].filter((directory) =>
    guardDirectory(root, directory) === "directory"
  );
}

/** A lock of the repository can be in the way before there is any session. */
async function sessionId(
  host: Host,
  repository: Repository,
  named: string | undefined,
): Promise<string | null> {
  try {
    return (await selectSession(host, repository, named)).session.id;
  } catch (error) {
    const isNone = error instanceof OrcError && error.code === "no_session";
    if (isNone && named === undefined) return null;
    throw error;
  }
}

function lockAt(
  host: Host,
  scope: LockInfo["scope"],
  directory: string,
): LockInfo | undefined {
  const path = `${directory}/${LOCK_NAME}`;
  const seen = lookAt(path);
  if (seen.kind === "absent") return undefined;
  const record = seen.kind === "unreadable" ? null : seen.record;
  const { pid = null, host: name = null, purpose = null, at = null } = record ??
    {};
  const ageMs = (epochMsOf(host.now()) ?? 0) - (epochMsOf(at) ?? 0);
  return {
    scope,
    path,
    pid,
    host: name,
    purpose,
    lockedAt: at,
    ageMs: record && Math.max(0, ageMs),
    liveness: record ? host.livenessOf(record, record.at) : "unknown",
  };
}
