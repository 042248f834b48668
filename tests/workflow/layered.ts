/** Files that become one workflow, written as objects; each entry stands at a line that its path tells. */
import type { Layer, Places } from "../../src/workflow/layer.ts";
import {
  type Merged,
  mergeLayers,
  rememberPlaces,
} from "../../src/workflow/layers.ts";
import { formatPath, type ProblemDraft } from "../../src/workflow/problem.ts";

/** A file, and what it includes. */
export interface FileWith {
  readonly name: string;
  readonly says: Record<string, unknown>;
  readonly includes?: readonly FileWith[];
}

/** What files come to. */
export interface Put {
  readonly merged: Merged;
  readonly places: Places;
  /** `path: code: message` of each. */
  readonly problems: readonly string[];
}

export function put(file: FileWith): Put {
  const places: Places = new WeakMap();
  const problems: ProblemDraft[] = [];
  const visit = ({ name, says, includes = [] }: FileWith): Merged => {
    const layer: Layer = {
      source: name,
      value: asMap(says),
      locate: (path) => ({ line: path.length + 1, column: 1 }),
    };
    rememberPlaces(layer, places);
    const put = mergeLayers(layer, includes.map(visit), places);
    problems.push(...put.problems);
    return put.merged;
  };
  const merged = visit(file);
  const texts = problems.map(({ path, code, message }) =>
    `${formatPath(path)}: ${code}: ${message}`
  );
  return { merged, places, problems: texts };
}

function asMap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asMap);
  if (typeof value !== "object" || value === null) return value;
  return new Map(Object.entries(value).map(([key, one]) => [key, asMap(one)]));
}

/** The other way round. */
export function asObject(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asObject);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([key, one]) => [
    key,
    asObject(one),
  ]));
}

export function phase(
  id: string,
  ...items: readonly Record<string, unknown>[]
): Record<string, unknown> {
  return { id, name: id, items };
}

export function item(
  id: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return { id, name: id, ...more };
}

export const GATE: Record<string, unknown> = {
  step_type: "gate",
  verification: { type: "command", command: "{{test_command}}" },
};

export const HUMAN: Record<string, unknown> = {
  verification: { type: "manual_gate" },
};

/** `PHASE: item item`, for each phase. */
export function outline({ merged: { phases } }: Put): readonly string[] {
  const idOf = (value: unknown) => value instanceof Map ? value.get("id") : "?";
  return phases.map(({ value, items }) =>
    [`${idOf(value)}:`, ...items.map(idOf)].join(" ")
  );
}
