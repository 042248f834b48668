/** Sessions whose files are gone, brought back from what git's directory keeps of them. */
import {
  corrupt,
  isOrcError,
  notFound,
  nothingIfCorrupt,
  onRefusal,
  type OrcError,
  refused,
  unlessCorrupt,
} from "../base/error.ts";
import { matchSessionId, shortSessionId } from "../base/ids.ts";
import {
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
  sessionLayoutAt,
  STAGING_PREFIX,
} from "../base/layout.ts";
import {
  MAX_CANDIDATES,
  MAX_SMALL_FILE_BYTES,
  MAX_STATE_BYTES,
} from "../base/limits.ts";
import { oneLine } from "../base/markdown.ts";
import { nameOf } from "../base/path.ts";
import { listOf } from "../base/text.ts";
import type { HeldLock } from "../files/lock.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import {
  copyToNew,
  isSameBytes,
  makeDirectory,
  putAside,
  writeAtomic,
} from "../files/write.ts";
import { assertRemovalWanted } from "../host/confirm.ts";
import type { Host } from "../host/host.ts";
import { assertInFiles, DATABASE_COPIES } from "../repository/in_files.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
  type SessionPlace,
} from "../repository/open.ts";
import {
  assertPreparable,
  withPreparedRepository,
} from "../repository/prepare.ts";
import { readIfThere } from "../repository/select.ts";
import { decodeSession, type StoredSession } from "../session/codec.ts";
import {
  notChosen,
  publishDirectory,
  publishSession,
  sessionMeta,
  withSessionLock,
  writeCurrent,
} from "../session/create.ts";
import { openPack, packedBytes } from "../session/pack/read.ts";
import { readCurrent } from "../session/read.ts";
import {
  findSpare,
  keepSpare,
  listSpares,
  removeSpare,
  type Spare,
  sparesDirectory,
} from "../session/spare.ts";
import type { SessionStatus } from "../workflow/types.ts";

/** A session that is gone, or older than what is kept of it. */
export interface Recoverable {
  /** Its id. */
  readonly session: string;
  /** What was to be done in it. */
  readonly task: string;
  /** How it stood. */
  readonly status: SessionStatus;
  /** The newest update that is kept. */
  readonly serial: number;
  /** The update that the session is at now; null where it is gone. */
  readonly present: number | null;
}

/** What could be brought back. */
export interface RecoverableList {
  /** Where it was looked. */
  readonly place: Place;
  /** By their ids. */
  readonly sessions: readonly Recoverable[];
  /** What is kept and cannot be read, as sentences for people. */
  readonly warnings: readonly string[];
}

/** The session to bring back. */
export interface RecoverOptions extends RepositoryOptions {
  /** Its id, or a part of it as in other commands; not needed where only one is missing. */
  readonly session?: string;
  /** Tells what would be done, and does nothing. */
  readonly dryRun?: boolean;
}

/** The session to let go, and how sure that is. */
export interface ForgetOptions extends RecoverOptions {
  /** Removes what is kept of it without asking. */
  readonly yes?: boolean;
}

/** A session that is there again. */
export interface Recovered {
  /** Where it is. */
  readonly place: SessionPlace;
  /** Its id. */
  readonly session: string;
  /** What is to be done in it. */
  readonly task: string;
  /** The update it is at. */
  readonly serial: number;
  /** Whether it is the session of all who have none of their own. */
  readonly current: boolean;
  /** What lay in its place, renamed; before it is done, under its own name. Empty where nothing lay there. */
  readonly aside: readonly string[];
  /** Whether it was only told, and nothing done. */
  readonly dryRun: boolean;
  /** What went wrong after it counted, as sentences for people. */
  readonly warnings: readonly string[];
}

/** A session that is not kept any more. */
export interface Forgotten {
  /** Where it was kept. */
  readonly place: Place;
  /** Its id. */
  readonly session: string;
  /** Whether it was only told, and nothing done. */
  readonly dryRun: boolean;
}

/**
 * Lists the sessions that are gone, or older than what git's directory keeps of them. Outside of git
 * there are none.
 *
 * Requires `--allow-read`.
 */
export async function listRecoverable(
  host: Host,
  options: RepositoryOptions = {},
): Promise<RecoverableList> {
  const repository = openRepository(host, options, {});
  const found = await findRecoverable(repository);
  const sessions = found.flatMap(({ line }) => line ?? []);
  const warnings = found.flatMap(({ problem }) => problem?.message ?? []);
  return { place: placeOf(repository, null), sessions, warnings };
}

