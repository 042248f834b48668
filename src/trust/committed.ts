/**
 * What a commit holds, by git's objects alone: no index, filter or attribute has a say in it, nor have
 * objects that were put in the place of others. No hook runs, and no server is asked.
 */
import { external, notFound, OrcError } from "../base/error.ts";
import { isObjectId } from "../base/ids.ts";
import {
  ORCHESTRATOR_DIRECTORY,
  type RepositoryLayout,
} from "../base/layout.ts";
import {
  isWithin,
  joinPath,
  nameOf,
  parentDirectory,
  relativePath,
} from "../base/path.ts";
import { quoted } from "../base/text.ts";
import {
  askGit,
  type GitAnswer,
  type GitStreams,
  type GitTree,
} from "../checks/git_program.ts";
import { borrowObjects, withScratch } from "../checks/scratch.ts";
import { readEntries } from "../checks/tree.ts";
import { hashOfIds, objectHash } from "../checks/tree_content.ts";
import { isOwn } from "../checks/tree_files.ts";
import {
  isSameContent,
  matcherOf,
  MODES,
  parseEntries,
  type TreeEntry,
  treeIdOf,
} from "../checks/tree_rules.ts";
import { findGit } from "../files/git_index.ts";
import { readRegularFile } from "../files/read.ts";
import type { Host } from "../host/host.ts";

/** Listing a large tree takes seconds, and checking one out a minute. */
const GIT_TIMEOUT_MS = 600_000;

/** Git's own repository, and where in it the working tree of orc lies. */
export interface Git extends GitTree {
  readonly host: Host;
  readonly signal: AbortSignal | undefined;
  /** What leads from its top to the directory in which checks run; empty for the same. */
  readonly directory: string;
}

/** What identifies files, or those of them that patterns mean; null where none is meant. */
export type IdOf = (inputs: readonly string[]) => string | null;

/** What a commit holds. */
export interface Committed {
  /** Id of the commit. */
  readonly commit: string;
  /** Id of its whole tree, as git knows it. */
  readonly tree: string;
  /** The files in which checks run, seen from their directory, without `.orchestrator/`. */
  readonly entries: readonly TreeEntry[];
}

/**
 * Finds git's repository around a working tree.
 *
 * @throws {OrcError} `not_in_git` (not_found)
 */
export function gitAround(
  host: Host,
  workingTree: string,
  signal?: AbortSignal,
): Git {
  const found = findGit(workingTree);
  if (found === undefined) {
    throw notFound("not_in_git", `"${workingTree}" lies in no git repository`, {
      path: workingTree,
      hint: "what others are to check has to be committed: git init",
    });
  }
  const { tree, pointer } = found;
  const directory = relativePath(tree, workingTree) ?? "";
  return { host, signal, tree, pointer, directory };
}

/** Runs git, which may end otherwise than well. */
export async function tryGit(
  git: Git,
  args: readonly string[],
  streams: GitStreams = {},
): Promise<GitAnswer> {
  const { host, tree, signal } = git;
  const answer = await askGit(host, tree, git, args, signal, {
    timeoutMs: GIT_TIMEOUT_MS,
    ...streams,
  });
  if (answer.problem !== null) throw gitFailed(answer.problem);
  return answer;
}

/** Runs git, which has to end well, and returns what it printed. */
export async function runGit(
  git: Git,
  args: readonly string[],
  streams: GitStreams = {},
): Promise<Uint8Array> {
  return bytesOf(await tryGit(git, args, streams));
}

/** What git printed, which has ended well. */
export function bytesOf({ exitCode, bytes, complaint }: GitAnswer): Uint8Array {
  if (exitCode === 0) return bytes;
  const said = complaint.replace(/^(?:fatal|error): /, "");
  throw gitFailed(said || `it ended with exit code ${exitCode}`);
}

