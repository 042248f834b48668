import type { ItemState, SessionState } from "../workflow/types.ts";
import type { LegacyFile } from "./migration_facts.ts";

/** Something that stands in both places and differs. */
export interface MigrationConflict {
  /** Seen from the root. */
  readonly oldPath: string;
  /** Seen from the root. */
  readonly newPath: string;
  /** What differs, one sentence each. */
  readonly differences: readonly string[];
}

/** Which of two wins where both places hold something else. */
export type ForceFrom = "old" | "new";

/** What differs between the legacy state of a session and the new one; empty when they say the same. */
export function stateDifferences(
  old: SessionState,
  now: SessionState,
): readonly string[] {
  const fields = (
    state: SessionState,
  ): readonly (readonly [string, string])[] => [
    ["task", state.task],
    ["status", state.status],
    ["phase", state.currentPhaseId],
    ["last update", state.updatedAt],
  ];
  const known = new Map(fields(now));
  const differing = fields(old).flatMap(([name, value]) =>
    difference(name, value, known.get(name))
  );
  return [...differing, ...itemDifferences(old, now)];
}

function itemDifferences(
  old: SessionState,
  now: SessionState,
): readonly string[] {
  const [before, after] = [itemsOf(old), itemsOf(now)];
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].flatMap((name) =>
    difference(
      `item ${name}`,
      progressOf(before.get(name)),
      progressOf(after.get(name)),
    )
  );
}

function itemsOf({ phases }: SessionState): Map<string, ItemState> {
  return new Map(
    phases.flatMap(({ id, items }) =>
      items.map((item) => [`${id}/${item.id}`, item] as const)
    ),
  );
}

function progressOf(item: ItemState | undefined): string | undefined {
  if (item === undefined) return undefined;
  const { status, notes, skipReason, retryCount } = item;
  const remarks = [
    notes ?? skipReason,
    retryCount > 0 ? `${retryCount} tries` : null,
  ]
    .filter((remark) => remark !== null && remark !== "");
  return [status, ...remarks].join(", ");
}

function difference(
  name: string,
  old: string | undefined,
  now: string | undefined,
): readonly string[] {
  if (old === now) return [];
  return [`${name}: old ${shown(old)}, new ${shown(now)}`];
}

const MAX_SHOWN = 60;

function shown(value: string | undefined): string {
  if (value === undefined || value === "") return "missing";
  const [line = ""] = value.split("\n");
  const points = Array.from(line);
  return points.length <= MAX_SHOWN && line === value
    ? `"${line}"`
    : `"${points.slice(0, MAX_SHOWN).join("")}…"`;
}

/** The difference of two files whose content is not known. */
export function fileConflict(
  file: LegacyFile,
  newPath: string,
): MigrationConflict {
  return {
    oldPath: file.path,
    newPath,
    differences: [
      `content: old ${file.sizeBytes} bytes, sha256 ${
        file.sha256?.slice(0, 12)
      }…, new another`,
    ],
  };
}