/**
 * Brings a session back as it was at the newest update that is kept: after `git clean -fdx`, `rm -rf
 * .orchestrator`, or an older copy that was put back. What lies in its place is renamed.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `nothing_to_recover` (not_found) if no session is missing
 * @throws {OrcError} `session_ambiguous` (refused) if several are, and none is named
 * @throws {OrcError} `no_such_session` (not_found) if the one named is not among them
 * @throws {OrcError} `changed_outside` (corrupt) if what is kept was changed
 */
export async function recoverSession(
  host: Host,
  options: RecoverOptions = {},
): Promise<Recovered> {
  const { dryRun = false } = options;
  const repository = openRepository(host, options, { dryRun: true });
  await assertInFiles(repository, "bring a session back", DATABASE_COPIES);
  const { layout } = repository;
  const { spare } = await chosen(repository, options.session);
  const warnings: string[] = [];
  const aside: string[] = [];
  const work = async (lock: HeldLock): Promise<StoredSession> => {
    const kept = await readSpare(spare);
    aside.push(...await putBack(host, repository, { spare, kept, lock }));
    try {
      if (readCurrent(layout) === undefined) {
        warnings.push(...writeCurrent(layout, spare.id, lock));
      }
    } catch (error) {
      throw notChosen(layout, spare.id, error);
    }
    return kept.session;
  };
  const plan = async (): Promise<StoredSession> => {
    assertPreparable(host, repository);
    aside.push(...inPlaceOf(sessionLayout(layout.root, spare.id)));
    return (await readSpare(spare)).session;
  };
  const session = dryRun
    ? await plan()
    : await withPreparedRepository(host, repository, { warnings }, work);
  const current = readCurrent(layout);
  return {
    place: placeOf(repository, spare.id),
    session: spare.id,
    task: session.state.task,
    serial: session.serial,
    current: current === spare.id || dryRun && current === undefined,
    aside,
    dryRun,
    warnings,
  };
}

/** What has to make room for a session that comes back. */
function inPlaceOf({ state, log, packed }: SessionLayout): readonly string[] {
  return [state, log, packed].filter((path) => fileKind(path) !== "absent");
}

/**
 * Lets a session go that is gone: what git's directory keeps of it is removed, after a yes.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `not_confirmed` (refused) if nobody says yes
 * @throws {OrcError} as {@linkcode recoverSession}
 */
export async function forgetSession(
  host: Host,
  options: ForgetOptions = {},
): Promise<Forgotten> {
  const { yes = false, dryRun = false } = options;
  const repository = openRepository(host, options, {
    dryRun: true,
    yes: true,
  });
  const { spare: { id }, line } = await chosen(repository, options.session);
  const forgotten = { place: placeOf(repository, null), session: id, dryRun };
  if (dryRun) return forgotten;
  if (!yes) {
    const task = line === undefined ? [] : [oneLine(line.task)];
    assertRemovalWanted(host, {
      lines: [[id, ...task].join("  ")],
      amount: "what is kept of a session",
      details: { sessions: [id] },
    });
  }
  removeSpare(repository.layout.root, id);
  return forgotten;
}

/** A session that is missing: how it stood, or why that cannot be read. */
type Found =
  & { readonly spare: Spare }
  & (
    | { readonly line: Recoverable; readonly problem?: undefined }
    | { readonly line?: undefined; readonly problem: OrcError }
  );

async function findRecoverable(
  repository: Repository,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const spare of listSpares(repository.layout.root)) {
    const serial = spare.states[0]?.serial ?? 0;
    // What is damaged is worth no more than what is gone; what only cannot be read now is not touched.
    const present = await readIfThere(repository, spare.id)
      .catch(nothingIfCorrupt);
    if (present !== undefined && present.serial >= serial) continue;
    found.push(
      await readSpare(spare).then(({ session: { state } }) => {
        const { task, status } = state;
        const at = { serial, present: present?.serial ?? null };
        return { spare, line: { session: spare.id, task, status, ...at } };
      }, onRefusal((problem) => ({ spare, problem }))),
    );
  }
  return found;
}

async function chosen(
  repository: Repository,
  named: string | undefined,
): Promise<Found> {
  const found = await findRecoverable(repository);
  const whole = found.filter(({ line }) => line !== undefined);
  // Who names none means one that can be read, where there is one.
  const meant = named === undefined && whole.length > 0 ? whole : found;
  const ids = meant.map(({ spare }) => spare.id);
  if (ids.length === 0) throw nothingMissing(repository.layout.root);
  if (named === undefined && ids.length > 1) {
    throw refused(
      "session_ambiguous",
      `Several sessions are missing: ${
        listOf(ids.map(shortSessionId), MAX_CANDIDATES)
      }`,
      {
        hint: "see them, then name one of them: orc recover --list",
        details: { candidates: ids.slice(0, MAX_CANDIDATES) },
      },
    );
  }
  const id = named === undefined ? ids[0] : matchMissing(named, ids);
  const one = found.find(({ spare }) => spare.id === id);
  if (one === undefined) throw new Error("an id that was matched is there");
  return one;
}