function gitFailed(reason: string): Error {
  return external("git_failed", `Git could not do its part: ${reason}`, {
    hint: "mend what git says, then repeat the command",
  });
}

/**
 * The id of the commit, or the tree, that a name stands for.
 *
 * @throws {OrcError} `no_such_commit` (not_found)
 */
export async function resolveCommit(
  git: Git,
  name: string,
  kind: "commit" | "tree" = "commit",
): Promise<string> {
  const args = ["rev-parse", "--verify", "--quiet", `${name}^{${kind}}`];
  // No argument of a program can hold a zero byte.
  const { exitCode, bytes } = name.includes("\0")
    ? { exitCode: 1, bytes: new Uint8Array() }
    : await tryGit(git, args);
  const id = new TextDecoder().decode(bytes).trim();
  if (exitCode === 0 && isObjectId(id)) return id;
  throw notFound("no_such_commit", `Git knows no commit ${quoted(name)}`, {
    hint: name === "HEAD"
      ? "commit something first"
      : "name a branch, a tag or an id; a shallow clone fetches it first: git fetch origin BRANCH",
  });
}

/** Reads what a commit holds. */
export async function readCommitted(
  git: Git,
  name: string,
): Promise<Committed> {
  const commit = await resolveCommit(git, name);
  const tree = await resolveCommit(git, commit, "tree");
  return { commit, tree, entries: await entriesOfTree(git, tree) ?? [] };
}

/** Identifies files as receipts do, with the hash of a repository whose ids have so many digits. */
export async function identityOf(
  entries: readonly TreeEntry[],
  id: string,
): Promise<IdOf> {
  const newHash = await hashOfIds(id);
  const hash = objectHash(newHash);
  return (inputs) => {
    const isMeant = matcherOf(inputs);
    const meant = entries.filter(({ path }) => isMeant(path));
    return meant.length === 0 ? null : treeIdOf(meant, hash);
  };
}

/** The files of a tree below the directory in which checks run; undefined where git has no such tree. */
export async function entriesOfTree(
  git: Git,
  tree: string,
): Promise<readonly TreeEntry[] | undefined> {
  const entries = await listTree(git, tree);
  const from = git.directory === "" ? 0 : git.directory.length + 1;
  return entries?.map((entry) => ({ ...entry, path: entry.path.slice(from) }))
    .filter(({ path }) => !isWithin(ORCHESTRATOR_DIRECTORY, path));
}

/** The same, as git lists them. */
async function listTree(
  git: Git,
  tree: string,
): Promise<readonly TreeEntry[] | undefined> {
  const args = ["ls-tree", "-r", "-z", "--full-tree", tree];
  if (git.directory !== "") args.push("--", `${git.directory}/`);
  const { exitCode, bytes } = await tryGit(git, args);
  if (exitCode !== 0) return undefined;
  const entries = parseEntries(decodeNames(bytes));
  if (entries === undefined) {
    throw gitFailed("it lists a tree in a form that orc does not know");
  }
  return entries;
}

function decodeNames(bytes: Uint8Array): string {
  try {
    const strict = { fatal: true, ignoreBOM: true };
    return new TextDecoder("utf-8", strict).decode(bytes);
  } catch {
    throw gitFailed("the name of a committed file is not UTF-8");
  }
}

/** The content of a file as a commit holds it, its path seen from the working tree of orc; undefined for none. */
export async function readCommittedFile(
  git: Git,
  commit: string,
  path: string,
): Promise<Uint8Array | undefined> {
  const whole = git.directory === "" ? path : joinPath(git.directory, path);
  const args = ["cat-file", "blob", `${commit}:${whole}`];
  const { exitCode, bytes } = await tryGit(git, args);
  return exitCode === 0 ? bytes : undefined;
}

