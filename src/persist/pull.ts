/** Sessions brought from a remote: new ones appear, newer ones take their place, and nothing is merged. */
import { onRefusal, OrcError } from "../base/error.ts";
import { asObject, jsonObject, parseJson, withFields } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { sessionLayout, STAGING_PREFIX } from "../base/layout.ts";
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
import { refusalOf, takeCopy } from "../sessions/copies.ts";
import { metaText } from "../sessions/leaving.ts";
import { readLabels, type Staged } from "./copies.ts";
import { addressOf, listRefs, moveRefs, noCopy, writeCommit } from "./git.ts";
import type { Label } from "./label_rules.ts";
import { LOCAL, type Seen, type Shelf, shelfOf } from "./shelf.ts";
import { keepHint, type Standing, standingOf } from "./standing.ts";
import {
  beginPersisting,
  namedAmong,
  type Persisting,
  type PersistOptions,
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
  /** Name of the remote. */
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
 * Brings sessions from a remote of git: those named, else all that it has. What is newer here stays. A
 * session from elsewhere runs no command until a human says that it may: {@linkcode trustSession}.
 *
 * Requires `--allow-read`, `--allow-write`, `--allow-env` and `--allow-run=git`.
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
  const { repository, git, settings, remote } = persisting;
  const shelf = await shelfOf(git, remote, settings.branch);
  // Before the lock is taken: a remote may take its time.
  await shelf.look();
  const named = options.sessions ?? [];
  const copies = await chosenCopies(persisting, shelf, named);
  const warnings: string[] = [];
  const dryRun = options.dryRun ?? false;
  const pulling = {
    ...{ ...persisting, shelf, copies, warnings, dryRun, keepBoth },
    isNamed: named.length > 0,
    address: await addressOf(git, shelf.remote),
  };
  const isPlain = dryRun && !isThere(repository.layout.directory);
  const sessions = copies.length === 0 || isPlain
    ? copies.flatMap(planned)
    : await withPreparedRepository(
      host,
      repository,
      { warnings },
      (lock) => bringIn(pulling, lock),
    );
  return {
    place: placeOf(repository, null),
    remote: shelf.remote,
    branch: settings.branch,
    ...{ dryRun, sessions, warnings },
  };
}

interface Copy {
  readonly id: string;
  readonly seen: Seen;
  readonly label: Label | OrcError;
}

async function chosenCopies(
  { git }: Persisting,
  shelf: Shelf,
  named: readonly string[],
): Promise<readonly Copy[]> {
  const seen = await shelf.seen();
  const labels = await readLabels(git, seen);
  const ids = [...labels.keys()].sort();
  const chosen = named.length === 0
    ? new Set(ids)
    : await orNoCopy(shelf, named, ids);
  return ids.filter((id) => chosen.has(id)).flatMap((id) => {
    const [copy, label] = [seen.get(id), labels.get(id)];
    return copy && label ? [{ id, seen: copy, label }] : [];
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
function planned({ id, label }: Copy): readonly PulledSession[] {
  if (label instanceof OrcError) return [];
  const { serial } = label;
  return [{
    ...{ session: id, comparison: "created", storedAs: null, serial },
    present: null,
  }];
}

interface Pulling extends Persisting {
  readonly shelf: Shelf;
  readonly copies: readonly Copy[];
  readonly address: string;
  readonly warnings: string[];
  readonly dryRun: boolean;
  readonly keepBoth: boolean;
  readonly isNamed: boolean;
}

async function bringIn(
  pulling: Pulling,
  lock: HeldLock,
): Promise<readonly PulledSession[]> {
  const { repository: { layout, context }, git, copies, warnings } = pulling;
  const { isNamed, keepBoth } = pulling;
  // Under this name the next holder of the lock removes it, should this one be killed.
  const staging = `${layout.sessions}/${STAGING_PREFIX}${lock.token}`;
  const refusals: OrcError[] = [];
  const sessions: PulledSession[] = [];
  try {
    makeDirectory(staging);
    for (const { id, seen, label } of copies) {
      await settleArrival(layout, context, id);
      const how = { label, seen, directory: staging };
      const standing = await standingOf(git, layout.root, how);
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
      else sessions.push(await bring(pulling, { id, seen, standing }));
      discard(`${staging}/${id}`);
    }
  } finally {
    discard(staging);
  }
  const [refusal] = refusals;
  if (refusal !== undefined) throw refusal;
  return sessions;
}

interface Bringing {
  readonly id: string;
  readonly seen: Seen;
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
    ...{ session: id, comparison, storedAs, serial: there.serial },
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
  const known = isKept ? await findKept(pulling, staged.label) : undefined;
  if (known !== undefined) return known;
  // What is here already keeps its own: what people call it, and whose it is.
  if (!isAlike) signOrigin(pulling, staged);
  const taking = { repository, warnings, hint: keepHint(id) };
  const storedAs = await takeCopy(taking, staged, judged);
  if (!isKept) await note(pulling, bringing);
  return storedAs;
}

/** The session that a copy was stored as before; undefined where it was not. */
async function findKept(
  { repository: { store } }: Pulling,
  { session, content }: Label,
): Promise<string | undefined> {
  for (const id of await store.ids()) {
    // What cannot be read of another session keeps nothing from this one.
    const known = await store.meta(id).catch(onRefusal(() => undefined));
    const origin = asObject(known?.get("origin"));
    const isIt = origin?.get("session") === session &&
      origin.get("content") === content;
    if (isIt) return id;
  }
  return undefined;
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
  const meta = parseJson(metaText(paths, label.session), paths.meta);
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
  const missing = entriesIn(paths.checkpoints, "list").map(({ name }) => name)
    .filter((name) => !isThere(`${own.checkpoints}/${name}`));
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
  { git, warnings }: Pulling,
  { id, seen, standing: { staged } }: Bringing,
): Promise<void> {
  const { serial } = staged.label;
  try {
    const from = (await listRefs(git, LOCAL)).get(id);
    const isCommit = seen.commit === seen.tree;
    const message = `session ${id} at update ${serial}`;
    const to = isCommit
      ? seen.commit
      : await writeCommit(git, seen.tree, { parent: from, message });
    await moveRefs(git, [{ ref: LOCAL + id, to, from }]);
  } catch (error) {
    warnings.push(onRefusal(({ message }) => message)(error));
  }
}
