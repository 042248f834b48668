import { type Finding, isProblem } from "../base/finding.ts";
import type { Host } from "../host/host.ts";
import { openRepository, type RepositoryOptions } from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { secretFacts } from "./doctor.ts";
import { secretFindings } from "./rules.ts";

/** How the secrets of a repository are. */
export interface SecretsDiagnosis {
  /** The repository; no session. */
  readonly place: Place;
  /** Whether nothing was found that is more than good to know. */
  readonly healthy: boolean;
  /** How many stored secrets were looked at. */
  readonly secrets: number;
  /** In the order of the questions: what is missing first. */
  readonly findings: readonly Finding[];
}

/**
 * Finds secrets that are missing, cannot be opened, or lie where others can
 * get them. Changes nothing and asks nobody; opens what it can, and tells no
 * value.
 *
 * Requires `--allow-read`, `--allow-env` and, for git's credential helper,
 * `--allow-run=git`.
 */
export async function diagnoseSecrets(
  host: Host,
  options: RepositoryOptions = {},
): Promise<SecretsDiagnosis> {
  const repository = openRepository(host, options);
  const facts = await secretFacts(host, repository);
  const findings = secretFindings(facts);
  return {
    place: placeOf(repository, null),
    healthy: !findings.some(isProblem),
    secrets: facts.files.filter(({ name }) => name !== null).length,
    findings,
  };
}
