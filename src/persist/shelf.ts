/** Where copies of sessions lie at a remote: a private reference for each, or all on one branch. */
import {
  assertReached,
  type Git,
  here,
  linesOf,
  listRefs,
  moveRefs,
  remoteOf,
  there,
} from "./git.ts";
import { type PushEnd, pushEnds } from "./remote_rules.ts";
import { isSessionId } from "../base/ids.ts";

/** Of each session the copy that was made here last. */
export const LOCAL = "refs/orchestrator/sessions/";

/** A copy as it was seen at the remote last. */
export interface Seen {
  /** What git calls its tree. */
  readonly tree: string;
  /** The commit that it is in. */
  readonly commit: string;
}

/** A copy that is to be at the remote in the place of the one seen there, or of none. */
export interface Outgoing {
  readonly id: string;
  /** Undefined to remove it. */
  readonly commit: string | undefined;
  readonly seen: Seen | undefined;
}

/** Tells whether a copy that is seen is the very one that was made or taken here last, whatever its label says. */
export async function ownCopies(
  git: Git,
): Promise<(id: string, seen: Seen) => boolean> {
  const format = "--format=%(objectname) %(tree) %(refname)";
  const text = await here(git, ["for-each-ref", format, LOCAL]);
  const own = new Map(
    linesOf(text).map((line) => {
      const [commit = "", tree = "", ref = ""] = line.split(" ");
      return [ref.slice(LOCAL.length), [commit, tree]];
    }),
  );
  return (id, { tree }) => own.get(id)?.includes(tree) ?? false;
}

/** Where a remote keeps copies. */
export interface Shelf {
  readonly remote: string;
  /** The copies, as they were seen last; asks nobody. */
  seen(): Promise<ReadonlyMap<string, Seen>>;
  /** What a push expects to find there, for the copy of each session; undefined for nothing. */
  expected(): Promise<(id: string) => string | undefined>;
  /** Sees what is there now. */
  look(): Promise<void>;
  /** Puts copies there; how that ended for each. */
  put(outgoing: readonly Outgoing[]): Promise<ReadonlyMap<string, PushEnd>>;
  /** Ids of sessions that were removed there on purpose. */
  removed(): Promise<ReadonlySet<string>>;
}

/** The copies of a remote that keeps a private reference for each. */
export function privateShelf(git: Git, remote: string): Shelf {
  const prefix = `refs/orchestrator/remotes/${remote}/sessions/`;
  const seen = async (): Promise<ReadonlyMap<string, Seen>> => {
    const refs = await listRefs(git, prefix);
    return new Map(
      [...refs].filter(([id]) => isSessionId(id))
        .map(([id, commit]) => [id, { commit, tree: commit }]),
    );
  };
  return {
    remote,
    seen,
    async expected() {
      const copies = await seen();
      return (id) => copies.get(id)?.commit;
    },
    removed: () => Promise.resolve(new Set()),
    async look() {
      const refs = `+${LOCAL}*:${prefix}*`;
      assertReached(remote, await there(git, [...FETCH, remote, refs]));
    },
    async put(outgoing) {
      const ends = new Map<string, PushEnd>();
      for (let at = 0; at < outgoing.length; at += MAX_REFS) {
        const part = outgoing.slice(at, at + MAX_REFS);
        for (const [id, end] of await push(git, remote, part)) {
          ends.set(id, end);
        }
      }
      const known = await seen();
      await moveRefs(
        git,
        outgoing.filter(({ id }) => ends.get(id)?.kind === "done")
          .map(({ id, commit }) => ({
            ref: prefix + id,
            to: commit,
            from: known.get(id)?.commit,
          })),
      );
      return ends;
    },
  };
}

/** Nothing is fetched but what is named, and nothing is noted of it elsewhere. */
export const FETCH: readonly string[] = [
  "fetch",
  "--quiet",
  "--no-tags",
  "--no-write-fetch-head",
  "--no-auto-maintenance",
  "--no-recurse-submodules",
  "--no-filter",
  "--refmap=",
  "--prune",
];

export const PUSH: readonly string[] = [
  "push",
  "--porcelain",
  "--no-verify",
  "--no-follow-tags",
  "--recurse-submodules=no",
  "--no-signed",
];

/** Each makes two words of the command line, which the system limits. */
const MAX_REFS = 500;

async function push(
  git: Git,
  remote: string,
  outgoing: readonly Outgoing[],
): Promise<ReadonlyMap<string, PushEnd>> {
  const words = outgoing.flatMap(({ id, seen }) =>
    `--force-with-lease=${LOCAL}${id}:${seen?.commit ?? ""}`
  );
  const refs = outgoing.map(({ id, commit = "" }) => `${commit}:${LOCAL}${id}`);
  const answer = await there(git, [...PUSH, ...words, remote, ...refs]);
  const ends = pushEnds(new TextDecoder().decode(answer.bytes));
  // Where nothing is said of any of them, git did not come so far.
  if (ends.size === 0) assertReached(remote, answer);
  return new Map(outgoing.map(({ id }) => [
    id,
    ends.get(LOCAL + id) ??
      { kind: "refused", reason: "git says nothing of it" },
  ]));
}

/** The place that the settings and the caller mean. */
export async function shelfOf(
  git: Git,
  named: string | undefined,
  branch: string | null,
): Promise<Shelf> {
  const remote = await remoteOf(git, named);
  if (branch === null) return privateShelf(git, remote);
  const { branchShelf } = await import("./branch.ts");
  return branchShelf(git, remote, branch);
}
