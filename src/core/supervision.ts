import type { Item, Workflow } from "./types.ts";

/** Who passes manual gates. */
export type SupervisionMode = "supervised" | "zero_human" | "hybrid";

/** The workflow's supervision mode; anything unknown counts as the strictest. */
export function supervisionMode(workflow: Workflow): SupervisionMode {
  const mode = workflow.settings.get("supervision_mode");
  return mode === "zero_human" || mode === "hybrid" ? mode : "supervised";
}

/** Whether nobody but a human gets past an item; without humans only gates stay closed. */
export function needsHuman(workflow: Workflow, item: Item): boolean {
  return item.verification.type === "manual_gate" &&
    (item.stepType === "gate" || supervisionMode(workflow) !== "zero_human");
}
