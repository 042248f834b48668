import {
  isAbsolutePath,
  joinPath,
  nameOf,
  parentDirectory,
  relativePath,
  resolvePath,
} from "../base/path.ts";
import { ifAllowed, readRegularFile, realOrGiven } from "./read.ts";

/** Reads a file that somebody names, who may read it: so its links are followed. */
export function readNamedFile(
  directory: string,
  name: string,
  maxBytes: number,
): { readonly path: string; readonly bytes: Uint8Array | undefined } {
  const path = realOrGiven(resolvePath(directory, name));
  return { path, bytes: readRegularFile(path, maxBytes) };
}

/** Directories that are listed for one path, at most: a pattern can lead through a whole disk. */
const MAX_DIRECTORIES = 500;

/**
 * What is said behind "… does not exist" if the file that was meant is there under another
 * spelling: another Unicode form or case, "\" between its parts, a pattern, or "~" before it.
 * Empty if there is none, or orc may not look.
 */
export function butThereIs(directory: string, path: string): string {
  const found = meantBy(directory, path);
  if (found === undefined) return "";
  // Listed, though nothing is there.
  if (found === resolvePath(directory, path)) {
    return ", only a link that leads nowhere";
  }
  const shown = isAbsolutePath(path)
    ? found
    : relativePath(directory, found) ?? found;
  return shown.normalize() === path.normalize()
    ? `, but ${spelledOut(shown)} does: another Unicode form of the same name`
    : `, but ${spelledOut(shown, LOOKALIKE)} does`;
}

/** Dashes that look like the plain one, and what is not seen at all. */
const LOOKALIKE = /(?=[^ -~])[\p{Pd}\p{Cf}\p{Zs}]/gu;

/** Two forms of one name look alike, until what they are made of is written out. */
function spelledOut(text: string, signs = /[^ -~]/gu): string {
  return text.replaceAll(
    signs,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

function meantBy(directory: string, path: string): string | undefined {
  const plain = path.trim().replaceAll("\\", "/")
    .replace(/^file:(?:\/\/)?/, "").replace(/(^|\/)~\//, "$1");
  const rest: string[] = [];
  let start = resolvePath(directory, plain);
  while (!isDirectory(start)) {
    const parent = parentDirectory(start);
    if (parent === undefined) return undefined;
    rest.unshift(nameOf(start));
    start = parent;
  }
  return search(start, rest, { left: MAX_DIRECTORIES });
}

function isDirectory(path: string): boolean {
  const stat = () => Deno.statSync(path).isDirectory;
  return ifAllowed({ name: "read", path }, stat) ?? false;
}

/** The first path below a directory whose parts are like these names. */
function search(
  directory: string,
  names: readonly string[],
  budget: { left: number },
): string | undefined {
  const [name, ...rest] = names;
  if (name === undefined) return directory;
  const isDeep = name === "**";
  const here = isDeep ? search(directory, rest, budget) : undefined;
  if (here !== undefined || budget.left-- <= 0) return here;
  for (const entry of entriesLike(directory, name)) {
    const path = joinPath(directory, entry);
    const found = search(path, isDeep ? names : rest, budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The names in a directory that may be meant by another one, the most alike first. */
function entriesLike(directory: string, name: string): readonly string[] {
  const entries = ifAllowed(
    { name: "read", path: directory },
    () => Array.from(Deno.readDirSync(directory), (entry) => entry.name),
  ) ?? [];
  const form = name.normalize();
  const pattern = patternOf(form);
  const looks = looksOf(name);
  const rules: readonly ((entry: string) => boolean)[] = [
    (entry) => entry === name,
    (entry) => entry.normalize() === form,
    (entry) => entry.normalize().toLowerCase() === form.toLowerCase(),
    (entry) => pattern?.test(entry.normalize()) ?? false,
    (entry) => looksOf(entry) === looks,
  ];
  const found = entries.sort();
  return [...new Set(rules.flatMap((rule) => found.filter(rule)))];
}

/** How a name looks: blanks, accents and signs of no width count for nothing, and dashes are all one. */
function looksOf(name: string): string {
  const plain = name.replaceAll(/%[2-7][0-9a-f]/gi, decodeURIComponent);
  return plain.normalize("NFKD").replaceAll(/\p{Pd}/gu, "-")
    .replaceAll(/[\s\p{Cf}\p{M}]/gu, "").toLowerCase();
}

function patternOf(name: string): RegExp | undefined {
  if (!/[*?]/.test(name)) return undefined;
  const source = name.replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  // As in a shell, a pattern means no hidden file.
  return new RegExp(`^(?!\\.)${source}$`, "u");
}
