/** How a session that is one file becomes many again. */
import { external, type OrcError, unlessCorrupt } from "../../base/error.ts";
import {
  type SessionLayout,
  sessionLayout,
  STAGING_PREFIX,
} from "../../base/layout.ts";
import { nameOf } from "../../base/path.ts";
import type { HeldLock } from "../../files/lock.ts";
import { fileKind, guardPath, isThere } from "../../files/read.ts";
import { hashFile, loadHash, type NewHash } from "../../files/tree.ts";
import {
  discard,
  ensureDirectories,
  keepAttributes,
  keepOwner,
  makeDirectory,
  putAside,
  removeDurably,
  renameOver,
  syncDirectory,
  writeAll,
} from "../../files/write.ts";
import { damagedPack, type PackedFile } from "./format.ts";
import { keepLooseSpare } from "../spare.ts";
import { openPack, type Pack, readPacked } from "./read.ts";

/**
 * Unpacks a session: its state comes last, and from then on the files count. Where there is a state already,
 * an unpacking was cut short and is finished, if it is the one in the pack; any other pack is put aside.
 * Only the holder of the lock may.
 *
 * @throws {OrcError} `pack_damaged` or `newer_format` (corrupt); then nothing is changed
 */
export async function unpackUnderLock(
  root: string,
  id: string,
  lock: HeldLock,
  at: string,
): Promise<void> {
  const paths = sessionLayout(root, id);
  guardPath(root, paths.packed);
  const newHash = await loadHash();
  const isBegun = isThere(paths.state);
  const pack = isBegun
    ? unlessCorrupt(() => packOfState(paths, newHash))
    : openPack(paths.packed);
  if (pack !== undefined) {
    spread(root, paths, pack, { lock, newHash, at, isBegun });
    try {
      syncDirectory(paths.directory);
      removeDurably(paths.packed);
    } catch (cause) {
      throw unconfirmed(id, paths.packed, cause);
    }
  } else if (isBegun) {
    putAside(paths.packed, at);
  }
  keepLooseSpare(root, id);
}

/** It counts, and nobody may be told that nothing was changed. */
function unconfirmed(id: string, path: string, cause: unknown): OrcError {
  return external(
    "unconfirmed",
    `Session "${id}" is unpacked, but the disk did not confirm it`,
    {
      path,
      hint: "check the disk; the next update of it does the rest",
      cause,
    },
  );
}

/** The pack, if its state is the one that lies there. */
function packOfState(
  { state, packed }: SessionLayout,
  newHash: NewHash,
): Pack | undefined {
  const pack = openPack(packed);
  const sha256 = pack?.find(nameOf(state))?.sha256;
  return sha256 === hashFile(state, newHash) ? pack : undefined;
}

interface Means {
  readonly lock: HeldLock;
  readonly newHash: NewHash;
  /** When what lies in the way is put aside. */
  readonly at: string;
  /** Whether the files count already. */
  readonly isBegun: boolean;
}

/** Puts the files of a pack where they lay. */
function spread(
  root: string,
  { directory, state: statePath }: SessionLayout,
  pack: Pack,
  { lock, newHash, at, isBegun }: Means,
): void {
  const { files, directories } = pack.index;
  const state = pack.find(nameOf(statePath));
  if (state === undefined) throw damagedPack(pack.path, "it holds no state");
  const staging = `${directory}/${STAGING_PREFIX}${lock.token}`;
  const put = (file: PackedFile): void => {
    const target = `${directory}/${file.name}`;
    const isSame = fileKind(target) === "file" &&
      (isBegun || hashFile(target, newHash) === file.sha256);
    if (isSame) return;
    if (isThere(target)) putAside(target, at);
    renameOver(`${staging}/${file.name}`, target);
  };
  for (const name of directories) guardPath(root, `${directory}/${name}`, true);
  try {
    makeDirectory(staging);
    extract(pack, staging, newHash);
    lock.assertHeld();
    for (const name of directories) ensureDirectories(`${directory}/${name}`);
    for (const file of files) if (file !== state) put(file);
    for (const name of directories) syncDirectory(`${directory}/${name}`);
    syncDirectory(directory);
    lock.assertHeld();
    put(state);
  } finally {
    discard(staging);
  }
}

/** Writes all files of a pack durably, each as its index says. */
function extract(pack: Pack, directory: string, newHash: NewHash): void {
  const owner = Deno.lstatSync(pack.path);
  for (const name of pack.index.directories) {
    ensureDirectories(`${directory}/${name}`);
  }
  for (const file of pack.index.files) {
    const path = `${directory}/${file.name}`;
    const hash = newHash();
    const options = { createNew: true, write: true, mode: 0o600 };
    const made = Deno.openSync(path, options);
    try {
      keepOwner(path, made.statSync(), owner);
      readPacked(pack, file, (piece) => {
        hash.update(piece);
        writeAll(made, piece);
      });
      keepAttributes(path, file);
      made.syncSync();
    } finally {
      made.close();
    }
    if (hash.digest("hex") !== file.sha256) {
      throw damagedPack(pack.path, `"${file.name}" in it is damaged`);
    }
  }
}
