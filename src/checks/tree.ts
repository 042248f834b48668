/**
 * The identity of what a check can see: the id that git gives a tree of these files, whose bytes are taken as
 * they lie there. Only which files there are is asked of git. It is told by filters, attributes and the state
 * of its index what a file holds, and whoever works in the repository can set those.
 */
import { OrcError } from "../base/error.ts";
import { isObjectId } from "../base/ids.ts";
import { type RepositoryLayout, repositoryLayout } from "../base/layout.ts";
import type { Receipt } from "../engine/receipt.ts";
import { loadHash } from "../files/tree.ts";
import { discard } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { filesPath, keep, readCached, stage, treePath } from "./tree_cache.ts";
import {
  objectHash,
  parseKnown,
  printKnown,
  TreeReader,
} from "./tree_content.ts";
import { directoriesOf, listFiles, NoTree } from "./tree_files.ts";
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

interface Tree {
  readonly id: string;
  readonly kind: "git" | "files";
  readonly entries: readonly TreeEntry[];
}

/**
 * Reads the identity of a working tree. With `keeps` it is remembered, so that {@linkcode compareTree} can
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
  if (options.keeps) keepEntries(host, repositoryLayout(site.root), tree);
  return { id, kind, files: entries.length };
}

/** Remembers the files of a tree, so that later ones can be compared with it. */
export function keepEntries(
  host: Host,
  layout: RepositoryLayout,
  { id, entries }: Pick<Tree, "id" | "entries">,
): void {
  const staged = stage(layout, treePath(layout, id), host.newToken());
  if (staged !== undefined) keep(layout, staged, printEntries(entries));
}

/** The files of a working tree as git would record them, or why they cannot be told; writes nothing. */
export async function readEntries(
  host: Host,
  site: TreeSite,
  options: TreeOptions = {},
): Promise<Pick<Tree, "id" | "entries"> | string> {
  return await told(() => treeOf(host, site, options), options);
}

/** An identity as events keep it. */
export function treeReceipt(
  seen: TreeIdentity,
  inputs?: readonly string[],
): Pick<Receipt, "tree" | "treeReason"> {
  if (seen.id === null) return { tree: null, treeReason: seen.reason };
  const { id, kind } = seen;
  const tree = { id, kind, ...inputs && { inputs } };
  return { tree, treeReason: null };
}

/** Compares a working tree, which is read once, with earlier ones; writes nothing. */
export async function compareTree(
  host: Host,
  site: TreeSite,
  earlier: readonly string[],
  { limit = 5, ...options }: TreeOptions & { readonly limit?: number } = {},
): Promise<readonly TreeChange[]> {
  const tree = await told(() => treeOf(host, site, options), options);
  if (typeof tree === "string") {
    return earlier.map(() => ({ ...UNKNOWN, isSame: null, reason: tree }));
  }
  const layout = repositoryLayout(site.root);
  return await Promise.all(
    earlier.map((id) => changeSince(layout, tree, id, limit)),
  );
}

const UNKNOWN = { names: [], count: null, reason: null } as const;

async function changeSince(
  layout: RepositoryLayout,
  tree: Tree,
  earlier: string,
  limit: number,
): Promise<TreeChange> {
  if (tree.id === earlier) return { ...UNKNOWN, isSame: true, count: 0 };
  const before = await keptEntries(layout, earlier);
  if (before === undefined || earlier.length !== tree.id.length) {
    const reason = before === undefined
      ? "Which files there were is not kept any more"
      : "What git ignores was not known then, or is not now";
    return { ...UNKNOWN, isSame: false, reason };
  }
  const names = changedPaths(before, tree.entries);
  const [first, count] = [names.slice(0, limit), names.length];
  return { ...UNKNOWN, isSame: false, names: first, count };
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

/** The files of a tree that is remembered. */
export async function keptEntries(
  layout: RepositoryLayout,
  id: string,
): Promise<readonly TreeEntry[] | undefined> {
  // It comes from the session's state, and names a file.
  if (!isObjectId(id)) return undefined;
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
  { inputs = [], keeps, signal }: TreeOptions & {
    readonly keeps?: boolean | undefined;
  },
): Promise<Tree> {
  const top = site.workingTree;
  const layout = repositoryLayout(site.root);
  const path = filesPath(layout, await nameFor(top));
  const staged = keeps ? stage(layout, path, host.newToken()) : undefined;
  try {
    const known = parseKnown(readCached(layout, path) ?? "");
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
