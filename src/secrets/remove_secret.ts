import { secretPath } from "../base/entry_path.ts";
import { assertSecretName } from "../base/secret_name.ts";
import type { Host } from "../host/host.ts";
import { openRepository } from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { type SecretLevel, secretPlaces } from "./secret_places.ts";
import type { SecretOptions } from "./use.ts";
import { noSuchSecret, removeSecret } from "./vault.ts";

/** A stored secret to remove. */
export interface RemoveSecretOptions extends SecretOptions {
  /** Where from; without it, from where it counts. */
  readonly level?: SecretLevel;
}

/** A secret that was removed. */
export interface SecretRemoved {
  /** The repository; no session. */
  readonly place: Place;
  /** Its name, which may be stored elsewhere too. */
  readonly name: string;
  /** Whom it was for. */
  readonly level: SecretLevel;
  /** The file that is gone. */
  readonly path: string;
}

/**
 * Removes a stored secret from one place; others that have it stay.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `no_such_secret` (not_found) if it is not stored there
 */
export function removeStoredSecret(
  host: Host,
  options: RemoveSecretOptions,
): SecretRemoved {
  const { name, level } = options;
  assertSecretName(name);
  const repository = openRepository(host, options);
  const places = secretPlaces(host, repository)
    .filter((place) => level === undefined || place.level === level);
  const from = places.find((place) => removeSecret(place, name));
  if (from === undefined) throw noSuchSecret(name);
  return {
    place: placeOf(repository, null),
    name,
    level: from.level,
    path: secretPath(from.path, name),
  };
}
