/** What a workflow is put together from, and where each part of it stands. */
import type { Locate, Path } from "./problem.ts";

/** What one file says. */
export interface Layer {
  /** The file, as messages name it. */
  readonly source: string;
  /** What YAML made of it. */
  readonly value: unknown;
  readonly locate: Locate;
}

/** Where something stands: in which file, and at which path of it. */
export interface Place {
  readonly layer: Layer;
  readonly path: Path;
}

/** Where each mapping and list stands that a file holds; what an alias repeats stands where it was first. */
export type Places = WeakMap<object, Place>;

/** A value, and where it was said. */
export interface Said extends Place {
  readonly value: unknown;
}

/** A phase as its file has it, and the items that it has by now. */
export interface MergedPhase {
  readonly value: unknown;
  items: readonly unknown[];
}

/** `common.yaml:12:5`, or the file alone where nobody knows more. */
export function placeText({ layer, path }: Place): string {
  const position = layer.locate(path);
  if (position === undefined) return layer.source;
  const { file = layer.source, line, column } = position;
  return `${file}:${line}:${column}`;
}
