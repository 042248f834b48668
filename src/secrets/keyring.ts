import { OrcError } from "../base/error.ts";
import { decodeUtf8 } from "../base/json_parse.ts";
import { userLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { withoutLineEnds } from "../base/secret_forms.ts";
import { PASSPHRASE_VARIABLE } from "../base/secret_name.ts";
import { guardPath } from "../files/path_guard.ts";
import { readRegularFile } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import { decrypt, encryptionOf } from "./age_cipher.ts";

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
  throw new OrcError(
    "corrupt",
    "invalid_identity",
    `"${path}" holds no identity of age`,
    { path, hint: "put back a good copy, or move it away: orc secrets init" },
  );
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
  const bytes = encryptionOf(encrypted) === "passphrase"
    ? await openWithPassphrase(keyring, encrypted, path)
    : await openWithIdentity(keyring, encrypted, path);
  return bytes && withoutLineEnds(decodeUtf8(bytes, path));
}

async function openWithPassphrase(
  keyring: Keyring,
  encrypted: Uint8Array,
  path: string,
): Promise<Uint8Array | undefined> {
  const passphrase = keyring.passphrase();
  if (passphrase === undefined) return undefined;
  return await decrypt(encrypted, { passphrase }, path);
}

async function openWithIdentity(
  keyring: Keyring,
  encrypted: Uint8Array,
  path: string,
): Promise<Uint8Array | undefined> {
  const identities = keyring.identities();
  // Without any, the library would still tell whether the file is one of age.
  return await decrypt(encrypted, { identities }, path);
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
