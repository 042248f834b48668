/** What agents and people do in a repository, wherever its sessions are kept. */
import { playToTheEnd } from "./honest_agent.ts";
import { APPROVING, commit, type Repository, treeOf } from "./orc.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** Plays it; `at` is the same orc in another directory. */
export type Scene = (
  repository: Repository,
  at: (directory: string) => Repository,
) => Promise<void>;

/** What the work itself asks for, and second names in git's directory; all else must be orc's one directory. */
const DOCUMENTS =
  /^\.git\/orchestrator\/|^docs\/(?:tasks\/(?:[a-z0-9-]+\/(?:plan|review|learnings)?(?:\.md)?)?)?$/;

export async function assertContained(
  { directory }: Repository,
  before: Readonly<Record<string, string>>,
): Promise<void> {
  const after = Object.keys(await treeOf(directory));
  const foreign = after.filter((path) =>
    !(path in before) && !path.startsWith(".orchestrator/") &&
    !DOCUMENTS.test(path)
  );
  assertEquals(foreign, []);
}

export const SCENES: Readonly<Record<string, Scene>> = {
  "an honest agent goes from start to finish, and all state lies in .orchestrator":
    async (repository) => {
      await repository.write(
        "package.json",
        '{"scripts":{"test":"node --test"}}',
      );
      await repository.write(
        "auth.test.js",
        'require("node:test")("ok", () => {});\n',
      );
      const before = await treeOf(repository.directory);
      await repository.result(["start", "Add login", "--size", "l"]);
      const played = await playToTheEnd(repository);
      assertEquals(played.filter((step) => step === "advance").length, 4);
      assertEquals(played.at(-1), "finish");
      assert(played.includes("complete tests_pass"));
      const status = await repository.result(["status"]);
      assertEquals(status.status, "completed");
      assertEquals(status.progress.completed, status.progress.total);
      await assertContained(repository, before);
      const { stdout } = await repository.run("git", "status", "--porcelain");
      assert(!stdout.includes(".orchestrator"));
    },
  "a lazy agent gets nowhere": async (repository) => {
    await repository.result(["start", "Add login", "--size", "l"]);
    const agent = { env: { CLAUDECODE: "1" } };
    const { items } = await repository.result(["status"], agent);
    for (const { id } of items) {
      const tries = [
        ["complete", id],
        ["complete", id, "--skip-verify"],
        ["skip", id, "--reason", "a".repeat(60)],
        ["skip", id, "--reason", "not needed", "--force"],
        ["approve-item", id],
      ];
      for (const args of tries) {
        const { code } = await repository.orc(args, agent);
        assert(code === 3 || code === 77, `${args.join(" ")}: ${code}`);
      }
    }
    assertEquals((await repository.orc(["advance"], agent)).code, 3);
    assertEquals((await repository.orc(["advance", "-f"], agent)).code, 77);
    assertEquals((await repository.orc(["finish"], agent)).code, 3);
    assertEquals((await repository.orc(["finish", "-f"], agent)).code, 77);
    const { progress } = await repository.result(["status"]);
    assertEquals(progress.completed + progress.skipped, 0);
  },
  "orc works from a sub-directory": async (repository) => {
    await repository.write("src/deep/a.js", "");
    const cwd = `${repository.directory}/src/deep`;
    const before = await treeOf(repository.directory);
    await repository.result(["start", "Add login", "--size", "l"], { cwd });
    await playToTheEnd(repository, { cwd });
    await assertContained(repository, before);
    assertEquals((await repository.result(["status"])).status, "completed");
  },
  "a linked worktree keeps its state in the main one and runs its checks in itself":
    async (repository, at) => {
      await repository.write(
        "workflow.yaml",
        `name: Tiny
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: here, name: Here, step_type: gate, verification: {type: file_exists, path: only-here.txt}}
`,
      );
      await repository.run("git", "add", ".");
      await commit(repository, "Add a workflow");
      const linked = `${repository.directory}-linked`;
      await repository.run("git", "worktree", "add", "--quiet", linked);
      try {
        const own = at(linked);
        await own.result(["start", "Add login"]);
        assertEquals((await own.orc(["complete", "here"])).code, 3);
        await own.write("only-here.txt", "here");
        await own.result(["complete", "here"]);
        await own.result(["finish"]);
        const { stdout } = await own.orc(["session", "info", "--full"]);
        const answer = JSON.parse(stdout);
        assertEquals(answer.root, repository.directory);
        assertEquals(answer.rootSource, "worktree");
        assertEquals(
          (await own.run("git", "status", "--porcelain")).stdout,
          "?? only-here.txt\n",
        );
      } finally {
        await Deno.remove(linked, { recursive: true });
      }
    },
  "two agents in one repository do not move each other's session": async (
    repository,
  ) => {
    const agent = (id: string) => ({
      env: { CLAUDECODE: "1", CLAUDE_CODE_SESSION_ID: id },
    });
    await repository.result(["start", "One"], agent("1"));
    await repository.result(["start", "Two"], agent("2"));
    assertEquals((await repository.result(["status"], agent("1"))).task, "One");
    assertEquals((await repository.result(["status"], agent("2"))).task, "Two");
    const again = await repository.orc(["start", "Three"], agent("1"));
    assertEquals(again.code, 3);
    assertStringIncludes(again.stderr, "still active");
  },
  "a start that fails changes no byte": async (repository) => {
    await repository.write("broken.yaml", "name: Broken\nphases: nothing\n");
    await repository.write("tabs.yaml", "name:\n\t- x\n");
    const before = await treeOf(repository.directory);
    const tries: readonly (readonly [number, readonly string[]])[] = [
      [78, ["start", "Task", "-w", "broken.yaml"]],
      [78, ["start", "Task", "-w", "tabs.yaml"]],
      [4, ["start", "Task", "-w", "missing.yaml"]],
      [2, ["start", "Task", "-c", "x".repeat(1001)]],
      [2, ["start", " "]],
      [2, ["start"]],
      [2, ["start", "Task", "--no-such-flag"]],
    ];
    for (const [code, args] of tries) {
      const ended = await repository.orc([...args, "--full"]);
      assertEquals(ended.code, code, args.join(" "));
      assertEquals(JSON.parse(ended.stdout).ok, false);
      assertEquals(await treeOf(repository.directory), before, args.join(" "));
    }
  },
  "checks really check": async (repository) => {
    await repository.write(
      "workflow.yaml",
      `name: Checks
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: piped, name: Piped, step_type: gate, verification: {type: command, command: "echo x | grep y && z"}}
      - {id: ok, name: Fine, step_type: gate, verification: {type: command, command: "echo hi | grep hi && echo ok"}}
      - {id: file, name: File, step_type: gate, verification: {type: file_exists, path: nope.txt}}
      - {id: three, name: Three, step_type: gate, verification: {type: command, command: "sh -c 'exit 3'", expect_exit_code: 3}}
      - {id: human, name: Human, step_type: gate, verification: {type: manual_gate}}
`,
    );
    await repository.result(["start", "Check"]);
    assertEquals((await repository.orc(["complete", "piped"])).code, 3);
    assertEquals((await repository.orc(["complete", "file"])).code, 3);
    assertEquals((await repository.orc(["complete", "human"])).code, 3);
    assertEquals((await repository.orc(["complete", "ok"])).code, 0);
    assertEquals((await repository.orc(["complete", "three"])).code, 0);
    const agent = {
      env: { ...APPROVING.env, CLAUDECODE: "1", ORCHESTRATOR_APPROVALS: "" },
    };
    assertEquals(
      (await repository.orc(["approve-item", "human", "--early"], agent)).code,
      77,
    );
    const { items } = await repository.result(["status"]);
    const open = items.filter(({ status }: { status: string }) =>
      status !== "completed"
    );
    assertEquals(open.map(({ id }: { id: string }) => id), [
      "piped",
      "file",
      "human",
    ]);
    const { stdout: log } = await repository.orc(["history", "--full"]);
    assertStringIncludes(log, '"code":"approval_required"');
  },
};
