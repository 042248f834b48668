/** Where a path leads that need not exist. */
import {
  joinPath,
  nameOf,
  parentDirectory,
  resolvePath,
} from "../base/path.ts";
import { fileKind, realOrGiven } from "./read.ts";

/** As many links as systems follow. */
const MAX_LINKS = 40;

/**
 * The path without links, also where what it names does not exist: whoever writes there writes where the
 * last link leads, and a link must not be a way around.
 */
export function throughLinks(path: string, links = MAX_LINKS): string {
  const real = realOrGiven(path);
  const kind = fileKind(real);
  if (kind !== "absent" && kind !== "symlink") return real;
  const parent = parentDirectory(path);
  if (parent === undefined) return path;
  const above = throughLinks(parent, links);
  const here = joinPath(above, nameOf(path));
  if (links <= 0 || fileKind(here) !== "symlink") return here;
  return throughLinks(resolvePath(above, Deno.readLinkSync(here)), links - 1);
}
