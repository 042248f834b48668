import {
  denied,
  external,
  notFound,
  type OrcError,
  refused,
  usage,
} from "../base/error.ts";
import { userLayout } from "../base/layout.ts";
import {
  assertSecretName,
  PASSPHRASE_VARIABLE,
  secretPath,
} from "../base/names.ts";
import { assertRemovalWanted } from "../host/confirm.ts";
import { type Host, variableOf } from "../host/host.ts";
import {
  type Names,
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { readRepositoryMeta } from "../session/repository.ts";
import {
  encrypt,
  type Encryption,
  fingerprintOf,
  type Lock,
  newIdentity,
  ownRecipient,
  readIdentities,
} from "../vault/encryption.ts";
import { requiredSecrets } from "./find.ts";
import { findSecret, type FoundSecret, searchSecrets } from "../vault/find.ts";
import { assertMayRead } from "./masker.ts";
import { readSecretValue } from "./value.ts";
import {
  createPrivate,
  locateSecret,
  removeSecret,
  type SecretLevel,
  type SecretLocation,
  secretNames,
  type SecretPlace,
  secretPlaces,
  writeSecret,
} from "../vault/vault.ts";

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
 * Makes the user's identity for secrets in their own directory; one that is there is never
 * replaced.
 *
 * Requires `--allow-read`, and `--allow-write` and `--allow-env` for the user's directory.
 *
 * @throws {OrcError} `no_home` (external) if the user's directory is not known
 */
export async function initSecrets(
  host: Host,
  options: RepositoryOptions = {},
): Promise<SecretsReady> {
  const repository = openRepository(host, options, {});
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

function homeOf(host: Host): string {
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
  const text =
    `# created: ${host.now()}\n# public key: ${recipient}\n${identity}\n`;
  return createPrivate(file, new TextEncoder().encode(text));
}

/** A secret, by its name. */
export interface SecretOptions extends RepositoryOptions {
  /** Capital letters, digits and underscores, such as `OPENAI_API_KEY`. */
  readonly name: string;
}

/** A secret to print. */
export interface GetSecretOptions extends SecretOptions {
  /** Prints it on a terminal too, where others may look on. */
  readonly show?: boolean;
}

/** A secret with its value. */
export interface GotSecret {
  /** The repository; no session. */
  readonly place: Place;
  /** Its name. */
  readonly name: string;
  /** Not to be stored or shown. */
  readonly value: string;
}

/** What can be said about a secret without telling it. */
export interface TestedSecret
  extends SecretLocation, Omit<SecretOrigin, "locations"> {
  /** Characters of its value. */
  readonly length: number;
  /** The same wherever the value is the same; null for a value of less than 12 characters. */
  readonly fingerprint: string | null;
}

/**
 * Returns the value of a secret.
 *
 * Requires `--allow-read`, `--allow-env` and, for git's credential helper, `--allow-run=git`.
 *
 * @throws {OrcError} `secret_on_terminal` (refused) if it would be printed on a terminal, and
 *   `show` is not set
 * @throws {OrcError} `secret_for_human` (denied) if an agent asks, and no open item names it
 * @throws {OrcError} `no_such_secret` (not_found) if nobody has it, or `secret_locked` (denied) if
 *   its key is missing
 */
export async function getSecret(
  host: Host,
  options: GetSecretOptions,
): Promise<GotSecret> {
  const { name, show = false } = options;
  assertSecretName(name);
  if (host.terminal.isOutputTerminal && !show) {
    throw refused(
      "secret_on_terminal",
      `Secret "${name}" is not printed on a terminal`,
      `orc secrets get ${name} --show`,
    );
  }
  await assertMayRead(host, options, name);
  const { repository, found } = await find(host, options, {
    name: true,
    show: true,
  });
  return { place: placeOf(repository, null), name, value: found.value };
}

/**
 * Proves that a secret can be had, without telling it. Other secrets are not opened.
 *
 * Requires the permissions of {@linkcode getSecret}.
 *
 * @throws {OrcError} `no_such_secret` (not_found) or `secret_locked` (denied)
 */
export async function testSecret(
  host: Host,
  options: SecretOptions,
): Promise<TestedSecret> {
  const { name } = options;
  const { repository, found } = await find(host, options, { name: true });
  const repoId = readRepositoryMeta(repository.layout)?.repoId ?? "";
  return {
    place: placeOf(repository, null),
    name,
    source: found.source,
    where: found.where,
    length: Array.from(found.value).length,
    fingerprint: await fingerprintOf(found.value, { name, repoId }),
  };
}

async function find<Options extends SecretOptions>(
  host: Host,
  options: Options,
  names: Names<Options>,
): Promise<{ repository: Repository; found: FoundSecret }> {
  const repository = openNamed(host, options, names);
  const search = searchSecrets(host, repository, true);
  const found = await findSecret(search, options.name);
  if (found === undefined) throw noSuchSecret(options.name);
  return { repository, found };
}

function openNamed<Options extends SecretOptions>(
  host: Host,
  options: Options,
  names: Names<Options>,
): Repository {
  assertSecretName(options.name);
  return openRepository(host, options, names);
}

function noSuchSecret(name: string): OrcError {
  return notFound(
    "no_such_secret",
    `No secret "${name}"`,
    `orc secrets set ${name}`,
  );
}

/** A secret to keep. Its value is typed, read from standard input, or from a file. */
export interface SetSecretOptions extends SecretOptions {
  /** The file that holds the value; the line ends behind it do not count. */
  readonly file?: string;
  /** Whom it is for; `repository` without it. */
  readonly level?: SecretLevel;
  /** Encrypts it with a passphrase instead of to the user's identity. */
  readonly passphrase?: boolean;
  /** Replaces one that is there without asking. */
  readonly yes?: boolean;
}

/** A secret that was kept. */
export interface SecretKept extends Omit<SecretRemoved, "dryRun"> {
  /** What opens it. */
  readonly encryption: Encryption;
  /** What went wrong after it was kept, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Keeps a secret, encrypted, in a file of its own that only its owner can read. One that is there
 * is replaced after a yes: orc keeps no copy.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `invalid_secret_name` or `invalid_secret_value` (usage)
 * @throws {OrcError} `no_identity` (denied) if there is nothing to encrypt to
 * @throws {OrcError} `not_confirmed` (refused) if one is there, and nobody said yes
 */
export async function setSecret(
  host: Host,
  options: SetSecretOptions,
): Promise<SecretKept> {
  const { name, level = "repository", yes = false } = options;
  const repository = openNamed(host, options, {
    name: true,
    file: true,
    level: true,
    passphrase: true,
    yes: true,
  });
  const before = placeAt(host, repository, level);
  const isKept = before && secretNames(before).includes(name);
  if (isKept && !yes) assertReplacementWanted(host, before, name);
  const lock = await lockFor(host, options.passphrase ?? false);
  const value = readSecretValue(host, options);
  const encrypted = await encrypt(value, lock);
  const warnings: string[] = [];
  const keep = (token: string): string => {
    const directory = placeFor(host, repository, level);
    // Another process may have kept one while the value was typed.
    if (!isKept && !yes && secretNames(directory).includes(name)) {
      assertReplacementWanted(host, directory, name);
    }
    warnings.push(...writeSecret(directory, name, encrypted, token));
    return secretPath(directory.path, name);
  };
  const path = level === "global"
    ? keep(host.newToken())
    : await withPreparedRepository(
      host,
      repository,
      { warnings },
      ({ token }) => keep(token),
    );
  return {
    place: placeOf(repository, null),
    name,
    level,
    path,
    encryption: "recipient" in lock ? "identity" : "passphrase",
    warnings,
  };
}

function placeFor(
  host: Host,
  repository: Repository,
  level: SecretLevel,
): SecretPlace {
  if (level !== "repository") homeOf(host);
  const found = placeAt(host, repository, level);
  if (found !== undefined) return found;
  // A repository that was prepared has them all.
  throw new Error(`no place for ${level} secrets`);
}

function placeAt(
  host: Host,
  repository: Repository,
  level: SecretLevel,
): SecretPlace | undefined {
  return secretPlaces(host, repository).find((place) => place.level === level);
}

function assertReplacementWanted(
  host: Host,
  { path }: SecretPlace,
  name: string,
): void {
  assertRemovalWanted(host, {
    verb: "Replace",
    lines: [secretPath(path, name)],
    amount: `secret "${name}"`,
    details: { secrets: [name] },
    look: `see where it is with orc secrets source ${name} first`,
  });
}

/** An identity opens without asking; a passphrase is for who wants one, or has nothing else. */
async function lockFor(host: Host, isPassphrase: boolean): Promise<Lock> {
  const recipient = isPassphrase ? undefined : await ownRecipient(host);
  if (recipient !== undefined) return { recipient };
  const given = variableOf(host, PASSPHRASE_VARIABLE);
  if (given) return { passphrase: given };
  if (isPassphrase) return { passphrase: askPassphrase(host) };
  throw denied(
    "no_identity",
    "There is no identity to encrypt secrets to",
    `orc secrets init, or set ${PASSPHRASE_VARIABLE}`,
  );
}

/** Nobody sees what they type, so they type it twice. */
function askPassphrase(host: Host): string {
  const { terminal } = host;
  const first = terminal.isInteractive
    ? terminal.readHidden("Passphrase: ")
    : undefined;
  if (!first) {
    throw denied(
      "no_passphrase",
      "There is no passphrase to encrypt the secret with",
      `set ${PASSPHRASE_VARIABLE}, or run it in a terminal`,
    );
  }
  if (terminal.readHidden("The same again: ") === first) return first;
  throw usage("passphrase_mistyped", "The two passphrases are not the same");
}

/** A stored secret to remove. */
export interface RemoveSecretOptions extends SecretOptions {
  /** Where from; without it, from where it counts. */
  readonly level?: SecretLevel;
  /** Removes it without asking. */
  readonly yes?: boolean;
  /** Tells what would be removed, and removes nothing. */
  readonly dryRun?: boolean;
}

/** A secret that was removed; it may be stored elsewhere too. */
export interface SecretRemoved extends Omit<GotSecret, "value"> {
  /** Whom it is for. */
  readonly level: SecretLevel;
  /** Its file. */
  readonly path: string;
  /** Whether it was only told, and nothing removed. */
  readonly dryRun: boolean;
}

/**
 * Removes a stored secret from one place, after a yes; others that have it stay.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `no_such_secret` (not_found), or `not_confirmed` (refused) without a yes
 */
export function removeStoredSecret(
  host: Host,
  options: RemoveSecretOptions,
): SecretRemoved {
  const { name, level, yes = false, dryRun = false } = options;
  const repository = openNamed(host, options, {
    name: true,
    level: true,
    yes: true,
    dryRun: true,
  });
  const from = secretPlaces(host, repository)
    .filter((place) => level === undefined || place.level === level)
    .find((place) => secretNames(place).includes(name));
  if (from === undefined) throw noSuchSecret(name);
  const path = secretPath(from.path, name);
  const place = placeOf(repository, null);
  const removed = { place, name, level: from.level, path, dryRun };
  if (dryRun) return removed;
  if (!yes) {
    assertRemovalWanted(host, {
      lines: [path],
      amount: `secret "${name}"`,
      details: { secrets: [name] },
    });
  }
  if (!removeSecret(from, name)) throw noSuchSecret(name);
  return removed;
}

/** A name, and where its value comes from. */
export interface SecretLine {
  /** Such as `OPENAI_API_KEY`. */
  readonly name: string;
  /** Whether workflow.yaml or a setting names it. */
  readonly required: boolean;
  /** All places that have it, in the order they count; empty when nobody has. */
  readonly locations: readonly SecretLocation[];
}

/** The secrets of a repository, by their names. */
export interface SecretList {
  /** Where they are; no session. */
  readonly place: Place;
  /** Sorted by their names. */
  readonly secrets: readonly SecretLine[];
  /** Why workflow.yaml or the settings could not be asked, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Lists the secrets that are stored or that workflow.yaml or a setting names. Opens none.
 *
 * Requires `--allow-read` and `--allow-env`.
 */
export async function listSecrets(
  host: Host,
  options: RepositoryOptions = {},
): Promise<SecretList> {
  const repository = openRepository(host, options, {});
  const required = await requiredSecrets(host, repository);
  const stored = secretPlaces(host, repository).flatMap(secretNames);
  const names = [...new Set([...required.names, ...stored])].sort();
  return {
    place: placeOf(repository, null),
    secrets: names.map((name) => ({
      name,
      required: required.names.includes(name),
      locations: locateSecret(host, repository, name),
    })),
    warnings: required.problems,
  };
}

/** Where one secret comes from. */
export interface SecretOrigin {
  /** The repository; no session. */
  readonly place: Place;
  /** Its name. */
  readonly name: string;
  /** The first one counts, unless it cannot be opened. */
  readonly locations: readonly SecretLocation[];
}

/**
 * Says where a secret comes from. What needs no opening is only looked at; the Python tool's file
 * and git are asked when nobody else has it.
 *
 * Requires the permissions of {@linkcode getSecret}.
 *
 * @throws {OrcError} `no_such_secret` (not_found) if nobody has it
 */
export async function sourceOfSecret(
  host: Host,
  options: SecretOptions,
): Promise<SecretOrigin> {
  const { name } = options;
  const repository = openNamed(host, options, { name: true });
  const place = placeOf(repository, null);
  const known = locateSecret(host, repository, name);
  if (known.length > 0) return { place, name, locations: known };
  const found = await findSecret(searchSecrets(host, repository, false), name);
  if (found === undefined) throw noSuchSecret(name);
  const locations = [{ source: found.source, where: found.where }];
  return { place, name, locations };
}
