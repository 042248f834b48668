/** How a session becomes one file. */
import {
  conflict,
  external,
  type OrcError,
  refused,
  unlessCorrupt,
} from "../../base/error.ts";
import {
  LOCK_NAME,
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
  TEMPORARY_SUFFIX,
} from "../../base/layout.ts";
import { relativePath } from "../../base/path.ts";
import { isClosed } from "../../engine/state.ts";
import { asOrcError, ifThere } from "../../files/errors.ts";
import {
  type HeldLock,
  leftoverToken,
  type LockContext,
  withLock,
} from "../../files/lock.ts";
import { guardDirectory, isThere, kindOf, listed } from "../../files/read.ts";
import { hashFile, loadHash, type NewHash } from "../../files/tree.ts";
import {
  discard,
  keepOwner,
  openRegular,
  publish,
  readAt,
  removeIfEmpty,
  removeIfThere,
  syncDirectory,
  writeAll,
} from "../../files/write.ts";
import { finishArrival } from "../arrival.ts";
import { withSessionLock } from "../create.ts";
import { assertWritable } from "../encode.ts";
import {
  encodeEnd,
  encodeIndex,
  isPackable,
  PACK_BLOCK_BYTES,
  type PackedFile,
  type PackIndex,
} from "./format.ts";
import { noSuchSession, readSession } from "../read.ts";
import { isRefusal, keepPackedSpare } from "../spare.ts";
import type { Session } from "../store.ts";
import { packOf } from "./door.ts";
import { hashPacked, openPack } from "./read.ts";
import { settlePack } from "./settle.ts";

/** What packing did. */
export interface Packed {
  /** Bytes of the files before. */
  readonly sizeBytes: number;
  /** Bytes of the pack. */
  readonly packedBytes: number;
  /** What went wrong after it counted. */
  readonly warnings: readonly string[];
}

/** How a session is packed. */
export interface Packing {
  /** Tells what would come of it, and does nothing. */
  readonly dryRun?: boolean;
  /** Asked about the session as it is under the lock. */
  readonly mayPack?: (session: Session) => boolean;
}

/**
 * Packs a session that is closed; null where it is packed already, or may not be. The pack is written aside,
 * read back and compared before it has its name, and before anything is removed.
 *
 * @throws {OrcError} `cannot_pack` (refused) for one that is open, or holds what no pack takes
 */
export async function packSession(
  layout: RepositoryLayout,
  context: LockContext,
  id: string,
  { dryRun = false, mayPack = () => true }: Packing = {},
): Promise<Packed | null> {
  const { root } = layout;
  const paths = sessionLayout(root, id);
  const { directory } = paths;
  if (guardDirectory(root, directory) === "absent") {
    throw noSuchSession(id, directory);
  }
  const newHash = await loadHash();
  const { gzipSync } = await import("node:zlib");
  const compress = (bytes: Uint8Array) => gzipSync(bytes, { level: LEVEL });
  const look = async (): Promise<readonly Found[] | null> => {
    const session = await readSession(layout, id);
    assertWritable(session, paths.state);
    if (!isClosed(session.state.status)) throw isOpen(id, paths);
    return mayPack(session) ? filesIn(paths) : null;
  };
  if (dryRun) {
    const found = packOf(root, id) === undefined ? await look() : null;
    return found && measured(writePack(found, { newHash, compress }, () => {}));
  }
  return await keepingTime(
    directory,
    "pack",
    () =>
      withLock(directory, context, async (lock) => {
        if (isThere(paths.arriving)) await finishArrival(root, id, lock);
        const pack = packOf(root, id);
        if (pack !== undefined) {
          const isSame = (path: string, { sha256 }: PackedFile) =>
            hashFile(path, newHash) === sha256;
          removeLoose(paths, pack.index, isSame);
          return null;
        }
        await settlePack(root, id, lock, context.now);
        const found = await look();
        if (found === null) return null;
        const staged = stage(paths, found, lock, { newHash, compress });
        if (seenIn(filesIn(paths)) === seenIn(found)) {
          return swap(root, id, lock, staged);
        }
        discard(staged.path);
        throw changedMeanwhile(id, paths);
      }),
  );
}

