/** Copies of sessions as objects of git: written, read, and compared with the sessions that are here. */
import { sha256Hex } from "../base/checksum.ts";
import { denied, onRefusal, type OrcError } from "../base/error.ts";
import { sessionLayoutAt } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES, MAX_STATE_BYTES } from "../base/limits.ts";
import { quoted } from "../base/text.ts";
import { asOrcError } from "../files/errors.ts";
import { ensureDirectories, writeAll, writeNewFile } from "../files/write.ts";
import { decrypt, encrypt, readIdentities } from "../secrets/encryption.ts";
import type { StagedCopy } from "../sessions/copies.ts";
import { type Captured, contentOf } from "./capture.ts";
import {
  type Entry,
  filesIn,
  type Git,
  PLAIN_FILE,
  readBlobs,
  writeBlobs,
  writeCommit,
  writeTree,
} from "./git.ts";
import {
  CHECKPOINTS,
  ENCRYPTED_SUFFIX,
  LABEL,
  type Label,
  labelText,
  MAIN,
  parseLabel,
  placeInSession,
  unreadable,
} from "./label_rules.ts";
import type { Seen } from "./shelf.ts";

/** How a copy is written. */
interface Writing {
  /** A directory that is thrown away. */
  readonly scratch: string;
  readonly recipient: string | null;
  /** The commit that the copy before is in. */
  readonly parent: string | undefined;
}

/** Writes a copy; returns its commit. */
export async function writeCopy(
  git: Git,
  captured: Captured,
  { scratch, recipient, parent }: Writing,
): Promise<string> {
  const { session, files, content, sizeBytes } = captured;
  const { id, serial, state } = session;
  const label: Label = {
    session: id,
    serial,
    status: state.status,
    updatedAt: state.updatedAt,
    machine: git.host.identity().host || null,
    directory: git.directory,
    content,
    sizeBytes,
    encryptedTo: await encryptedTo(recipient),
  };
  const names: string[] = [LABEL];
  const contents: Uint8Array[] = [new TextEncoder().encode(labelText(label))];
  for (const [name, bytes] of files) {
    names.push(recipient === null ? name : name + ENCRYPTED_SUFFIX);
    contents.push(
      recipient === null ? bytes : await encrypt(bytes, { recipient }),
    );
  }
  const paths = contents.map((bytes, index) => {
    const path = `${scratch}/${id}.${index}`;
    writeThrowaway(path, bytes);
    return path;
  });
  const ids = await writeBlobs(git, paths);
  const tree = await treeOf(git, names, ids);
  const message = `session ${id} at update ${serial}`;
  return await writeCommit(git, tree, { parent, message });
}

/** What a recipient is told apart by, without being told to who sees the copy. */
export async function encryptedTo(
  recipient: string | null,
): Promise<string | null> {
  if (recipient === null) return null;
  const hash = await sha256Hex(new TextEncoder().encode(recipient));
  return hash.slice(0, 16);
}

/** Nothing rests on it: no sync is waited for. */
function writeThrowaway(path: string, bytes: Uint8Array): void {
  try {
    const options = { createNew: true, write: true, mode: 0o600 };
    const file = Deno.openSync(path, options);
    try {
      writeAll(file, bytes);
    } finally {
      file.close();
    }
  } catch (error) {
    throw asOrcError(error, "write", path);
  }
}

async function treeOf(
  git: Git,
  names: readonly string[],
  ids: readonly string[],
): Promise<string> {
  const top: Entry[] = [];
  const below = new Map<string, Entry[]>();
  for (const [index, path] of names.entries()) {
    const [first = "", name] = path.split("/");
    const id = ids[index] ?? "";
    if (name === undefined) top.push({ name: first, kind: "blob", id });
    else {
      const entries = below.get(first) ?? [];
      entries.push({ name, kind: "blob", id });
      below.set(first, entries);
    }
  }
  for (const [name, entries] of below) {
    top.push({ name, kind: "tree", id: await writeTree(git, entries) });
  }
  return await writeTree(git, top);
}

/** What the labels of copies say, or why one cannot be read; those of other roots in the same repository are left out. */
export async function readLabels(
  git: Git,
  copies: ReadonlyMap<string, Seen>,
): Promise<ReadonlyMap<string, Label | OrcError>> {
  const names = [...copies].map(([, { tree }]) => `${tree}:${LABEL}`);
  const texts = await readBlobs(git, names, MAX_SMALL_FILE_BYTES);
  const labels = new Map<string, Label | OrcError>();
  for (const [index, id] of [...copies.keys()].entries()) {
    const label = labelOr(id, texts[index]);
    const isElsewhere = "content" in label &&
      label.directory !== git.directory;
    if (!isElsewhere) labels.set(id, label);
  }
  return labels;
}

function labelOr(id: string, bytes: Uint8Array | undefined): Label | OrcError {
  try {
    return parseLabel(id, bytes);
  } catch (error) {
    return onRefusal((refusal) => refusal)(error);
  }
}

/** Far more checkpoints than anybody makes. */
const MAX_FILES = 10_000;

/** A copy that lies as files where a session could, and is not one yet. */
export interface Staged extends StagedCopy {
  readonly label: Label;
}

/**
 * Reads a copy into a directory, as durable files, of which nothing is anywhere else yet.
 *
 * @throws {OrcError} `copy_unreadable` (corrupt), `copy_locked` (denied)
 */
export async function stageCopy(
  git: Git,
  label: Label,
  { seen, directory }: { readonly seen: Seen; readonly directory: string },
): Promise<Staged> {
  const { session } = label;
  const found = (await filesIn(git, seen.tree, CHECKPOINTS)).flatMap((file) => {
    if (file.path === LABEL) return [];
    const name = placeInSession(file.path, label);
    if (name === undefined || file.mode !== PLAIN_FILE) {
      throw unreadable(session, `orc does not put ${quoted(file.path)} there`);
    }
    return [{ ...file, name }];
  });
  const total = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const isTooLarge = !(total <= MAX_STATE_BYTES) || found.length > MAX_FILES;
  if (isTooLarge) throw unreadable(session, "it is too large");
  if (!MAIN.every((name) => found.some((file) => file.name === name))) {
    throw unreadable(session, "it lacks files");
  }
  const ids = found.map(({ id }) => id);
  const contents = await readBlobs(git, ids, MAX_STATE_BYTES);
  const files = new Map<string, Uint8Array>();
  for (const [index, { name, path }] of found.entries()) {
    const bytes = contents[index];
    if (bytes === undefined) throw unreadable(session, `"${path}" is missing`);
    files.set(name, await opened(git, label, { path, bytes }));
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
  return { label, id: session, paths, machine: label.machine };
}

async function opened(
  { host }: Git,
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
