import { OrcError } from "../base/error.ts";
import { assertSecretName } from "../base/secret_name.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { readRepositoryMeta } from "../session/repository.ts";
import { findSecret, type FoundSecret, searchSecrets } from "./find.ts";
import { fingerprintOf } from "./secret_fingerprint.ts";
import type { SecretLocation } from "./secret_places.ts";
import { noSuchSecret } from "./vault.ts";

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
export interface TestedSecret extends SecretLocation {
  /** The repository; no session. */
  readonly repository: Place;
  /** Its name. */
  readonly name: string;
  /** Characters of its value. */
  readonly length: number;
  /** The same wherever the value is the same; null for a value of less than 12 characters. */
  readonly fingerprint: string | null;
}

/**
 * Returns the value of a secret.
 *
 * Requires `--allow-read`, `--allow-env` and, for git's credential helper,
 * `--allow-run=git`.
 *
 * @throws {OrcError} `secret_on_terminal` (refused) if it would be printed on a
 *   terminal, and `show` is not set
 * @throws {OrcError} `no_such_secret` (not_found) if nobody has it
 * @throws {OrcError} `secret_locked` (denied) if its key is missing
 */
export async function getSecret(
  host: Host,
  options: GetSecretOptions,
): Promise<GotSecret> {
  const { name, show = false } = options;
  assertSecretName(name);
  if (host.terminal.isOutputTerminal && !show) {
    throw new OrcError(
      "refused",
      "secret_on_terminal",
      `Secret "${name}" is not printed on a terminal`,
      { hint: `orc secrets get ${name} --show` },
    );
  }
  const { repository, found } = await find(host, options);
  return { place: placeOf(repository, null), name, value: found.value };
}

/**
 * Proves that a secret can be had, without telling it. Other secrets are not
 * opened.
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
  assertSecretName(name);
  const { repository, found } = await find(host, options);
  const repoId = readRepositoryMeta(repository.layout)?.repoId ?? "";
  return {
    repository: placeOf(repository, null),
    name,
    source: found.source,
    place: found.place,
    length: Array.from(found.value).length,
    fingerprint: await fingerprintOf(found.value, { name, repoId }),
  };
}

async function find(
  host: Host,
  options: SecretOptions,
): Promise<{ repository: Repository; found: FoundSecret }> {
  const repository = openRepository(host, options);
  const search = searchSecrets(host, repository, true);
  const found = await findSecret(search, options.name);
  if (found === undefined) throw noSuchSecret(options.name);
  return { repository, found };
}
