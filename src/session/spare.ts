/**
 * Second names of what sessions hold, in the directory that all worktrees of a git repository share:
 * `git clean -fdx`, `rm -rf .orchestrator` and a removed worktree leave them. A name costs no copy
 * and no sync. That of a state tells its update and the head of its chain, so that an older copy
 * which is put back in its place is noticed.
 */
import { onRefusal, OrcError, orElse, unlessCorrupt } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import {
  gitLayout,
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
  sessionLayoutAt,
  TEMPORARY_SUFFIX,
} from "../base/layout.ts";
import {
  KEPT_AFTER_END_MS,
  MAX_LOG_TAIL_BYTES,
  MAX_STATE_BYTES,
} from "../base/limits.ts";
import { parentDirectory } from "../base/path.ts";
import { epochMsOf } from "../base/time.ts";
import { isClosed } from "../engine/state.ts";
import {
  codeOf,
  ifThere,
  isAbsent,
  isTaken,
  isWithoutLinks,
} from "../files/errors.ts";
import { readGitPointer } from "../files/git.ts";
import { entriesIn, fileKind, isGranted, readText } from "../files/read.ts";
import {
  discard,
  ensureDirectories,
  readAt,
  removeIfThere,
  renameOver,
  writeAll,
  writeNewFile,
} from "../files/write.ts";
import { decodeSession } from "./codec.ts";
import { readRepositoryMeta } from "./repository.ts";
import type { Session } from "./store.ts";

/** What is kept of one session. */
export interface Spare {
  readonly id: string;
  readonly directory: string;
  /** The states that have a name there, the newest first; but for a crash, one. */
  readonly states: readonly SpareState[];
  /** Whether somebody was told that its session is missing, and started another. */
  readonly isTold: boolean;
  /** Whether the session was there before anything was kept of it: it may have come from elsewhere. */
  readonly isForeign: boolean;
}

/** A state with a second name. */
export interface SpareState {
  readonly path: string;
  readonly serial: number;
  /** Head of its chain. */
  readonly head: string;
}

/** Where second names lie; null outside of git, and where git's own files cannot tell. */
export function sparesDirectory(root: string): string | null {
  return orElse(() => {
    const pointer = readGitPointer(root);
    return "commonDirectory" in pointer
      ? gitLayout(pointer.commonDirectory).spares
      : null;
  }, () => null);
}

/** A session at an update, and before it. */
interface Kept {
  readonly root: string;
  readonly session: Session;
  /** Undefined when its state is to be the only one that is kept. */
  readonly before: Pick<Session, "serial" | "chain"> | undefined;
  /** As {@linkcode Spare.isForeign}; without it, whether an orc that keeps names made its updates. */
  readonly isForeign?: boolean;
}

/**
 * Gives the files of a session their second names, and takes that of the state before away. It is
 * an addition: where it cannot be made, the update counts all the same.
 */
