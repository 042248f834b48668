import { OrcError } from "../base/error.ts";
import { shellWord } from "../base/shell_word.ts";
import type { Item } from "./types.ts";

/**
 * Whether an item is a gate that names nothing to verify. The Python tool passes it at anybody's
 * word; here only a human can decide to do without it.
 */
export function verifiesNothing({ stepType, verification }: Item): boolean {
  return stepType === "gate" && verification.type === "none";
}

/** The command that gets past a gate without its verification; a human's. */
export function forcedSkip(itemId: string): string {
  return `orc skip ${shellWord(itemId)} --force --reason "<why>"`;
}

/** Refuses to complete a gate that names nothing to verify. */
export function assertVerifiable(item: Item): void {
  if (!verifiesNothing(item)) return;
  throw new OrcError(
    "refused",
    "cannot_complete",
    `Cannot complete item "${item.id}": it is a gate, and its workflow names nothing that could be verified`,
    {
      hint: `a human runs, in a terminal: ${forcedSkip(item.id)}`,
      details: { item: item.id },
    },
  );
}
