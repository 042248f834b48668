/** What a tree of files is: its entries, what git calls it, how two of them differ, and what filters may make of a file. */
import { sha256Hex } from "../base/checksum.ts";
import { compareCodePoints } from "../base/json_print.ts";
import { nameOf } from "../base/path.ts";

/** A file as git records it. */
export interface TreeEntry {
  /** Seen from the top of the tree, with `/` between its parts. */
  readonly path: string;
  readonly mode: string;
  /** Hash of its content, as git computes it. */
  readonly id: string;
}

/** How git marks a plain file, one that can be run, a symbolic link, and another repository in it. */
export const MODES = {
  file: "100644",
  executable: "100755",
  link: "120000",
  repository: "160000",
} as const;

const DIRECTORY_MODE = "40000";

/** Hashes an object of git, with the header that says what it is. */
export type HashObject = (
  type: "blob" | "tree",
  content: Uint8Array,
) => string;

type Directory = Map<string, TreeEntry | Directory>;

/** The id that git gives a tree with these entries. */
export function treeIdOf(
  entries: Iterable<TreeEntry>,
  hash: HashObject,
): string {
  const top: Directory = new Map();
  const directories = new Map([["", top]]);
  const directoryAt = (path: string): Directory => {
    const known = directories.get(path);
    if (known !== undefined) return known;
    const made: Directory = new Map();
    directories.set(path, made);
    directoryAt(parentOf(path)).set(nameOf(path), made);
    return made;
  };
  for (const entry of entries) {
    directoryAt(parentOf(entry.path)).set(nameOf(entry.path), entry);
  }
  return idOf(top, hash);
}

/** What leads to the directory that holds a path; empty for the top. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

function idOf(directory: Directory, hash: HashObject): string {
  const rows = Array.from(directory, ([name, child]) =>
    child instanceof Map
      // Git sorts a directory as if its name ended in a slash.
      ? {
        key: `${name}/`,
        head: `${DIRECTORY_MODE} ${name}\0`,
        id: idOf(child, hash),
      }
      : { key: name, head: `${child.mode} ${name}\0`, id: child.id });
  rows.sort((one, other) => compareCodePoints(one.key, other.key));
  // One call for all, since a zero byte ends each head and stands nowhere else in it.
  const heads = new TextEncoder().encode(rows.map(({ head }) => head).join(""));
  const idBytes = rows.reduce((sum, { id }) => sum + id.length / 2, 0);
  const content = new Uint8Array(heads.length + idBytes);
  let length = 0;
  let from = 0;
  for (const { id } of rows) {
    const end = heads.indexOf(0, from) + 1;
    while (from < end) content[length++] = heads[from++] ?? 0;
    for (let at = 0; at < id.length; at += 2) {
      content[length++] = 16 * digitAt(id, at) + digitAt(id, at + 1);
    }
  }
  return hash("tree", content);
}

/** The value of a hexadecimal digit in lower case. */
function digitAt(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}

/** Paths that are in one of two trees alone, or differ in content or mode. */
export function changedPaths(
  before: Iterable<TreeEntry>,
  now: Iterable<TreeEntry>,
): readonly string[] {
  const seen = new Map<string, string>();
  for (const { path, mode, id } of before) seen.set(path, `${mode} ${id}`);
  const changed: string[] = [];
  for (const { path, mode, id } of now) {
    if (seen.get(path) !== `${mode} ${id}`) changed.push(path);
    seen.delete(path);
  }
  return [...changed, ...seen.keys()].sort(compareCodePoints);
}

/** What others made of something, beside what a session found. */
export interface Came<Of> {
  /** As the commit had it that the session began at. */
  readonly committed: Of;
  /** As it was before both. */
  readonly before: Of;
  readonly others: Of;
}

/** A file as it is expected to be where a session does nothing to it. */
export interface Before {
  /** As the session found it, or as others made it where it is theirs alone. */
  readonly own: TreeEntry | undefined;
  /** Set where it was changed on both sides. */
  readonly came?: Came<TreeEntry | undefined>;
  /** Whether it is as a commit has it: the file that lies there may have other ends of lines. */
  readonly isCommitted?: boolean;
}

