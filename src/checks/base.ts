/** Which commit work is compared with. */
import type { Host } from "../host/host.ts";
import {
  branchName,
  DEFAULT_BRANCHES,
  isSameBranch,
  REMOTE_DEFAULT,
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

/**
 * Finds the base of the work in a working tree: the merge base of `HEAD` with what is named, else with
 * the default branch. On the default branch itself, and where there is none, it is the commit that the
 * session started from, else `HEAD`: then only what is not committed is work.
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
  const refs = [HEAD, ...ref === null ? DEFAULT_BRANCHES : [ref]];
  const found = await commitsAt(host, git, [...refs, start ?? HEAD], signal);
  const head = found.get(HEAD);
  if (head === undefined) throw new NoTree("there is no commit yet");
  const mergeBase = async (
    other: string | undefined,
  ): Promise<string | undefined> => {
    if (other === undefined || other === head) return other;
    try {
      return await ask("merge-base", HEAD, other);
    } catch (error) {
      // Git says nothing more where two commits have no ancestor in common.
      if (error instanceof NoTree) return undefined;
      throw error;
    }
  };
  if (ref !== null) {
    const commit = await mergeBase(found.get(ref));
    if (commit !== undefined) {
      return { commit, origin: `merge base with ${ref}` };
    }
    throw new NoTree(
      found.has(ref)
        ? `the base "${ref}" and HEAD have no commit in common here`
        : `there is no commit "${ref}", which prove names as the base`,
    );
  }
  const branch = DEFAULT_BRANCHES.find((one) => found.has(one));
  if (branch !== undefined) {
    const named = branch === REMOTE_DEFAULT
      ? await ask("for-each-ref", "--format=%(symref)", REMOTE_DEFAULT)
      : branch;
    const current = await ask("branch", "--show-current");
    const commit = await mergeBase(found.get(branch));
    const isOnIt = isSameBranch(current, named) ||
      current === "" && commit === head;
    if (commit !== undefined && !isOnIt) {
      const origin = `merge base with ${branchName(named || branch)}`;
      return { commit, origin };
    }
  }
  const commit = await mergeBase(start && found.get(start));
  return commit === undefined
    ? { commit: head, origin: HEAD }
    : { commit, origin: "start of the session" };
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
