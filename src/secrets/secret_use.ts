import { isSecretName } from "../base/secret_name.ts";
import type { Workflow } from "../workflow/types.ts";

/** Names of all secrets that a workflow and its items name, sorted. */
export function secretsOf(
  { secrets, phases }: Pick<Workflow, "secrets" | "phases">,
): readonly string[] {
  const items = phases.flatMap((phase) => phase.items);
  const names = [...secrets, ...items.flatMap((item) => item.secrets)];
  return [...new Set(names)].filter(isSecretName).sort();
}