/** Gives a packed session its files back; nothing where it is not packed. */
export async function unpackSession(
  layout: RepositoryLayout,
  context: LockContext,
  id: string,
): Promise<void> {
  const { directory } = sessionLayout(layout.root, id);
  const act = { id, guarded: directory, doing: "unpack the session" };
  // Who takes the lock to change a session unpacks it.
  await keepingTime(
    directory,
    "unpack",
    () => withSessionLock(layout, context, act, () => {}),
  );
}

/** Lists show what was changed last, and nothing is. */
async function keepingTime<Result>(
  directory: string,
  doing: "pack" | "unpack",
  act: () => Promise<Result>,
): Promise<Result> {
  const time = ifThere(() => Deno.lstatSync(directory))?.mtime;
  try {
    return await act();
  } catch (error) {
    throw asOrcError(error, `${doing} the session`, directory);
  } finally {
    if (time) restoreTime(directory, time);
  }
}

/** More is hardly smaller, and takes twice as long. */
const LEVEL = 4;

interface Found {
  readonly name: string;
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/** All that lies in the directory of a session but its lock, what waits for that, and a pack. */
function filesIn(paths: SessionLayout): readonly Found[] {
  const { directory, packed, state } = paths;
  const { uid } = Deno.lstatSync(state);
  const found: Found[] = [];
  const visit = (parent: string): void => {
    for (const { name: last, isDirectory } of listed(parent)) {
      const path = `${parent}/${last}`;
      const isOwn = parent === directory && (last === LOCK_NAME ||
        path === packed || leftoverToken(last, isDirectory) !== undefined);
      if (isOwn) continue;
      const name = relativePath(directory, path) ?? last;
      const info = Deno.lstatSync(path);
      const kind = kindOf(info);
      const isOrdinary = kind === "directory" || kind === "file";
      if (!isOrdinary) throw notPackable(path, "it is no regular file");
      if (!isPackable(name)) throw notPackable(path, "no pack has such a name");
      if (info.uid !== uid) {
        throw notPackable(path, "it belongs to another user");
      }
      found.push({ name, path, info });
      if (kind === "directory") visit(path);
    }
  };
  visit(directory);
  return found.toSorted((one, other) => one.name < other.name ? -1 : 1);
}

function seenIn(found: readonly Found[]): string {
  return found.map(({ name, info: { ino, size, mtime, isFile } }) =>
    [name, isFile && [ino, size, mtime?.getTime()]].join("/")
  ).join("\n");
}

interface Means {
  readonly newHash: NewHash;
  readonly compress: (bytes: Uint8Array) => Uint8Array;
}

interface Written {
  readonly index: PackIndex;
  readonly packedBytes: number;
}

/** Makes a pack, piece by piece. */
function writePack(
  found: readonly Found[],
  means: Means,
  write: (piece: Uint8Array) => void,
): Written {
  let packedBytes = 0;
  const put = (piece: Uint8Array): void => {
    write(piece);
    packedBytes += piece.length;
  };
  const encoder = new TextEncoder();
  const files = found.filter(({ info }) => info.isFile)
    .map((each) => append(each, means, put));
  const directories = found.filter(({ info }) => info.isDirectory)
    .map(({ name }) => name);
  const index = { files, directories };
  const text = encoder.encode(encodeIndex(index));
  const bytes = means.compress(text);
  put(bytes);
  const end = { indexBytes: bytes.length, textBytes: text.length };
  put(encoder.encode(encodeEnd(end)));
  return { index, packedBytes };
}

function measured({ index, packedBytes }: Written): Packed {
  const sizeBytes = index.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return { sizeBytes, packedBytes, warnings: [] };
}

interface Staged extends Written {
  readonly path: string;
}

/** Writes a pack aside, durably, and reads it back. */
function stage(
  { packed, state }: SessionLayout,
  found: readonly Found[],
  { token }: HeldLock,
  means: Means,
): Staged {
  const path = `${packed}.${token}${TEMPORARY_SUFFIX}`;
  const like = Deno.lstatSync(state);
  const mode = (like.mode ?? 0o644) & 0o777;
  try {
    const file = Deno.openSync(path, { createNew: true, write: true, mode });
    try {
      keepOwner(path, file.statSync(), like);
      const written = writePack(found, means, (piece) => writeAll(file, piece));
      file.syncSync();
      compare(path, written.index, means.newHash);
      return { path, ...written };
    } finally {
      file.close();
    }
  } catch (error) {
    discard(path);
    throw error;
  }
}

function append(
  { name, path, info }: Found,
  { newHash, compress }: Means,
  put: (piece: Uint8Array) => void,
): PackedFile {
  const hash = newHash();
  const blocks: number[] = [];
  const file = openRegular(path, info, "read", { read: true });
  try {
    for (let at = 0; at < info.size; at += PACK_BLOCK_BYTES) {
      const length = Math.min(PACK_BLOCK_BYTES, info.size - at);
      const bytes = readAt(file, at, length);
      hash.update(bytes);
      const block = compress(bytes);
      put(block);
      blocks.push(block.length);
    }
  } finally {
    file.close();
  }
  return {
    name,
    sizeBytes: info.size,
    mode: (info.mode ?? 0o644) & 0o777,
    mtimeMs: Math.max(0, info.mtime?.getTime() ?? 0),
    sha256: hash.digest("hex"),
    blocks,
  };
}

/** What cannot be read back is no pack, whatever was written. */
function compare(path: string, index: PackIndex, newHash: NewHash): void {
  const isSame = unlessCorrupt(() => {
    const pack = openPack(path);
    return pack !== undefined &&
      encodeIndex(pack.index) === encodeIndex(index) &&
      index.files.every((file) =>
        hashPacked(pack, file, newHash) === file.sha256
      );
  });
  if (isSame) return;
  throw external(
    "disk_error",
    `Cannot pack "${path}": it reads otherwise than it was written`,
    {
      path,
      hint: "check the disk before you go on; nothing was changed",
    },
  );
}

/** Puts the pack in the place of the files: once the state is gone, it counts. */
function swap(
  root: string,
  id: string,
  lock: HeldLock,
  staged: Staged,
): Packed {
  const paths = sessionLayout(root, id);
  try {
    lock.assertHeld();
    publish(staged.path, paths.packed);
  } catch (error) {
    discard(staged.path);
    throw error;
  }
  syncDirectory(paths.directory);
  keepPackedSpare(root, id);
  lock.assertHeld();
  removeIfThere(paths.state);
  const warnings: string[] = [];
  try {
    syncDirectory(paths.directory);
    removeLoose(paths, staged.index, isUntouched);
  } catch (error) {
    const reason = asOrcError(error, "remove the files of", paths.directory);
    warnings.push(
      `The session is packed, but not all that lay there before is removed: ${
        (reason as Error).message
      }`,
    );
  }
  return { ...measured(staged), warnings };
}

/** Removes the files that a pack holds, as long as they are those; anything else stays. */
function removeLoose(
  { directory }: SessionLayout,
  { files, directories }: PackIndex,
  isSame: (path: string, file: PackedFile) => boolean,
): void {
  for (const file of files) {
    const path = `${directory}/${file.name}`;
    if (isThere(path) && isSame(path, file)) removeIfThere(path);
  }
  // Those within others come first.
  for (const name of directories.toReversed()) {
    removeIfEmpty(`${directory}/${name}`);
  }
  syncDirectory(directory);
}

function isUntouched(path: string, file: PackedFile): boolean {
  const { isFile, size, mtime } = Deno.lstatSync(path);
  return isFile && size === file.sizeBytes &&
    mtime?.getTime() === file.mtimeMs;
}

function restoreTime(directory: string, time: Date): void {
  try {
    Deno.utimeSync(directory, time, time);
  } catch (error) {
    // It is gone, or another user's: then it only stands elsewhere in a list.
    if (!isRefusal(error)) throw error;
  }
}

function isOpen(id: string, { directory: path }: SessionLayout): OrcError {
  return refused(
    "cannot_pack",
    `Cannot pack session "${id}": it is not closed`,
    { path, hint: "end it first: orc finish" },
  );
}

function notPackable(path: string, why: string): OrcError {
  return refused("cannot_pack", `Cannot pack "${path}": ${why}`, {
    path,
    hint: "move it away; nothing was changed",
  });
}

function changedMeanwhile(id: string, paths: SessionLayout): OrcError {
  return conflict(
    "session_changed",
    `Cannot pack session "${id}": its files were changed meanwhile`,
    { path: paths.directory, hint: "try again" },
  );
}