/** Nobody is told that all is there where that is not known. */
function nothingMissing(root: string): OrcError {
  const message = sparesDirectory(root) === null
    ? `Nothing is kept to bring a session back from: "${root}" lies in no git repository`
    : "No session is missing here";
  return notFound("nothing_to_recover", message, "orc session list");
}

/** Where sessions are listed that are there, a missing one is not found. */
function matchMissing(named: string, ids: readonly string[]): string {
  try {
    return matchSessionId(named, ids);
  } catch (error) {
    if (!isOrcError(error, "no_such_session")) throw error;
    throw notFound(
      "no_such_session",
      `No session "${named}" is missing here`,
      "orc recover --list",
    );
  }
}

interface KeptState {
  readonly session: StoredSession;
  readonly bytes: Uint8Array;
}

/** What nobody vouches for is not brought back. */
async function readSpare({ id, directory, states }: Spare): Promise<KeptState> {
  const path = states[0]?.path ?? directory;
  const bytes = readRegularFile(path, MAX_STATE_BYTES);
  if (bytes === undefined) throw isGone(id, path);
  const session = await decodeSession(new TextDecoder().decode(bytes), path);
  if (session.checksum === "valid" && session.sessionId === id) {
    return { session, bytes };
  }
  throw corrupt(
    "changed_outside",
    `"${path}" was changed outside orc: it is not the state that was kept`,
    { path, hint: `let it go: orc recover ${id} --forget` },
  );
}

function isGone(id: string, path: string): OrcError {
  return notFound(
    "no_such_session",
    `What was kept of session "${id}" is gone`,
    { path, hint: "orc recover --list" },
  );
}

/** Returns what lay in its place, renamed. */
async function putBack(
  host: Host,
  { layout, context }: Repository,
  { spare: { id, directory }, kept, lock }: {
    readonly spare: Spare;
    readonly kept: KeptState;
    readonly lock: HeldLock;
  },
): Promise<readonly string[]> {
  const { root } = layout;
  const paths = sessionLayout(root, id);
  const from = sessionLayoutAt(directory);
  const aside: string[] = [];
  const isPacked = fileKind(from.log) === "absent" && holds(from, kept);
  const isGone = fileKind(paths.directory) === "absent";
  if (isGone && isPacked) {
    const staging = `${layout.sessions}/${STAGING_PREFIX}${lock.token}`;
    makeDirectory(staging);
    copyToNew(from.packed, sessionLayoutAt(staging).packed);
    publishDirectory(layout, id, staging);
  } else if (isGone) {
    const meta = readRegularFile(from.meta, MAX_SMALL_FILE_BYTES) ??
      sessionMeta(id, host.localNow());
    const files = { meta, log: { copyOf: from.log }, state: kept.bytes };
    publishSession(layout, id, files, lock.token);
  } else {
    const doing = "recover the session";
    const act = { id, guarded: paths.directory, doing, leavesPack: true };
    await withSessionLock(layout, context, act, (held) => {
      held.assertHeld();
      for (const path of inPlaceOf(paths)) {
        aside.push(putAside(path, context.now()));
      }
      if (isPacked) return copyToNew(from.packed, paths.packed);
      copyToNew(from.log, paths.log);
      writeAtomic(paths.state, kept.bytes, { token: held.token });
    });
  }
  // What is kept of a packed one is its pack, and stays.
  if (!isPacked) refreshSpare(layout, id, kept.session);
  return aside;
}

/** Whether what is kept of a session is its pack: with the state, it holds all the rest. */
function holds(
  { packed, state }: SessionLayout,
  { bytes }: KeptState,
): boolean {
  const pack = unlessCorrupt(() => openPack(packed));
  const file = pack?.find(nameOf(state));
  return pack !== undefined && file !== undefined &&
    isSameBytes(bytes, packedBytes(pack, file, MAX_STATE_BYTES));
}

function refreshSpare(
  { root }: RepositoryLayout,
  id: string,
  stored: StoredSession,
): void {
  const session = { ...stored, id, legacyPath: null };
  const isForeign = findSpare(root, id)?.isForeign ?? false;
  // The names that are kept lead to the old files, which are whole: nothing is lost in between.
  removeSpare(root, id);
  keepSpare({ root, session, before: undefined, isForeign });
}
