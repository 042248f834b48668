/** Copies of sessions that ended long ago, removed at the remote. */
import { denied, type OrcError } from "../base/error.ts";
import { DAY_MS, epochMsOf } from "../base/time.ts";
import { countOf, parseWholeNumber } from "../base/text.ts";
import type { Host } from "../host/host.ts";
import { type Place, placeOf } from "../repository/open.ts";
import type { Label } from "./label_rules.ts";
import type { PushEnd } from "./remote_rules.ts";
import type { Shelf } from "./shelf.ts";
import {
  beginPersisting,
  branchOf,
  namedAmong,
  namesOf,
  type PersistOptions,
  withEach,
} from "./use.ts";

/** What is to be removed. */
export interface PruneOptions extends PersistOptions {
  /** Days since the end of a session, as typed; 30 without it. */
  readonly keepDays?: string;
  /** Removes without asking. */
  readonly yes?: boolean;
}

/** A copy that was removed. */
export interface PrunedSession {
  /** Its id. */
  readonly session: string;
  /** Name of the remote, or the URL of the bucket. */
  readonly remote: string;
  /** How it ended. */
  readonly status: string;
  /** When it was changed last. */
  readonly updatedAt: string;
  /** Bytes of the copy, before anything was encrypted. */
  readonly sizeBytes: number;
}

/** What was removed. */
export interface Pruned {
  /** Where it was done; no session. */
  readonly place: Place;
  /** Name of the remote, or the URL of the bucket; with commas between several. */
  readonly remote: string;
  /** The branch that all copies are on; null where each has a reference of its own. */
  readonly branch: string | null;
  /** Whether nothing was changed because only the plan was asked for. */
  readonly dryRun: boolean;
  /** By their ids. */
  readonly sessions: readonly PrunedSession[];
}

const CLOSED: readonly string[] = ["completed", "abandoned"];

/**
 * Removes copies of closed sessions that ended some days ago, at the remote and in git here. Sessions
 * stay as they are; a copy of an open one is never removed, nor one that cannot be read.
 *
 * Requires `--allow-read`, `--allow-write` and `--allow-env`, for git `--allow-run=git`, for object
 * storage `--allow-net` of its host.
 *
 * @throws {OrcError} `approval_required` (denied) without `yes`
 * @throws {OrcError} `no_remote` or `remote_unreachable` (external), `remote_auth` or `remote_refused`
 *   (denied)
 */
export async function pruneSessions(
  host: Host,
  options: PruneOptions = {},
): Promise<Pruned> {
  const names = { keepDays: true, yes: true } as const;
  const { keepDays = "30", yes = false, dryRun = false } = options;
  const limits = { flag: "--keep-days", max: MAX_DAYS };
  const days = parseWholeNumber(keepDays, limits);
  if (host.caller().agent !== null && days < AGENT_DAYS) {
    throw denied(
      "approval_required",
      "Cannot remove copies of today: only a human may",
      "take --keep-days 1, or ask a human to run the same command",
    );
  }
  const persisting = await beginPersisting(host, options, names);
  const { repository, shelves } = persisting;
  const beforeMs = (epochMsOf(host.now()) ?? 0) - days * DAY_MS;
  const named = options.sessions ?? [];
  const sessions = await withEach(shelves, async (shelf) => {
    await shelf.look();
    const old = await oldCopies(shelf, named, beforeMs);
    if (old.length > 0 && !dryRun && !yes) {
      throw unasked(old.length, shelf.remote);
    }
    if (!dryRun && yes) await remove(shelf, old.map(({ session }) => session));
    return old.map(({ session, status, updatedAt, sizeBytes }) => (
      { session, remote: shelf.remote, status, updatedAt, sizeBytes }
    ));
  });
  return {
    place: placeOf(repository, null),
    remote: namesOf(shelves),
    branch: branchOf(shelves),
    ...{ dryRun, sessions },
  };
}

async function oldCopies(
  shelf: Shelf,
  named: readonly string[],
  beforeMs: number,
): Promise<readonly Label[]> {
  const copies = await shelf.copies();
  const chosen = named.length === 0
    ? undefined
    : namedAmong(named, [...copies.keys()]);
  return [...copies.values()].map(({ label }) => label)
    .filter((label): label is Label =>
      "content" in label && CLOSED.includes(label.status) &&
      (chosen?.has(label.session) ?? true) &&
      (epochMsOf(label.updatedAt) ?? Infinity) < beforeMs
    );
}

async function remove(shelf: Shelf, ids: readonly string[]): Promise<void> {
  const outgoing = ids.map((id) => ({ id, captured: undefined }));
  const ends = outgoing.length === 0
    ? new Map<string, PushEnd>()
    : await shelf.put(outgoing);
  await shelf.forget(ids.filter((id) => ends.get(id)?.kind === "done"));
  for (const end of ends.values()) {
    // One that went on meanwhile is not old any more.
    if (end.kind !== "done") throw shelf.refusal(end.reason);
  }
}

const MAX_DAYS = 36_500;

/** A log may tell what an agent tried; it must not be able to remove that at once. */
const AGENT_DAYS = 1;

function unasked(count: number, remote: string): OrcError {
  return denied(
    "approval_required",
    `Copies of ${countOf(count, "session")} would be removed at "${remote}"`,
    "see which, with --dry-run; then say so with --yes",
  );
}
