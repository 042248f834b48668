/** Sessions brought from files into a database, or back: what is newer there stays, and nothing is merged. */
import { onRefusal, type OrcError, usage } from "../base/error.ts";
import { type JsonObject, jsonObject } from "../base/json.ts";
import {
  sessionLayout,
  sessionLayoutAt,
  STAGING_PREFIX,
} from "../base/layout.ts";
import type { HeldLock } from "../files/lock.ts";
import { isThere } from "../files/read.ts";
import { discard, makeDirectory } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { carryingStoreOf } from "../repository/store.ts";
import { moveNew, settleArrival } from "../session/arrival.ts";
import type { Comparison } from "../session/copy_rules.ts";
import { withSessionLock, writeSessionMeta } from "../session/create.ts";
import {
  type Carried,
  carriedFrom,
  type CarryingStore,
  isMoved,
  MOVED,
  stageCarried,
} from "../session/kept/carried.ts";
import { fileStore } from "../session/read.ts";
import type { Session, SessionStore } from "../session/store.ts";
import { readValue } from "../settings/files.ts";
import { storeModuleOf } from "../settings/store_rules.ts";
import {
  judgeCopy,
  type JudgedCopy,
  refusalOf,
  type StagedCopy,
  takeCopy,
} from "./copies.ts";

/** What is to be moved. */
export interface MoveOptions extends RepositoryOptions {
  /** Where to, as the setting `store` says it: `file`, `postgres`, or a module. */
  readonly to: string;
  /** Tells what would be done, and does nothing. */
  readonly dryRun?: boolean;
  /** Removes from where it was what is there as it was, once it is kept. */
  readonly remove?: boolean;
}

/** A session, and what became of it. */
export interface MovedSession {
  /** Its id, there as here. */
  readonly session: string;
  /** What it is to the one that was at the place it goes to. */
  readonly comparison: Comparison;
  /** Its last update where it comes from. */
  readonly serial: number;
  /** The last update of the one that was there; null where none was. */
  readonly present: number | null;
  /** Whether it is no longer where it was. */
  readonly removed: boolean;
}