/** What is expected of each file that is to be there: a three-way merge, in which no conflict ends anything. */
export function expectedWith(
  own: readonly TreeEntry[],
  came: Came<readonly TreeEntry[]>,
): ReadonlyMap<string, Before> {
  const expected = new Map<string, Before>(
    own.map((entry) => [entry.path, { own: entry }]),
  );
  const [committed, before, others] = [
    came.committed,
    came.before,
    came.others,
  ].map(byPath) as [Entries, Entries, Entries];
  for (const path of new Set([...before.keys(), ...others.keys()])) {
    const [was, theirs] = [before.get(path), others.get(path)];
    const mine = expected.get(path)?.own;
    if (isSame(was, theirs) || isSame(mine, theirs)) continue;
    if (!isSame(was, mine)) {
      const ours = committed.get(path);
      const came = { committed: ours, before: was, others: theirs };
      expected.set(path, { own: mine, came });
    } else if (theirs === undefined) expected.delete(path);
    else expected.set(path, { own: theirs, isCommitted: true });
  }
  return expected;
}

export type Entries = ReadonlyMap<string, TreeEntry>;

export function byPath(entries: readonly TreeEntry[]): Entries {
  return new Map(entries.map((entry) => [entry.path, entry]));
}

export function isSame(
  one: TreeEntry | undefined,
  other: TreeEntry | undefined,
): boolean {
  return one?.id === other?.id && one?.mode === other?.mode;
}

/**
 * How many lines are in one of two texts alone; where a line stands does not count, and a long one does as
 * several. What others made of an earlier text counts as if it had been done to the first one, too.
 */
export function differingLines(
  was: string,
  is: string,
  { before, others }: { readonly before: string; readonly others: string } = {
    before: was,
    others: was,
  },
): number {
  const texts = [is, was, before, others].map(countedLines);
  const lines = new Set(texts.flatMap((counts) => [...counts.keys()]));
  let sum = 0;
  for (const line of lines) {
    const [now = 0, own = 0, old = 0, theirs = 0] = texts.map((counts) =>
      counts.get(line) ?? 0
    );
    const merged = Math.abs(now - Math.max(own + theirs - old, 0));
    // Where both sides did the same, it may have been done once.
    const times = own === theirs
      ? Math.min(merged, Math.abs(now - own))
      : merged;
    sum += times * linesIn(line.length);
  }
  return sum;
}

/** As many characters are a line, however few line feeds there are. */
const LINE_LENGTH = 200;

/** How many lines a text of this length without a line feed counts for. */
export function linesIn(length: number): number {
  return Math.max(1, Math.ceil(length / LINE_LENGTH));
}

