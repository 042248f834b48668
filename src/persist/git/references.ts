/** Where a remote of git keeps copies: each under a private reference of its own, or as whoever keeps them says. */
import { isSessionId } from "../../base/ids.ts";
import { type PushEnd, pushEnds } from "../remote_rules.ts";
import {
  assertReached,
  type Git,
  type GitCopy,
  listRefs,
  moveRefs,
  there,
} from "./git.ts";

/** Of each session the copy that was made here last. */
export const LOCAL = "refs/orchestrator/sessions/";

/** A commit that is to be at the remote in the place of the one seen there, or of none. */
export interface Sent {
  readonly id: string;
  /** Undefined to remove it. */
  readonly copy: GitCopy | undefined;
  readonly seen: GitCopy | undefined;
}

/** Where a remote of git keeps copies. */
export interface References {
  /** The copies, as they were seen last; asks nobody. */
  seen(): Promise<ReadonlyMap<string, GitCopy>>;
  /** What a push expects to find there, for the copy of each session; undefined for nothing. */
  expected(): Promise<(id: string) => string | undefined>;
  /** Sees what is there now. */
  look(): Promise<void>;
  /** Puts copies there; how that ended for each. */
  put(sent: readonly Sent[]): Promise<ReadonlyMap<string, PushEnd>>;
  /** Ids of sessions that were removed there on purpose. */
  removed(): Promise<ReadonlySet<string>>;
}

/** The copies of a remote that keeps a private reference for each. */
export function privateReferences(git: Git, remote: string): References {
  const prefix = `refs/orchestrator/remotes/${remote}/sessions/`;
  const seen = async (): Promise<ReadonlyMap<string, GitCopy>> => {
    const refs = await listRefs(git, prefix);
    return new Map([...refs].filter(([id]) => isSessionId(id)));
  };
  return {
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
    async put(sent) {
      const ends = new Map<string, PushEnd>();
      for (let at = 0; at < sent.length; at += MAX_REFS) {
        const part = sent.slice(at, at + MAX_REFS);
        for (const [id, end] of await push(git, remote, part)) {
          ends.set(id, end);
        }
      }
      const known = await seen();
      await moveRefs(
        git,
        sent.filter(({ id }) => ends.get(id)?.kind === "done")
          .map(({ id, copy }) => ({
            ref: prefix + id,
            to: copy?.commit,
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
  sent: readonly Sent[],
): Promise<ReadonlyMap<string, PushEnd>> {
  const words = sent.flatMap(({ id, seen }) =>
    `--force-with-lease=${LOCAL}${id}:${seen?.commit ?? ""}`
  );
  const refs = sent.map(({ id, copy }) =>
    `${copy?.commit ?? ""}:${LOCAL}${id}`
  );
  const answer = await there(git, [...PUSH, ...words, remote, ...refs]);
  const ends = pushEnds(new TextDecoder().decode(answer.bytes));
  // Where nothing is said of any of them, git did not come so far.
  if (ends.size === 0) assertReached(remote, answer);
  return new Map(sent.map(({ id }) => [
    id,
    ends.get(LOCAL + id) ??
      { kind: "refused", reason: "git says nothing of it" },
  ]));
}
