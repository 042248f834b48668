import { assertSecretName } from "../base/secret_name.ts";
import type { Host } from "../host/host.ts";
import { openRepository, type Repository } from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { findSecret, searchSecrets } from "./find.ts";
import { locateSecret } from "./locate_secret.ts";
import type { SecretLocation } from "./secret_places.ts";
import type { SecretOptions } from "./use.ts";
import { noSuchSecret } from "./vault.ts";

/** Where one secret comes from. */
export interface SecretOrigin {
  /** The repository; no session. */
  readonly repository: Place;
  /** Its name. */
  readonly name: string;
  /** The first one counts, unless it cannot be opened. */
  readonly locations: readonly SecretLocation[];
}

/**
 * Says where a secret comes from. What needs no opening is only looked at;
 * the Python tool's file and git are asked when nobody else has it.
 *
 * Requires `--allow-read`, `--allow-env` and, for git's credential helper,
 * `--allow-run=git`.
 *
 * @throws {OrcError} `no_such_secret` (not_found) if nobody has it
 */
export async function sourceOfSecret(
  host: Host,
  options: SecretOptions,
): Promise<SecretOrigin> {
  const { name } = options;
  assertSecretName(name);
  const repository = openRepository(host, options);
  const known = locateSecret(host, repository, name);
  const locations = known.length > 0
    ? known
    : await askOthers(host, repository, name);
  if (locations.length === 0) throw noSuchSecret(name);
  return { repository: placeOf(repository, null), name, locations };
}

async function askOthers(
  host: Host,
  repository: Repository,
  name: string,
): Promise<readonly SecretLocation[]> {
  const search = searchSecrets(host, repository, false);
  const found = await findSecret(search, name);
  if (found === undefined) return [];
  return [{ source: found.source, place: found.place }];
}
