import type { Host } from "../host/host.ts";
import { openRepository, type RepositoryOptions } from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { locateSecret } from "./locate_secret.ts";
import { requiredSecrets } from "./required_secrets.ts";
import { type SecretLocation, secretPlaces } from "./secret_places.ts";
import { secretNames } from "./vault.ts";

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
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, listSecrets } from "@orc/cli";
 *
 * const host = { ...denoHost(), homeDirectory: () => undefined };
 * const root = await Deno.makeTempDir();
 * const { secrets } = await listSecrets(host, { root });
 * assertEquals(secrets, []);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function listSecrets(
  host: Host,
  options: RepositoryOptions = {},
): Promise<SecretList> {
  const repository = openRepository(host, options);
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
