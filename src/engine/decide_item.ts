/** What the rules for items have in common. */
import { OrcError } from "../base/error.ts";
import type { Subject } from "./situation.ts";
import type { OpenItem } from "./state.ts";

/** What an event about an item is about. */
export function subjectOf({ phase, item }: OpenItem): Subject {
  return { phaseId: phase.id, itemId: item.id };
}

/** Refuses to undo a decision that somebody gave a reason for. */
export function assertNotSkipped(
  verb: string,
  { item, itemState }: OpenItem,
): void {
  if (itemState.status !== "skipped") return;
  throw refusal(verb, item.id, "it was skipped");
}

/** The answer to an action that the rules do not allow on an item. */
export function refusal(
  verb: string,
  itemId: string,
  because: string,
  options: { hint?: string } = {},
): OrcError {
  return new OrcError(
    "refused",
    `cannot_${verb}`,
    `Cannot ${verb} item "${itemId}": ${because}`,
    { hint: options.hint ?? "orc status", details: { item: itemId } },
  );
}
