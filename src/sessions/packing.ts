/** Closed sessions as one compressed file each, and back. */
import { OrcError, usage } from "../base/error.ts";
import { matchSessionId } from "../base/ids.ts";
import { sessionLayout } from "../base/layout.ts";
import { parseWholeNumber } from "../base/text.ts";
import { isClosed } from "../engine/state.ts";
import { entriesIn, isThere, sizeOf } from "../files/read.ts";
import { clockOf, type Host } from "../host/host.ts";
import { assertInFiles, DATABASE_COPIES } from "../repository/in_files.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { packOf } from "../session/pack/door.ts";
import { packSession, unpackSession } from "../session/pack/pack.ts";
import { restingDays } from "./cleanup.ts";

/** Which sessions are meant. */
export interface UnpackOptions extends RepositoryOptions {
  /** Ids, or unambiguous parts of them. */
  readonly ids?: readonly string[];
  /** All, instead of naming some. */
  readonly all?: boolean;
  /** Tells what would be done, and does nothing. */
  readonly dryRun?: boolean;
}

/** Which closed sessions are meant. */
export interface PackOptions extends UnpackOptions {
  /** All that have not changed for so many whole days, as typed. */
  readonly olderThan?: string;
}

/** A session that has another form now. */
export interface PackedSession {
  /** Its id. */
  readonly session: string;
  /** Bytes of its files. */
  readonly sizeBytes: number;
  /** Bytes of its pack. */
  readonly packedBytes: number;
}

/** A session that was to have another form, and why it has not. */
export interface UnpackableSession {
  /** Its id. */
  readonly session: string;
  /** Why, as a sentence for people. */
  readonly problem: string;
}

/** What was packed, or unpacked. */
export interface Repacked {
  /** Where it was done; no session. */
  readonly place: Place;
  /** Whether it was only told, and nothing done. */
  readonly dryRun: boolean;
  /** By their ids. */
  readonly sessions: readonly PackedSession[];
  /** Named sessions that were so already, by their ids. */
  readonly unchanged: readonly string[];
  /** Those of several that cannot be. */
  readonly kept: readonly UnpackableSession[];
  /** What went wrong after it counted, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Makes each closed session one compressed file, which is read in place. What is written is read back and
 * compared before anything is removed. Whatever changes a packed session unpacks it.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `missing_argument` (usage) if no session is meant
 * @throws {OrcError} `cannot_pack` (refused) for one that is open, or holds what no pack takes
 */
export async function packSessions(
  host: Host,
  options: PackOptions = {},
): Promise<Repacked> {
  const { olderThan, dryRun = false } = options;
  const limits = { flag: "--older-than", max: MAX_DAYS };
  const days = parseWholeNumber(olderThan ?? "0", limits);
  const repository = openRepository(host, options, {
    ...NAMES,
    olderThan: true,
  });
  await assertInFiles(repository, "pack sessions", DATABASE_COPIES);
  const { layout, context, store } = repository;
  const clock = clockOf(host);
  const isChosen = olderThan !== undefined || options.all === true;
  return await repack(repository, { ...options, all: isChosen }, async (id) => {
    if (isChosen) {
      if (isWhollyPacked(layout.root, id)) return null;
      const { state } = await store.read(id);
      const isOld = (restingDays(state, clock) ?? -1) >= days;
      if (!isClosed(state.status) || !isOld) return null;
    }
    return await packSession(layout, context, id, { dryRun });
  });
}

/**
 * Gives packed sessions their files back, byte for byte.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `missing_argument` (usage) if no session is meant
 * @throws {OrcError} `pack_damaged` or `newer_format` (corrupt); then nothing is changed
 */
export async function unpackSessions(
  host: Host,
  options: UnpackOptions = {},
): Promise<Repacked> {
  const { dryRun = false } = options;
  const repository = openRepository(host, options, NAMES);
  await assertInFiles(repository, "unpack sessions", DATABASE_COPIES);
  const { layout, context } = repository;
  return await repack(repository, options, async (id) => {
    const pack = packOf(layout.root, id);
    if (pack === undefined) {
      // What a crash left of it goes.
      const { packed } = sessionLayout(layout.root, id);
      if (!dryRun && isThere(packed)) await unpackSession(layout, context, id);
      return null;
    }
    const { files } = pack.index;
    const sizeBytes = files.reduce((sum, each) => sum + each.sizeBytes, 0);
    const packedBytes = sizeOf(pack.path);
    if (!dryRun) await unpackSession(layout, context, id);
    return { sizeBytes, packedBytes, warnings: [] };
  });
}

/** Whether nothing is left of its files, so that nobody waits for its lock. */
function isWhollyPacked(root: string, id: string): boolean {
  const { directory } = sessionLayout(root, id);
  return packOf(root, id) !== undefined &&
    entriesIn(directory, "list").length === 1;
}

const NAMES = { ids: true, all: true, dryRun: true } as const;

const MAX_DAYS = 36_500;

/** Null where nothing was to be done. */
type Repack = (id: string) => Promise<
  | Omit<PackedSession, "session"> & { readonly warnings: readonly string[] }
  | null
>;

async function repack(
  repository: Repository,
  { ids: named = [], all = false, dryRun = false }: UnpackOptions,
  act: Repack,
): Promise<Repacked> {
  const known = await repository.store.ids();
  if (!all && named.length === 0) {
    throw usage(
      "missing_argument",
      "No session is named",
      "name sessions, or take --all: orc session list",
    );
  }
  if (all && named.length > 0) {
    throw usage(
      "conflicting_flags",
      "All sessions are wanted, and some are named",
      "leave out --all and --older-than, or the ids",
    );
  }
  const ids = all
    ? known
    : [...new Set(named.map((id) => matchSessionId(id, known)))].sort();
  const sessions: PackedSession[] = [];
  const unchanged: string[] = [];
  const kept: UnpackableSession[] = [];
  const failures: OrcError[] = [];
  const warnings: string[] = [];
  for (const session of ids) {
    try {
      const done = await act(session);
      if (done === null && !all) unchanged.push(session);
      if (done === null) continue;
      const { warnings: told, ...sizes } = done;
      sessions.push({ session, ...sizes });
      warnings.push(...told);
    } catch (error) {
      // One that is damaged keeps nobody from the others.
      if (!(error instanceof OrcError)) throw error;
      failures.push(error);
      kept.push({ session, problem: error.message });
    }
  }
  // Where all went wrong, saying "done, but" would hide it.
  const isNothing = sessions.length + unchanged.length === 0;
  if (isNothing && failures[0] !== undefined) throw failures[0];
  const place = placeOf(repository, null);
  return { place, dryRun, sessions, unchanged, kept, warnings };
}
