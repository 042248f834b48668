/** Which commit work is compared with. */
import type { Host } from "../host/host.ts";
import {
  branchName,
  COMMIT_FORMAT,
  counterpartsOf,
  DEFAULT_BRANCHES,
  isSameBranch,
  lastOfOthers,
  madeSince,
  parseCommits,
  REMOTE_BRANCHES,
  REMOTE_DEFAULT,
  STEP_FORMAT,
} from "./base_rules.ts";
import type { GitTree } from "./git_program.ts";
import { decodeNames, gitOutput, NoTree } from "./tree_files.ts";

/** The commit that work is compared with. */
export interface Base {
  /** Its full id. */
  readonly commit: string;
  /** How it was chosen, in words, such as `merge base with origin/main`. */
  readonly origin: string;
}

/** What a base is chosen by. */
export interface BaseWish {
  /** What the workflow names; null where it leaves that to orc. */
  readonly ref: string | null;
  /** The commit that the session started from; undefined where that was not kept. */
  readonly start: string | undefined;
  readonly signal: AbortSignal | undefined;
}

const HEAD = "HEAD";

/** The default branch, as far as it can be told here. */
export interface DefaultBranch {
  /** Its full name, such as `refs/remotes/origin/main`. */
  readonly ref: string;
  readonly commit: string;
}

/**
 * Finds the default branch: the one that the remote calls so, else `main` or `master`, first of the remote;
 * undefined where there is none of them.
 *
 * @throws {NoTree} where git fails
 */
export async function findDefaultBranch(
  host: Host,
  git: GitTree,
  signal: AbortSignal | undefined,
): Promise<DefaultBranch | undefined> {
  const found = await commitsAt(host, git, DEFAULT_BRANCHES, signal);
  const first = DEFAULT_BRANCHES.find((one) => found.has(one));
  const commit = found.get(first ?? "");
  if (first === undefined || commit === undefined) return undefined;
  if (first !== REMOTE_DEFAULT) return { ref: first, commit };
  const args = ["for-each-ref", "--format=%(symref)", first];
  const named = await gitOutput(host, git.tree, git, args, signal);
  return { ref: decodeNames(named).trimEnd() || first, commit };
}

/**
 * Finds the base of the work in a working tree: the merge base of `HEAD` with what is named, else with
 * the default branch, as the server has it or as it lies here, whichever is nearer: one of them moved back
 * by hand makes no more of it work. On the default branch itself, and where there is none, it is the commit
 * that the session started from, else `HEAD`: then only what is not committed is work.
 *
 * @throws {NoTree} where there is no such commit
 */
export async function findBase(
  host: Host,
  git: GitTree,
  { ref, start, signal }: BaseWish,
): Promise<Base> {
  const ask = async (...args: readonly string[]): Promise<string> =>
    decodeNames(await gitOutput(host, git.tree, git, args, signal)).trimEnd();
  const branch = ref === null
    ? await findDefaultBranch(host, git, signal)
    : undefined;
  const refs = branch === undefined
    ? ref === null ? [] : [ref]
    : counterpartsOf(branch.ref);
  const names = [HEAD, ...refs, start ?? HEAD];
  const found = await commitsAt(host, git, names, signal);
  const head = found.get(HEAD);
  if (head === undefined) throw new NoTree("there is no commit yet");
  const mergeBase = async (
    ...others: readonly string[]
  ): Promise<string | undefined> => {
    if (others.length === 0) return undefined;
    if (others.includes(head)) return head;
    try {
      return await ask("merge-base", HEAD, ...others);
    } catch (error) {
      // Git says nothing more where two commits have no ancestor in common.
      if (error instanceof NoTree) return undefined;
      throw error;
    }
  };
  if (ref !== null) {
    const commit = await mergeBase(...commitsOf(found, [ref]));
    if (commit !== undefined) {
      return { commit, origin: `merge base with ${ref}` };
    }
    throw new NoTree(
      found.has(ref)
        ? `the base "${ref}" and HEAD have no commit in common here`
        : `there is no commit "${ref}", which prove names as the base`,
    );
  }
  if (branch !== undefined) {
    const current = await ask("branch", "--show-current");
    const known = commitsOf(found, refs);
    const commit = await mergeBase(
      ...known.length === 0 ? [branch.commit] : known,
    );
    const isOnIt = isSameBranch(current, branch.ref) ||
      current === "" && commit === head;
    if (commit !== undefined && !isOnIt) {
      const isMoved = new Set(known).size > 1;
      const there = isMoved ? refs : [branch.ref];
      const origin = `merge base with ${there.map(branchName).join(" or ")}`;
      return { commit, origin };
    }
  }
  const commit = await mergeBase(...commitsOf(found, [start ?? ""]));
  return commit === undefined
    ? { commit: head, origin: HEAD }
    : { commit, origin: "start of the session" };
}

