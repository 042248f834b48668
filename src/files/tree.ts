import { OrcError } from "../base/error.ts";
import { asOrcError, isAbsent } from "./errors.ts";

/** A hash that is fed piece by piece. */
export interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}

/** Begins a SHA-256. */
export type NewHash = () => Hash;

/** Loads what hashes in pieces; the runtimes' own `crypto` wants a whole file at once. */
export async function loadHash(): Promise<NewHash> {
  const { createHash } = await import("node:crypto");
  return () => createHash("sha256");
}

const BLOCK_BYTES = 1024 * 1024;

/** One block for all files: they are read one after the other. */
const block = new Uint8Array(BLOCK_BYTES);

/**
 * Gives a file to a reader piece by piece; each piece is good until the next.
 * Links are not followed: what is opened must be what was looked at.
 *
 * @throws {OrcError} conflict `legacy_changed` if it is another file by now
 */
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
export function hashFile(
  path: string,
  newHash: NewHash,
  onBytes: (count: number) => void = () => {},
): string {
  const hash = newHash();
  readPieces(path, Deno.lstatSync(path), (piece) => {
    hash.update(piece);
    onBytes(piece.length);
  });
  return hash.digest("hex");
}

/** The error for a legacy file that somebody writes while it is migrated. */
export function changedMeanwhile(path: string): OrcError {
  return new OrcError(
    "conflict",
    "legacy_changed",
    `"${path}" was changed while it was being migrated; nothing was moved`,
    { path, hint: "let the other program end, then run again: orc migrate" },
  );
}
