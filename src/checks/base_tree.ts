/**
 * The files of a commit, laid out as a throw-away working tree in which a check can run. They are taken
 * from git's objects as they are stored: no filter and no hook runs, and git's directory stays as it is.
 */
import { repositoryLayout } from "../base/layout.ts";
import { joinPath, nameOf, relativePath } from "../base/path.ts";
import { asOrcError } from "../files/errors.ts";
import { readGitPointer } from "../files/git.ts";
import { fileKind, isThere, openSame } from "../files/read.ts";
import type { NewHash } from "../files/tree.ts";
import { makeDirectory, removeIfThere, writeAll } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { BlobWriter } from "./base_blobs.ts";
import {
  type BaseLayout,
  type Link,
  linkIgnored,
  makeLinks,
  makeRealDirectory,
} from "./base_links.ts";
import { isSafePath } from "./base_rules.ts";
import type { GitTree } from "./git_program.ts";
import { borrowObjects, withScratch } from "./scratch.ts";
import type { TreeSite } from "./tree.ts";
import {
  decodeNames,
  directoriesOf,
  gitOutput,
  isOwn,
  listFiles,
  MAX_FILES,
  NoTree,
  UNKNOWN_FORM,
} from "./tree_files.ts";
import { hashOfIds, objectHash } from "./tree_content.ts";
import {
  MODES,
  parentOf,
  parseEntries,
  type TreeEntry,
  treeIdOf,
} from "./tree_rules.ts";

