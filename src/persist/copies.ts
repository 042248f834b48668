/** Copies of sessions: what is written of one, how it is read and stands to what is here, and what of it can be believed. */
import { sha256Hex } from "../base/checksum.ts";
import { denied, onRefusal, OrcError } from "../base/error.ts";
import { sessionLayoutAt } from "../base/layout.ts";
import { asObject } from "../base/json.ts";
import { nameOf } from "../base/path.ts";
import { asOrcError } from "../files/errors.ts";
import { ensureDirectories, writeNewFile } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { decrypt, encrypt, readIdentities } from "../vault/encryption.ts";
import type { SessionStore } from "../session/store.ts";
import {
  judgeCopy,
  type JudgedCopy,
  type StagedCopy,
} from "../sessions/copies.ts";
import { type Captured, contentOf } from "./capture.ts";
import {
  ENCRYPTED_SUFFIX,
  type Label,
  MAIN,
  parseLabel,
  placeInSession,
  unreadable,
} from "./label_rules.ts";
import type { Arrived, Found, LogPart } from "./shelf.ts";

/** What a copy says that it is. */
export async function labelOf(
  host: Host,
  { session, content, sizeBytes }: Captured,
  { directory, recipient }: {
    readonly directory: string;
    readonly recipient: string | null;
  },
): Promise<Label> {
  const { id, serial, state } = session;
  return {
    session: id,
    serial,
    status: state.status,
    updatedAt: state.updatedAt,
    machine: host.identity().host || null,
    directory,
    content,
    sizeBytes,
    encryptedTo: await encryptedTo(recipient),
  };
}

/** Files under the names and with the contents that leave the machine. */
export async function* storedFiles(
  files: Iterable<readonly [name: string, bytes: Uint8Array]>,
  recipient: string | null,
): AsyncGenerator<readonly [name: string, bytes: Uint8Array]> {
  for (const [name, bytes] of files) {
    yield recipient === null
      ? [name, bytes]
      : [name + ENCRYPTED_SUFFIX, await encrypt(bytes, { recipient })];
  }
}

/** What a recipient is told apart by, without being told to who sees the copy. */
export async function encryptedTo(
  recipient: string | null,
): Promise<string | null> {
  if (recipient === null) return null;
  const hash = await sha256Hex(new TextEncoder().encode(recipient));
  return hash.slice(0, 16);
}

/** Whether a label is that of the same copy, encrypted to the same. */
export function isSame(
  label: Label | OrcError | undefined,
  { content }: Captured,
  to: string | null,
): boolean {
  return label !== undefined && "content" in label &&
    label.content === content && label.encryptedTo === to;
}

/** What a label says, or why it cannot be read. */
export function labelOr(
  id: string,
  bytes: Uint8Array | undefined,
): Label | OrcError {
  try {
    return parseLabel(id, bytes);
  } catch (error) {
    return onRefusal((refusal) => refusal)(error);
  }
}

/** A copy that lies as files where a session could, and is not one yet. */
export interface Staged extends StagedCopy, Arrived {}

/**
 * Reads a copy into a directory, as durable files, of which nothing is anywhere else yet.
 *
 * @throws {OrcError} `copy_unreadable` (corrupt), `copy_locked` (denied)
 */
export async function stageCopy(
  host: Host,
  found: Found,
  directory: string,
): Promise<Staged> {
  const { label, files: stored } = await found.read();
  const { session } = label;
  const files = new Map<string, Uint8Array>();
  for (const [path, bytes] of stored) {
    const name = placeInSession(path, label);
    if (name === undefined) continue;
    files.set(name, await opened(host, label, { path, bytes }));
  }
  if (!MAIN.every((name) => files.has(name))) {
    throw unreadable(session, "it lacks files");
  }
  if (await contentOf(files) !== label.content) {
    throw unreadable(session, "it is not what its label says");
  }
  const paths = sessionLayoutAt(`${directory}/${session}`);
  try {
    ensureDirectories(paths.directory);
    for (const [name, bytes] of files) {
      if (name.includes("/")) ensureDirectories(paths.checkpoints);
      writeNewFile(`${paths.directory}/${name}`, bytes);
    }
  } catch (error) {
    throw asOrcError(error, "write", paths.directory);
  }
  const log = await partOf(files.get(nameOf(paths.log)) ?? new Uint8Array());
  return { label, log, id: session, paths, machine: label.machine };
}

export async function partOf(log: Uint8Array): Promise<LogPart> {
  return { sizeBytes: log.length, sha256: await sha256Hex(log) };
}

async function opened(
  host: Host,
  { session, encryptedTo }: Label,
  { path, bytes }: { readonly path: string; readonly bytes: Uint8Array },
): Promise<Uint8Array> {
  if (encryptedTo === null) return bytes;
  const identities = readIdentities(host);
  const content = await decrypt(bytes, { identities }, { path }).catch(
    onRefusal((error) => {
      throw unreadable(session, `"${path}" is damaged`, error);
    }),
  );
  if (content !== undefined) return content;
  throw denied(
    "copy_locked",
    `No identity here opens the copy of session "${session}"`,
    {
      hint:
        "bring the identity that it was encrypted to, or pull on a machine that has it",
      details: { session },
    },
  );
}

/** A copy that was read, and what it is to the session that is here. */
export interface Standing {
  readonly staged: Staged;
  readonly judged: JudgedCopy;
}

/** Reads a copy and compares it; why it cannot be is an answer. */
export async function standingOf(
  host: Host,
  root: string,
  { found, directory }: {
    readonly found: Found;
    /** Below the root; where the copy is read into. */
    readonly directory: string;
  },
): Promise<Standing | OrcError> {
  if (found.label instanceof OrcError) return found.label;
  const { session } = found.label;
  try {
    const staged = await stageCopy(host, found, directory);
    const judged = await judgeCopy(root, staged);
    // It is what people are shown, also of what nobody opens.
    if (judged.session.serial !== staged.label.serial) {
      throw unreadable(session, "its label tells another update");
    }
    return { staged, judged };
  } catch (error) {
    return onRefusal((refusal) => {
      const isTheirs = refusal.kind === "corrupt" &&
        refusal.path?.startsWith(directory);
      // Where it was read into is gone by the time that anybody looks.
      return isTheirs
        ? unreadable(session, "its state is not one of that session", refusal)
        : refusal;
    })(error);
  }
}

/** How to take a copy all the same that is neither taken nor replaced. */
export function keepHint(id: string): string {
  return `keep both, theirs under a new id: orc persist pull ${id} --keep-both`;
}

/** The session that a copy was stored as under a new id; undefined where it was not. */
export async function keptAs(
  store: SessionStore,
  { session, content }: Label,
): Promise<string | undefined> {
  for (const id of await store.ids()) {
    // What cannot be read of another session keeps nothing from this one.
    const known = await store.meta(id).catch(onRefusal(() => undefined));
    const origin = asObject(known?.get("origin"));
    const isIt = origin?.get("session") === session &&
      origin.get("content") === content;
    if (isIt) return id;
  }
  return undefined;
}
