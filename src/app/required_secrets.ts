import { OrcError } from "../core/error.ts";
import { secretsOf } from "../core/secret_use.ts";
import type { Host } from "../host/host.ts";
import { loadWorkflow } from "./load_workflow.ts";
import type { Repository } from "./open_repository.ts";

/** What workflow.yaml asks for. */
export interface RequiredSecrets {
  readonly names: readonly string[];
  /** Why the file cannot be read; null when it can. */
  readonly problem: string | null;
}

/** Names of the secrets that workflow.yaml names, as it is now. */
export async function requiredSecrets(
  host: Host,
  repository: Repository,
): Promise<RequiredSecrets> {
  try {
    const { workflow } = await loadWorkflow(host, repository, {});
    return { names: secretsOf(workflow), problem: null };
  } catch (error) {
    // A secret can be kept before the workflow is right.
    if (!(error instanceof OrcError)) throw error;
    return { names: [], problem: error.message };
  }
}
