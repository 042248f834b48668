/** Sessions of a snapshot brought in: all is read and judged before anything of it counts. */
import { conflict, notFound } from "../base/error.ts";
import { matchSessionId } from "../base/ids.ts";
import {
  asObject,
  decodeUtf8,
  jsonObject,
  parseJson,
  withFields,
} from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import {
  type RepositoryLayout,
  sessionLayout,
  sessionLayoutAt,
  sessionPathsWithin,
  STAGING_PREFIX,
} from "../base/layout.ts";
import { parentDirectory } from "../base/path.ts";
import { readRemoteUrl } from "../files/git_remote.ts";
import type { HeldLock } from "../files/lock.ts";
import { fileKind } from "../files/read.ts";
import {
  discard,
  ensureDirectories,
  makeDirectory,
  syncDirectory,
  writeNewFile,
  writeNewPieces,
} from "../files/write.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { arrive, finishArrival, settleArrival } from "../session/arrival.ts";
import {
  type Comparison,
  isRefusal,
  refusalOfCopy,
} from "../session/copy_rules.ts";
import { publishDirectory, withSessionLock } from "../session/create.ts";
import {
  readRepositoryMeta,
  repoIdOf,
  withoutCredentials,
} from "../session/repository.ts";
import { findSpare, keepSpare } from "../session/spare.ts";
import type { Session } from "../session/store.ts";
import { isStill, judgeCopy, type JudgedCopy } from "../sessions/copies.ts";
import { stageRenamed } from "./keep_both.ts";
import {
  type OpenedSnapshot,
  openSnapshot,
  readIdentity,
  type ReadOptions,
  readSnapshot,
  type TakeFile,
} from "./read.ts";
import { type SnapshotIdentity, type SnapshotSession, unfit } from "./rules.ts";
import { withoutLocal } from "./source.ts";

export type { Comparison };

/** What is to be brought in. */
export interface ImportSnapshotOptions extends RepositoryOptions, ReadOptions {
  /** Ids of sessions in it, or parts of them as in other commands; without any all of them. */
  readonly sessions?: readonly string[];
  /** Only says what would be done. */
  readonly dryRun?: boolean;
  /** Stores a session that went on in both places, or is another one, under a new id. */
  readonly keepBoth?: boolean;
  /** Takes a snapshot of another repository too. */
  readonly otherRepository?: boolean;
}

/** A session of a snapshot, and what became of it here. */
export interface ImportedSession {
  /** Its id in the snapshot. */
  readonly session: string;
  /** What is to be done in it. */
  readonly task: string;
  /** What it is to the session that was here. */
  readonly comparison: Comparison;
  /** Id of the session that has it now; null where nothing was stored. */
  readonly storedAs: string | null;
  /** Its last update in the snapshot. */
  readonly serial: number;
  /** The last update of the session that was here; null where none was. */
  readonly present: number | null;
}

