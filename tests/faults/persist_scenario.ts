/** Sessions that leave through a git remote, and come back: the remote lies in the repository, so that one copy has both. */
import { sessionsIn } from "../parallel/whole.ts";
import { type Ended, type Repository, repositoryAt } from "../journey/orc.ts";
import { isThere } from "../../src/files/read.ts";
import type { Scenario } from "./fault.ts";
import { assertEquals } from "@std/assert";

const REMOTE = "remote.git";

const WORKFLOW = `name: Test
phases:
  - id: PLAN
    name: Planning
    items: [{ id: a, name: A }]
`;

/** The next command must not have to wait for anything. */
const AT_ONCE = ["--lock-timeout", "1"];

/** Where it is kept what git said of the repository before. */
const TRACES = ".git/traces";

export const PERSIST_SCENARIOS: readonly Scenario[] = [
  {
    name: "persist push",
    usualCount: 10,
    args: ["persist", "push"],
    async prepare(repository) {
      await withRemote(repository);
      await repository.result(["start", "Test"]);
      await repository.result(["persist", "push"]);
      await repository.result(["note", "there"]);
      await keepTraces(repository);
    },
    isStored: ([session], { directory }) =>
      session !== undefined &&
      serialAt(`${directory}/${REMOTE}`, session.id) === 2,
    mayFailStored: true,
    goOn: goOnEverywhere,
  },
  {
    // One that is new comes, and one that is here already went on.
    name: "persist pull",
    usualCount: 12,
    args: ["persist", "pull"],
    async prepare(repository) {
      await withRemote(repository);
      const other = await cloneOf(repository);
      await other.result(["start", "Test"]);
      await other.result(["persist", "push"]);
      await repository.result(["persist", "pull"]);
      const [session] = await sessionsIn(repository.directory);
      await repository.result(["session", "switch", session?.id ?? ""]);
      await other.result(["note", "there"]);
      await other.result(["start", "New", "--beside"]);
      await other.result(["persist", "push"]);
      Deno.removeSync(other.directory, { recursive: true });
      await keepTraces(repository);
    },
    isStored: (sessions) =>
      sessions.length === 2 &&
      sessions.some(({ state }) =>
        state.notes.some(({ text }) => text === "there")
      ),
    mayFailStored: true,
    async goOn(repository) {
      const pulled = await repository.orc(["persist", "pull", ...AT_ONCE]);
      if (pulled.code !== 0) return pulled;
      for (const { id } of await sessionsIn(repository.directory)) {
        const args = ["note", "next", "--session", id, ...AT_ONCE];
        const noted = await repository.orc(args);
        if (noted.code !== 0) return noted;
      }
      return await goOnEverywhere(repository);
    },
  },
];

const BRANCH = "claude/state";
const ON_BRANCH = { ORCHESTRATOR_STATE_BRANCH: BRANCH };

/** One session of another machine is on the branch already, and has to stay there. */
export const BRANCH_SCENARIO: Scenario = {
  name: "persist push, to one branch",
  usualCount: 10,
  args: ["persist", "push"],
  env: ON_BRANCH,
  async prepare(repository) {
    await withRemote(repository);
    const other = await cloneOf(repository);
    await other.result(["start", "Other"]);
    await other.orc(["persist", "push"], { env: ON_BRANCH });
    Deno.removeSync(other.directory, { recursive: true });
    await repository.result(["start", "Test"]);
    await repository.orc(["persist", "push"], { env: ON_BRANCH });
    await repository.result(["note", "there"]);
    await keepTraces(repository);
  },
  isStored: ([session], { directory }) =>
    session !== undefined &&
    serialIn(
        `${directory}/${REMOTE}`,
        `${BRANCH}:sessions/${session.id}/`,
      ) === 2,
  mayFailStored: true,
  async goOn(repository) {
    const { directory, orc, run } = repository;
    const kept = async () =>
      (await run("git", `--git-dir=${REMOTE}`, "ls-tree", `${BRANCH}:sessions`))
        .stdout.trim().split("\n").length;
    assertEquals(await kept(), 2, "no session is taken from the branch");
    const args = ["persist", "push", ...AT_ONCE];
    const pushed = await orc(args, { env: ON_BRANCH });
    assertEquals(await kept(), 2);
    await run("git", "fsck", "--strict");
    await run("git", `--git-dir=${REMOTE}`, "fsck", "--strict");
    // Where git dies right after a push, what was pushed stays among the branches of the remote.
    const shown = /^ *remotes\/.*\n| +(?=[0-9a-f]{7} First)/gm;
    assertEquals(
      (await tracesOf(repository)).replaceAll(shown, ""),
      Deno.readTextFileSync(`${directory}/${TRACES}`).replaceAll(shown, ""),
    );
    return pushed;
  },
};