/** What is laid out. */
export interface BaseRequest {
  readonly commit: string;
  /**
   * Which files are taken from the working tree as it is now, by their path in it, and not from the
   * commit; without it none.
   */
  readonly isLaidOver?: (path: string) => boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Lays out the files of a commit, has them used, and removes them whatever happens; those of a process that was
 * killed are removed by the next. What git ignores and no build makes is linked in, such as `node_modules`.
 *
 * @param use gets the counterpart of the directory in which checks run
 * @throws {NoTree} where it cannot be laid out
 * @throws {OrcError} what the disk says
 */
export async function withBaseTree<Answer>(
  host: Host,
  { root, workingTree }: TreeSite,
  git: GitTree,
  request: BaseRequest,
  use: (workingTree: string) => Promise<Answer>,
): Promise<Answer> {
  const { commit, signal, isLaidOver = () => false } = request;
  const purpose = "run a check on the base";
  const place = repositoryLayout(root);
  return await withScratch(host, place, purpose, async (scratch) => {
    const top = joinPath(scratch, "tree");
    makeDirectory(top);
    const below = relativePath(git.tree, workingTree) ?? "";
    const links: Link[] = [];
    const layout = { host, git, top, below, isLaidOver, signal, links };
    await layCommit(layout, git, commit, await leftOut(layout));
    if (request.isLaidOver) await layPresent(layout, workingTree);
    await linkIgnored(layout);
    await makeLinks(layout);
    // What a check asks git, or writes with it, does not reach the user's.
    const own = borrowObjects(git, top, commit);
    await gitOutput(host, top, own, ["read-tree", commit], signal);
    return await use(joinPath(top, below));
  });
}

const IS_WINDOWS = Deno.build.os === "windows";

const FILE_MODE = 0o644;
const RUN_MODE = 0o755;

/** Paths that git tracks and a sparse checkout leaves out: the check has not seen them either. */
async function leftOut(
  { host, git, signal }: BaseLayout,
): Promise<ReadonlySet<string>> {
  const args = ["ls-files", "-z", "-t", "--cached"];
  const rows = decodeNames(await gitOutput(host, git.tree, git, args, signal))
    .split("\0");
  return new Set(
    rows.filter((row) => row.startsWith("S ")).map((row) => row.slice(2))
      .filter((path) => !isThere(joinPath(git.tree, path))),
  );
}

/** Writes the files of a commit, and those of the repositories in it at the commits it names. */
async function layCommit(
  layout: BaseLayout,
  git: GitTree,
  commit: string,
  without: ReadonlySet<string>,
  inside = "",
): Promise<void> {
  const { host, top, below, isLaidOver, signal } = layout;
  const args = ["ls-tree", "-r", "-z", "--full-tree", commit];
  const bytes = await gitOutput(host, git.tree, git, args, signal);
  const named = parseEntries(decodeNames(bytes));
  if (named === undefined) throw new NoTree(UNKNOWN_FORM);
  const newHash = await hashOfIds(commit);
  const ask = ["rev-parse", "--verify", `${commit}^{tree}`];
  const id = decodeNames(await gitOutput(host, git.tree, git, ask, signal));
  if (treeIdOf(named, objectHash(newHash)) !== id.trimEnd()) {
    throw new NoTree(
      "the directories of the base are damaged in git: git fsck",
    );
  }
  const entries = named.map((entry) => ({
    ...entry,
    path: inside === "" ? entry.path : `${inside}/${entry.path}`,
  }));
  if (entries.length > MAX_FILES) {
    throw new NoTree(`the base has more than ${MAX_FILES} files`);
  }
  const meant = entries.filter(({ path }) => {
    const name = relativePath(below, path) ?? (below === "" ? path : undefined);
    return !without.has(path) &&
      (name === undefined || !isOwn(name) && !isLaidOver(name));
  });
  const files = meant.filter(({ mode }) => mode !== MODES.repository);
  for (const { path } of meant) {
    if (isSafePath(path, IS_WINDOWS)) continue;
    throw new NoTree(`the base holds "${path}", which orc does not write`);
  }
  await writeBlobs(layout, git, files, newHash);
  for (const { path, mode, id } of meant) {
    if (mode !== MODES.repository) continue;
    makeRealDirectory(top, path);
    const tree = joinPath(layout.git.tree, path);
    const pointer = readGitPointer(tree);
    // Git, too, leaves the directory of one that nobody fetched empty.
    if (pointer.kind === "none" || pointer.kind === "broken") continue;
    await layCommit(layout, { tree, pointer }, id, without, path);
  }
}

/** A busy disk takes its time for each of a hundred thousand files. */
const WRITE_TIMEOUT_MS = 30 * 60_000;

async function writeBlobs(
  { host, top, signal, links }: BaseLayout,
  git: GitTree,
  entries: readonly TreeEntry[],
  newHash: NewHash,
): Promise<void> {
  const failed = new AbortController();
  const made = new Set<string>();
  const writer = new BlobWriter(entries, {
    open({ path, mode }) {
      const parent = parentOf(path);
      if (!made.has(parent)) makeRealDirectory(top, parent);
      made.add(parent);
      return Deno.openSync(joinPath(top, path), {
        createNew: true,
        write: true,
        mode: mode === MODES.executable ? RUN_MODE : FILE_MODE,
      });
    },
    link: ({ path }, text) => links.push({ path, text }),
    fail: (error) => failed.abort(error),
  }, newHash);
  const ended = signal
    ? AbortSignal.any([signal, failed.signal])
    : failed.signal;
  const args = ["cat-file", "--batch", "--buffer"];
  const input = entries.map(({ id }) => `${id}\n`).join("");
  const take = (piece: Uint8Array): void => writer.take(piece);
  try {
    const timeoutMs = WRITE_TIMEOUT_MS;
    await gitOutput(host, git.tree, git, args, ended, {
      input,
      take,
      timeoutMs,
    });
  } finally {
    writer.close();
  }
  // What was found wrong at the very end comes too late to end git.
  failed.signal.throwIfAborted();
  writer.assertComplete();
}

/** Copies what is laid over from the working tree: what is deleted there is not in the base either. */
async function layPresent(
  { host, top, below, isLaidOver, signal, links }: BaseLayout,
  workingTree: string,
): Promise<void> {
  const isDirectory = directoriesOf(workingTree);
  const { modes } = await listFiles(host, workingTree, isDirectory, signal);
  let count = 0;
  for (const name of modes.keys()) {
    if (!isLaidOver(name) || !isDirectory(parentOf(name))) continue;
    const from = joinPath(workingTree, name);
    const path = below === "" ? name : `${below}/${name}`;
    const kind = fileKind(from);
    if (kind !== "file" && kind !== "symlink") continue;
    count++;
    const to = joinPath(makeRealDirectory(top, parentOf(path)), nameOf(path));
    try {
      removeIfThere(to, true);
      if (kind === "file") copy(from, to);
      else links.push({ path, text: Deno.readLinkSync(from) });
    } catch (error) {
      throw asOrcError(error, "copy", from);
    }
  }
  if (count > 0) return;
  throw new NoTree(
    "no file is there to be laid over the base: none that prove.with names or, without it, looks like a test",
  );
}

function copy(from: string, to: string): void {
  const info = Deno.lstatSync(from);
  const source = openSame(from, info, { read: true });
  if (source === undefined) throw new NoTree(`"${from}" is being replaced`);
  const isRun = ((info.mode ?? 0) & 0o100) !== 0;
  try {
    write(to, isRun ? RUN_MODE : FILE_MODE, (target) => {
      const block = new Uint8Array(64 * 1024);
      for (let count; (count = source.readSync(block) ?? 0) > 0;) {
        writeAll(target, block.subarray(0, count));
      }
    });
  } finally {
    source.close();
  }
}

function write(
  path: string,
  mode: number,
  fill: (file: Deno.FsFile) => void,
): void {
  const file = Deno.openSync(path, { createNew: true, write: true, mode });
  try {
    fill(file);
  } finally {
    file.close();
  }
}
