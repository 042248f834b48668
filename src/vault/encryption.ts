import { hexOf } from "../base/checksum.ts";
import { corrupt, denied, OrcError, orElse } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import { legacySecretPaths, userLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES, MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { withoutLineEnds } from "../base/mask.ts";
import {
  LEGACY_PASSWORD_VARIABLE,
  PASSPHRASE_VARIABLE,
} from "../base/names.ts";
import {
  guardPath,
  readBeginning,
  readRegularFile,
  readText,
  visibleKind,
} from "../files/read.ts";
import { type Host, variableOf } from "../host/host.ts";
import type { ConfigSite } from "../settings/files.ts";
import { entriesOf, scalarText } from "../workflow/value.ts";

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

/** Encrypts a text, or bytes, in the format of age. */
export async function encrypt(
  content: string | Uint8Array,
  lock: Lock,
): Promise<Uint8Array> {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  if ("recipient" in lock) encrypter.addRecipient(lock.recipient);
  else encrypter.setPassphrase(lock.passphrase);
  return await encrypter.encrypt(content);
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

/** Where what is to be opened lies, and the way on if it is damaged. */
export interface StoredFile {
  readonly path: string;
  readonly hint?: string;
}

/**
 * Opens a file of age with the first key that fits; undefined when none does.
 *
 * @throws {OrcError} corrupt `invalid_secret` if the file is damaged
 */
export async function decrypt(
  encrypted: Uint8Array,
  keys: Keys,
  { path, hint }: StoredFile,
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
    // The library has no codes; a test holds it to its words.
    const isWrongKey = cause instanceof Error &&
      /^no identity matched/.test(cause.message);
    if (isWrongKey) return undefined;
    throw corrupt(
      "invalid_secret",
      `Cannot open "${path}": it is damaged, or no file of age`,
      { path, cause, hint },
    );
  }
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
      const given = variableOf(host, PASSPHRASE_VARIABLE);
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
  const text = readText(path, MAX_SMALL_FILE_BYTES);
  if (text === undefined) return [];
  const identities = text.split(/\r?\n/)
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
  stored: StoredFile,
): Promise<string | undefined> {
  const isLocked = encryptionOf(encrypted) === "passphrase";
  const passphrase = isLocked ? keyring.passphrase() : undefined;
  if (isLocked && passphrase === undefined) return undefined;
  // Without any identity, the library still tells whether the file is one of age.
  const keys = passphrase === undefined
    ? { identities: keyring.identities() }
    : { passphrase };
  const bytes = await decrypt(encrypted, keys, stored);
  const { path, hint } = stored;
  return bytes && withoutLineEnds(decodeUtf8(bytes, path, hint));
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** The public half of the user's first identity; undefined without any. */
export async function ownRecipient(host: Host): Promise<string | undefined> {
  const [identity] = readIdentities(host);
  return identity === undefined ? undefined : await recipientOf(identity);
}

/** As slow as guessing is to be: this many rounds for each guess. */
const FINGERPRINT_ITERATIONS = 600_000;

/** Eight digits tell values apart, and would tell short ones. */
const FINGERPRINT_BYTES = 4;

/** Shortest value that cannot be guessed from its fingerprint, however slowly. */
const MIN_LENGTH = 12;

/**
 * Eight hex digits that are the same wherever a value is the same; null for one so short that it
 * could be guessed from them. Salted with the repository and the name, so that no table helps, and
 * slow.
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
    iterations: FINGERPRINT_ITERATIONS,
    size: FINGERPRINT_BYTES,
  });
  return hexOf(bytes);
}

/** Derives bytes from a text so slowly that it cannot be guessed from them. */
async function stretch(
  text: string,
  salt: Uint8Array<ArrayBuffer>,
  { iterations, size }: { readonly iterations: number; readonly size: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(text),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const bits = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations },
    key,
    8 * size,
  );
  return new Uint8Array(bits);
}

/** What `openssl enc -aes-256-cbc -pbkdf2` begins a file with; the salt follows. */
const MAGIC = "Salted__";
const SALT_BYTES = 8;
const KEY_BYTES = 32;
const INITIAL_VECTOR_BYTES = 16;
const LEGACY_ITERATIONS = 10_000;

/**
 * Opens the Python tool's secrets; undefined without any, or without a password.
 *
 * @throws {OrcError} denied `wrong_password`, corrupt `invalid_secret`
 */
export async function readLegacySecrets(
  host: Host,
  { layout: { root } }: Pick<ConfigSite, "layout">,
): Promise<
  | { readonly path: string; readonly values: ReadonlyMap<string, string> }
  | undefined
> {
  const password = variableOf(host, LEGACY_PASSWORD_VARIABLE);
  if (!password) return undefined;
  for (const path of legacySecretPaths(root)) {
    guardPath(root, path);
    const encrypted = readRegularFile(path, MAX_WORKFLOW_BYTES);
    if (encrypted === undefined || isForeign(encrypted)) continue;
    const bytes = await decryptLegacy(encrypted, password, path);
    return { path, values: await valuesIn(bytes, path) };
  }
  return undefined;
}

/** Whether a file may hold secrets of the Python tool; one that may not be looked at may. */
export function mayHoldLegacySecrets(path: string): boolean {
  const kind = visibleKind(path);
  if (kind !== "file") return kind !== "absent";
  const start = orElse(
    () => readBeginning(path, MAGIC.length),
    () => undefined,
  );
  return start === undefined || !isForeign(start);
}

/** Other programs encrypt files of that name in other ways: PGP, or age. */
function isForeign(encrypted: Uint8Array): boolean {
  const start = new TextDecoder().decode(encrypted.subarray(0, MAGIC.length));
  return start !== "" && start !== MAGIC;
}

async function decryptLegacy(
  encrypted: Uint8Array,
  password: string,
  path: string,
): Promise<Uint8Array> {
  if (encrypted.length === 0) throw invalid(path, "it is empty");
  const start = MAGIC.length + SALT_BYTES;
  const salt = encrypted.slice(MAGIC.length, start);
  const bytes = await stretch(password, salt, {
    iterations: LEGACY_ITERATIONS,
    size: KEY_BYTES + INITIAL_VECTOR_BYTES,
  });
  const key = await crypto.subtle.importKey(
    "raw",
    bytes.slice(0, KEY_BYTES),
    "AES-CBC",
    false,
    ["decrypt"],
  );
  try {
    const decrypted = await crypto.subtle.decrypt(
      { name: "AES-CBC", iv: bytes.slice(KEY_BYTES) },
      key,
      encrypted.slice(start),
    );
    return new Uint8Array(decrypted);
  } catch (cause) {
    throw wrongPassword(path, cause);
  }
}

/** One wrong password in some 256 leaves bytes that look whole: they are no flat mapping. */
async function valuesIn(
  bytes: Uint8Array,
  path: string,
): Promise<ReadonlyMap<string, string>> {
  const { readWorkflowText } = await import("../workflow/yaml.ts");
  try {
    const { value } = readWorkflowText(decodeUtf8(bytes, path), path);
    const entries = entriesOf(value);
    if (entries !== undefined) return new Map(entries.flatMap(textEntry));
  } catch (cause) {
    if (!(cause instanceof OrcError)) throw cause;
    // What the error says could be a part of a secret.
    throw wrongPassword(path, undefined);
  }
  throw invalid(path, "it holds no mapping of names to values");
}

function textEntry(
  [name, value]: readonly [unknown, unknown],
): readonly (readonly [string, string])[] {
  const text = typeof value === "string" ? value : scalarText(value);
  return typeof name === "string" && text ? [[name, text]] : [];
}

function wrongPassword(path: string, cause: unknown): OrcError {
  return denied(
    "wrong_password",
    `Cannot open "${path}": ${LEGACY_PASSWORD_VARIABLE} does not fit, or it is damaged`,
    { path, cause, hint: `set ${LEGACY_PASSWORD_VARIABLE} to its password` },
  );
}

function invalid(path: string, reason: string): OrcError {
  return corrupt("invalid_secret", `Cannot open "${path}": ${reason}`, {
    path,
    hint: "keep its secrets anew: orc secrets set NAME",
  });
}
