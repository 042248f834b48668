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
import { assertInFiles, DATABASE_COPIES } from "../repository/in_files.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { settleArrival } from "../session/arrival.ts";
import type { Comparison } from "../session/copy_rules.ts";
import {
  readRepositoryMeta,
  repoIdOf,
  withoutCredentials,
} from "../session/repository.ts";
import {
  judgeCopy,
  type JudgedCopy,
  refusalOf,
  type StagedCopy,
  takeCopy,
} from "../sessions/copies.ts";
import { withoutLocal } from "../sessions/leaving.ts";
import {
  type OpenedSnapshot,
  openSnapshot,
  readIdentity,
  type ReadOptions,
  readSnapshot,
  type TakeFile,
} from "./read.ts";
import { type SnapshotIdentity, type SnapshotSession, unfit } from "./rules.ts";

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
  await assertInFiles(repository, "bring sessions in", DATABASE_COPIES);
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
      sessions.push(await publishOne(importing, each));
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
  readonly copy: StagedCopy;
}

async function judge(
  { repository: { layout: { root } }, identity, opened, keepBoth }: Importing,
  snapshot: SnapshotSession,
  staging: string,
): Promise<Judged> {
  const { id } = snapshot;
  const { machine } = identity;
  const copy = { id, paths: stagedPaths(staging, id), machine };
  const judged = await judgeCopy(root, copy);
  const refusal = refusalOf(id, judged, { hint: keepHint(opened), keepBoth });
  if (refusal !== undefined) throw refusal;
  return { ...judged, snapshot, copy };
}

function keepHint({ path }: OpenedSnapshot): string {
  return `keep both, theirs under a new id: orc snapshot import ${path} --keep-both`;
}

function stagedPaths(staging: string, id: string) {
  return sessionLayoutAt(`${staging}/${sessionPathsWithin(id).directory}`);
}

async function publishOne(
  { repository, opened, warnings, dryRun }: Importing,
  judged: Judged,
): Promise<ImportedSession> {
  const { comparison, copy, here, snapshot: { id, task, serial } } = judged;
  const taking = { repository, warnings, hint: keepHint(opened) };
  const storedAs = dryRun ? null : await takeCopy(taking, copy, judged);
  const present = here?.serial ?? null;
  return { session: id, task, comparison, storedAs, serial, present };
}
