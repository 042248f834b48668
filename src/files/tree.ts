import { conflict, type OrcError } from "../base/error.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { type Mount, mountOf } from "../base/mount.ts";
import { joinPath } from "../base/path.ts";
import { asOrcError, codeOf, isAbsent, isDenied } from "./errors.ts";
import { ifAllowed, kindOf, listed } from "./read.ts";

export interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}

export type NewHash = () => Hash;

/** Loads what hashes in pieces; the runtimes' own `crypto` wants a whole file at once. */
export async function loadHash(
  name: "sha1" | "sha256" = "sha256",
): Promise<NewHash> {
  const { createHash } = await import("node:crypto");
  return () => createHash(name);
}

const BLOCK_BYTES = 1024 * 1024;

/** One block for all files: they are read one after the other. */
const block = new Uint8Array(BLOCK_BYTES);

/** Gives a file to a reader piece by piece; what is opened must be what was looked at. */
export function readPieces(
  path: string,
  seen: Deno.FileInfo,
  take: (piece: Uint8Array) => void,
): void {
  const file = openLegacy(path);
  try {
    const opened = file.statSync();
    if (opened.ino !== seen.ino || opened.dev !== seen.dev) {
      throw changedMeanwhile(path);
    }
    for (;;) {
      const count = file.readSync(block);
      if (!count) return;
      take(block.subarray(0, count));
    }
  } finally {
    file.close();
  }
}

/** Opens a file that was seen there; one that is gone by now throws as it is. */
export function openLegacy(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    if (isAbsent(error)) throw error;
    throw asOrcError(error, "read", path);
  }
}

/** SHA-256 of a file in 64 hex digits. */
export function hashFile(path: string, newHash: NewHash): string {
  const hash = newHash();
  readPieces(path, Deno.lstatSync(path), (piece) => hash.update(piece));
  return hash.digest("hex");
}

/** The error for a legacy file that somebody writes while it is migrated. */
export function changedMeanwhile(path: string): OrcError {
  return conflict(
    "legacy_changed",
    `"${path}" was changed while it was being migrated; nothing was moved`,
    { path, hint: "let the other program end, then run again: orc migrate" },
  );
}

/** A legacy file as it was found; links are not followed. */
export interface LegacyFile {
  /** Seen from the root. */
  readonly path: string;
  readonly kind: ReturnType<typeof kindOf>;
  readonly sizeBytes: number;
  /** Permission bits. */
  readonly mode: number;
  readonly mtimeMs: number;
  /** Null for what is no file. */
  readonly sha256: string | null;
}

/** Returns what lies at a place, without its hash; undefined for nothing. */
export function factOf(root: string, path: string): LegacyFile | undefined {
  const absolute = joinPath(root, path);
  try {
    const info = Deno.lstatSync(absolute);
    return {
      path,
      kind: kindOf(info),
      sizeBytes: info.isFile ? info.size : 0,
      mode: (info.mode ?? 0o644) & 0o7777,
      mtimeMs: info.mtime?.getTime() ?? 0,
      sha256: null,
    };
  } catch (error) {
    if (isAbsent(error) || codeOf(error) === "ENOTDIR") return undefined;
    throw asOrcError(error, "look at", absolute);
  }
}

export function isUnchanged(root: string, file: LegacyFile): boolean {
  const now = factOf(root, file.path);
  return now !== undefined && now.kind === file.kind &&
    now.sizeBytes === file.sizeBytes && now.mtimeMs === file.mtimeMs;
}

/** All that lies below a directory, sorted; links are listed and not followed. */
export function treeBelow(root: string, path: string): readonly LegacyFile[] {
  const absolute = joinPath(root, path);
  let names: readonly string[];
  try {
    names = listed(absolute).map(({ name }) => name).sort();
  } catch (error) {
    throw asOrcError(error, "list", absolute);
  }
  return names.flatMap((name) => {
    const file = factOf(root, `${path}/${name}`);
    if (file === undefined) throw changedMeanwhile(absolute);
    return file.kind === "directory"
      ? [file, ...treeBelow(root, file.path)]
      : [file];
  });
}

/** Bytes a user may still write where a path lies; null where the system does not say, or may not be asked. */
export async function freeBytesAt(path: string): Promise<number | null> {
  try {
    const { statfsSync } = await import("node:fs");
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    // Who may not know goes on without the check: a full disk is refused later, by the write.
    return null;
  }
}

/** Bytes of all files below a directory. Links count for themselves, what is hidden for nothing. */
export function treeSizeBytes(directory: string): number {
  let sizeBytes = 0;
  const entries = unlessHidden(directory, () => listed(directory));
  for (const { name, isDirectory } of entries ?? []) {
    const path = `${directory}/${name}`;
    sizeBytes += isDirectory
      ? treeSizeBytes(path)
      : unlessHidden(path, () => Deno.lstatSync(path).size) ?? 0;
  }
  return sizeBytes;
}

function unlessHidden<Value>(
  path: string,
  look: () => Value,
): Value | undefined {
  try {
    return look();
  } catch (cause) {
    const error = asOrcError(cause, "measure", path);
    if (isAbsent(cause) || isDenied(error)) return undefined;
    throw error;
  }
}

/** Warns that the superuser made what the repository's owner cannot change. */
export function foreignOwner(
  { root, directory }: RepositoryLayout,
): readonly string[] {
  const [owner, maker] = [Deno.statSync(root), Deno.lstatSync(directory)];
  if (maker.uid !== 0 || owner.uid === 0) return [];
  return [
    `"${directory}" belongs to root, as root made it; to let its owner go on, change that with chown`,
  ];
}

const MOUNTS = "/proc/self/mounts";

/** The file system an absolute path lies on; undefined where the system does not say, or may not be asked. */
export function mountAt(path: string): Mount | undefined {
  return ifAllowed(
    { name: "read", path: MOUNTS },
    () => mountOf(Deno.readTextFileSync(MOUNTS), path),
  );
}
