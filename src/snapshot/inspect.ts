/** What a snapshot holds, without taking anything from it. */
import { assertKnown } from "../repository/open.ts";
import type { Host } from "../host/host.ts";
import { openSnapshot, type ReadOptions, readSnapshot } from "./read.ts";
import type { SnapshotSession } from "./rules.ts";

/** A snapshot that was read to its end. */
export interface Inspected {
  /** The file, absolute. */
  readonly file: string;
  /** Whether it can be read only with a key. */
  readonly encrypted: boolean;
  /** Version of the orc that made it. */
  readonly orcVersion: string;
  /** When it was made. */
  readonly exportedAt: string;
  /** The machine that made it; null where it may not tell. */
  readonly machine: string | null;
  /** Of the repository that its sessions are from; null where that has no identity. */
  readonly repoId: string | null;
  /** The remote of that repository, without credentials. */
  readonly gitRemote: string | null;
  /** By their ids. */
  readonly sessions: readonly SnapshotSession[];
  /** How many files it holds. */
  readonly files: number;
  /** Bytes of all that is in it, unpacked. */
  readonly contentBytes: number;
  /** Bytes of the file. */
  readonly sizeBytes: number;
}

/**
 * Reads a snapshot to its end, compares every file with its hash, and says what it holds. Writes
 * nothing.
 *
 * Requires `--allow-read`, and `--allow-env` for the key of an encrypted one.
 *
 * @throws {OrcError} `no_such_file` (not_found), `snapshot_unreadable` or `newer_format` (corrupt),
 *   `snapshot_too_large` (refused), `no_passphrase` (denied)
 */
export async function inspectSnapshot(
  host: Host,
  options: ReadOptions,
): Promise<Inspected> {
  assertKnown(options, {
    file: true,
    maxSize: true,
    onProgress: true,
    passphrase: true,
    passphraseFile: true,
  });
  const opened = openSnapshot(host, options);
  const { identity, files } = await readSnapshot(opened, () => {});
  const sizes = Array.from(files.values(), ({ sizeBytes }) => sizeBytes);
  return {
    file: opened.path,
    encrypted: opened.opener !== undefined,
    ...identity,
    files: files.size,
    contentBytes: sizes.reduce((sum, size) => sum + size, 0),
    sizeBytes: opened.info.size,
  };
}
