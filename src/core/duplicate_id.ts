import type { Phase, Workflow } from "./types.ts";

/** An id that stands for two phases of a workflow, or for two items of one phase. */
export interface DuplicateId {
  readonly kind: "phase" | "item";
  readonly id: string;
}

/**
 * Finds an id that makes progress ambiguous: the state keeps phases, and the items of a phase, by
 * their ids. Nothing that orc pins has one, but the Python tool accepts them.
 */
export function findDuplicateId(
  { phases }: Pick<Workflow, "phases">,
): DuplicateId | undefined {
  const phase = firstRepeated(phases);
  if (phase !== undefined) return { kind: "phase", id: phase };
  const item = phases.map(({ items }: Phase) => firstRepeated(items))
    .find((id) => id !== undefined);
  return item === undefined ? undefined : { kind: "item", id: item };
}

function firstRepeated(
  named: readonly { readonly id: string }[],
): string | undefined {
  const seen = new Set<string>();
  for (const { id } of named) {
    if (seen.has(id)) return id;
    seen.add(id);
  }
  return undefined;
}
