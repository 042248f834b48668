/** Snapshots as they come back: nothing of one is believed before its last byte was read. */
import { notFound, OrcError, refused } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import { nameOf, parentDirectory } from "../base/path.ts";
import { sizeText } from "../base/text.ts";
import { asOrcError, ifThere } from "../files/errors.ts";
import { butThereIs } from "../files/near.ts";
import { openSame, readBeginning } from "../files/read.ts";
import { loadHash } from "../files/tree.ts";
import type { Host } from "../host/host.ts";
import {
  decrypted,
  entriesOf,
  type Entry,
  type Opener,
  type Pieces,
  unzipped,
} from "./archive.ts";
import { isSnapshot, MAX_BEGINNING_BYTES, pathOf, sizeIn } from "./export.ts";
import type { SnapshotProgress } from "./export.ts";
import { type KeyOptions, openerFor } from "./keys.ts";
import {
  checkComplete,
  checkHeader,
  checkManifest,
  decodeIdentity,
  type FilePlace,
  IDENTITY_NAME,
  MANIFEST_NAME,
  type SnapshotFile,
  type SnapshotIdentity,
  unfit,
} from "./rules.ts";

/** What opens a snapshot, and how much of it is read. */
export interface ReadOptions
  extends Pick<KeyOptions, "passphrase" | "passphraseFile"> {
  /** The file; relative to the working directory. */
  readonly file: string;
  /** Reads no more than that, unpacked, as typed: `50MB`; 4 GB without it. */
  readonly maxSize?: string;
  /** Told again and again how far it is. */
  readonly onProgress?: (progress: SnapshotProgress) => void;
}

/** A snapshot that was found and can be opened. */
export interface OpenedSnapshot {
  readonly path: string;
  readonly info: Deno.FileInfo;
  readonly opener: Opener | undefined;
  readonly maxBytes: number;
  readonly onProgress: ReadOptions["onProgress"];
}

/** A few bytes may stand for any number; whoever has more says so. */
const MAX_CONTENT_BYTES = 4e9;

/** Finds the file and its key; whether they fit shows when it is read. */
export function openSnapshot(
  host: Host,
  options: ReadOptions,
): OpenedSnapshot {
  const path = pathOf(host, options.file);
  const maxBytes = sizeIn(options.maxSize, MAX_CONTENT_BYTES);
  try {
    const info = ifThere(() => Deno.lstatSync(path));
    const beginning = readBeginning(path, MAX_BEGINNING_BYTES);
    if (info === undefined || beginning === undefined) {
      const directory = parentDirectory(path) ?? path;
      const more = butThereIs(directory, nameOf(path));
      const message = `No file "${options.file}"${more}`;
      throw notFound("no_such_file", message, { path, hint: "check the path" });
    }
    if (!isSnapshot(beginning)) throw unfit("it is no snapshot of orc");
    const opener = openerFor(host, beginning, options);
    return { path, info, opener, maxBytes, onProgress: options.onProgress };
  } catch (error) {
    throw unreadable(asOrcError(error, "read", path), path);
  }
}

/** Takes the files of a snapshot, one after the other. */
export type TakeFile = (
  file: { readonly path: string; readonly place: FilePlace },
  pieces: Pieces,
) => void | Promise<void>;

/** What a snapshot holds. */
export interface SnapshotContent {
  readonly identity: SnapshotIdentity;
  /** By their paths. */
  readonly files: ReadonlyMap<string, SnapshotFile>;
}

/** Reads what a snapshot says of itself, which stands at its beginning. */
export async function readIdentity(
  opened: OpenedSnapshot,
): Promise<SnapshotIdentity> {
  const entries = guarded(opened, entriesIn(opened));
  for await (const entry of entries) {
    return identityFrom(await textOf(opened, entry, IDENTITY_NAME));
  }
  throw unreadable(unfit("it is empty"), opened.path);
}

/** More is no text that orc wrote: some 300,000 files are named in as much. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/**
 * Reads a snapshot to its end and compares every file with its hash. What `take` was given counts
 * only if it returns.
 *
 * @throws {OrcError} `snapshot_unreadable` or `newer_format` (corrupt), `snapshot_too_large` (refused)
 */
