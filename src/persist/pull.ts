/** Sessions brought from a remote: new ones appear, newer ones take their place, and nothing is merged. */
import { onRefusal, OrcError } from "../base/error.ts";
import { asObject, jsonObject, parseJson, withFields } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { sessionLayout, STAGING_PREFIX } from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import type { HeldLock } from "../files/lock.ts";
import { entriesIn, isThere } from "../files/read.ts";
import {
  discard,
  ensureDirectories,
  makeDirectory,
  renameOver,
  syncDirectory,
  writeNewFile,
} from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { type Place, placeOf } from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { settleArrival } from "../session/arrival.ts";
import type { Comparison } from "../session/copy_rules.ts";
import { withSessionLock } from "../session/create.ts";
import { bytesOf, entriesOf } from "../session/pack/door.ts";
import { readSessionMeta } from "../session/read.ts";
import { refusalOf, takeCopy } from "../sessions/copies.ts";
import { metaText } from "../sessions/leaving.ts";
import {
  keepHint,
  keptAs,
  type Staged,
  type Standing,
  standingOf,
} from "./copies.ts";
import { noCopy } from "./git/git.ts";
import type { Label } from "./label_rules.ts";
import type { Arrived, Found, Shelf } from "./shelf.ts";
import {
  beginPersisting,
  branchOf,
  namedAmong,
  namesOf,
  type Persisting,
  type PersistOptions,
  withEach,
} from "./use.ts";

/** What is to be brought. */
export interface PullOptions extends PersistOptions {
  /** Stores a session that went on in both places, or is another one, under a new id. */
  readonly keepBoth?: boolean;
}

/** A session at the remote, and what became of it here. */
export interface PulledSession {
  /** Its id there. */
  readonly session: string;
  /** Name of the remote, or the URL of the bucket. */
  readonly remote: string;
  /** What it is to the session that was here. */
  readonly comparison: Comparison;
  /** Id of the session that has it now; null where nothing was stored. */
  readonly storedAs: string | null;
  /** Its last update there. */
  readonly serial: number;
  /** The last update of the session that was here; null where none was. */
  readonly present: number | null;
}