/** What was brought in. */
export interface Imported {
  /** Where to. */
  readonly place: Place;
  /** The file, absolute. */
  readonly file: string;
  /** Whether nothing was changed because only the plan was asked for. */
  readonly dryRun: boolean;
  /** By their ids. */
  readonly sessions: readonly ImportedSession[];
  /** What went wrong after it counted, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Brings the sessions of a snapshot in. All of it is read, compared with its hashes and judged first;
 * a session that is new here appears whole, one that went on there is put in the place of what is here,
 * and what is newer here stays. There is no merge: where a session went on in both places, nothing at
 * all is brought in, unless it is to be kept under a new id. A session from elsewhere runs no command
 * until a human says that it may: {@linkcode trustSession}.
 *
 * Requires `--allow-read`, `--allow-write`, and `--allow-env` for the key of an encrypted one.
 *
 * @throws {OrcError} `session_diverged`, `other_lineage` or `other_repository` (conflict),
 *   `snapshot_unreadable`, `newer_format` or `changed_outside` (corrupt), `no_such_file` or
 *   `no_such_session` (not_found), `snapshot_too_large` (refused)
 */
export async function importSnapshot(
  host: Host,
  options: ImportSnapshotOptions,
): Promise<Imported> {
  const { dryRun = false, onProgress: _shown, ...rest } = options;
  const repository = openRepository(host, rest, {
    file: true,
    sessions: true,
    keepBoth: true,
    otherRepository: true,
    passphrase: true,
    passphraseFile: true,
    maxSize: true,
  });
  const opened = openSnapshot(host, options);
  const identity = await readIdentity(opened);
  if (!options.otherRepository) await assertSame(repository, identity);
  const wanted = wantedIn(identity, options.sessions ?? []);
  const warnings: string[] = [];
  const importing: Importing = {
    ...{ host, repository, opened, identity, wanted, warnings, dryRun },
    keepBoth: options.keepBoth ?? false,
  };
  const isPlain = dryRun && fileKind(repository.layout.directory) === "absent";
  const sessions = isPlain
    ? await planned(importing)
    : await withPreparedRepository(
      host,
      repository,
      { warnings },
      (lock) => bringIn(importing, lock),
    );
  const place = placeOf(repository, null);
  return { place, file: opened.path, dryRun, sessions, warnings };
}

interface Importing {
  readonly host: Host;
  readonly repository: Repository;
  readonly opened: OpenedSnapshot;
  readonly identity: SnapshotIdentity;
  readonly wanted: readonly SnapshotSession[];
  readonly keepBoth: boolean;
  readonly dryRun: boolean;
  readonly warnings: string[];
}

async function assertSame(
  { layout }: Repository,
  { repoId, gitRemote }: SnapshotIdentity,
): Promise<void> {
  const remote = readRemoteUrl(layout.root);
  const own = readRepositoryMeta(layout)?.repoId ?? await repoIdOf(remote);
  if (own !== undefined && own === repoId) return;
  const [from, here] = [gitRemote, remote && withoutCredentials(remote)]
    .map((url) => url ? `"${url}"` : "a repository without a remote");
  throw conflict(
    "other_repository",
    `The snapshot is from ${from}, and this is ${here}`,
    {
      path: layout.root,
      hint: "if it belongs here all the same, add --other-repository",
      details: { repoId, gitRemote, here: own ?? null },
    },
  );
}

function wantedIn(
  { sessions }: SnapshotIdentity,
  named: readonly string[],
): readonly SnapshotSession[] {
  if (named.length === 0) return sessions;
  const ids = sessions.map(({ id }) => id);
  const wanted = new Set(named.map((text) => {
    try {
      return matchSessionId(text, ids);
    } catch (cause) {
      throw notFound(
        "no_such_session",
        `The snapshot holds no session "${text}"`,
        { hint: "see what it holds: orc snapshot inspect", cause },
      );
    }
  }));
  return sessions.filter(({ id }) => wanted.has(id));
}

/** Where there is no state yet, all of it would be new. */
async function planned(
  { opened, wanted }: Importing,
): Promise<readonly ImportedSession[]> {
  await readSnapshot(opened, () => {});
  return wanted.map(({ id, task, serial }) => ({
    ...{ session: id, task, serial },
    comparison: "created",
    storedAs: null,
    present: null,
  }));
}

async function bringIn(
  importing: Importing,
  lock: HeldLock,
): Promise<readonly ImportedSession[]> {
  const { repository: { layout, context }, wanted } = importing;
  // Under this name the next holder of the lock removes it, should this one be killed.
  const staging = `${layout.directory}/${STAGING_PREFIX}${lock.token}`;
  try {
    makeDirectory(staging);
    await stage(importing, staging);
    const judged: Judged[] = [];
    for (const session of wanted) {
      await settleArrival(layout, context, session.id);
      judged.push(await judge(importing, session, staging));
    }
    const sessions: ImportedSession[] = [];
    for (const each of judged) {
      lock.assertHeld();
      sessions.push(await publishOne(importing, each, staging));
    }
    return sessions;
  } finally {
    discard(staging);
  }
}

/** Unpacks the sessions that are wanted, below a directory of their own, under names of orc's own only. */
async function stage(
  { host, opened, identity, wanted }: Importing,
  staging: string,
): Promise<void> {
  const ids = new Set(wanted.map(({ id }) => id));
  const origin = originOf(host, identity);
  const made = new Set<string>();
  const take: TakeFile = async ({ path, place }, pieces) => {
    if (!ids.has(place.session)) return;
    const target = `${staging}/${path}`;
    const directory = parentDirectory(target) ?? staging;
    if (!made.has(directory)) ensureDirectories(directory);
    made.add(directory);
    if (place.role !== "meta") return void await writeNewPieces(target, pieces);
    const bytes: number[] = [];
    for await (const piece of pieces) bytes.push(...piece);
    const meta = asObject(
      parseJson(decodeUtf8(new Uint8Array(bytes), path), path),
    );
    if (meta === undefined) throw unfit(`"${path}" holds no object`);
    const own = { ...origin, session: place.session };
    const text = printJson(
      withFields(withoutLocal(meta), { origin: jsonObject(own) }),
      2,
    );
    writeNewFile(target, text);
  };
  const { identity: read } = await readSnapshot(opened, take);
  if (JSON.stringify(read) !== JSON.stringify(identity)) {
    throw unfit("it was replaced meanwhile");
  }
  for (const directory of made) syncDirectory(directory);
}

/** Kept in the session's `meta.json`: that it came from elsewhere, and from where. */
function originOf(
  host: Host,
  { repoId, gitRemote, machine, exportedAt }: SnapshotIdentity,
): Readonly<Record<string, string | null>> {
  return {
    repo_id: repoId,
    git_remote: gitRemote,
    machine,
    exported_at: exportedAt,
    imported_at: host.now(),
  };
}

interface Judged extends JudgedCopy {
  readonly snapshot: SnapshotSession;
}

async function judge(
  { repository: { layout: { root } }, identity, opened, keepBoth }: Importing,
  snapshot: SnapshotSession,
  staging: string,
): Promise<Judged> {
  const { id } = snapshot;
  const { machine } = identity;
  const paths = stagedPaths(staging, id);
  const judged = await judgeCopy(root, { id, paths, machine });
  const { comparison } = judged;
  if (!isRefusal(comparison) || keepBoth && comparison !== "newer_format") {
    return { ...judged, snapshot };
  }
  throw refusalOfCopy(comparison, id, { ...judged, hint: keepHint(opened) });
}

function keepHint({ path }: OpenedSnapshot): string {
  return `keep both, theirs under a new id: orc snapshot import ${path} --keep-both`;
}

function stagedPaths(staging: string, id: string) {
  return sessionLayoutAt(`${staging}/${sessionPathsWithin(id).directory}`);
}

async function publishOne(
  importing: Importing,
  judged: Judged,
  staging: string,
): Promise<ImportedSession> {
  const { dryRun } = importing;
  const { comparison, here, snapshot: { id, task, serial } } = judged;
  const storedAs = dryRun ? null : await store(importing, judged, staging);
  const present = here?.serial ?? null;
  return { session: id, task, comparison, storedAs, serial, present };
}

async function store(
  importing: Importing,
  judged: Judged,
  staging: string,
): Promise<string | null> {
  const { repository: { layout, context } } = importing;
  const { comparison, session, snapshot: { id } } = judged;
  const staged = stagedPaths(staging, id);
  switch (comparison) {
    case "same":
    case "older":
      return null;
    case "created":
      publishNew(layout, session, staged.directory, importing.warnings);
      return id;
    case "fast_forward":
      await fastForward(importing, judged, staging);
      return id;
    default: {
      const newId = (await context.idSource())();
      const renamed = await stageRenamed(layout.root, session, {
        staged,
        newId,
      });
      publishNew(layout, renamed, staged.directory, importing.warnings);
      return newId;
    }
  }
}

/** What git's directory keeps of a session that was removed here may be newer, and stays then. */
function publishNew(
  layout: RepositoryLayout,
  session: Session,
  staged: string,
  warnings: string[],
): void {
  const { root } = layout;
  const { id, serial } = session;
  publishDirectory(layout, id, staged);
  const kept = findSpare(root, id)?.states[0]?.serial ?? -1;
  if (kept > serial) {
    warnings.push(
      `Session "${id}" was here before, up to update ${kept}: orc recover ${id} brings that back`,
    );
    return;
  }
  keepSpare({ root, session, before: undefined, isForeign: true });
}

async function fastForward(
  { repository: { layout, context }, opened, identity }: Importing,
  { snapshot: { id }, here }: Judged,
  staging: string,
): Promise<void> {
  const { root } = layout;
  const { directory: guarded } = sessionLayout(root, id);
  const act = { id, guarded, doing: "bring the session up to its copy" };
  const staged = stagedPaths(staging, id);
  await withSessionLock(layout, context, act, async (lock) => {
    await finishArrival(root, id, lock);
    // It may have gone on since it was judged.
    if (here === undefined || !await isStill(root, id, here)) {
      const { machine } = identity;
      const judged = await judgeCopy(root, { id, paths: staged, machine });
      const { comparison } = judged;
      if (isRefusal(comparison)) {
        const hint = keepHint(opened);
        throw refusalOfCopy(comparison, id, { ...judged, hint });
      }
      if (comparison !== "fast_forward") return;
    }
    await arrive(root, id, { staged: staged.directory, lock });
  });
}
