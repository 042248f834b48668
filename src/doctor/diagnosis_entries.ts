import { OrcError } from "../base/error.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { visibleKind } from "../files/read.ts";
import type { PathFact, Trouble } from "./diagnosis_facts.ts";

/** What lies in a directory, or why that cannot be told. */
export interface Listing {
  readonly entries: readonly Deno.DirEntry[];
  readonly trouble: Trouble | null;
}

/** Lists a directory, sorted by name; what is none is empty, also a link to one. */
export function listDirectory(path: string): Listing {
  if (visibleKind(path) !== "directory") return { entries: [], trouble: null };
  return attempt(path, () => ({ entries: entriesOf(path), trouble: null }), {
    entries: [],
  });
}

function entriesOf(path: string): readonly Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)].sort(byName);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw asOrcError(error, "list", path);
  }
}

function byName(one: Deno.DirEntry, other: Deno.DirEntry): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}

/** Looks at something; what is wrong with it is an answer, and a bug is not. */
export function attempt<Found extends { readonly trouble: Trouble | null }>(
  path: string,
  look: () => Found,
  otherwise: Omit<Found, "trouble">,
): Found | Omit<Found, "trouble"> & { readonly trouble: Trouble } {
  try {
    return look();
  } catch (error) {
    return { ...otherwise, trouble: troubleOf(error, path) };
  }
}

/** What an error of orc says about a file; any other is thrown again. */
export function troubleOf(error: unknown, path: string): Trouble {
  const known = asOrcError(error, "read", path);
  if (!(known instanceof OrcError)) throw known;
  const { kind, code, message } = known;
  return { kind, code, message, path: known.path ?? path };
}

/** What is at a path; undefined when it is gone by now, or may not be looked at. */
export function pathFact(path: string): PathFact | undefined {
  try {
    const info = Deno.lstatSync(path);
    const { mode, uid } = info;
    return { path, kind: kindOf(info), mode, uid };
  } catch (error) {
    troubleOf(error, path);
    return undefined;
  }
}

/** As {@linkcode pathFact}, without looking closer than the directory does. */
export function entryFact(directory: string, entry: Deno.DirEntry): PathFact {
  const path = `${directory}/${entry.name}`;
  return { path, kind: kindOf(entry), mode: null, uid: null };
}

function kindOf(
  { isFile, isDirectory, isSymlink }: Omit<Deno.DirEntry, "name">,
): PathFact["kind"] {
  if (isSymlink) return "symlink";
  if (isFile) return "file";
  return isDirectory ? "directory" : "other";
}