/** What was brought. */
export interface Pulled {
  /** Where to. */
  readonly place: Place;
  /** Name of the remote, or the URL of the bucket; with commas between several. */
  readonly remote: string;
  /** The branch that all copies are on; null where each has a reference of its own. */
  readonly branch: string | null;
  /** Whether nothing was changed because only the plan was asked for. */
  readonly dryRun: boolean;
  /** By their ids. */
  readonly sessions: readonly PulledSession[];
  /** Which were left out, and what went wrong after it counted, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Brings sessions from a remote of git or from object storage: those named, else all that it has. What is newer here stays. A
 * session from elsewhere runs no command until a human says that it may: {@linkcode trustSession}.
 *
 * Requires `--allow-read`, `--allow-write` and `--allow-env`, for git `--allow-run=git`, for object
 * storage `--allow-net` of its host.
 *
 * @throws {OrcError} `session_diverged` or `other_lineage` (conflict) for a session that went on in
 *   both places, once the others are brought
 * @throws {OrcError} `no_remote` or `remote_unreachable` (external), `remote_auth` (denied),
 *   `no_such_session` (not_found); for one that is named `copy_unreadable` (corrupt) or `copy_locked`
 *   (denied)
 */
export async function pullSessions(
  host: Host,
  options: PullOptions = {},
): Promise<Pulled> {
  const { keepBoth = false, ...rest } = options;
  const persisting = await beginPersisting(host, rest);
  const { repository, shelves } = persisting;
  const named = options.sessions ?? [];
  const warnings: string[] = [];
  const dryRun = options.dryRun ?? false;
  const sessions = await withEach(shelves, async (shelf) => {
    // Before the lock is taken: a remote may take its time.
    await shelf.look();
    const copies = await chosenCopies(shelf, named);
    const pulling = {
      ...{ ...persisting, shelf, copies, warnings, dryRun, keepBoth },
      isNamed: named.length > 0,
      brought: [],
      address: await shelf.address(),
    };
    const isPlain = dryRun && !isThere(repository.layout.directory);
    return copies.length === 0 || isPlain
      ? copies.flatMap((copy) => planned(shelf, copy))
      : await withPreparedRepository(
        host,
        repository,
        { warnings },
        (lock) => bringIn(pulling, lock),
      );
  });
  return {
    place: placeOf(repository, null),
    remote: namesOf(shelves),
    branch: branchOf(shelves),
    ...{ dryRun, sessions, warnings },
  };
}

interface Copy {
  readonly id: string;
  readonly found: Found;
}

async function chosenCopies(
  shelf: Shelf,
  named: readonly string[],
): Promise<readonly Copy[]> {
  const copies = await shelf.copies();
  const ids = [...copies.keys()].sort();
  const chosen = named.length === 0
    ? new Set(ids)
    : orNoCopy(shelf, named, ids);
  return ids.filter((id) => chosen.has(id)).flatMap((id) => {
    const found = copies.get(id);
    return found === undefined ? [] : [{ id, found }];
  });
}

/** Where a list is meant that is at the remote, the error has to lead there. */
function orNoCopy(
  { remote }: Shelf,
  named: readonly string[],
  ids: readonly string[],
): ReadonlySet<string> {
  try {
    return namedAmong(named, ids);
  } catch (error) {
    const isMissing = error instanceof OrcError &&
      error.code === "no_such_session";
    throw isMissing ? noCopy(named.join(", "), remote) : error;
  }
}

/** Where there is no state yet, all of it would be new. */
function planned(
  { remote }: Shelf,
  { id, found: { label } }: Copy,
): readonly PulledSession[] {
  if (label instanceof OrcError) return [];
  const { serial } = label;
  return [{
    ...{ session: id, remote, comparison: "created", storedAs: null, serial },
    present: null,
  }];
}

interface Pulling extends Persisting {
  readonly shelf: Shelf;
  readonly copies: readonly Copy[];
  readonly address: string;
  readonly warnings: string[];
  /** What is here now as it is there. */
  readonly brought: Arrived[];
  readonly dryRun: boolean;
  readonly keepBoth: boolean;
  readonly isNamed: boolean;
}

async function bringIn(
  pulling: Pulling,
  lock: HeldLock,
): Promise<readonly PulledSession[]> {
  const { repository: { layout, context }, host, copies, warnings } = pulling;
  const { isNamed, keepBoth, shelf } = pulling;
  // Under this name the next holder of the lock removes it, should this one be killed.
  const staging = `${layout.sessions}/${STAGING_PREFIX}${lock.token}`;
  const refusals: OrcError[] = [];
  const sessions: PulledSession[] = [];
  const isUnchanged = await unchangedIn(pulling);
  const left: Copy[] = [];
  for (const copy of copies) {
    const { id, found: { label } } = copy;
    await settleArrival(layout, context, id);
    const isHere = "content" in label && await isUnchanged(id);
    if (isHere) sessions.push(broughtBefore(shelf.remote, label));
    else left.push(copy);
  }
  shelf.willRead(left.map(({ id }) => id));
  try {
    makeDirectory(staging);
    for (const { id, found } of left) {
      const how = { found, directory: staging };
      const standing = await standingOf(host, layout.root, how);
      lock.assertHeld();
      if (standing instanceof OrcError) {
        // One that cannot be read keeps nobody from the others.
        if (isNamed) throw standing;
        // That the disk fails is nothing to go on from as if all had come.
        if (standing.kind === "external") refusals.push(standing);
        else warnings.push(`Session "${id}" is left out: ${standing.message}`);
        continue;
      }
      const refusal = refusalOf(id, standing.judged, {
        hint: keepHint(id),
        keepBoth,
      });
      if (refusal !== undefined) refusals.push(refusal);
      else sessions.push(await bring(pulling, { id, standing }));
      discard(`${staging}/${id}`);
    }
  } finally {
    await note(pulling, staging);
    discard(staging);
  }
  const [refusal] = refusals;
  if (refusal !== undefined) throw refusal;
  return sessions.sort((one, other) => one.session < other.session ? -1 : 1);
}

/**
 * Tells whether a copy is the one that was made or taken here last, and its state that of the session
 * that is here, to the byte: then nothing of it is read.
 */
async function unchangedIn(
  { shelf, repository: { layout: { root } } }: Pulling,
): Promise<(id: string) => Promise<boolean>> {
  const own = await shelf.own();
  return async (id) => {
    if (!own.has(id)) return false;
    const { state } = sessionLayout(root, id);
    const bytes = bytesOf(root, state, MAX_STATE_BYTES);
    return bytes !== undefined && await shelf.hasState(id, bytes);
  };
}

function broughtBefore(
  remote: string,
  { session, serial }: Label,
): PulledSession {
  return {
    ...{ session, remote, comparison: "same", storedAs: null },
    ...{ serial, present: serial },
  };
}

interface Bringing {
  readonly id: string;
  readonly standing: Standing;
}

async function bring(
  pulling: Pulling,
  bringing: Bringing,
): Promise<PulledSession> {
  const { id, standing: { judged } } = bringing;
  const { comparison, here, there } = judged;
  const storedAs = pulling.dryRun ? null : await store(pulling, bringing);
  return {
    ...{ session: id, remote: pulling.shelf.remote, comparison, storedAs },
    serial: there.serial,
    present: here?.serial ?? null,
  };
}

async function store(
  pulling: Pulling,
  bringing: Bringing,
): Promise<string | null> {
  const { repository, warnings } = pulling;
  const { id, standing: { staged, judged } } = bringing;
  const { comparison } = judged;
  if (comparison === "older") return null;
  if (comparison === "same") await addCheckpoints(pulling, staged);
  const isAlike = comparison === "same" || comparison === "fast_forward";
  const isKept = !isAlike && comparison !== "created";
  const known = isKept
    ? await keptAs(repository.store, staged.label)
    : undefined;
  if (known !== undefined) return known;
  // What is here already keeps its own: what people call it, and whose it is.
  if (!isAlike) signOrigin(pulling, staged);
  const taking = { repository, warnings, hint: keepHint(id) };
  const storedAs = await takeCopy(taking, staged, judged);
  if (!isKept) pulling.brought.push(staged);
  return storedAs;
}

/** Keeps in the session's `meta.json` that it came from elsewhere, and from where. */
function signOrigin(
  { host, shelf, address }: Pulling,
  { label, paths }: Staged,
): void {
  const origin = {
    session: label.session,
    remote: shelf.remote,
    address,
    machine: label.machine,
    content: label.content,
    pulled_at: host.now(),
  };
  // Whoever made it may say that it lies here, or whose it is; or nothing that can be read.
  const told = metaText(() => readSessionMeta(paths.meta), label.session);
  const meta = parseJson(told, paths.meta);
  const signed = withFields(asObject(meta) ?? jsonObject({}), {
    origin: jsonObject(origin),
  });
  discard(paths.meta);
  writeNewFile(paths.meta, printJson(signed, 2));
}

/** Of a session that is the same, another machine may have kept further copies to return to. */
async function addCheckpoints(
  { repository: { layout, context } }: Pulling,
  { label: { session: id }, paths }: Staged,
): Promise<void> {
  const { root } = layout;
  const own = sessionLayout(root, id);
  const known = entriesOf(root, own.checkpoints, "list")
    .map(({ name }) => name);
  const missing = entriesIn(paths.checkpoints, "list").map(({ name }) => name)
    .filter((name) => !known.includes(name));
  if (missing.length === 0) return;
  const act = { id, guarded: own.directory, doing: "bring its checkpoints" };
  await withSessionLock(layout, context, act, (lock) => {
    lock.assertHeld();
    ensureDirectories(own.checkpoints);
    for (const name of missing) {
      renameOver(`${paths.checkpoints}/${name}`, `${own.checkpoints}/${name}`);
    }
    syncDirectory(own.checkpoints);
  });
}

/** From now on what is sent from here follows what is there. It is an addition: without it, both are compared. */
async function note(
  { shelf, brought, warnings }: Pulling,
  scratch: string,
): Promise<void> {
  try {
    if (brought.length > 0) await shelf.note(brought, scratch);
  } catch (error) {
    warnings.push(onRefusal(({ message }) => message)(error));
  }
}