function countedLines(text: string): ReadonlyMap<string, number> {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

/**
 * Tells which paths are meant: those that a pattern names or that lie in a directory it names, but
 * for those that a pattern behind `!` does. Where only such ones are given, all others are meant.
 */
export function matcherOf(
  patterns: readonly string[],
  flags = "",
): (path: string) => boolean {
  const [taken, left] = [false, true].map((isLeft) =>
    patterns.filter((pattern) => pattern.startsWith("!") === isLeft)
      .map((pattern) => expressionOf(pattern.replace(/^!/, ""), flags))
  ) as [RegExp[], RegExp[]];
  return (path) =>
    (taken.length === 0 || taken.some((one) => one.test(path))) &&
    !left.some((one) => one.test(path));
}

/**
 * The same for paths of risk, whose case does not count: `DB/1.sql` lies in `db/` on half of all machines, and a
 * team that works on several expects the same of each.
 */
export function riskMatcherOf(
  patterns: readonly string[],
): (path: string) => boolean {
  return matcherOf(patterns, "i");
}

const WILDCARDS: Readonly<Record<string, string>> = {
  "**/": "(?:.*/)?",
  "**": ".*",
  "*": "[^/]*",
  "?": "[^/]",
};

function expressionOf(pattern: string, flags: string): RegExp {
  const plain = pattern.replace(/^(?:\.\/)+/, "").replace(/\/+$/, "");
  if (plain === "" || plain === ".") return /^/;
  const text = plain.replaceAll(
    /\*\*\/|\*\*|[*?]|[.+^$()|[\]{}\\]/g,
    (found) => WILDCARDS[found] ?? `\\${found}`,
  );
  return new RegExp(`^${text}(?:/.*)?$`, `su${flags}`);
}

/** A path that git names, and what its index says of it; null for what it does not track. */
export interface ListedPath {
  readonly path: string;
  readonly mode: string | null;
}

/** What git's index names; its hash and stage tell nothing about the file that lies there. */
const TRACKED = /^[A-Z] (\d{6}) [0-9a-f]+ \d\t/;
const UNTRACKED = "? ";

/**
 * Reads what `git ls-files -z -t --stage --others` lists: of a conflict, a path several times.
 * Undefined where a row has another form, as what is not understood must not be left out.
 */
export function parseListed(text: string): readonly ListedPath[] | undefined {
  const rows = text.split("\0").filter((row) => row !== "").map((row) => {
    if (row.startsWith(UNTRACKED)) {
      return { path: row.slice(UNTRACKED.length), mode: null };
    }
    const [head = "", mode] = TRACKED.exec(row) ?? [];
    return mode && { path: row.slice(head.length), mode };
  });
  return rows.every((row) => typeof row === "object") ? rows : undefined;
}

const ENTRY = /^(\d{6}) [a-z]+ ([0-9a-f]+)\t/;

/** Reads what `git ls-tree -z -r` lists, and what {@linkcode printEntries} made; undefined for another form. */
export function parseEntries(text: string): readonly TreeEntry[] | undefined {
  const rows = text.split("\0").filter((row) => row !== "").map((row) => {
    const [head = "", mode, id] = ENTRY.exec(row) ?? [];
    return mode && id && { path: row.slice(head.length), mode, id };
  });
  return rows.every((row) => typeof row === "object") ? rows : undefined;
}

/** Lists entries as `git ls-tree -z -r` does: a name may hold anything but a zero byte. */
export function printEntries(entries: readonly TreeEntry[]): string {
  return entries.map(({ path, mode, id }) => `${mode} blob ${id}\t${path}\0`)
    .join("");
}

/** A pointer of Git LFS is a few lines, and says what it stands for. */
const MAX_POINTER_BYTES = 1024;

const POINTER =
  /^version https:\/\/\S+\n(?:[a-z0-9.-]+ [^\n]*\n)*?oid sha256:([0-9a-f]{64})\nsize (\d+)\n$/;

/** Whether a file holds what was committed for it, with other ends of lines, or the file that a pointer of LFS names. */
export async function isSameContent(
  stored: Uint8Array,
  lying: Uint8Array,
): Promise<boolean> {
  const pointer = pointerIn(stored);
  if (pointer !== null) {
    const [, sha256, size] = pointer;
    return lying.length === Number(size) && await sha256Hex(lying) === sha256;
  }
  return isSameText(stored, lying);
}

/** How large the file is that a pointer of LFS names; undefined for anything else. */
export function sizePointedTo(stored: Uint8Array): number | undefined {
  const [, , size] = pointerIn(stored) ?? [];
  return size === undefined ? undefined : Number(size);
}

function pointerIn(stored: Uint8Array): RegExpExecArray | null {
  return stored.length <= MAX_POINTER_BYTES
    ? POINTER.exec(new TextDecoder().decode(stored))
    : null;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Compares byte by byte: a text may be in any encoding. */
function isSameText(one: Uint8Array, other: Uint8Array): boolean {
  const isEnd = (bytes: Uint8Array, at: number): boolean =>
    bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED;
  let at = 0;
  let from = 0;
  while (at < one.length && from < other.length) {
    if (isEnd(one, at)) at++;
    if (isEnd(other, from)) from++;
    if (one[at++] !== other[from++]) return false;
  }
  return at === one.length && from === other.length;
}
