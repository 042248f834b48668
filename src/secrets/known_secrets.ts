import { OrcError } from "../base/error.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import type { Workflow } from "../workflow/types.ts";
import { secretPlaces } from "./secret_places.ts";
import { secretsOf } from "./secret_use.ts";
import { secretsOfAllLevels } from "./setting_secrets.ts";
import { secretNames } from "./vault.ts";

/** A workflow, and the repository whose secrets it names. */
export interface MaskedPlace {
  readonly repository: Repository;
  readonly workflow: Pick<Workflow, "secrets" | "phases">;
  /** Whether settings that cannot be read are left out, as where they are what is shown. */
  readonly isLenient?: boolean;
}

/**
 * Names of the secrets that no text may hold and no check inherits: those of the workflow,
 * those that any level of the settings names, and those that are kept for the repository.
 *
 * @throws {OrcError} as the settings do, unless the place is lenient
 */
export async function knownSecretNames(
  host: Host,
  place: MaskedPlace,
): Promise<readonly string[]> {
  const names = [
    ...secretsOf(place.workflow),
    ...keptNames(host, place.repository),
    ...await namesInSettings(host, place),
  ];
  return [...new Set(names)];
}

async function namesInSettings(
  host: Host,
  { repository, isLenient = false }: MaskedPlace,
): Promise<readonly string[]> {
  try {
    return await secretsOfAllLevels(host, repository);
  } catch (error) {
    if (isLenient && error instanceof OrcError) return [];
    throw error;
  }
}

/** What lies where nothing is read from, as behind a link, is not kept. */
function keptNames(host: Host, repository: Repository): readonly string[] {
  try {
    return secretPlaces(host, repository)
      .filter(({ level }) => level !== "global").flatMap(secretNames);
  } catch (error) {
    if (error instanceof OrcError) return [];
    throw error;
  }
}
