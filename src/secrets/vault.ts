import { secretPath } from "../base/entry_path.ts";
import { OrcError } from "../base/error.ts";
import { SECRET_SUFFIX } from "../base/layout.ts";
import { MAX_SECRET_BYTES } from "../base/limits.ts";
import { parentDirectory } from "../base/path.ts";
import { isSecretName } from "../base/secret_name.ts";
import { asOrcError, isTaken } from "../files/errors.ts";
import {
  makeDirectory,
  removeIfThere,
  syncDirectory,
} from "../files/file_system.ts";
import { guardDirectory, guardPath } from "../files/path_guard.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import { writeAtomic, writeNewFile } from "../files/write.ts";

/** A directory of secrets; no link is followed below its base. */
export interface SecretDirectory {
  readonly base: string;
  readonly path: string;
}

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** What encryption adds: stanzas for recipients, a header, and armor around all of it. */
const MAX_ENCRYPTED_BYTES = 2 * MAX_SECRET_BYTES + 16 * 1024;

/** Names of the secrets in a directory, sorted. There need not be one. */
export function secretNames(directory: SecretDirectory): readonly string[] {
  guardDirectory(directory.base, directory.path);
  if (fileKind(directory.path) === "absent") return [];
  try {
    return Array.from(Deno.readDirSync(directory.path), ({ name }) => name)
      .filter((name) => name.endsWith(SECRET_SUFFIX))
      .map((name) => name.slice(0, -SECRET_SUFFIX.length))
      .filter(isSecretName)
      .sort();
  } catch (error) {
    throw asOrcError(error, "list", directory.path);
  }
}

/** Whether a directory has a secret, readable or not. */
export function hasSecret(directory: SecretDirectory, name: string): boolean {
  const path = secretPath(directory.path, name);
  guardPath(directory.base, path);
  return fileKind(path) !== "absent";
}

/** Reads a secret as it is encrypted; undefined when the directory has none of the name. */
export function readSecret(
  directory: SecretDirectory,
  name: string,
): Uint8Array | undefined {
  const path = secretPath(directory.path, name);
  guardPath(directory.base, path);
  return readRegularFile(path, MAX_ENCRYPTED_BYTES);
}

/** Replaces an encrypted secret whole; only its owner can read it. Returns a warning as `writeAtomic` does. */
export function writeSecret(
  directory: SecretDirectory,
  name: string,
  encrypted: Uint8Array,
  token: string,
): string | undefined {
  const path = secretPath(directory.path, name);
  return writePrivate({ base: directory.base, path }, encrypted, token);
}

/** Removes a secret; false when there was none. */
export function removeSecret(
  directory: SecretDirectory,
  name: string,
): boolean {
  const path = secretPath(directory.path, name);
  guardPath(directory.base, path);
  try {
    const wasThere = removeIfThere(path);
    if (wasThere) syncDirectory(directory.path);
    return wasThere;
  } catch (error) {
    throw asOrcError(error, "remove", path);
  }
}

/** Writes a file that only its owner can read, in directories that are made for it. */
export function writePrivate(
  { base, path }: SecretDirectory,
  bytes: Uint8Array,
  token: string,
): string | undefined {
  guardPath(base, path);
  const directory = parentDirectory(path);
  if (directory === undefined) throw new Error(`"${path}" is no file`);
  makePrivateDirectory({ base, path: directory });
  const warning = writeAtomic(path, bytes, { token, mode: PRIVATE_FILE });
  allowOwnerOnly(path);
  return warning;
}

/** A file that was there keeps its mode when it is replaced, which may have been too wide. */
function allowOwnerOnly(path: string): void {
  const { mode } = Deno.lstatSync(path);
  if (mode === null || (mode & 0o077) === 0) return;
  Deno.chmodSync(path, PRIVATE_FILE);
}

function makePrivateDirectory({ base, path }: SecretDirectory): void {
  if (path === base) return;
  guardDirectory(base, path);
  if (fileKind(path) === "directory") return;
  const parent = parentDirectory(path);
  if (parent === undefined) throw new Error(`"${path}" is not below "${base}"`);
  makePrivateDirectory({ base, path: parent });
  try {
    makeDirectory(path);
    Deno.chmodSync(path, PRIVATE_DIRECTORY);
    syncDirectory(parent);
  } catch (error) {
    // Two processes may keep their first secrets at the same time.
    if (!isTaken(error)) throw asOrcError(error, "make", path);
  }
}

/** The error for a secret that nobody has. */
export function noSuchSecret(name: string): OrcError {
  return new OrcError(
    "not_found",
    "no_such_secret",
    `No secret "${name}"`,
    { hint: `orc secrets set ${name}` },
  );
}

/** Makes a file that only its owner can read; false when there is one, which stays as it is. */
export function createPrivate(
  { base, path }: SecretDirectory,
  bytes: Uint8Array,
): boolean {
  guardPath(base, path);
  const directory = parentDirectory(path);
  if (directory === undefined) throw new Error(`"${path}" is no file`);
  makePrivateDirectory({ base, path: directory });
  try {
    writeNewFile(path, bytes, PRIVATE_FILE);
    syncDirectory(directory);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw asOrcError(error, "write", path);
  }
}

/** A file in a directory of secrets, as lstat shows it. */
export interface SecretEntry {
  readonly path: string;
  readonly name: string;
  /** Permission bits; null where the system has none, and of a link. */
  readonly mode: number | null;
  readonly isLink: boolean;
}

/** All files and links in a directory of secrets, whatever they are. There need not be one. */
export function secretEntries(
  directory: SecretDirectory,
): readonly SecretEntry[] {
  guardDirectory(directory.base, directory.path);
  if (fileKind(directory.path) === "absent") return [];
  try {
    return Array.from(Deno.readDirSync(directory.path))
      .filter(({ isFile, isSymlink }) => isFile || isSymlink)
      .map((entry) => entryOf(directory.path, entry))
      .sort((one, other) => one.name < other.name ? -1 : 1);
  } catch (error) {
    throw asOrcError(error, "list", directory.path);
  }
}

function entryOf(
  directory: string,
  { name, isSymlink: isLink }: Deno.DirEntry,
): SecretEntry {
  const path = `${directory}/${name}`;
  return { path, name, isLink, mode: isLink ? null : modeAt(path) };
}

/** Permission bits of a file; null where the system has none. */
export function modeAt(path: string): number | null {
  try {
    const { mode } = Deno.lstatSync(path);
    return mode === null ? null : mode & 0o777;
  } catch (error) {
    throw asOrcError(error, "read", path);
  }
}
