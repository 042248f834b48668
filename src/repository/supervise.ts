import { withFields } from "../base/json.ts";
import type { Host } from "../host/host.ts";
import type { ConfigSite } from "../settings/files.ts";
import { readValue } from "../settings/read_config.ts";
import type { Workflow } from "../workflow/types.ts";

const MODE = "supervision_mode";

/** A workflow, and whether its own word on supervision is somebody's. */
export interface Supervised {
  readonly workflow: Workflow;
  /** False for the built-in workflow, which says only what is usual. */
  readonly isOwnWord: boolean;
}

/** Lets the settings say who passes manual gates, where the workflow does not. */
export async function withSupervision(
  host: Host,
  site: ConfigSite,
  { workflow, isOwnWord }: Supervised,
): Promise<Workflow> {
  const isSaid = workflow.settings.has(MODE);
  if (isSaid && isOwnWord) return workflow;
  const mode = await readValue(host, site, MODE);
  // Nobody has to read in a workflow what is so anyway.
  if (!isSaid && mode === "supervised") return workflow;
  const settings = withFields(workflow.settings, { [MODE]: String(mode) });
  return { ...workflow, settings };
}