export function keepSpare(
  { root, session, before, isForeign = (before?.chain ?? null) !== null }: Kept,
): void {
  const spares = sparesDirectory(root);
  const name = stateName(session);
  if (spares === null || name === undefined) return;
  if (!isGranted({ name: "write", path: spares })) return;
  const paths = sessionLayout(root, session.id);
  const spare = sessionLayoutAt(`${spares}/${session.id}`);
  const above = parentDirectory(spares) ?? spares;
  if (![above, spares, spare.directory].every(isOwn)) return;
  try {
    if (!link(paths.state, `${spare.directory}/${name}`)) {
      ensureDirectories(spare.directory);
      if (isForeign) mark(spare, FOREIGN);
      link(paths.state, `${spare.directory}/${name}`);
    }
    if (before === undefined) removeOthers(spare.directory, name);
    else removeIfThere(`${spare.directory}/${stateName(before) ?? "none"}`);
    link(paths.meta, spare.meta);
    linkLog(paths.log, spare.log);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

/** Whether the system said no; anything else is a bug. */
export function isRefusal(error: unknown): boolean {
  return error instanceof OrcError ||
    /^(?:E[A-Z0-9]+|NotCapable)$/.test(codeOf(error));
}

/** False where the directory is missing. A name that is there already is left. */
function link(from: string, to: string): boolean {
  try {
    Deno.linkSync(from, to);
  } catch (error) {
    if (isAbsent(error)) return false;
    if (isTaken(error)) return true;
    if (!isWithoutLinks(error)) throw error;
    Deno.openSync(to, { createNew: true, write: true }).close();
    appendTail(from, to, 0);
  }
  return true;
}

/** A log is appended to: its second name stays until the first one is given to another file. */
function linkLog(from: string, to: string): void {
  const [log, spare] = [from, to].map((path) =>
    ifThere(() => Deno.lstatSync(path))
  );
  if (log === undefined || isSameFile(log, spare)) return;
  const fresh = `${to}${TEMPORARY_SUFFIX}`;
  try {
    if (spare === undefined) return Deno.linkSync(from, to);
    discard(fresh);
    Deno.linkSync(from, fresh);
    return renameOver(fresh, to);
  } catch (error) {
    if (!isWithoutLinks(error)) throw error;
  }
  // Where there are no links it is a copy, which grows with it, but not by gigabytes.
  const isCopy = spare?.isFile && spare.nlink === 1 && spare.size <= log.size;
  const keptBytes = isCopy ? spare.size : 0;
  if (log.size - keptBytes > MAX_LOG_TAIL_BYTES) return;
  if (isCopy && appendTail(from, to, keptBytes)) return;
  discard(to);
  link(from, to);
}

/** False where the copy is not the beginning of the log: its last bytes tell. */
function appendTail(from: string, to: string, fromBytes: number): boolean {
  const source = Deno.openSync(from, { read: true });
  const copy = Deno.openSync(to, { read: true, append: true });
  try {
    const length = Math.min(fromBytes, LAST_BYTES);
    const [end, other] = [source, copy].map((file) =>
      new TextDecoder().decode(readAt(file, fromBytes - length, length))
    );
    if (end !== other) return false;
    const { size } = source.statSync();
    for (let at = fromBytes; at < size; at += BLOCK_BYTES) {
      writeAll(copy, readAt(source, at, Math.min(BLOCK_BYTES, size - at)));
    }
    return true;
  } finally {
    source.close();
    copy.close();
  }
}

const LAST_BYTES = 256;
const BLOCK_BYTES = 64 * 1024;

function isSameFile(one: Deno.FileInfo, other?: Deno.FileInfo): boolean {
  return one.ino !== null && one.ino === other?.ino && one.dev === other.dev;
}

/** Whether a log has no names but its own and the second one, and may be appended to. */
export function isSpareLog(
  root: string,
  id: string,
  log: Deno.FileInfo,
): boolean {
  const spares = sparesDirectory(root);
  if (spares === null || log.nlink !== 2) return false;
  const { log: path } = sessionLayoutAt(`${spares}/${id}`);
  return isSameFile(log, ifThere(() => Deno.lstatSync(path)));
}

/** Of a session that is packed, its pack has a second name instead of its log, which would take room twice. */
export function keepPackedSpare(root: string, id: string): void {
  withSpare(root, id, (own, kept) => {
    discard(kept.packed);
    Deno.linkSync(own.packed, kept.packed);
    removeIfThere(kept.log);
  });
}

/** The same back. */
export function keepLooseSpare(root: string, id: string): void {
  withSpare(root, id, (own, kept) => {
    linkLog(own.log, kept.log);
    removeIfThere(kept.packed);
  });
}

function withSpare(
  root: string,
  id: string,
  act: (own: SessionLayout, kept: SessionLayout) => void,
): void {
  const spare = findSpare(root, id);
  if (spare === undefined) return;
  if (!isGranted({ name: "write", path: spare.directory })) return;
  try {
    act(sessionLayout(root, id), sessionLayoutAt(spare.directory));
  } catch (error) {
    // Where there are no links, what is kept stays as it is.
    if (!isRefusal(error) && !isWithoutLinks(error)) throw error;
  }
}

function removeOthers(directory: string, name: string): void {
  for (const state of statesIn(directory)) {
    if (state.path !== `${directory}/${name}`) removeIfThere(state.path);
  }
}

function stateName(
  { serial, chain }: Pick<Session, "serial" | "chain">,
): string | undefined {
  const name = `state.${serial}.${chain?.head}.json`;
  // A state may come from elsewhere, and no name in it leads to another place.
  return STATE_NAME.test(name) ? name : undefined;
}

const STATE_NAME = /^state\.(\d{1,15})\.([0-9a-f]{64})\.json$/;

function statesIn(directory: string): readonly SpareState[] {
  return entriesIn(directory, "list").flatMap(({ name, isFile }) => {
    const [, serial, head] = STATE_NAME.exec(name) ?? [];
    if (!isFile || serial === undefined || head === undefined) return [];
    return [{ path: `${directory}/${name}`, serial: Number(serial), head }];
  }).sort((one, other) => other.serial - one.serial);
}

/** An empty file: from then on only who asks is told. */
const TOLD = "told";

/** An empty file: see {@linkcode Spare.isForeign}. */
const FOREIGN = "foreign";

/** Notes that somebody was told that a session is missing. */
export function markTold(
  spares: readonly Pick<Spare, "directory">[],
): void {
  for (const spare of spares) mark(spare, TOLD);
}

function mark({ directory }: Pick<Spare, "directory">, name: string): void {
  try {
    writeNewFile(`${directory}/${name}`, "");
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

/** What is kept of a session; undefined where nothing is. */
export function findSpare(root: string, id: string): Spare | undefined {
  const spares = sparesDirectory(root);
  if (spares === null || !isReal(spares)) return undefined;
  const directory = `${spares}/${id}`;
  if (!isReal(directory)) return undefined;
  const states = statesIn(directory);
  if (states.length === 0) return undefined;
  const [isTold = false, isForeign = false] = [TOLD, FOREIGN].map((name) =>
    fileKind(`${directory}/${name}`) !== "absent"
  );
  return { id, directory, states, isTold, isForeign };
}

/** What is kept of all sessions, or of some, by their ids. */
export function listSpares(
  root: string,
  isWanted: (id: string) => boolean = () => true,
): readonly Spare[] {
  return spareIds(root).filter(isWanted)
    .flatMap((id) => findSpare(root, id) ?? []);
}

/** What is kept of sessions that are not there, and were not removed by orc. */
export function absentSpares(layout: RepositoryLayout): readonly Spare[] {
  const { root, sessions } = layout;
  // Where sessions may not be looked at, nobody knows which are missing.
  return orElse(() => {
    const spares = listSpares(
      root,
      (id) => fileKind(`${sessions}/${id}`) === "absent",
    );
    // Where git tracks them, they lie on other branches.
    const isPortable = spares.length > 0 &&
      readRepositoryMeta(layout)?.portable;
    return isPortable ? [] : spares;
  }, () => []);
}

/** The same, without those of which somebody was told. */
export function missingSpares(layout: RepositoryLayout): readonly Spare[] {
  return absentSpares(layout).filter(({ isTold }) => !isTold);
}

function spareIds(root: string): readonly string[] {
  const spares = sparesDirectory(root);
  if (spares === null || !isReal(spares)) return [];
  return entriesIn(spares, "list")
    .filter(({ name, isDirectory }) => isDirectory && isSessionId(name))
    .map(({ name }) => name).sort();
}

/** Takes away what is kept of sessions that ended long ago. */
export async function removeOldSpares(
  root: string,
  now: string,
): Promise<void> {
  const isOld = (path: string): boolean => {
    const changedMs = Deno.lstatSync(path).mtime?.getTime();
    return (epochMsOf(now) ?? 0) - (changedMs ?? Infinity) > KEPT_AFTER_END_MS;
  };
  const spares = sparesDirectory(root);
  const old = listSpares(root, (id) => isOld(`${spares}/${id}`));
  for (const { id, states: [newest] } of old) {
    const text = newest &&
      unlessCorrupt(() => readText(newest.path, MAX_STATE_BYTES));
    if (text === undefined) continue;
    const closed = await decodeSession(text, newest?.path ?? "").then(
      ({ state }) => isClosed(state.status),
      onRefusal(() => false),
    );
    if (closed) removeSpare(root, id);
  }
}

/** Links are not followed: nobody leads orc elsewhere from there. */
function isReal(directory: string): boolean {
  return orElse(() => fileKind(directory) === "directory", () => false);
}

/** Nor does anybody lead there what is written. */
function isOwn(directory: string): boolean {
  return orElse(
    () => /^(?:directory|absent)$/.test(fileKind(directory)),
    () => false,
  );
}

/** Takes away what is kept of a session that was removed on purpose. */
export function removeSpare(root: string, id: string): void {
  const spare = findSpare(root, id);
  if (spare === undefined) return;
  if (!isGranted({ name: "write", path: spare.directory })) return;
  try {
    removeIfThere(spare.directory, true);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
