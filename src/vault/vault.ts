import { userLayout } from "../base/layout.ts";
import { MAX_SECRET_BYTES } from "../base/limits.ts";
import {
  isSecretName,
  SECRET_SUFFIX,
  secretPath,
  variablesOf,
} from "../base/names.ts";
import { joinPath, parentDirectory } from "../base/path.ts";
import { asOrcError, isTaken } from "../files/errors.ts";
import {
  entriesIn,
  fileKind,
  guardDirectory,
  guardPath,
  isThere,
  readRegularFile,
} from "../files/read.ts";
import { isOfNoRepository } from "../files/root.ts";
import { mountAt } from "../files/tree.ts";
import {
  makeDirectory,
  removeDurably,
  syncDirectory,
  writeAtomic,
  writeNewFile,
} from "../files/write.ts";
import { type Host, variableOf } from "../host/host.ts";
import { readRepositoryMeta } from "../session/repository.ts";
import type { ConfigSite } from "../settings/files.ts";
import type { SecretLevel } from "./rules.ts";

export type { SecretLevel } from "./rules.ts";

/**
 * Where a secret comes from: a stored file ({@linkcode SecretLevel}), a variable of the
 * `environment`, the Python tool's file (`legacy`), the credential helper of `git`, or what was
 * typed (`prompt`).
 */
export type SecretSource =
  | SecretLevel
  | "environment"
  | "legacy"
  | "git"
  | "prompt";

/** Where a secret lies, whether it can be opened or not. */
export interface SecretLocation {
  /** What kind of place it is. */
  readonly source: SecretSource;
  /** Path of a file, name of a variable, or null. */
  readonly where: string | null;
}

/** A directory of secrets; no link is followed below its base. */
interface SecretDirectory {
  readonly base: string;
  readonly path: string;
}

export interface SecretPlace extends SecretDirectory {
  readonly level: SecretLevel;
}

/** The directories of secrets, in the order they are asked. */
export function secretPlaces(
  host: Host,
  { layout }: Pick<ConfigSite, "layout">,
): readonly SecretPlace[] {
  const { root, secrets } = layout;
  const own: SecretPlace = { level: "repository", base: root, path: secrets };
  const base = host.homeDirectory();
  if (base === undefined) return [own];
  const { secrets: path } = userLayout(base);
  const global: SecretPlace = { level: "global", base, path };
  if (isOfNoRepository(root, base)) return [global];
  const id = readRepositoryMeta(layout)?.repoId;
  if (id === undefined) return [own, global];
  return [own, { level: "private", base, path: joinPath(path, id) }, global];
}

/** All places that have a secret, in the order they count, without opening or running anything. */
export function locateSecret(
  host: Host,
  repository: Pick<ConfigSite, "layout">,
  name: string,
): readonly SecretLocation[] {
  const stored = secretPlaces(host, repository)
    .filter((place) => isThere(guardedPath(place, name)))
    .map(({ level, path }) => ({
      source: level,
      where: secretPath(path, name),
    }));
  const variables = variablesOf(name).filter((variable) =>
    variableOf(host, variable)
  )
    .map((where) => ({ source: "environment" as const, where }));
  return [...stored, ...variables];
}

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** What encryption adds: stanzas for recipients, a header, and armor around all of it. */
const MAX_ENCRYPTED_BYTES = 2 * MAX_SECRET_BYTES + 16 * 1024;

/** The path of a secret, to which no link leads. */
function guardedPath({ base, path }: SecretDirectory, name: string): string {
  const file = secretPath(path, name);
  guardPath(base, file);
  return file;
}

export function readSecret(
  directory: SecretDirectory,
  name: string,
): Uint8Array | undefined {
  return readRegularFile(guardedPath(directory, name), MAX_ENCRYPTED_BYTES);
}

/** Replaces an encrypted secret whole; only its owner can read it. Returns warnings as `writeAtomic` does. */
export function writeSecret(
  directory: SecretDirectory,
  name: string,
  encrypted: Uint8Array,
  token: string,
): readonly string[] {
  const path = guardedPath(directory, name);
  makePrivateDirectory(directory);
  const warnings = writeAtomic(path, encrypted, { token, mode: PRIVATE_FILE });
  // A file that was there keeps its mode when it is replaced, which may have been too wide.
  if (((modeAt(path) ?? 0) & 0o077) !== 0) Deno.chmodSync(path, PRIVATE_FILE);
  return warnings;
}

/** Makes a file that only its owner can read; false when there is one, which stays as it is. */
export function createPrivate(
  { base, path }: { readonly base: string; readonly path: string },
  bytes: Uint8Array,
): boolean {
  guardPath(base, path);
  const directory = parentDirectory(path) ?? base;
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

function makePrivateDirectory({ base, path }: SecretDirectory): void {
  if (path === base) return;
  guardDirectory(base, path);
  if (fileKind(path) === "directory") return;
  const parent = parentDirectory(path) ?? base;
  makePrivateDirectory({ base, path: parent });
  try {
    makeDirectory(path);
    Deno.chmodSync(path, PRIVATE_DIRECTORY);
  } catch (error) {
    // Two processes may keep their first secrets at the same time.
    if (!isTaken(error)) throw asOrcError(error, "make", path);
  }
  try {
    syncDirectory(parent);
  } catch (error) {
    throw asOrcError(error, "read", parent);
  }
}

/** Removes a secret; false when there was none. */
export function removeSecret(
  directory: SecretDirectory,
  name: string,
): boolean {
  const path = guardedPath(directory, name);
  try {
    return removeDurably(path);
  } catch (error) {
    throw asOrcError(error, "remove", path);
  }
}

/** Names of the secrets in a directory, sorted. There need not be one. */
export function secretNames(directory: SecretDirectory): readonly string[] {
  return guardedEntries(directory)
    .flatMap(({ name }) => secretNameOf(name) ?? []).sort();
}

/** The name of the secret that a file of this name holds; undefined for a file that is none. */
export function secretNameOf(fileName: string): string | undefined {
  const name = fileName.slice(0, -SECRET_SUFFIX.length);
  return fileName === name + SECRET_SUFFIX && isSecretName(name)
    ? name
    : undefined;
}

function guardedEntries(
  { base, path }: SecretDirectory,
): readonly Deno.DirEntry[] {
  guardDirectory(base, path);
  return isThere(path) ? entriesIn(path, "list") : [];
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
  return guardedEntries(directory)
    .filter(({ isFile, isSymlink }) => isFile || isSymlink)
    .map(({ name, isSymlink: isLink }): SecretEntry => {
      const path = `${directory.path}/${name}`;
      return { path, name, isLink, mode: isLink ? null : modeAt(path) };
    })
    .sort((one, other) => one.name < other.name ? -1 : 1);
}

/** Permission bits of a file; null where the system, or its file system, has none. */
export function modeAt(path: string): number | null {
  try {
    const { mode } = Deno.lstatSync(path);
    const hasModes = mode !== null && mountAt(path)?.hasModes !== false;
    return hasModes ? mode & 0o777 : null;
  } catch (error) {
    throw asOrcError(error, "read", path);
  }
}
