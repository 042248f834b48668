/** Sessions sent to a remote, each as it is here. */
import { OrcError } from "../base/error.ts";
import { KEPT_AFTER_END_MS } from "../base/limits.ts";
import { epochMsOf } from "../base/time.ts";
import { withScratch } from "../checks/scratch.ts";
import { isClosed } from "../engine/state.ts";
import { discard } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { type Place, placeOf } from "../repository/open.ts";
import { refusalOf } from "../sessions/copies.ts";
import {
  allTooLarge,
  capture,
  type Captured,
  withoutCheckpoints,
} from "./capture.ts";
import { encryptedTo, isSame, keepHint, keptAs, standingOf } from "./copies.ts";
import type { Found, Outgoing, Shelf } from "./shelf.ts";
import {
  beginPersisting,
  branchOf,
  namedAmong,
  namesOf,
  type Persisting,
  type PersistOptions,
  withEach,
} from "./use.ts";

/** What became of a session that was to be sent. */
export interface PushedSession {
  /** Its id. */
  readonly session: string;
  /** Name of the remote, or the URL of the bucket. */
  readonly remote: string;
  /** Its last update. */
  readonly serial: number;
  /**
   * - `pushed`: the remote has it now, or would with `dryRun`
   * - `same`: the remote had it already
   * - `behind`: the remote has a newer one, and this one was not sent
   */
  readonly result: "pushed" | "same" | "behind";
  /** Bytes of the copy, before anything was encrypted. */
  readonly sizeBytes: number;
  /** Whether its checkpoints were left out, since it would be too large with them. */
  readonly withoutCheckpoints: boolean;
}