/** Reads files as the commit has them that is checked out around each; where git cannot tell, none was committed. */
export function committedReader(
  host: Host,
  signal?: AbortSignal,
): (path: string) => Promise<Uint8Array | undefined> {
  return async (path) => {
    try {
      const git = gitAround(host, parentDirectory(path) ?? path, signal);
      return await readCommittedFile(git, "HEAD", nameOf(path));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof OrcError) return undefined;
      throw error;
    }
  };
}

/**
 * Checks a commit out beside the working tree, in a repository of its own that borrows the objects: programs
 * that ask git find this commit, and neither the user's branches nor their index. Settings of the user's
 * repository have no say in it: no filter, hook or monitor of its configuration runs. Returns what `use` makes
 * of the directory in which checks run.
 */
export async function withCheckout<Answer>(
  git: Git,
  layout: RepositoryLayout,
  commit: string,
  use: (directory: string, turned: Turned) => Promise<Answer>,
): Promise<Answer> {
  const id = await resolveCommit(git, commit);
  const purpose = "check out a commit";
  return await withScratch(git.host, layout, purpose, async (scratch) => {
    const tree = joinPath(scratch, "tree");
    const own = { ...git, ...borrowObjects(git, tree, id) };
    await runGit(own, ["read-tree", id]);
    await runGit(own, ["checkout-index", "--all", "--quiet"]);
    // Otherwise whoever asks what changed reads all files first.
    await tryGit(own, ["update-index", "--quiet", "--refresh"]);
    const turned = await turnedIn(own, id);
    return await use(
      git.directory === "" ? tree : joinPath(tree, git.directory),
      turned,
    );
  });
}

/** Files of a checkout, seen from its top, that do not hold what was committed for them. */
export type Turned = readonly string[];

/**
 * Finds what was turned into something else on its way out of git: by a filter that the settings of user or
 * machine name, or because an object is not what its id says, which git itself does not look at.
 *
 * @throws {OrcError} `git_failed` (external) where the directories of the commit are not what it names
 */
async function turnedIn(git: Git, commit: string): Promise<Turned> {
  const { host, tree, signal } = git;
  const id = await resolveCommit(git, commit, "tree");
  const whole = { ...git, directory: "" };
  const entries = await listTree(whole, id) ?? [];
  const newHash = await hashOfIds(id);
  const hash = objectHash(newHash);
  if (treeIdOf(entries, hash) !== id) {
    throw gitFailed(`the directories of ${commit} are damaged: git fsck`);
  }
  const site = { root: tree, workingTree: tree };
  const read = await readEntries(host, site, { signal });
  if (typeof read === "string") throw gitFailed(read);
  const lying = new Map(read.entries.map(({ path, id }) => [path, id]));
  const turned: string[] = [];
  for (const { path, mode, id } of entries) {
    const isMeant = mode !== MODES.repository && !isOwn(path);
    if (!isMeant || lying.get(path) === id) continue;
    const stored = await runGit(git, ["cat-file", "blob", id]);
    const isSame = hash("blob", stored) === id && mode !== MODES.link &&
      await isConverted(git, { commit, path, stored });
    if (!isSame) turned.push(path);
  }
  return turned;
}

/** Whether a file was turned by nothing but what was committed, or in a way that can be turned back. */
async function isConverted(
  git: Git,
  { commit, path, stored }: {
    readonly commit: string;
    readonly path: string;
    readonly stored: Uint8Array;
  },
): Promise<boolean> {
  const file = joinPath(git.tree, path);
  const lying = readRegularFile(file, MAX_CONVERTED_BYTES);
  if (lying === undefined) return false;
  if (await isSameContent(stored, lying)) return true;
  const args = ["cat-file", "--filters", `${commit}:${path}`];
  const byAttributes = await tryGit(git, args, { isAlone: true });
  return isDeepEqual(byAttributes.bytes, lying);
}

/** What is larger is held by a pointer of LFS, if at all. */
const MAX_CONVERTED_BYTES = 1024 * 1024 * 1024;

function isDeepEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length &&
    one.every((byte, at) => byte === other[at]);
}