/** What others did on the default branch, as far as work took it in after it had begun. */
export interface Incoming {
  /** Their last commit that is part of the work's history. */
  readonly commit: string;
  /** The last one that was part of it when the work began. */
  readonly before: string;
}

/**
 * Finds what came in from the server's default branch since a session began at a commit; undefined for
 * nothing, and where that cannot be told. What was made in this working tree is no work of others, though the
 * server has it by now: git's own log of `HEAD` tells.
 *
 * @throws {NoTree} where git fails
 */
export async function findIncoming(
  host: Host,
  git: GitTree,
  { start, sinceMs, signal }: {
    readonly start: string;
    readonly sinceMs: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Incoming | undefined> {
  const ask = async (...args: readonly string[]): Promise<string> =>
    decodeNames(await gitOutput(host, git.tree, git, args, signal)).trimEnd();
  const names = [HEAD, start, ...REMOTE_BRANCHES];
  const found = await commitsAt(host, git, names, signal);
  const [head, known] = [found.get(HEAD), found.get(start)];
  const [branch] = commitsOf(found, REMOTE_BRANCHES);
  // Nothing came in where nothing was committed, nor from where it began.
  const isSame = head === start || branch === start;
  if (!head || !known || !branch || isSame) return undefined;
  const newest = ["rev-list", "--max-count=1", branch, `^${start}`, "--"];
  if (await ask(...newest) === "") return undefined;
  const shared = await mergeBaseOf(host, git, [head, branch], signal);
  if (shared === undefined || shared === start) return undefined;
  const list = ["log", "--no-show-signature", "--topo-order", "--reverse"];
  const listed = [...list, `--format=${COMMIT_FORMAT}`, shared, `^${start}`];
  const commits = parseCommits(await ask(...listed, "--"));
  if (commits.length === 0) return undefined;
  const steps = ["log", "--no-show-signature", "-g", "--date=unix"];
  const log = await ask(...steps, `--format=${STEP_FORMAT}`, HEAD, "--");
  const sinceSeconds = Math.floor(sinceMs / 1000);
  const made = madeSince(log, { head, start, sinceSeconds });
  if (made === undefined) return undefined;
  const own = new Set(made.keys());
  for (const { id, tree } of commits) {
    const alike = [...made].filter(([, one]) => one === tree);
    for (const [one] of alike) {
      // What a server makes one commit of has another id, and rests on none of the commits made here.
      const shared = await mergeBaseOf(host, git, [id, one], signal);
      if (shared !== id) own.add(id);
    }
  }
  const commit = lastOfOthers(commits, own);
  const before = commit &&
    await mergeBaseOf(host, git, [start, commit], signal);
  return commit && before ? { commit, before } : undefined;
}

/** The last commit that two have in common; undefined where they have none, or one of them is not there. */
export async function mergeBaseOf(
  host: Host,
  git: GitTree,
  commits: readonly [string, string],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const args = ["merge-base", ...commits];
    const bytes = await gitOutput(host, git.tree, git, args, signal);
    return decodeNames(bytes).trimEnd();
  } catch (error) {
    if (error instanceof NoTree) return undefined;
    throw error;
  }
}

function commitsOf(
  found: ReadonlyMap<string, string>,
  names: readonly string[],
): readonly string[] {
  return names.flatMap((name) => found.get(name) ?? []);
}

/** The commits that names stand for, as far as there are any. */
async function commitsAt(
  host: Host,
  git: GitTree,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const input = names.map((name) => `${name}^{commit}\n`).join("");
  const args = ["cat-file", "--batch-check"];
  const bytes = await gitOutput(host, git.tree, git, args, signal, { input });
  const rows = decodeNames(bytes).split("\n");
  return new Map(
    names.flatMap((name, index) => {
      const [, id] = /^([0-9a-f]{40,64}) commit \d+$/.exec(rows[index] ?? "") ??
        [];
      return id === undefined ? [] : [[name, id] as const];
    }),
  );
}
