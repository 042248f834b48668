/** Whatever leaves or comes, git's own things stay as they are: in a clone, a linked worktree and a submodule. */
import { main } from "../../src/cli/main.ts";
import { isThere } from "../../src/files/read.ts";
import { captureStreams } from "../cli/fake.ts";
import { treeOf } from "../journey/orc.ts";
import { git, machine, type Remote, withRemote } from "./clones.ts";
import { assert, assertEquals } from "@std/assert";

/** Where somebody works. */
const PLACES: Readonly<
  Record<string, (remote: Remote) => Promise<string>>
> = {
  "a clone": ({ clone }) => clone("a"),
  "a linked worktree": async ({ clone, directory }) => {
    const path = `${directory}/tree`;
    await git(await clone("a"), "worktree", "add", "-q", "-b", "side", path);
    return path;
  },
  "a submodule": async ({ bare, directory }) => {
    const outer = `${directory}/outer`;
    await git(directory, "init", "-q", "-b", "main", outer);
    const allowed = ["-c", "protocol.file.allow=always"];
    const add = ["submodule", "add", "-q", `file://${bare}`, "sub"];
    await git(outer, ...allowed, ...add);
    await git(outer, "commit", "-qm", "With a submodule");
    return `${outer}/sub`;
  },
};

const WEB = { CLAUDE_CODE_REMOTE: "true" };
const BRANCH = { ORCHESTRATOR_STATE_BRANCH: "claude/orchestrator-state" };

/** What is typed one after the other, and with which variables. */
const STEPS: readonly (readonly [
  words: string,
  variables?: Readonly<Record<string, string>>,
])[] = [
  ["persist probe"],
  ["persist push --dry-run"],
  ["persist push"],
  ["persist status"],
  ["persist pull"],
  ["persist push", BRANCH],
  ["persist status", BRANCH],
  ["persist pull", BRANCH],
  ["note Leaves-by-itself", { ...WEB, ORCHESTRATOR_PERSIST_AFTER: "update" }],
  ["snapshot export --all --plain -o ../sessions.orc"],
  ["snapshot import ../sessions.orc"],
  ["finish --abandon --reason Over"],
  ["persist push"],
  ["persist push", BRANCH],
  ["persist prune --keep-days 0 --yes", BRANCH],
  ["persist prune --keep-days 0 --yes"],
];

const HOOKS = [
  ...["pre-push", "post-checkout", "post-merge", "pre-auto-gc"],
  ...["reference-transaction", "post-update", "post-index-change"],
  ...["pre-commit", "post-commit", "post-rewrite", "commit-msg"],
];

/** Every hook of the user leaves a mark. */
function layHooks(common: string): void {
  for (const name of HOOKS) {
    const path = `${common}/hooks/${name}`;
    Deno.writeTextFileSync(path, `#!/bin/sh\necho ${name} >> ${common}/ran\n`);
    Deno.chmodSync(path, 0o755);
  }
}

/** All that is the user's, also below git's directory. */
async function tracesOf(root: string): Promise<unknown> {
  const path = async (name: string) =>
    (await git(root, "rev-parse", "--path-format=absolute", name)).trim();
  const [own, common] = [
    await path("--git-dir"),
    await path("--git-common-dir"),
  ];
  const isOurs = (name: string) =>
    /^(?:objects|orchestrator|refs\/orchestrator)\//.test(name);
  const files = async (directory: string) =>
    Object.entries(await treeOf(directory)).filter(([name]) => !isOurs(name))
      .sort();
  return {
    status: await git(root, "--no-optional-locks", "status", "--porcelain"),
    branches: await git(root, "branch", "-avv"),
    reflogs: await git(root, "reflog", "--all"),
    stashes: await git(root, "stash", "list"),
    config: await git(root, "config", "--local", "-l"),
    index: await git(root, "ls-files", "--stage", "--debug"),
    own: await files(own),
    common: await files(common),
    ran: isThere(`${common}/ran`),
  };
}

for (const [place, make] of Object.entries(PLACES)) {
  Deno.test(`in ${place} no branch, index, reflog, setting or other file of git changes, and no hook runs`, () =>
    withRemote(async (remote) => {
      const root = await make(remote);
      const orc = async (
        words: readonly string[],
        variables: Readonly<Record<string, string>> = {},
      ) => {
        const streams = captureStreams();
        const code = await main(words, machine(root, variables), { streams });
        assertEquals(code, 0, `${words.join(" ")}: ${streams.err}`);
        return streams.out;
      };
      await orc(["start", "Leave"]);
      const common = await git(root, "rev-parse", "--git-common-dir");
      layHooks(new URL(common.trim(), `file://${root}/`).pathname);
      const before = await tracesOf(root);
      for (const [words, variables] of STEPS) {
        await orc(words.split(" "), variables);
        assertEquals(await tracesOf(root), before, words);
      }
      const refs = await git(remote.bare, "for-each-ref", "refs/orchestrator");
      assertEquals(refs, "", "prune removed what was sent");
      assert(isThere(`${root}/../sessions.orc`));
    }));
}