/** Sends all, brings it to a clone that was never there before, and looks at what git says on both sides. */
export async function goOnEverywhere(repository: Repository): Promise<Ended> {
  const { directory, orc, run } = repository;
  const pushed = await orc(["persist", "push", ...AT_ONCE]);
  if (pushed.code !== 0) return pushed;
  await run("git", "fsck", "--strict");
  await run("git", `--git-dir=${REMOTE}`, "fsck", "--strict");
  assertEquals(
    await tracesOf(repository),
    Deno.readTextFileSync(`${directory}/${TRACES}`),
  );
  const other = await cloneOf(repository);
  const pulled = await other.orc(["persist", "pull"]);
  const [here, there] = [
    await sessionsIn(directory),
    await sessionsIn(other.directory),
  ];
  const sight = ({ id, serial, chain }: typeof here[number]) => (
    { id, serial, head: chain?.head }
  );
  assertEquals(there.map(sight), here.map(sight));
  Deno.removeSync(other.directory, { recursive: true });
  return pulled;
}

async function withRemote({ directory, run, write }: Repository) {
  await run("git", "init", "-q", "--bare", "-b", "main", REMOTE);
  await run("git", "init", "-q", "-b", "main", ".");
  await write(".git/info/exclude", `/${REMOTE}\n`);
  await write("workflow.yaml", WORKFLOW);
  await run("git", "remote", "add", "origin", `./${REMOTE}`);
  await run("git", "add", ".");
  const author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
  await run("git", ...author, "commit", "-qm", "First");
  await run("git", "push", "-q", "origin", "main");
  Deno.writeTextFileSync(`${directory}/.git/hooks/reference-transaction`, HOOK);
  Deno.chmodSync(`${directory}/.git/hooks/reference-transaction`, 0o755);
}

/** A hook of the user, which must not hear of orc. */
const HOOK = "#!/bin/sh\necho ran >> .git/hook-ran\n";

async function cloneOf({ directory, run }: Repository): Promise<Repository> {
  const path = `${directory}-other`;
  await run("git", "clone", "-q", REMOTE, path);
  return repositoryAt(path);
}

async function keepTraces(repository: Repository): Promise<void> {
  await repository.write(TRACES, await tracesOf(repository));
}

/** What orc must leave as it is. */
async function tracesOf({ directory, run }: Repository): Promise<string> {
  const said = async (...args: readonly string[]) =>
    (await run("git", ...args)).stdout;
  const index = Deno.readFileSync(`${directory}/.git/index`);
  return [
    await said("status", "--porcelain"),
    await said("branch", "-avv"),
    await said("reflog", "--all"),
    await said("config", "--local", "-l"),
    String(new Uint8Array(await crypto.subtle.digest("SHA-256", index))),
    String(isThere(`${directory}/.git/hook-ran`)),
  ].join("\n");
}

/** Up to which update the remote has a session; 0 without one. */
function serialAt(bare: string, id: string): number {
  return serialIn(bare, `refs/orchestrator/sessions/${id}:`);
}

function serialIn(bare: string, tree: string): number {
  const { success, stdout } = new Deno.Command("git", {
    args: ["cat-file", "blob", `${tree}copy.json`],
    cwd: bare,
    stderr: "null",
  }).outputSync();
  return success ? JSON.parse(new TextDecoder().decode(stdout)).serial : 0;
}
