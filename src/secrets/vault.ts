import { corrupt, external, notFound, type OrcError } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import { userLayout } from "../base/layout.ts";
import { MAX_SECRET_BYTES, MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { withoutLineEnds } from "../base/mask.ts";
import {
  isSecretName,
  PASSPHRASE_VARIABLE,
  SECRET_SUFFIX,
  secretPath,
  variablesOf,
} from "../base/names.ts";
import { joinPath, parentDirectory } from "../base/path.ts";
import { asOrcError, isTaken } from "../files/errors.ts";
import {
  fileKind,
  guardDirectory,
  guardPath,
  readRegularFile,
} from "../files/read.ts";
import {
  makeDirectory,
  removeIfThere,
  syncDirectory,
  writeAtomic,
  writeNewFile,
} from "../files/write.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { readRepositoryMeta } from "../session/repository.ts";
import { requiredSecrets, stretch } from "./required.ts";

/** A directory of secrets; no link is followed below its base. */
interface SecretDirectory {
  readonly base: string;
  readonly path: string;
}

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** What encryption adds: stanzas for recipients, a header, and armor around all of it. */
const MAX_ENCRYPTED_BYTES = 2 * MAX_SECRET_BYTES + 16 * 1024;

/** Names of the secrets in a directory, sorted. There need not be one. */
export function secretNames(directory: SecretDirectory): readonly string[] {
  return entriesIn(directory).map(({ name }) => secretNameOf(name) ?? "")
    .filter((name) => name !== "").sort();
}

/** The name of the secret that a file of this name holds; undefined for a file that is none. */
export function secretNameOf(fileName: string): string | undefined {
  const name = fileName.slice(0, -SECRET_SUFFIX.length);
  return fileName === name + SECRET_SUFFIX && isSecretName(name)
    ? name
    : undefined;
}

function entriesIn({ base, path }: SecretDirectory): readonly Deno.DirEntry[] {
  guardDirectory(base, path);
  if (fileKind(path) === "absent") return [];
  try {
    return Array.from(Deno.readDirSync(path));
  } catch (error) {
    throw asOrcError(error, "list", path);
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
  { base, path: directory }: SecretDirectory,
  name: string,
  encrypted: Uint8Array,
  token: string,
): string | undefined {
  return writePrivate(
    { base, path: secretPath(directory, name) },
    encrypted,
    token,
  );
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
  makeDirectoryOf({ base, path });
  const warning = writeAtomic(path, bytes, { token, mode: PRIVATE_FILE });
  allowOwnerOnly(path);
  return warning;
}

function makeDirectoryOf({ base, path }: SecretDirectory): string {
  guardPath(base, path);
  const directory = parentDirectory(path);
  if (directory === undefined) throw new Error(`"${path}" is no file`);
  makePrivateDirectory({ base, path: directory });
  return directory;
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
  return notFound(
    "no_such_secret",
    `No secret "${name}"`,
    `orc secrets set ${name}`,
  );
}

/** Makes a file that only its owner can read; false when there is one, which stays as it is. */
export function createPrivate(
  { base, path }: SecretDirectory,
  bytes: Uint8Array,
): boolean {
  const directory = makeDirectoryOf({ base, path });
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
  return entriesIn(directory)
    .filter(({ isFile, isSymlink }) => isFile || isSymlink)
    .map(({ name, isSymlink: isLink }): SecretEntry => {
      const path = `${directory.path}/${name}`;
      return { path, name, isLink, mode: isLink ? null : modeAt(path) };
    })
    .sort((one, other) => one.name < other.name ? -1 : 1);
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

/** What encrypts a value: the public half of an identity, or a passphrase. */
export type Lock =
  | { readonly recipient: string }
  | { readonly passphrase: string };

type Keys =
  | { readonly identities: readonly string[] }
  | { readonly passphrase: string };

/** How an encrypted file wants to be opened. */
export type Encryption = "identity" | "passphrase";

/** Largest header that is searched for how a file is encrypted; armor makes it a third longer. */
const MAX_HEADER_BYTES = 16 * 1024;

const ARMOR = "-----BEGIN AGE ENCRYPTED FILE-----";

/** Makes an identity of the kind that all versions of age know. */
export async function newIdentity(): Promise<
  { readonly identity: string; readonly recipient: string }
> {
  const age = await import("age-encryption");
  const identity = await age.generateX25519Identity();
  return { identity, recipient: await age.identityToRecipient(identity) };
}

/** The public half of an identity; undefined when it is none. */
export async function recipientOf(
  identity: string,
): Promise<string | undefined> {
  const age = await import("age-encryption");
  try {
    return await age.identityToRecipient(identity);
  } catch {
    // The library tells no kinds of errors apart, and here there is only one.
    return undefined;
  }
}

/** Encrypts a text in the format of age. */
export async function encrypt(text: string, lock: Lock): Promise<Uint8Array> {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  if ("recipient" in lock) encrypter.addRecipient(lock.recipient);
  else encrypter.setPassphrase(lock.passphrase);
  return await encrypter.encrypt(text);
}

/** Says how a file is encrypted; undefined when it is no file of age. */
export function encryptionOf(encrypted: Uint8Array): Encryption | undefined {
  const head = headerOf(encrypted);
  if (!head.startsWith("age-encryption.org/v1\n")) return undefined;
  return /^[^\n]*\n-> scrypt /.test(head) ? "passphrase" : "identity";
}

function headerOf(encrypted: Uint8Array): string {
  const bytes = encrypted.subarray(0, MAX_HEADER_BYTES);
  const text = new TextDecoder("latin1").decode(bytes).trimStart();
  if (!text.startsWith(ARMOR)) return text;
  const digits = /^[A-Za-z0-9+/]*/.exec(
    text.slice(ARMOR.length).replaceAll(/\s/g, ""),
  )?.[0] ?? "";
  return atob(digits.slice(0, digits.length - digits.length % 4));
}

/**
 * Opens a file of age with the first key that fits; undefined when none does.
 *
 * @throws {OrcError} corrupt `invalid_secret` if the file is damaged
 */
export async function decrypt(
  encrypted: Uint8Array,
  keys: Keys,
  path: string,
): Promise<Uint8Array | undefined> {
  const { armor, Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  if ("passphrase" in keys) decrypter.addPassphrase(keys.passphrase);
  else for (const each of keys.identities) decrypter.addIdentity(each);
  try {
    const text = new TextDecoder("latin1").decode(encrypted).trimStart();
    const file = text.startsWith(ARMOR) ? armor.decode(text) : encrypted;
    return await decrypter.decrypt(file);
  } catch (cause) {
    if (isWrongKey(cause)) return undefined;
    throw damaged(path, cause);
  }
}

/** The library has no codes; a test holds it to its words. */
function isWrongKey(error: unknown): boolean {
  return error instanceof Error && /^no identity matched/.test(error.message);
}

function damaged(path: string, cause: unknown): OrcError {
  return corrupt(
    "invalid_secret",
    `Cannot open "${path}": it is damaged, or no file of age`,
    { path, cause, hint: "set the secret again: orc secrets set NAME" },
  );
}

/** What opens secrets. Nothing is read or asked for before it is needed, and nothing twice. */
export interface Keyring {
  /** The user's identities; empty without any. */
  identities(): readonly string[];
  /** The passphrase; undefined when none is known and nobody can be asked. */
  passphrase(): string | undefined;
}

/** Opens the keys of a user. A passphrase is asked for only where a person may be. */
export function openKeyring(host: Host, mayAsk: boolean): Keyring {
  return {
    identities: once(() => readIdentities(host)),
    passphrase: once(() => {
      const given = host.env(PASSPHRASE_VARIABLE);
      if (given || !mayAsk || !host.terminal.isInteractive) {
        return given || undefined;
      }
      return host.terminal.readHidden("Passphrase: ") || undefined;
    }),
  };
}

/** Reads the identities in the user's directory; empty when there is no such file. */
export function readIdentities(host: Host): readonly string[] {
  const home = host.homeDirectory();
  if (home === undefined) return [];
  const path = userLayout(home).identity;
  guardPath(home, path);
  const bytes = readRegularFile(path, MAX_SMALL_FILE_BYTES);
  if (bytes === undefined) return [];
  const identities = decodeUtf8(bytes, path).split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => /^AGE-SECRET-KEY-1[A-Z0-9]+$/.test(line));
  if (identities.length > 0) return identities;
  throw corrupt("invalid_identity", `"${path}" holds no identity of age`, {
    path,
    hint: "put back a good copy, or move it away: orc secrets init",
  });
}

/**
 * Opens an encrypted secret; undefined when the key for it is missing. The line ends behind a
 * value do not count: the program `age` keeps those of the file it encrypts.
 */
export async function openWith(
  keyring: Keyring,
  encrypted: Uint8Array,
  path: string,
): Promise<string | undefined> {
  const keys = keysFor(keyring, encrypted);
  const bytes = keys && await decrypt(encrypted, keys, path);
  return bytes && withoutLineEnds(decodeUtf8(bytes, path));
}

function keysFor(
  keyring: Keyring,
  encrypted: Uint8Array,
): Keys | undefined {
  if (encryptionOf(encrypted) !== "passphrase") {
    // Without any, the library would still tell whether the file is one of age.
    return { identities: keyring.identities() };
  }
  const passphrase = keyring.passphrase();
  return passphrase === undefined ? undefined : { passphrase };
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

/**
 * Whom a stored secret is for: all who share the `repository`, its user alone
 * (`private`), or all repositories of the user (`global`).
 */
export type SecretLevel = "repository" | "private" | "global";

/**
 * Where a secret comes from: a stored file ({@linkcode SecretLevel}), a
 * variable of the `environment`, the Python tool's file (`legacy`), the
 * credential helper of `git`, or what was typed (`prompt`).
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
  readonly place: string | null;
}

/** A directory that may hold secrets. */
export interface SecretPlace extends SecretDirectory {
  readonly level: SecretLevel;
}

/** The directories of secrets, in the order they are asked. */
export function secretPlaces(
  host: Host,
  { layout }: Pick<Repository, "layout">,
): readonly SecretPlace[] {
  const { root, secrets } = layout;
  const own: SecretPlace = { level: "repository", base: root, path: secrets };
  const base = host.homeDirectory();
  if (base === undefined) return [own];
  const { secrets: path } = userLayout(base);
  const id = readRepositoryMeta(layout)?.repoId;
  const places: SecretPlace[] = [own];
  if (id !== undefined) {
    places.push({ level: "private", base, path: joinPath(path, id) });
  }
  // Where the home is a repository, its secrets are the user's.
  if (path !== secrets) places.push({ level: "global", base, path });
  return places;
}

/** All places that have a secret, in the order they count, without opening or running anything. */
export function locateSecret(
  host: Host,
  repository: Repository,
  name: string,
): readonly SecretLocation[] {
  const stored = secretPlaces(host, repository)
    .filter((place) => hasSecret(place, name))
    .map(({ level, path }): SecretLocation => ({
      source: level,
      place: secretPath(path, name),
    }));
  const variables = variablesOf(name).filter((variable) => host.env(variable))
    .map((variable): SecretLocation => ({
      source: "environment",
      place: variable,
    }));
  return [...stored, ...variables];
}

/** An identity that secrets can be encrypted to. */
export interface SecretsReady {
  /** The repository; no session. */
  readonly place: Place;
  /** The file that opens secrets; whoever has it can read them all. */
  readonly identity: string;
  /** Its public half: secrets are encrypted to it. */
  readonly recipient: string;
  /** False when the identity was there. */
  readonly created: boolean;
  /** Secrets that the workflow or a setting names and nobody has. */
  readonly missing: readonly string[];
}

/**
 * Makes the user's identity for secrets, if there is none, in their own
 * directory. An identity that is there is never replaced.
 *
 * Requires `--allow-read`, and `--allow-write` and `--allow-env` for the
 * user's directory.
 *
 * @throws {OrcError} `no_home` (external) if the user's directory is not known
 */
export async function initSecrets(
  host: Host,
  options: RepositoryOptions = {},
): Promise<SecretsReady> {
  const repository = openRepository(host, options);
  const base = homeOf(host);
  const path = userLayout(base).identity;
  const created = readIdentities(host).length === 0 &&
    await makeIdentity(host, { base, path });
  const recipient = await ownRecipient(host);
  if (recipient === undefined) throw new Error(`"${path}" is gone again`);
  const { names } = await requiredSecrets(host, repository);
  const missing = names.filter((name) =>
    locateSecret(host, repository, name).length === 0
  );
  const place = placeOf(repository, null);
  return { place, identity: path, recipient, created, missing };
}

/** The public half of the user's first identity; undefined without any. */
export async function ownRecipient(host: Host): Promise<string | undefined> {
  const [identity] = readIdentities(host);
  return identity === undefined ? undefined : await recipientOf(identity);
}

/** The user's directory. */
export function homeOf(host: Host): string {
  const home = host.homeDirectory();
  if (home !== undefined) return home;
  throw external(
    "no_home",
    "The user's directory is not known",
    "set HOME, or use a passphrase: --passphrase",
  );
}

/** Writes a new identity as `age-keygen` does; false when another process was faster. */
async function makeIdentity(
  host: Host,
  file: { readonly base: string; readonly path: string },
): Promise<boolean> {
  const { identity, recipient } = await newIdentity();
  const text = [
    `# created: ${host.now()}`,
    `# public key: ${recipient}`,
    identity,
    "",
  ].join("\n");
  return createPrivate(file, new TextEncoder().encode(text));
}

/** As slow as guessing is to be: this many rounds for each guess. */
const ITERATIONS = 600_000;

/** Eight digits tell values apart, and would tell short ones. */
const FINGERPRINT_BYTES = 4;

/** Shortest value that cannot be guessed from its fingerprint, however slowly. */
const MIN_LENGTH = 12;

/**
 * Eight hex digits that are the same wherever a value is the same; null for
 * one so short that it could be guessed from them. Salted with the repository
 * and the name, so that no table of fingerprints helps, and slow.
 */
export async function fingerprintOf(
  value: string,
  { name, repoId }: { readonly name: string; readonly repoId: string },
): Promise<string | null> {
  if (value.length < MIN_LENGTH) return null;
  const salt = new TextEncoder().encode(
    `orchestrator secret ${repoId} ${name}`,
  );
  const bytes = await stretch(value, salt, {
    iterations: ITERATIONS,
    size: FINGERPRINT_BYTES,
  });
  return Array.from(
    bytes,
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
