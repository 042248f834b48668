import { userLayout } from "../base/layout.ts";
import { joinPath } from "../base/path.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { readRepositoryMeta } from "../session/repository.ts";
import type { SecretDirectory } from "./vault.ts";

/**
 * Whom a stored secret is for: all who share the `repository`, its user alone
 * (`private`), or all repositories of the user (`global`).
 */
export type SecretLevel = "repository" | "private" | "global";

/**
 * Where a secret comes from: a stored file ({@linkcode SecretLevel}), a
 * variable of the `environment`, the Python tool's file (`legacy`), the
 * credential helper of `git`, or what was typed (`prompt`).
 */
export type SecretSource =
  | SecretLevel
  | "environment"
  | "legacy"
  | "git"
  | "prompt";

/** Where a secret lies, whether it can be opened or not. */
export interface SecretLocation {
  /** What kind of place it is. */
  readonly source: SecretSource;
  /** Path of a file, name of a variable, or null. */
  readonly place: string | null;
}

/** A directory that may hold secrets. */
export interface SecretPlace extends SecretDirectory {
  readonly level: SecretLevel;
}

/** The directories of secrets, in the order they are asked. */
export function secretPlaces(
  host: Host,
  { layout }: Pick<Repository, "layout">,
): readonly SecretPlace[] {
  const { root, secrets } = layout;
  const own: SecretPlace = { level: "repository", base: root, path: secrets };
  const base = host.homeDirectory();
  if (base === undefined) return [own];
  const { secrets: path } = userLayout(base);
  const id = readRepositoryMeta(layout)?.repoId;
  const places: SecretPlace[] = [own];
  if (id !== undefined) {
    places.push({ level: "private", base, path: joinPath(path, id) });
  }
  // Where the home is a repository, its secrets are the user's.
  if (path !== secrets) places.push({ level: "global", base, path });
  return places;
}
