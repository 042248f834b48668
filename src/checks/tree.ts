/**
 * The identity of what a check can see: the id that git gives a tree of these files, whose bytes are taken as
 * they lie there. Only which files there are is asked of git. It is told by filters, attributes and the state
 * of its index what a file holds, and whoever works in the repository can set those.
 */
import { OrcError } from "../base/error.ts";
import { type RepositoryLayout, repositoryLayout } from "../base/layout.ts";
import { findGit } from "../files/git_index.ts";
import { discard } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { filesPath, keep, readCached, stage, treePath } from "./tree_cache.ts";
import {
  loadHash,
  objectHash,
  parseKnown,
  printKnown,
  TreeReader,
} from "./tree_content.ts";
import {
  askGit,
  decodeNames,
  directoriesOf,
  hashOf,
  isOwn,
  listFiles,
  listIgnored,
  NO_GIT,
  NoTree,
  UNKNOWN_FORM,
} from "./tree_files.ts";
import {
  changedPaths,
  matcherOf,
  MODES,
  parentOf,
  parseEntries,
  printEntries,
  type TreeEntry,
  treeIdOf,
} from "./tree_rules.ts";

/** Where a tree is read, as `findRoot` found it. */
export interface TreeSite {
  /** The directory that holds `.orchestrator/`. */
  readonly root: string;
  /** Where checks run: the root, or its counterpart in a linked worktree. */
  readonly workingTree: string;
}