export async function readSnapshot(
  opened: OpenedSnapshot,
  take: TakeFile,
): Promise<SnapshotContent> {
  const { path: source } = opened;
  const newHash = await loadHash();
  const files = new Map<string, SnapshotFile>();
  let identity: SnapshotIdentity | undefined;
  let isEnded = false;
  const entries = guarded(opened, entriesIn(opened));
  try {
    for await (const entry of entries) {
      const { name, size: sizeBytes } = entry.header;
      if (isEnded) throw unfit("more follows behind its last entry");
      if (identity === undefined) {
        identity = identityFrom(await textOf(opened, entry, IDENTITY_NAME));
        continue;
      }
      if (name === MANIFEST_NAME) {
        checkManifest(await textOf(opened, entry, MANIFEST_NAME), files);
        checkComplete(identity, files);
        isEnded = true;
        continue;
      }
      const place = checkHeader(entry.header);
      const isKnown = identity.sessions.some(({ id }) => id === place.session);
      if (!isKnown) throw unfit(`it does not say that it holds "${name}"`);
      if (files.has(name)) throw unfit(`it holds "${name}" twice`);
      if (sizeBytes > opened.maxBytes) throw tooLarge(opened);
      const hash = newHash();
      const hashed = async function* (): Pieces {
        for await (const piece of guarded(opened, entry.pieces)) {
          hash.update(piece);
          yield piece;
        }
      };
      const rest = hashed();
      await take({ path: name, place }, rest);
      for await (const _piece of rest) continue;
      const sha256 = hash.digest("hex");
      files.set(name, { path: name, sizeBytes, sha256 });
    }
    if (identity === undefined || !isEnded) throw unfit("it ends too early");
    return { identity, files };
  } catch (error) {
    throw unreadable(error, source);
  }
}

function identityFrom(text: string): SnapshotIdentity {
  return decodeIdentity(text, IDENTITY_NAME);
}

function entriesIn(opened: OpenedSnapshot): AsyncGenerator<Entry> {
  const { opener, maxBytes } = opened;
  const bytes = bytesOf(opened);
  const zipped = opener === undefined ? bytes : decrypted(bytes, opener);
  const limit = (total: number): void => {
    if (total > maxBytes) throw tooLarge(opened);
  };
  return entriesOf(unzipped(zipped, limit));
}

const PIECE_BYTES = 256 * 1024;

async function* bytesOf(
  { path, info, onProgress }: OpenedSnapshot,
): AsyncGenerator<Uint8Array> {
  const file = openSame(path, info, { read: true });
  if (file === undefined) throw unfit("it was replaced meanwhile");
  try {
    let doneBytes = 0;
    for (;;) {
      const piece = new Uint8Array(PIECE_BYTES);
      const count = file.readSync(piece);
      if (!count) return;
      doneBytes += count;
      onProgress?.({ doneBytes, totalBytes: info.size });
      yield piece.subarray(0, count);
    }
  } finally {
    file.close();
  }
}

async function textOf(
  opened: OpenedSnapshot,
  { header: { name, size }, pieces }: Entry,
  expected: string,
): Promise<string> {
  if (name !== expected) throw unfit(`"${expected}" is not where it has to be`);
  if (size > MAX_TEXT_BYTES) throw unfit(`"${name}" is too large`);
  const bytes = new Uint8Array(size);
  let length = 0;
  for await (const piece of guarded(opened, pieces)) {
    bytes.set(piece, length);
    length += piece.length;
  }
  return decodeUtf8(bytes, name);
}

/** Of what the libraries say nothing tells a cut file from a changed one, or from a wrong key. */
async function* guarded<Item>(
  { path }: OpenedSnapshot,
  items: AsyncIterable<Item>,
): AsyncGenerator<Item> {
  const iterator = items[Symbol.asyncIterator]();
  let isEnded = false;
  try {
    for (;;) {
      const { done, value } = await next(iterator, path).catch((error) => {
        isEnded = true;
        throw error;
      });
      if (done) {
        isEnded = true;
        return;
      }
      yield value;
    }
  } finally {
    if (!isEnded) await iterator.return?.();
  }
}

async function next<Item>(
  iterator: AsyncIterator<Item>,
  path: string,
): Promise<IteratorResult<Item>> {
  try {
    return await iterator.next();
  } catch (error) {
    const known = asOrcError(error, "read", path);
    if (known instanceof OrcError) throw unreadable(known, path);
    const isWrongKey = error instanceof Error &&
      error.message.startsWith("no identity matched");
    const reason = isWrongKey
      ? "no key of yours opens it"
      : "it is damaged, cut, or encrypted with another key";
    throw unreadable(unfit(reason), path, error);
  }
}

/** The error with the file that it is about. */
function unreadable(
  error: unknown,
  path: string,
  cause: unknown = error,
): unknown {
  const isAbout = error instanceof OrcError && error.path === undefined &&
    error.kind === "corrupt" && error.code !== "newer_format";
  if (!isAbout) return error;
  const { message } = error;
  return new OrcError(
    "corrupt",
    "snapshot_unreadable",
    `Cannot read the snapshot "${path}": ${message}`,
    { path, hint: "make or fetch it again; nothing was changed", cause },
  );
}

function tooLarge({ path, maxBytes }: OpenedSnapshot): OrcError {
  return refused(
    "snapshot_too_large",
    `The snapshot "${path}" holds more than ${sizeText(maxBytes)}`,
    {
      path,
      hint: "if you trust whoever made it, name a larger --max-size",
      details: { maxBytes },
    },
  );
}
