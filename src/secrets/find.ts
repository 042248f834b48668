import { secretPath } from "../base/entry_path.ts";
import { OrcError } from "../base/error.ts";
import { PASSPHRASE_VARIABLE, variablesOf } from "../base/secret_name.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { encryptionOf } from "./age_cipher.ts";
import { askGit } from "./git_credential.ts";
import { type Keyring, openKeyring, openWith } from "./keyring.ts";
import { readLegacySecrets } from "./required.ts";
import { type SecretLocation, secretPlaces } from "./secret_places.ts";
import { readSecret } from "./vault.ts";

/** A value, and where it was found. */
export interface FoundSecret extends SecretLocation {
  readonly name: string;
  readonly value: string;
}

/** Where secrets are looked for. */
export interface SecretSearch {
  readonly host: Host;
  readonly repository: Repository;
  readonly keyring: Keyring;
}

/** Begins to look for secrets; with `mayAsk`, a person can be asked for a passphrase. */
export function searchSecrets(
  host: Host,
  repository: Repository,
  mayAsk: boolean,
): SecretSearch {
  return { host, repository, keyring: openKeyring(host, mayAsk) };
}

/** A stored secret that was looked at. */
export type OpenedSecret = FoundSecret | { readonly locked: OrcError };

/** Opens all that is stored under a name, in the order it counts. */
export async function* storedSecrets(
  { host, repository, keyring }: SecretSearch,
  name: string,
): AsyncGenerator<OpenedSecret> {
  for (const place of secretPlaces(host, repository)) {
    const path = secretPath(place.path, name);
    try {
      const encrypted = readSecret(place, name);
      if (encrypted === undefined) continue;
      const value = await openWith(keyring, encrypted, path);
      yield value === undefined
        ? { locked: lockedSecret(name, path, encrypted) }
        : { name, value, source: place.level, place: path };
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      yield { locked: error };
    }
  }
}

/** Values of a name in the environment, in the order they count. */
export function* environmentSecrets(
  { host }: Pick<SecretSearch, "host">,
  name: string,
): Generator<FoundSecret> {
  for (const variable of variablesOf(name)) {
    const value = host.env(variable);
    if (value) yield { name, value, source: "environment", place: variable };
  }
}

/** The value that the Python tool's file has for a name. */
export async function legacySecret(
  { host, repository }: SecretSearch,
  name: string,
): Promise<FoundSecret | undefined> {
  const legacy = await readLegacySecrets(host, repository);
  const value = legacy?.values.get(name);
  if (legacy === undefined || value === undefined) return undefined;
  return { name, value, source: "legacy", place: legacy.path };
}

/**
 * Finds a secret where it can be had without asking anybody for it. What is
 * stored but cannot be opened here gives way to what comes after it: where the
 * identity is missing, the environment may have the value.
 *
 * @throws {OrcError} denied `secret_locked`, or why else it cannot be opened,
 *   if it is found nowhere else
 */
export async function findSecret(
  search: SecretSearch,
  name: string,
): Promise<FoundSecret | undefined> {
  let locked: OrcError | undefined;
  for await (const stored of storedSecrets(search, name)) {
    if (!("locked" in stored)) return stored;
    locked ??= stored.locked;
  }
  const [variable] = environmentSecrets(search, name);
  const found = variable ?? await legacySecret(search, name) ??
    await fromGit(search, name);
  if (found === undefined && locked !== undefined) throw locked;
  return found;
}

async function fromGit(
  { host, repository }: SecretSearch,
  name: string,
): Promise<FoundSecret | undefined> {
  const { workingTree } = repository.found;
  const value = await askGit(host, workingTree, name);
  return value === undefined
    ? undefined
    : { name, value, source: "git", place: null };
}

function lockedSecret(
  name: string,
  path: string,
  encrypted: Uint8Array,
): OrcError {
  const isPassphrase = encryptionOf(encrypted) === "passphrase";
  return new OrcError(
    "denied",
    "secret_locked",
    `Cannot open secret "${name}": ${
      isPassphrase
        ? "its passphrase is missing or wrong"
        : "it is encrypted to another identity than yours"
    }`,
    {
      path,
      hint: isPassphrase
        ? `set ${PASSPHRASE_VARIABLE}, or run it in a terminal`
        : `ask for the identity, or set the secret anew: orc secrets set ${name}`,
    },
  );
}