export interface TreeOptions {
  /** Patterns of the paths that count; without them all do. */
  readonly inputs?: readonly string[] | undefined;
  /** Reads each file, also one that seems not to have changed since it was read last. */
  readonly reread?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a check can see, or why that cannot be told. */
export type TreeIdentity =
  | {
    readonly id: string;
    /** Whether git said which files there are. */
    readonly kind: "git" | "files";
    /** How many files it is made of. */
    readonly files: number;
  }
  | { readonly id: null; readonly reason: string };

/** How a working tree differs from an earlier one. */
export interface TreeChange {
  /** Whether it is the same; null where that cannot be told. */
  readonly isSame: boolean | null;
  /** The first paths that differ, in the order of git. */
  readonly names: readonly string[];
  /** How many differ; null where that is not known any more. */
  readonly count: number | null;
  /** Why something of it is not known. */
  readonly reason: string | null;
}

/** What lies in a working tree and is no part of its identity. */
export interface Ignored {
  /** The first of them; a directory of which git sees nothing ends in a slash. */
  readonly names: readonly string[];
  /** How many there are; null where that cannot be told. */
  readonly count: number | null;
  /** Why not. */
  readonly reason: string | null;
}

interface Tree {
  readonly id: string;
  readonly kind: "git" | "files";
  readonly entries: readonly TreeEntry[];
}

/**
 * Reads the identity of a working tree. With `keeps` it is remembered, so that {@linkcode changedFiles} can
 * name files later, and so is what was read; nothing is written without, and nothing in git's directory ever.
 */
export async function readTree(
  host: Host,
  site: TreeSite,
  options: TreeOptions & { readonly keeps?: boolean } = {},
): Promise<TreeIdentity> {
  const tree = await told(() => treeOf(host, site, options), options);
  if (typeof tree === "string") return { id: null, reason: tree };
  const { id, kind, entries } = tree;
  if (options.keeps) {
    const layout = repositoryLayout(site.root);
    const staged = stage(layout, treePath(layout, id), host.newToken());
    if (staged !== undefined) keep(layout, staged, printEntries(entries));
  }
  return { id, kind, files: entries.length };
}

/** Compares a working tree with an earlier one; writes nothing. */
export async function changedFiles(
  host: Host,
  site: TreeSite,
  earlier: string,
  { limit = 5, ...options }: TreeOptions & { readonly limit?: number } = {},
): Promise<TreeChange> {
  const nothing = { names: [], count: null, reason: null };
  const tree = await told(() => treeOf(host, site, options), options);
  if (typeof tree === "string") {
    return { ...nothing, isSame: null, reason: tree };
  }
  if (tree.id === earlier) return { ...nothing, isSame: true, count: 0 };
  const before = await keptEntries(repositoryLayout(site.root), earlier);
  if (before === undefined || earlier.length !== tree.id.length) {
    const reason = before === undefined
      ? "Which files there were is not kept any more"
      : "What git ignores was not known then, or is not now";
    return { ...nothing, isSame: false, reason };
  }
  const names = changedPaths(before, tree.entries);
  const [first, count] = [names.slice(0, limit), names.length];
  return { ...nothing, isSame: false, names: first, count };
}

/**
 * Names what a check can see and its tree does not hold, as git ignores it: by `.gitignore`, or by rules that
 * lie outside of the tree. Kept with a result, the names show what somebody has hidden so.
 */
export async function readIgnored(
  host: Host,
  { workingTree }: TreeSite,
  { limit = 20, signal }: Pick<TreeOptions, "signal"> & {
    readonly limit?: number;
  } = {},
): Promise<Ignored> {
  const names = await told(() => listIgnored(host, workingTree, signal), {
    signal,
  });
  return typeof names === "string"
    ? { names: [], count: null, reason: names }
    : { names: names.slice(0, limit), count: names.length, reason: null };
}

/**
 * Reads the identity that a commit's files have where they lie as git stores them: without conversion of
 * line ends, filters such as that of LFS, and repositories in it. Of those it takes the commit they are at.
 */
export async function readCommittedTree(
  host: Host,
  { workingTree }: TreeSite,
  commit: string,
  { inputs, signal }: TreeOptions = {},
): Promise<TreeIdentity> {
  const tree = await told(async () => {
    const found = findGit(workingTree);
    if (found === undefined) throw new NoTree(NO_GIT);
    if (commit.startsWith("-")) throw new NoTree(`No commit "${commit}"`);
    const args = ["ls-tree", "-z", "-r", commit];
    const bytes = await askGit(host, workingTree, found, args, signal);
    const isMeant = matcherOf(inputs ?? []);
    const entries = parseEntries(decodeNames(bytes))
      ?.filter(({ path }) => isMeant(path) && !isOwn(path));
    if (entries === undefined) throw new NoTree(UNKNOWN_FORM);
    if (entries.length === 0) throw new NoTree(noFile(inputs ?? []));
    const newHash = await loadHash(hashOf(found.pointer));
    const id = treeIdOf(entries, objectHash(newHash));
    return { id, kind: "git", entries } as const;
  }, { signal });
  return typeof tree === "string"
    ? { id: null, reason: tree }
    : { id: tree.id, kind: tree.kind, files: tree.entries.length };
}

/** What is asked for, or why it cannot be had. */
async function told<Answer>(
  ask: () => Promise<Answer>,
  { signal }: Pick<TreeOptions, "signal">,
): Promise<Answer | string> {
  try {
    return await ask();
  } catch (error) {
    // Whoever aborts it may do so with an error of orc.
    signal?.throwIfAborted();
    if (error instanceof NoTree || error instanceof OrcError) {
      return error.message;
    }
    throw error;
  }
}

async function keptEntries(
  layout: RepositoryLayout,
  id: string,
): Promise<readonly TreeEntry[] | undefined> {
  // It comes from the session's state, and names a file.
  if (!/^[0-9a-f]{40,64}$/.test(id)) return undefined;
  const text = readCached(layout, treePath(layout, id));
  const entries = text === undefined ? undefined : parseEntries(text);
  if (entries === undefined) return undefined;
  const newHash = await loadHash(
    id.length === digitsOf("sha1") ? "sha1" : "sha256",
  );
  return treeIdOf(entries, objectHash(newHash)) === id ? entries : undefined;
}

async function treeOf(
  host: Host,
  site: TreeSite,
  { inputs = [], reread, keeps, signal }: TreeOptions & {
    readonly keeps?: boolean | undefined;
  },
): Promise<Tree> {
  const top = site.workingTree;
  const layout = repositoryLayout(site.root);
  const path = filesPath(layout, await nameFor(top));
  const staged = keeps ? stage(layout, path, host.newToken()) : undefined;
  try {
    const known = parseKnown(reread ? "" : readCached(layout, path) ?? "");
    const reader = new TreeReader(top, known, staged?.madeAtMs);
    const isMeant = matcherOf(inputs);
    const isDirectory = directoriesOf(top);
    const [{ kind, hash, modes }] = await Promise.all([
      listFiles(host, top, isDirectory, signal),
      reader.lookAhead(isMeant, signal),
    ]);
    const newHash = await loadHash(hash);
    const digits = digitsOf(hash);
    const entries: TreeEntry[] = [];
    for (const [path, mode] of modes) {
      if (!isMeant(path)) reader.pass(path);
      // What git names in a directory that a link leads to is not there.
      if (!isMeant(path) || !isDirectory(parentOf(path))) continue;
      const entry = reader.entrySeen(path, digits) ??
        await reader.entryAt(path, newHash, signal);
      if (entry !== undefined) entries.push(withMode(entry, mode));
    }
    // The identity of nothing would stay the same for whoever names no file that is there.
    if (entries.length === 0) throw new NoTree(noFile(inputs));
    if (staged) keep(layout, staged, printKnown(reader.lasting()));
    return { id: treeIdOf(entries, objectHash(newHash)), kind, entries };
  } finally {
    if (staged) discard(staged.temporary);
  }
}

function digitsOf(hash: "sha1" | "sha256"): number {
  return hash === "sha1" ? 40 : 64;
}

/** Where the system knows no such mode, git's index says which files can be run. */
function withMode(entry: TreeEntry, listedMode: string | null): TreeEntry {
  const isTold = Deno.build.os === "windows" && entry.mode === MODES.file &&
    listedMode === MODES.executable;
  return isTold ? { ...entry, mode: listedMode } : entry;
}

/** Names a working tree among others. */
async function nameFor(path: string): Promise<string> {
  const hash = objectHash(await loadHash("sha256"));
  return hash("blob", new TextEncoder().encode(path));
}

function noFile(inputs: readonly string[]): string {
  return inputs.length === 0
    ? "There is no file"
    : `No file matches ${inputs.map((one) => `"${one}"`).join(", ")}`;
}