/** What was sent. */
export interface Pushed {
  /** Where from. */
  readonly place: Place;
  /** Name of the remote, or the URL of the bucket; with commas between several. */
  readonly remote: string;
  /** The branch that all copies are on; null where each has a reference of its own. */
  readonly branch: string | null;
  /** Whether it left encrypted. */
  readonly encrypted: boolean;
  /** Whether nothing was changed because only the plan was asked for. */
  readonly dryRun: boolean;
  /** By their ids. */
  readonly sessions: readonly PushedSession[];
  /** Which sessions were left out, and why, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Sends sessions to a remote of git or to object storage: those named, else all that are open or ended in the last 30 days.
 * What the remote has that is newer stays. No branch, index, file or reflog of the repository changes.
 *
 * Requires `--allow-read`, `--allow-write` and `--allow-env`, for git `--allow-run=git`, for object
 * storage `--allow-net` of its host.
 *
 * @throws {OrcError} `session_diverged` or `other_lineage` (conflict) for a session that went on in
 *   both places, once the others are sent
 * @throws {OrcError} `no_remote`, `remote_unreachable` or `no_conditional_writes` (external), `remote_auth`
 *   or `remote_refused` (denied), `copy_too_large` or `secret_in_session` (refused)
 */
export async function pushSessions(
  host: Host,
  options: PersistOptions = {},
): Promise<Pushed> {
  const persisting = await beginPersisting(host, options);
  const { repository, settings } = persisting;
  const warnings: string[] = [];
  return await withScratch(
    host,
    repository.layout,
    "copy sessions",
    async (scratch) => {
      const named = options.sessions ?? [];
      const failures: OrcError[] = [];
      const how = { named, warnings, failures };
      const captured = await captureAll(persisting, how);
      const dryRun = options.dryRun ?? false;
      const isNamed = named.length > 0;
      const asked = { warnings, failures, dryRun, isNamed };
      const sending = { ...persisting, ...asked, scratch, captured };
      const sessions = await withEach(
        persisting.shelves,
        (shelf) => send(sending, shelf),
      );
      return {
        place: placeOf(repository, null),
        remote: namesOf(persisting.shelves),
        branch: branchOf(persisting.shelves),
        encrypted: settings.recipient !== null,
        dryRun,
        sessions,
        warnings,
      };
    },
  );
}

/** A session that is named has to go; one that is not may be left out, and that is said. */
async function captureAll(
  { host, repository, settings, keys }: Persisting,
  { named, warnings, failures }: {
    readonly named: readonly string[];
    readonly warnings: string[];
    readonly failures: OrcError[];
  },
): Promise<readonly Captured[]> {
  const ids = await repository.store.ids();
  const chosen = namedAmong(named, ids);
  const all: Captured[] = [];
  for (const id of [...ids].sort()) {
    if (chosen.size > 0 && !chosen.has(id)) continue;
    try {
      if (chosen.size === 0 && await isOld(host, repository, id)) continue;
      all.push(await capture(host, repository, id, { ...settings, keys }));
    } catch (error) {
      if (chosen.size > 0 || !(error instanceof OrcError)) throw error;
      // That the disk fails is nothing to go on from as if all had left.
      if (error.kind === "external") failures.push(error);
      else warnings.push(`Session "${id}" is left out: ${error.message}`);
    }
  }
  return all;
}

/** Copies of sessions that ended long ago are removed, and do not come back by themselves. */
async function isOld(
  host: Host,
  { store }: Persisting["repository"],
  id: string,
): Promise<boolean> {
  const { state } = await store.read(id);
  const changedMs = epochMsOf(state.updatedAt) ?? Infinity;
  const nowMs = epochMsOf(host.now()) ?? 0;
  return isClosed(state.status) && nowMs - changedMs > KEPT_AFTER_END_MS;
}

interface Sending extends Persisting {
  readonly scratch: string;
  readonly captured: readonly Captured[];
  readonly warnings: string[];
  /** What kept sessions from being read; said once the others are sent. */
  readonly failures: readonly OrcError[];
  readonly dryRun: boolean;
  /** Whether somebody asked for these very sessions. */
  readonly isNamed: boolean;
}

async function send(
  sending: Sending,
  shelf: Shelf,
): Promise<readonly PushedSession[]> {
  const { scratch, dryRun, isNamed } = sending;
  const captured = await withinTotal(sending, await shelf.sizes());
  await shelf.keep(captured, { scratch, dryRun });
  try {
    await shelf.open();
    const left = isNamed
      ? captured
      : await withoutRemoved(sending, shelf, captured);
    return await sendAll(sending, shelf, left);
  } catch (error) {
    const isAway = error instanceof OrcError &&
      /^(?:no_remote|remote_)/.test(error.code);
    const isKept = shelf.keptHere !== null && captured.length > 0 && !dryRun;
    throw isAway && isKept
      ? butKept(error, shelf.keptHere, captured.length)
      : error;
  }
}

/**
 * What was removed at the remote on purpose does not come back by itself. Only copies of closed sessions
 * are removed: anything else that says so of an open one was not `prune`.
 */
async function withoutRemoved(
  { warnings }: Sending,
  shelf: Shelf,
  captured: readonly Captured[],
): Promise<readonly Captured[]> {
  const gone = await shelf.removed();
  return captured.filter(({ session: { id, state } }) => {
    if (!gone.has(id) || !isClosed(state.status)) return true;
    warnings.push(
      `Session "${id}" is left out, since it was removed at "${shelf.remote}": orc persist push ${id}`,
    );
    return false;
  });
}

/** Where nothing can be sent, what was kept here is worth a word. */
function butKept(error: OrcError, where: string, count: number): OrcError {
  const { kind, code, message, hint, path, details } = error;
  const what = count === 1 ? "its copy is" : "their copies are";
  return new OrcError(
    kind,
    code,
    `${message}; ${what} kept in git here, in ${where}`,
    { hint, path, details, cause: error },
  );
}

/** Checkpoints of closed sessions stay, before anything is refused. */
async function withinTotal(
  { captured, settings: { maxTotalBytes } }: Sending,
  known: ReadonlyMap<string, number>,
): Promise<readonly Captured[]> {
  const sizes = new Map(known);
  for (const { session, sizeBytes } of captured) {
    sizes.set(session.id, sizeBytes);
  }
  const total = () => [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const all: Captured[] = [];
  for (const each of captured) {
    const isCut = total() > maxTotalBytes &&
      isClosed(each.session.state.status);
    const one = isCut ? await withoutCheckpoints(each) : each;
    sizes.set(one.session.id, one.sizeBytes);
    all.push(one);
  }
  if (total() > maxTotalBytes) throw allTooLarge(total(), maxTotalBytes);
  return all;
}

/** Others push at the same time; with so many of them orc is not meant to be used. */
const MAX_TRIES = 12;

/** As often as this the remote may refuse what it shows, before that is not taken for chance any more. */
const MAX_UNMOVED = 3;

const PAUSE_MS = 50;

async function sendAll(
  sending: Sending,
  shelf: Shelf,
  captured: readonly Captured[],
): Promise<readonly PushedSession[]> {
  const results = new Map<string, PushedSession["result"]>();
  const refusals: OrcError[] = [];
  const { dryRun } = sending;
  const deciding = { ...sending, shelf, results, refusals };
  let left = await decide(deciding, captured);
  if (shelf.isRemembered && left.length < captured.length) {
    // What was seen last may be gone, or the remote another one: that it has a copy is said of now.
    await shelf.look();
    results.clear();
    refusals.length = 0;
    left = await decide(deciding, captured);
  }
  let unmoved = 0;
  for (let tries = 1; left.length > 0 && !dryRun; tries++) {
    const before = await shelf.expected();
    const ends = await shelf.put(left);
    const stale: string[] = [];
    let reason = "";
    for (const { id } of left) {
      const end = ends.get(id);
      if (end?.kind === "refused") throw shelf.refusal(end.reason);
      if (end?.kind === "done") results.set(id, "pushed");
      else stale.push(id);
      if (end?.kind === "stale") reason = end.reason;
    }
    if (stale.length === 0) break;
    await shelf.look(stale);
    const after = await shelf.expected();
    const isMoved = stale.some((id) => before(id) !== after(id));
    unmoved = isMoved ? 0 : unmoved + 1;
    if (unmoved >= MAX_UNMOVED || tries >= MAX_TRIES) {
      throw shelf.refusal(reason);
    }
    await pause(tries);
    left = await decide(
      deciding,
      captured.filter(({ session }) => stale.includes(session.id)),
    );
  }
  if (dryRun) { for (const { id } of left) results.set(id, "pushed"); }
  const [refusal] = [...sending.failures, ...refusals];
  if (refusal !== undefined) throw refusal;
  return captured.flatMap(({ session, sizeBytes, isCut }) => {
    const result = results.get(session.id);
    if (result === undefined) return [];
    const { id, serial } = session;
    return [{
      ...{ session: id, remote: shelf.remote, serial, result, sizeBytes },
      withoutCheckpoints: isCut,
    }];
  });
}

function pause(tries: number): Promise<void> {
  const ms = Math.random() * PAUSE_MS * tries;
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Deciding extends Sending {
  readonly shelf: Shelf;
  readonly results: Map<string, PushedSession["result"]>;
  readonly refusals: OrcError[];
}

/** Which of the copies are to be sent: what the remote has that is newer, or went another way, stays. */
async function decide(
  deciding: Deciding,
  all: readonly Captured[],
): Promise<readonly Outgoing[]> {
  const { shelf, settings, results, refusals } = deciding;
  const copies = await shelf.copies();
  const to = await encryptedTo(settings.recipient);
  const own = await shelf.own();
  const others = all.filter((captured) => {
    const { id } = captured.session;
    const isThere = isSame(copies.get(id)?.label, captured, to) && own.has(id);
    if (isThere) results.set(id, "same");
    return !isThere;
  });
  const following = await shelf.following(others);
  const isUnclear = ({ session: { id } }: Captured) =>
    copies.has(id) && !following.has(id);
  shelf.willRead(others.filter(isUnclear).map(({ session: { id } }) => id));
  const outgoing: Outgoing[] = [];
  for (const captured of others) {
    const { id } = captured.session;
    const found = copies.get(id);
    const verdict = found !== undefined && isUnclear(captured)
      ? await verdictOn(deciding, id, found)
      : "ahead";
    if (verdict === "ahead") outgoing.push({ id, captured });
    else if (verdict instanceof OrcError) refusals.push(verdict);
    else results.set(id, verdict);
  }
  return outgoing;
}

/** What is to be done with a copy that went on at the remote, or may have. */
async function verdictOn(
  { host, repository, scratch, isNamed }: Sending,
  id: string,
  found: Found,
): Promise<"ahead" | "same" | "behind" | OrcError> {
  const { layout: { root } } = repository;
  const directory = `${scratch}/seen-${host.newToken()}`;
  const standing = await standingOf(host, root, { found, directory });
  // Only where it stands is asked for; it may be looked at again.
  discard(directory);
  if (standing instanceof OrcError) {
    // What nobody can read any more is what somebody means who names the session.
    const isLost = standing.kind === "corrupt" &&
      standing.code !== "newer_format";
    return isNamed && isLost ? "ahead" : standing;
  }
  const { staged, judged } = standing;
  const { comparison } = judged;
  if (comparison === "older") return "ahead";
  // The same events: what else differs there, a checkpoint or a name, is not taken away unseen.
  if (comparison === "same") return "same";
  const refusal = refusalOf(id, judged, { hint: keepHint(id) });
  if (refusal === undefined) return "behind";
  // Where another session here is that copy, nothing is lost when it is replaced.
  const kept = await keptAs(repository.store, staged.label);
  return kept === undefined ? refusal : "ahead";
}
