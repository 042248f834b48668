import { OrcError } from "../base/error.ts";
import type { Host } from "../host/host.ts";
import { loadWorkflow } from "../repository/load.ts";
import type { Repository } from "../repository/open.ts";
import { secretsOf } from "./secret_use.ts";
import { secretsOfSettings } from "./setting_secrets.ts";

/** What workflow.yaml and the settings ask for. */
export interface RequiredSecrets {
  readonly names: readonly string[];
  /** Why one of them cannot be read, as sentences for people. */
  readonly problems: readonly string[];
}

/** Names of the secrets that workflow.yaml names, as it is now, and of those the settings name. */
export async function requiredSecrets(
  host: Host,
  repository: Repository,
): Promise<RequiredSecrets> {
  const ofWorkflow = await ifRight(async () => {
    const { workflow } = await loadWorkflow(host, repository, {});
    return secretsOf(workflow);
  });
  const ofSettings = await ifRight(() => secretsOfSettings(host, repository));
  const names = [...ofWorkflow.names, ...ofSettings.names];
  return {
    names: [...new Set(names)].sort(),
    problems: [...ofWorkflow.problems, ...ofSettings.problems],
  };
}

/** A secret can be kept before the workflow and the settings are right. */
async function ifRight(
  read: () => Promise<readonly string[]>,
): Promise<RequiredSecrets> {
  try {
    return { names: await read(), problems: [] };
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return { names: [], problems: [error.message] };
  }
}
