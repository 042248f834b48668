/** Sessions packed into one file, to leave the machine. */
import { notFound, OrcError, refused, usage } from "../base/error.ts";
import { matchSessionId } from "../base/ids.ts";
import { isAbsolutePath, normalisePath, resolvePath } from "../base/path.ts";
import { quoted, sizeText } from "../base/text.ts";
import { VERSION } from "../base/version.ts";
import { readRemoteUrl } from "../files/git_remote.ts";
import { loadHash } from "../files/tree.ts";
import { readBeginning, realOrGiven } from "../files/read.ts";
import { regularFileAt, writePieces } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { assertInFiles, DATABASE_COPIES } from "../repository/in_files.ts";
import {
  assertKnown,
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { selectSession } from "../repository/select.ts";
import {
  readRepositoryMeta,
  repoIdOf,
  withoutCredentials,
} from "../session/repository.ts";
import { encryptionOf } from "../vault/encryption.ts";
import { type Key, pack, type Packed, type Pieces } from "./archive.ts";
import { keyFor, type KeyOptions } from "./keys.ts";
import {
  encodeIdentity,
  encodeManifest,
  IDENTITY_NAME,
  MANIFEST_NAME,
  parseSize,
  type SnapshotFile,
  type SnapshotIdentity,
  type SnapshotSession,
} from "./rules.ts";
import { capture, type Captured, type Extra, filesOf } from "./source.ts";

/** What of a repository is to be packed, and how. */
export interface SnapshotOptions extends RepositoryOptions, KeyOptions {
  /** Ids of sessions, or parts of them as in other commands; without any the session that is meant. */
  readonly sessions?: readonly string[];
  /** All sessions of the repository. */
  readonly all?: boolean;
  /** What is taken along besides state, log and what checks printed: `checkpoints`, `feedback`. */
  readonly with?: readonly string[];
  /** Refuses more than that before anything is written, as typed: `50MB`. */
  readonly maxSize?: string;
  /** Told again and again how far it is. */
  readonly onProgress?: (progress: SnapshotProgress) => void;
}

/** The same, and the file to be written. */
export interface ExportOptions extends SnapshotOptions {
  /** The file; relative to the working directory. Another snapshot there is replaced. */
  readonly file: string;
}

/** How far a snapshot is written or read. */
export interface SnapshotProgress {
  /** Bytes that are done. */
  readonly doneBytes: number;
  /** Bytes there are to do. */
  readonly totalBytes: number;
}

/** A snapshot that was written. */
export interface Exported {
  /** Where its sessions are. */
  readonly place: Place;
  /** The file, absolute. */
  readonly file: string;
  /** Whether it can be read only with a key. */
  readonly encrypted: boolean;
  /** What is in it. */
  readonly sessions: readonly SnapshotSession[];
  /** Bytes of all that is in it, before it was made smaller. */
  readonly contentBytes: number;
  /** Bytes of the file. */
  readonly sizeBytes: number;
  /** What is not in it, and whether it is not encrypted, as sentences for people. */
  readonly warnings: readonly string[];
}

/** A snapshot on its way to somewhere else. */
export interface SnapshotStream {
  /** Its bytes, in pieces. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /** As those of {@linkcode Exported}. */
  readonly warnings: readonly string[];
}

const NAMES = {
  sessions: true,
  all: true,
  with: true,
  maxSize: true,
  onProgress: true,
  recipients: true,
  passphrase: true,
  passphraseFile: true,
  plain: true,
} as const;

/**
 * Packs sessions into one file: compressed, encrypted if there is a recipient or a passphrase. It
 * takes no lock, and each session is in it as it was at one update. Secrets, locks, who is in which
 * session, and what is half written are never in it.
 *
 * Requires `--allow-read`, `--allow-write` for the file, and `--allow-env` for the user's settings.
 *
 * @throws {OrcError} `no_such_session` or `no_session` (not_found), `snapshot_too_large` or
 *   `file_exists` (refused), `invalid_recipient` (usage), `changed_outside` (corrupt)
 */
export async function exportSnapshot(
  host: Host,
  { file, ...options }: ExportOptions,
): Promise<Exported> {
  assertKnown(options, NAMES);
  const path = pathOf(host, file);
  assertReplaceable(path);
  const snapshot = await prepared(host, options);
  const { sizeBytes, warnings: unconfirmed } = await writePieces(
    path,
    piecesFrom(snapshot),
    { token: host.newToken(), mode: 0o600 },
  );
  const { repository, key, warnings, identity, contentBytes } = snapshot;
  return {
    place: placeOf(repository, null),
    file: path,
    encrypted: key !== undefined,
    sessions: identity.sessions,
    contentBytes,
    sizeBytes,
    warnings: [...warnings, ...unconfirmed],
  };
}

/**
 * The same for a pipe. What is wrong with the request is thrown at once, and what happens on the way
 * by the pieces: whoever got no end of them got no snapshot.
 *
 * Requires `--allow-read`, and `--allow-env` for the user's settings.
 *
 * @throws {OrcError} as {@linkcode exportSnapshot}
 */
export async function streamSnapshot(
  host: Host,
  options: SnapshotOptions = {},
): Promise<SnapshotStream> {
  const snapshot = await prepared(host, options);
  return { pieces: piecesFrom(snapshot), warnings: snapshot.warnings };
}

/** What stands by itself must do without a working directory, which may not be read. */
export function pathOf(host: Host, file: string): string {
  return realOrGiven(
    isAbsolutePath(file)
      ? normalisePath(file)
      : resolvePath(host.workingDirectory, file),
  );
}

interface Prepared {
  readonly repository: Repository;
  readonly key?: Key | undefined;
  readonly captured: readonly Captured[];
  readonly identity: SnapshotIdentity;
  readonly contentBytes: number;
  readonly warnings: readonly string[];
  readonly onProgress?: SnapshotOptions["onProgress"];
}

async function prepared(
  host: Host,
  options: SnapshotOptions,
): Promise<Prepared> {
  const repository = openRepository(host, options, NAMES);
  await assertInFiles(repository, "pack sessions", DATABASE_COPIES);
  const { onProgress } = options;
  const extras = extrasIn(options.with ?? []);
  const maxBytes = sizeIn(options.maxSize);
  const { key, warnings } = await keyFor(host, repository, options);
  const { captured, left } = await captureAll(
    host,
    repository,
    options,
    extras,
  );
  const contentBytes = captured.reduce((sum, one) => sum + one.sizeBytes, 0);
  if (contentBytes > maxBytes) throw tooLarge(contentBytes, maxBytes);
  const sessions = captured.map(({ session }) => session);
  return {
    repository,
    key,
    captured,
    identity: await identityOf(host, repository, sessions),
    contentBytes,
    warnings: [...warnings, ...left],
    ...onProgress && { onProgress },
  };
}

const EXTRAS: readonly Extra[] = ["checkpoints", "feedback"];

function extrasIn(names: readonly string[]): readonly Extra[] {
  return names.flatMap((text) => text.split(",")).map((text) => {
    const extra = EXTRAS.find((known) => known === text.trim());
    if (extra !== undefined) return extra;
    throw usage(
      "invalid_value",
      `--with is ${quoted(text)}, not checkpoints or feedback`,
      "name one of them, or both with a comma between them",
    );
  });
}

/** No limit without one. */
export function sizeIn(text: string | undefined, otherwise = Infinity): number {
  if (text === undefined) return otherwise;
  const size = parseSize(text);
  if (size !== undefined) return size;
  throw usage(
    "invalid_value",
    `--max-size is ${quoted(text)}, not a size`,
    "name one, such as 50MB",
  );
}

function tooLarge(sizeBytes: number, maxBytes: number): OrcError {
  return refused(
    "snapshot_too_large",
    `The sessions have ${sizeText(sizeBytes)}, more than ${sizeText(maxBytes)}`,
    {
      hint: "name fewer sessions, or a larger --max-size",
      details: { sizeBytes, maxBytes },
    },
  );
}

async function captureAll(
  host: Host,
  repository: Repository,
  { sessions = [], all = false }: SnapshotOptions,
  extras: readonly Extra[],
): Promise<{ captured: readonly Captured[]; left: readonly string[] }> {
  const { store } = repository;
  if (all && sessions.length > 0) {
    throw usage(
      "conflicting_flags",
      "All sessions are wanted, and some are named",
      "leave out --all, or the ids",
    );
  }
  if (!all) {
    const known = sessions.length > 0 ? await store.ids() : [];
    const ids = sessions.length > 0
      ? [...new Set(sessions.map((id) => matchSessionId(id, known)))]
      : [await meant(host, repository)];
    const captured = [];
    for (const id of ids.sort()) {
      captured.push(await capture(repository, id, extras));
    }
    return { captured, left: [] };
  }
  const [captured, left]: [Captured[], string[]] = [[], []];
  for (const id of await store.ids()) {
    try {
      captured.push(await capture(repository, id, extras));
    } catch (error) {
      // One that is damaged keeps nobody from taking the others along.
      if (!(error instanceof OrcError)) throw error;
      left.push(`Session "${id}" is not in it: ${error.message}`);
    }
  }
  return { captured, left };
}

async function meant(host: Host, repository: Repository): Promise<string> {
  const { session } = await selectSession(host, repository, undefined);
  if (session.legacyPath === null) return session.id;
  throw notFound(
    "no_such_session",
    `Session "${session.id}" still lies in "${session.legacyPath}"`,
    { path: session.legacyPath, hint: "move it in first: orc migrate" },
  );
}

async function identityOf(
  host: Host,
  { layout }: Repository,
  sessions: readonly SnapshotSession[],
): Promise<SnapshotIdentity> {
  const meta = readRepositoryMeta(layout);
  const remote = readRemoteUrl(layout.root);
  return {
    orcVersion: VERSION,
    exportedAt: host.now(),
    machine: host.identity().host || null,
    repoId: meta?.repoId ?? await repoIdOf(remote) ?? null,
    gitRemote: remote === undefined
      ? meta?.gitRemote ?? null
      : withoutCredentials(remote),
    sessions,
  };
}

/** What lies there and is no snapshot was not made by orc. */
function assertReplaceable(path: string): void {
  if (regularFileAt(path, "replace") === undefined) return;
  const beginning = readBeginning(path, MAX_BEGINNING_BYTES);
  if (beginning !== undefined && isSnapshot(beginning)) return;
  throw refused("file_exists", `"${path}" is there, and no snapshot`, {
    path,
    hint: "name another file with --to",
  });
}

/** Enough for the header of age. */
export const MAX_BEGINNING_BYTES = 16 * 1024;

export function isSnapshot(beginning: Uint8Array): boolean {
  const [first, second] = beginning;
  return first === 0x1f && second === 0x8b ||
    encryptionOf(beginning) !== undefined;
}

function piecesFrom(snapshot: Prepared): Pieces {
  return pack(entriesFrom(snapshot), snapshot.key);
}

async function* entriesFrom(snapshot: Prepared): AsyncGenerator<Packed> {
  const { repository, captured, identity } = snapshot;
  const newHash = await loadHash();
  const files: SnapshotFile[] = [];
  const progress = progressOf(snapshot);
  yield textFile(IDENTITY_NAME, encodeIdentity(identity));
  for (const one of captured) {
    for (const { name, sizeBytes, pieces } of filesOf(repository, one)) {
      const hash = newHash();
      const hashed = async function* (): Pieces {
        for await (const piece of pieces) {
          hash.update(piece);
          progress(piece.length);
          yield piece;
        }
      };
      yield { name, sizeBytes, pieces: hashed() };
      // Whoever asks for the next one has taken this one whole.
      files.push({ path: name, sizeBytes, sha256: hash.digest("hex") });
    }
  }
  yield textFile(MANIFEST_NAME, encodeManifest(files));
}

function progressOf(
  { contentBytes: totalBytes, onProgress }: Prepared,
): (bytes: number) => void {
  let doneBytes = 0;
  return (bytes) => {
    doneBytes += bytes;
    onProgress?.({ doneBytes, totalBytes });
  };
}

function textFile(name: string, text: string): Packed {
  const bytes = new TextEncoder().encode(text);
  return { name, sizeBytes: bytes.length, pieces: [bytes] };
}
