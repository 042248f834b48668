import { OrcError } from "../base/error.ts";

/** What encrypts a value: the public half of an identity, or a passphrase. */
export type Lock =
  | { readonly recipient: string }
  | { readonly passphrase: string };

/** How an encrypted file wants to be opened. */
export type Encryption = "identity" | "passphrase";

/** A new identity and its public half. */
export interface NewIdentity {
  readonly identity: string;
  readonly recipient: string;
}

/** Largest header that is searched for how a file is encrypted; armor makes it a third longer. */
const MAX_HEADER_BYTES = 16 * 1024;

const ARMOR = "-----BEGIN AGE ENCRYPTED FILE-----";

/** Makes an identity of the kind that all versions of age know. */
export async function newIdentity(): Promise<NewIdentity> {
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
  keys: { readonly identities: readonly string[] } | {
    readonly passphrase: string;
  },
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
  return new OrcError(
    "corrupt",
    "invalid_secret",
    `Cannot open "${path}": it is damaged, or no file of age`,
    { path, cause, hint: "set the secret again: orc secrets set NAME" },
  );
}
