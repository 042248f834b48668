import { type Base, type BaseWish, findBase } from "../../src/checks/base.ts";
import { NoTree } from "../../src/checks/tree_files.ts";
import { findGit } from "../../src/files/git_index.ts";
import { writeTree } from "../files/temporary.ts";
import { gitHost, inGit, run } from "./fixtures.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

async function baseOf(
  root: string,
  wish: Partial<BaseWish> = {},
): Promise<Base> {
  const git = findGit(root);
  assert(git !== undefined);
  const whole = { ref: null, start: undefined, signal: undefined, ...wish };
  return await findBase(gitHost(), git, whole);
}

/** Commits another text, and returns the id. */
async function commitNext(root: string): Promise<string> {
  writeTree(root, { "a": crypto.randomUUID() });
  await run(root, "git", "add", "a");
  await run(root, "git", "commit", "--quiet", "--message", "x");
  return await run(root, "git", "rev-parse", "HEAD");
}

const MAIN = "--initial-branch=main";

inGit(
  "findBase() takes the merge base of a branch with the default one",
  async (root) => {
    const base = await commitNext(root);
    await run(root, "git", "switch", "--quiet", "--create", "work");
    assertEquals(await baseOf(root), {
      commit: base,
      origin: "merge base with main",
    });
    const start = await commitNext(root);
    await run(root, "git", "switch", "--quiet", "main");
    await commitNext(root);
    await run(root, "git", "switch", "--quiet", "work");
    // Where the session began says nothing of a branch.
    assertEquals((await baseOf(root, { start })).commit, base);
    await run(root, "git", "switch", "--quiet", "--detach");
    assertEquals((await baseOf(root, { start })).commit, base);
  },
  MAIN,
);

inGit(
  "findBase() takes the start of the session on the default branch, else HEAD",
  async (root) => {
    const start = await commitNext(root);
    const head = await commitNext(root);
    const origin = "start of the session";
    assertEquals(await baseOf(root, { start }), { commit: start, origin });
    assertEquals(await baseOf(root), { commit: head, origin: "HEAD" });
    // One that was never here, as after a rewritten history.
    const unknown = "0123456789".repeat(4);
    assertEquals((await baseOf(root, { start: unknown })).commit, head);
    await run(root, "git", "switch", "--quiet", "--detach");
    assertEquals(await baseOf(root, { start }), { commit: start, origin });
  },
  MAIN,
);

inGit("findBase() does so where no branch is the default one", async (root) => {
  const start = await commitNext(root);
  const head = await commitNext(root);
  assertEquals((await baseOf(root, { start })).commit, start);
  assertEquals((await baseOf(root)).commit, head);
}, "--initial-branch=odd");

inGit(
  "findBase() goes by the branch that the remote calls its default",
  async (root) => {
    const base = await commitNext(root);
    await run(root, "git", "update-ref", "refs/remotes/origin/trunk", base);
    const symref = ["symbolic-ref", "refs/remotes/origin/HEAD"];
    await run(root, "git", ...symref, "refs/remotes/origin/trunk");
    await commitNext(root);
    assertEquals(await baseOf(root), {
      commit: base,
      origin: "merge base with origin/trunk",
    });
    // Its counterpart here may be behind or ahead: on it, the session counts.
    await run(root, "git", "switch", "--quiet", "--create", "trunk");
    const start = await commitNext(root);
    assertEquals((await baseOf(root, { start })).commit, start);
  },
  MAIN,
);

inGit(
  "findBase() goes by the nearer of two counterparts, so that one moved back says nothing",
  async (root) => {
    const old = await commitNext(root);
    const base = await commitNext(root);
    const remote = "refs/remotes/origin/main";
    await run(root, "git", "switch", "--quiet", "--create", "work");
    await commitNext(root);
    for (const [here, there] of [[old, base], [base, old]] as const) {
      await run(root, "git", "update-ref", remote, there);
      await run(root, "git", "branch", "--force", "main", here);
      assertEquals(await baseOf(root), {
        commit: base,
        origin: "merge base with origin/main or main",
      });
    }
    await run(root, "git", "update-ref", "-d", remote);
    await run(root, "git", "branch", "--force", "main", base);
    // Whoever works here can make a branch of any name, and the server knows its own.
    await run(root, "git", "update-ref", "refs/remotes/origin/master", base);
    await run(root, "git", "branch", "--force", "main", old);
    assertEquals(await baseOf(root), {
      commit: base,
      origin: "merge base with origin/master",
    });
  },
  MAIN,
);

inGit("findBase() reads history from the commits alone", async (root) => {
  const old = await commitNext(root);
  const base = await commitNext(root);
  await run(root, "git", "switch", "--quiet", "--create", "work");
  const head = await commitNext(root);
  Deno.writeTextFileSync(`${root}/.git/info/grafts`, `${head} ${old}\n`);
  assertEquals((await baseOf(root)).commit, base);
}, MAIN);

inGit("findBase() takes what the workflow names", async (root) => {
  const first = await commitNext(root);
  await run(root, "git", "tag", "v1");
  await run(root, "git", "switch", "--quiet", "--create", "other");
  await commitNext(root);
  await run(root, "git", "switch", "--quiet", "main");
  await commitNext(root);
  for (const ref of ["v1", "other", first.slice(0, 10)]) {
    const base = await baseOf(root, { ref });
    assertEquals(base, { commit: first, origin: `merge base with ${ref}` });
  }
  await assertRejects(
    () => baseOf(root, { ref: "nowhere" }),
    NoTree,
    'there is no commit "nowhere", which prove names as the base',
  );
  await run(root, "git", "switch", "--quiet", "--orphan", "alone");
  await commitNext(root);
  await assertRejects(
    () => baseOf(root, { ref: "main" }),
    NoTree,
    'the base "main" and HEAD have no commit in common here',
  );
}, MAIN);

inGit("findBase() says that there is no commit yet", async (root) => {
  await assertRejects(() => baseOf(root), NoTree, "there is no commit yet");
}, MAIN);