/** What was moved. */
export interface Moved {
  /** The repository; no session. */
  readonly place: Place;
  /** Where sessions are kept that are moved, as the setting `store` says it. */
  readonly to: string;
  /** The directory or the database, without anything that lets anybody in. */
  readonly address: string;
  /** Whether nothing was changed because only the plan was asked for. */
  readonly dryRun: boolean;
  /** By their ids. */
  readonly sessions: readonly MovedSession[];
  /** Where sessions are looked for now, and what went wrong after it counted, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Moves the sessions of a repository between its files and the database or the module that the settings name,
 * byte for byte. What went on at both places is refused, and what is there stays. It can be ended at any moment and
 * be called again. The setting `store` stays what it is.
 *
 * Requires `--allow-read`, `--allow-write`, `--allow-env` and `--allow-net` of the database's host.
 *
 * @throws {OrcError} `invalid_value` (usage) for what the setting `store` could not say
 * @throws {OrcError} `session_diverged` or `other_lineage` (conflict) for a session that cannot be moved, once
 *   the others are
 * @throws {OrcError} `store_unreachable` or `store_tls` (external), `store_auth` (denied),
 *   `store_url_missing` (config)
 */
export async function moveSessions(
  host: Host,
  options: MoveOptions,
): Promise<Moved> {
  const { to, dryRun = false, remove = false } = options;
  const repository = openRepository(host, options, {
    to: true,
    dryRun: true,
    remove: true,
  });
  const { layout, context } = repository;
  const far = await farStoreOf(host, repository, to);
  const files = fileStore(layout, context);
  const [source, target] = to === "file"
    ? [far.store, files]
    : [files, far.store];
  const warnings: string[] = [];
  const address = to === "file" ? layout.sessions : far.address;
  const moving = {
    ...{ repository: { ...repository, store: files }, host, far, address },
    ...{ source, target, dryRun, remove, warnings },
  };
  const ids = await source.ids();
  const isPlain = dryRun && !isThere(layout.directory);
  const sessions = ids.length === 0 || isPlain
    ? await planned(source, ids)
    : await withPreparedRepository(
      host,
      repository,
      { warnings },
      (lock) => moveAll({ ...moving, to, lock }, ids),
    );
  const isSet = await readValue(host, repository, "store") === to;
  if (!isSet && !dryRun) {
    warnings.push(
      `The setting store does not say "${to}" yet, so that orc still looks where the sessions were: orc config set store ${to} --global`,
    );
  }
  const place = placeOf(repository, null);
  return { place, to, address, dryRun, sessions, warnings };
}

/** The one of both places that is no directory: where to, or where from. */
async function farStoreOf(
  host: Host,
  repository: Repository,
  to: string,
): Promise<CarryingStore> {
  const present = String(await readValue(host, repository, "store"));
  // Whoever says already that files count comes from the database, where there is one.
  const from = storeModuleOf(present) ? present : "postgres";
  const far = await carryingStoreOf(
    ...[host, repository, to === "file" ? from : to] as const,
  );
  if (far !== undefined) return far;
  throw usage(
    "invalid_value",
    to === ""
      ? "Nobody says where sessions are to be moved"
      : `Sessions cannot be kept in "${to}"`,
    "name one: --to file, --to postgres, or the module that keeps them",
  );
}

/** Where there are no files yet, all would be new. */
async function planned(
  source: SessionStore,
  ids: readonly string[],
): Promise<readonly MovedSession[]> {
  return await Promise.all(ids.map(async (session) => ({
    ...{ session, comparison: "created" as const, present: null },
    serial: (await source.read(session)).serial,
    removed: false,
  })));
}

async function moveAll(
  moving: Omit<Moving, "staging"> & { readonly lock: HeldLock },
  ids: readonly string[],
): Promise<readonly MovedSession[]> {
  const { repository: { layout }, lock } = moving;
  // Under this name the next holder of the lock removes it, should this one be killed.
  const staging = `${layout.sessions}/${STAGING_PREFIX}${lock.token}`;
  const sessions: MovedSession[] = [];
  const refusals: OrcError[] = [];
  try {
    makeDirectory(staging);
    for (const id of ids) {
      lock.assertHeld();
      // One that cannot be moved keeps no other from it.
      const moved = await moveOne({ ...moving, staging }, id).catch(
        onRefusal((refusal) => void refusals.push(refusal)),
      );
      if (moved) sessions.push(moved);
    }
  } finally {
    discard(staging);
  }
  const [refusal] = refusals;
  if (refusal !== undefined) throw refusal;
  return sessions;
}

interface Moving {
  readonly host: Host;
  /** With its files as the store. */
  readonly repository: Repository;
  readonly far: CarryingStore;
  readonly to: string;
  readonly address: string;
  readonly source: SessionStore;
  readonly target: SessionStore;
  /** Below the root; nobody reads there. */
  readonly staging: string;
  readonly dryRun: boolean;
  readonly remove: boolean;
  readonly warnings: string[];
}

async function moveOne(
  moving: Moving,
  id: string,
): Promise<MovedSession | undefined> {
  const { repository: { layout, context }, far, to, dryRun } = moving;
  if (isThere(sessionLayout(layout.root, id).directory)) {
    await settleArrival(layout, context, id);
  }
  const inDatabase = await far.carriedOf(id);
  const judged = to === "file"
    // It was removed meanwhile.
    ? inDatabase && await judgeStaged(moving, inDatabase)
    : await judgeForDatabase(moving, id, inDatabase);
  if (judged === undefined) return undefined;
  const { comparison, session, present, refusal } = judged;
  if (refusal !== undefined) throw refusal;
  const { serial } = session;
  if (dryRun) {
    return { session: id, comparison, serial, present, removed: false };
  }
  if (judged.staged) await intoFiles(moving, comparison, judged.staged);
  else await intoDatabase(moving, id, { comparison, before: inDatabase });
  await welcome(moving, id);
  const feedback = await addFeedback(moving, id);
  const removed = await leave(moving, session, feedback);
  return { session: id, comparison, serial, present, removed };
}

/** A session that is to be moved, and what it is to the one that is there. */
interface Standing {
  readonly comparison: Comparison;
  readonly session: Session;
  /** The last update of the one that is there. */
  readonly present: number | null;
  readonly refusal: OrcError | undefined;
  /** The files that it is to become; undefined where it becomes none. */
  readonly staged?: {
    readonly copy: StagedCopy;
    readonly judged: JudgedCopy;
  };
}

const HINT =
  "neither was changed; give up one of both: ORCHESTRATOR_STORE=file orc session info, ORCHESTRATOR_STORE=postgres orc session info";

/** Lays a session of the database beside those of the files, and compares it. */
async function judgeStaged(
  { repository: { layout }, staging }: Moving,
  carried: Carried,
): Promise<Standing> {
  const { session } = carried;
  const paths = sessionLayoutAt(`${staging}/${session.id}`);
  discard(paths.directory);
  await stageCarried(carried, paths);
  const copy = { id: session.id, paths, machine: null };
  const judged = await judgeCopy(layout.root, copy);
  const { comparison, here } = judged;
  const refusal = refusalOf(session.id, judged, { hint: HINT });
  const present = here?.serial ?? null;
  return { comparison, session, present, refusal, staged: { copy, judged } };
}

/** What is newer here is what goes on there. */
const SEEN_FROM_THERE: Partial<Record<Comparison, Comparison>> = {
  fast_forward: "older",
  older: "fast_forward",
};

async function judgeForDatabase(
  moving: Moving,
  id: string,
  inDatabase: Carried | undefined,
): Promise<Standing> {
  if (inDatabase === undefined) {
    const { session } = await carriedFrom(moving.repository.layout, id);
    const comparison = "created";
    return { comparison, session, present: null, refusal: undefined };
  }
  const { comparison, refusal } = await judgeStaged(moving, {
    ...inDatabase,
    async *checkpoints() {},
    async *outputs() {},
  });
  return {
    comparison: SEEN_FROM_THERE[comparison] ?? comparison,
    session: await moving.source.read(id),
    present: inDatabase.session.serial,
    refusal,
  };
}

async function intoFiles(
  { repository, warnings }: Moving,
  comparison: Comparison,
  { copy, judged }: NonNullable<Standing["staged"]>,
): Promise<void> {
  const { layout, context } = repository;
  const { id, paths } = copy;
  if (comparison !== "same" && comparison !== "older") {
    await takeCopy(
      { repository, warnings, hint: HINT, isMove: true },
      copy,
      judged,
    );
    return;
  }
  const own = sessionLayout(layout.root, id);
  const act = { id, guarded: own.directory, doing: "bring what belongs to it" };
  await withSessionLock(layout, context, act, (lock) => {
    lock.assertHeld();
    moveNew(paths.checkpoints, own.checkpoints);
    moveNew(paths.outputs, own.outputs);
  });
}

async function intoDatabase(
  { repository: { layout, context }, far }: Moving,
  id: string,
  { comparison, before }: {
    readonly comparison: Comparison;
    readonly before: Carried | undefined;
  },
): Promise<void> {
  const { directory: guarded } = sessionLayout(layout.root, id);
  const doing = "move the session into the database";
  // A packed one is read as it is.
  const act = { id, guarded, doing, leavesPack: true };
  await withSessionLock(layout, context, act, async () => {
    const carried = await carriedFrom(layout, id);
    const isThere = comparison === "same" || comparison === "older";
    if (isThere) await far.keepBeside(carried);
    else await far.keepCarried(carried, before?.state);
  });
}

/**
 * Adds what was said where the session was and is not known where it is now: more of a line than is there.
 * Returns how much that was.
 */
async function addFeedback(
  { source, target }: Moving,
  id: string,
): Promise<number> {
  const known = new Map<string, number>();
  const there = await target.feedback(id);
  for (const pair of await feedbackOf(target, id)) {
    const key = JSON.stringify(pair);
    known.set(key, (known.get(key) ?? 0) + 1);
  }
  const said = await feedbackOf(source, id);
  for (const pair of said) {
    const key = JSON.stringify(pair);
    const count = known.get(key) ?? 0;
    known.set(key, count - 1);
    if (count <= 0) await there.add(pair);
  }
  return said.length;
}

async function feedbackOf(store: SessionStore, id: string) {
  const kept = await store.feedback(id);
  const tool: string[] = [];
  const process: string[] = [];
  for await (const line of kept.lines("tool")) tool.push(line ?? "");
  for await (const line of kept.lines("process")) process.push(line ?? "");
  const count = Math.max(tool.length, process.length);
  return Array.from({ length: count }, (_, index) => ({
    tool: tool[index] ?? "",
    process: process[index] ?? "",
  }));
}

/**
 * Removes a session from where it was, if it is still as it was moved, with as much feedback; else says there
 * that it counts elsewhere.
 */
async function leave(
  moving: Moving,
  session: Session,
  feedback: number,
): Promise<boolean> {
  const { source, target, remove, warnings } = moving;
  const { id, serial } = session;
  if (!remove) {
    await sign(moving, session);
    return false;
  }
  const kept = await target.checkpoints(id);
  const there = new Set<string>();
  for await (const { id: checkpoint } of kept.all([])) there.add(checkpoint);
  const removed = await source.remove(id, async (now, beside) => {
    if (now.serial !== serial) return false;
    const here = await beside();
    return here.feedback === feedback &&
      here.checkpoints.every((checkpoint) => there.has(checkpoint));
  });
  if (!removed && (await source.ids()).includes(id)) {
    warnings.push(
      `Session "${id}" went on where it was, and is left there: move it again`,
    );
  }
  return removed;
}

/** Whatever was said of a session when it left, it is back. */
async function welcome(moving: Moving, id: string): Promise<void> {
  const meta = await moving.target.meta(id);
  if (isMoved(meta)) await remark(moving, moving.to === "file", id, null);
}

async function sign(moving: Moving, { id }: Session): Promise<void> {
  const { host, to, address } = moving;
  const moved = jsonObject({ to, address, at: host.now() });
  await remark(moving, to !== "file", id, moved);
}

async function remark(
  { host, repository: { layout, context }, far }: Moving,
  isInFiles: boolean,
  id: string,
  moved: JsonObject | null,
): Promise<void> {
  const said = { [MOVED]: moved };
  const remark = { id, said, startedAtLocal: host.localNow() };
  if (isInFiles) await writeSessionMeta(layout, context, remark);
  else await far.remark(remark);
}
