import { secretPath } from "../base/entry_path.ts";
import { variablesOf } from "../base/secret_name.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { type SecretLocation, secretPlaces } from "./secret_places.ts";
import { hasSecret } from "./vault.ts";

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
