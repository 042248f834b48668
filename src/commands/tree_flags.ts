import { OrcError } from "../base/error.ts";
import type { TreeOptions } from "../sessions/search_tree.ts";
import { type FlagSpec, sessionOptions, type Values } from "./command.ts";

/** Where a search of a directory tree begins. */
export const SEARCH_FLAG: FlagSpec = {
  name: "search",
  short: "s",
  value: "DIR",
  values: "directory",
  summary: "Where to begin instead of here",
};

/** How deep a directory tree is searched. */
export const DEPTH_FLAG: FlagSpec = {
  name: "depth",
  value: "LEVELS",
  summary: "Levels of directories to search, 3 without it",
};

/** Reads what every command about a directory tree takes. */
export function treeOptions(
  values: Values,
  purpose: string,
  argument?: string,
): TreeOptions {
  const { root, lockTimeout, purpose: named } = sessionOptions(values, purpose);
  const flag = values.text("search");
  if (flag !== undefined && argument !== undefined) {
    throw new OrcError(
      "usage",
      "conflicting_flags",
      "The directory is named twice: by an argument and by --search",
    );
  }
  const directory = argument ?? flag;
  const depth = values.text("depth");
  return { root, lockTimeout, purpose: named, directory, depth };
}
