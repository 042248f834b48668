/**
 * Copies of all sessions on one branch, for hosts that let nothing else be pushed. Its tree begins with
 * that of the commit before: what this machine does not have stays there, and nothing is removed but
 * what somebody asks to be.
 */
import { conflict } from "../../base/error.ts";
import { isSessionId } from "../../base/ids.ts";
import {
  assertReached,
  entriesOf,
  type Entry,
  type Git,
  type GitCopy,
  here,
  listRefs,
  moveRefs,
  there,
  writeCommit,
  writeTree,
} from "./git.ts";
import { type PushEnd, pushEnds } from "../remote_rules.ts";
import { FETCH, PUSH, type References, type Sent } from "./references.ts";

const SESSIONS = "sessions";
/** Holds an empty file for each session that was removed: another machine does not bring it back unasked. */
const REMOVED = "removed";
/** Says whose branch it is. */
const MARK = "orchestrator";

/** The copies of a remote that keeps them all on one branch. */
export function branchReferences(
  git: Git,
  remote: string,
  branch: string,
): References {
  const ref = `refs/heads/${branch}`;
  const kept = `refs/orchestrator/remotes/${remote}/branch/`;
  const tip = async () => (await listRefs(git, kept)).get(branch)?.commit;
  const seen = async (): Promise<ReadonlyMap<string, GitCopy>> => {
    const commit = await tip();
    if (commit === undefined) return new Map();
    await assertOurs(git, commit, branch);
    const entries = await entriesBelow(git, commit, SESSIONS);
    return new Map(
      entries.filter(({ name, kind }) => kind === "tree" && isSessionId(name))
        .map(({ name, id }) => [name, { commit, tree: id }]),
    );
  };
  return {
    seen,
    async expected() {
      // All copies lie in one commit.
      const commit = await tip();
      return () => commit;
    },
    async removed() {
      const commit = await tip();
      const entries = await entriesBelow(git, commit, REMOVED);
      return new Set(entries.map(({ name }) => name));
    },
    async look() {
      const before = await tip();
      // A pattern: a branch that is not there yet is no error.
      const answer = await there(git, ["ls-remote", "--heads", remote, ref]);
      assertReached(remote, answer);
      const text = new TextDecoder().decode(answer.bytes);
      if (!text.includes(`\t${ref}\n`)) {
        return await moveRefs(
          git,
          before === undefined
            ? []
            : [{ ref: kept + branch, to: undefined, from: before }],
        );
      }
      const words = [...FETCH, remote, `+${ref}:${kept}${branch}`];
      assertReached(remote, await there(git, words));
    },
    async put(sent) {
      const base = await tip();
      if (base !== undefined) await assertOurs(git, base, branch);
      const commit = await withCopies(git, base, sent);
      const shown = `refs/remotes/${remote}/${branch}`;
      const shownNow = async () => (await listRefs(git, shown)).get("")?.commit;
      const before = await shownNow();
      const answer = await there(git, [
        ...PUSH,
        `--force-with-lease=${ref}:${base ?? ""}`,
        remote,
        `${commit}:${ref}`,
      ]);
      const end = pushEnds(new TextDecoder().decode(answer.bytes)).get(ref);
      if (end === undefined) assertReached(remote, answer);
      if (end?.kind === "done") {
        // Git shows the user what was pushed among the branches of the remote: that is for a fetch of theirs.
        const after = await shownNow();
        if (after === commit) {
          await moveRefs(git, [{ ref: shown, to: before, from: after }]);
        }
        const move = { ref: kept + branch, to: commit, from: await tip() };
        await moveRefs(git, [move]);
      }
      const all: PushEnd = end ??
        { kind: "refused", reason: "git says nothing of it" };
      return new Map(sent.map(({ id }) => [id, all]));
    },
  };
}

/** What lies in a directory of a commit; nothing where there is none. */
async function entriesBelow(
  git: Git,
  commit: string | undefined,
  name: string,
): Promise<readonly Entry[]> {
  if (commit === undefined) return [];
  const below = (await entriesOf(git, commit))
    .find((entry) => entry.name === name && entry.kind === "tree");
  return below === undefined ? [] : await entriesOf(git, below.id);
}

/** Nobody's work is covered by sessions because a setting names its branch. */
async function assertOurs(
  git: Git,
  commit: string,
  branch: string,
): Promise<void> {
  const entries = await entriesOf(git, commit);
  if (entries.some(({ name }) => name === MARK)) return;
  throw conflict(
    "foreign_branch",
    `Branch "${branch}" holds something else than sessions, and is left as it is`,
    { hint: "name another one: orc config set state_branch NAME" },
  );
}

/** A commit with the tree of another one, in which these copies are replaced. */
async function withCopies(
  git: Git,
  base: string | undefined,
  sent: readonly Sent[],
): Promise<string> {
  const top = base === undefined ? [] : await entriesOf(git, base);
  const below = (name: string) => entriesBelow(git, base, name);
  const empty = (await here(git, ["hash-object", "-w", "--stdin"], {
    input: "",
  })).trim();
  const sessions = new Map(
    (await below(SESSIONS)).map((entry) => [entry.name, entry]),
  );
  const removed = new Map(
    (await below(REMOVED)).map((entry) => [entry.name, entry]),
  );
  for (const { id, copy } of sent) {
    if (copy === undefined) {
      sessions.delete(id);
      removed.set(id, { name: id, kind: "blob", id: empty });
      continue;
    }
    sessions.set(id, { name: id, kind: "tree", id: copy.tree });
    removed.delete(id);
  }
  const entries = new Map(top.map((entry) => [entry.name, entry]));
  entries.set(MARK, { name: MARK, kind: "blob", id: empty });
  await put(SESSIONS, sessions);
  await put(REMOVED, removed);
  const tree = await writeTree(git, [...entries.values()]);
  const message = `sessions ${sent.map(({ id }) => id).join(", ")}`;
  return await writeCommit(git, { tree, parent: base, message });

  async function put(
    name: string,
    content: ReadonlyMap<string, Entry>,
  ): Promise<void> {
    entries.delete(name);
    if (content.size === 0) return;
    const id = await writeTree(git, [...content.values()]);
    entries.set(name, { name, kind: "tree", id });
  }
}
