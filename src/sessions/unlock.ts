import { OrcError } from "../base/error.ts";
import { LOCK_NAME, sessionLayout } from "../base/layout.ts";
import { epochMsOf } from "../base/time.ts";
import { breakLock } from "../files/lock.ts";
import { lookAt, type Sighting } from "../files/lock_record.ts";
import { guardDirectory } from "../files/path_guard.ts";
import type { Liveness } from "../files/process_identity.ts";
import { fileKind } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import { openRepository, type Repository } from "../repository/open.ts";
import type { SessionOptions } from "../repository/open_session.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { selectSession } from "../repository/select.ts";
import type { ConfigSite } from "../settings/files.ts";
import { askForApproval } from "../work/approval.ts";

/** What to do with locks that are held. */
export interface UnlockOptions extends SessionOptions {
  /** Removes them whoever holds them: an act of a human. */
  readonly force?: boolean;
}

/** A lock that is there. */
export interface LockInfo {
  /** What it guards: one session, or `.orchestrator/` as a whole. */
  readonly scope: "session" | "repository";
  readonly path: string;
  /** Process id of the holder; null when the lock cannot be read, as all below. */
  readonly pid: number | null;
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
  readonly place: Place;
  readonly locks: readonly LockInfo[];
  /** Whether they were removed. */
  readonly removed: boolean;
}

/**
 * Shows who holds the locks of the repository and of the session that is meant; with `force`
 * removes them. An update that is displaced this way is not lost: it finds its lock gone and
 * is repeated.
 *
 * Requires `--allow-read`, and `--allow-write` to remove.
 *
 * @throws {OrcError} `approval_required` (denied) if `force` is set and no human is there
 */
export async function unlock(
  host: Host,
  options: UnlockOptions = {},
): Promise<Unlocked> {
  const repository = openRepository(host, options);
  const session = await sessionId(host, repository, options.session);
  const places = lockPlaces(repository, session);
  const locks = places.flatMap((at) => lockAt(host, at) ?? []);
  const removed = options.force === true && locks.length > 0;
  if (removed) {
    await assertHuman(host, repository);
    for (const { directory } of places) {
      breakLock(directory, repository.context);
    }
  }
  return { place: placeOf(repository, session), locks, removed };
}

interface LockPlace {
  readonly scope: LockInfo["scope"];
  readonly directory: string;
}

function lockPlaces(
  { layout }: Repository,
  session: string | null,
): readonly LockPlace[] {
  const places: LockPlace[] = [
    { scope: "repository", directory: layout.lockDirectory },
  ];
  if (session !== null) {
    const { directory } = sessionLayout(layout.root, session);
    places.push({ scope: "session", directory });
  }
  return places.filter(({ directory }) => {
    guardDirectory(layout.root, directory);
    return fileKind(directory) === "directory";
  });
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
  { scope, directory }: LockPlace,
): LockInfo | undefined {
  const path = `${directory}/${LOCK_NAME}`;
  const seen = lookAt(path);
  if (seen.kind === "absent") return undefined;
  return { scope, path, ...holderOf(host, seen) };
}

function holderOf(
  host: Host,
  seen: Exclude<Sighting, { kind: "absent" }>,
): Omit<LockInfo, "scope" | "path"> {
  if (seen.kind === "unreadable") return UNREADABLE;
  const { record } = seen;
  const ageMs = (epochMsOf(host.now()) ?? 0) - (epochMsOf(record.at) ?? 0);
  return {
    pid: record.pid,
    host: record.host,
    purpose: record.purpose,
    lockedAt: record.at,
    ageMs: Math.max(0, ageMs),
    liveness: host.livenessOf(record, record.at),
  };
}

const UNREADABLE = {
  pid: null,
  host: null,
  purpose: null,
  lockedAt: null,
  ageMs: null,
  liveness: "unknown",
} as const;

async function assertHuman(host: Host, site: ConfigSite): Promise<void> {
  const act = { request: "remove the locks", confirmation: "unlock" };
  if (await askForApproval(host, site, act) !== null) return;
  throw new OrcError(
    "denied",
    "approval_required",
    "Cannot remove the locks: only a human may, at a terminal",
    { hint: "ask a human to run orc unlock --force in a terminal" },
  );
}
