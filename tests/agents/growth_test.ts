import { commit, inRepository, type Repository } from "../journey/orc.ts";
import { withoutGit } from "../journey/sized_agent.ts";
import { quickRepository } from "./repository.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deflateSync } from "node:zlib";

const WORKFLOW = `
name: Sized
sizes: [xs, m]
size_limits: {xs: {files: 2, lines: 10}}
risk_paths: [db/**]
measured_paths: ["!notes/**"]
phases:
  - id: PLAN
    name: Plan
    from: m
    items: [{id: plan, name: Plan}]
  - id: DO
    name: Do
    items:
      - {id: do, name: Do, changes: ["src/**"]}
  - id: END
    name: End
    items: [{id: end, name: End, from: m}]
`;

/** The same with a phase behind, so that the first is left by advancing. */
const LONGER = WORKFLOW.replace("name: End, from: m", "name: End");

/** The same, and its own file is risky, as in the built-in one. */
const RISKY = WORKFLOW.replace("[db/**]", "[db/**, workflow.yaml]");

const AGENT = { env: { CLAUDECODE: "1" } };

async function inSized(
  workflow: string,
  test: (repository: Repository) => Promise<void>,
): Promise<void> {
  await inRepository(async ({ directory }) => {
    const repository = quickRepository(directory);
    await repository.write("workflow.yaml", workflow);
    await repository.write("src/a.js", "a\nb\nc\n");
    await repository.run("git", "add", ".");
    await commit(repository, "Files");
    await test(repository);
  });
}

async function begin(repository: Repository): Promise<void> {
  const started = await repository.result(["start", "Fix typo"], AGENT);
  assertEquals(started.size, "xs");
}

/** What orc verify says, whether it holds or not. */
async function verified(repository: Repository) {
  const { stdout } = await repository.orc(["verify", "--json"]);
  return JSON.parse(stdout).result;
}

async function refused(
  repository: Repository,
  ...args: readonly string[]
): Promise<string> {
  const { code, stderr } = await repository.orc(args, AGENT);
  assertEquals(code, 3, stderr);
  return stderr;
}

Deno.test("orc finish lets a session grow whose change has outgrown its size, and says why", () =>
  inSized(WORKFLOW, async (repository) => {
    await begin(repository);
    await repository.write("src/a.js", "x\ny\nz\n");
    await repository.result(["complete", "do"], AGENT);
    // As much as is allowed, and what does not count.
    await repository.write("src/b.js", "1\n2\n3\n4\n");
    await repository.write("notes/c.md", "c\n".repeat(50));
    const small = await repository.result(["status"]);
    assertEquals(small.next.action, "finish");
    await repository.write("src/c.js", "5\n");
    const told = await refused(repository, "finish");
    assertStringIncludes(told, "3 files changed, at most 2 in xs");
    assertStringIncludes(told, "11 lines changed, at most 10 in xs");
    assertStringIncludes(told, '"m" now: 2 items open');
    const next = await repository.orc(["next"], AGENT);
    assertStringIncludes(next.stdout, "plan · Plan (PLAN 0/1");
    assertStringIncludes(next.stdout, "Grown from xs to m: 3 files changed");
    for (const args of [["complete", "plan"], ["advance"]]) {
      await repository.result(args, AGENT);
    }
    for (const args of [["advance"], ["complete", "end"], ["finish"]]) {
      await repository.result(args, AGENT);
    }
    assertEquals((await repository.result(["verify"])).findings, []);
  }));

Deno.test("why a session grew is no advice on a check that failed", async () => {
  const check =
    "verification: {type: command, command: test -f none.md, description: the plan is there}";
  const advised = `notes: ["Write the plan first"], ${check}`;
  for (
    const [plan, hint] of [
      [advised, "Write the plan first"],
      [check, "make `test -f none.md` succeed"],
    ]
  ) {
    const workflow = WORKFLOW.replace("name: Plan}", `name: Plan, ${plan}}`);
    await inSized(workflow, async (repository) => {
      await begin(repository);
      await repository.write("src/a.js", "x\n".repeat(50));
      await repository.result(["complete", "do"], AGENT);
      await refused(repository, "finish");
      const failed = await repository.orc(["complete", "plan"], AGENT);
      const told = `${failed.stdout}${failed.stderr}`;
      assertStringIncludes(told, `Try: ${hint}`);
      const next = await repository.orc(["next"], AGENT);
      assertStringIncludes(next.stdout, "Grown from xs to m");
    });
  }
});

Deno.test("no line and no file is so large that it hides what changed", async () => {
  const large = "x".repeat(2 * 1024 * 1024);
  for (
    const [text, lines] of [
      ["x".repeat(4000), 20],
      [`${"x".repeat(999)}\n`.repeat(4), 20],
      [large, Math.ceil(large.length / 200)],
      [`${large.slice(1)}\n`, Math.ceil(large.length / 200)],
    ] as const
  ) {
    await inSized(WORKFLOW, async (repository) => {
      await begin(repository);
      await repository.write("src/b.js", text);
      await repository.result(["complete", "do"], AGENT);
      const told = await refused(repository, "finish");
      assertStringIncludes(told, `(${lines} lines changed, at most 10 in xs)`);
    });
  }
});

Deno.test("a large file that a pointer of Git LFS names is as it was committed", () =>
  inSized(WORKFLOW, async (repository) => {
    const large = "x".repeat(2 * 1024 * 1024);
    const pointer = (size: number) =>
      `version https://git-lfs.github.com/spec/v1\noid sha256:${
        "0".repeat(64)
      }\nsize ${size}\n`;
    const isTold = async (size: number) => {
      await repository.write("src/large.bin", pointer(size));
      await repository.run("git", "add", ".");
      await commit(repository, "Large");
      // As a checkout with its filter leaves it.
      await repository.write("src/large.bin", large);
      const start = ["start", "Fix typo", "--beside"];
      const { code, stderr } = await repository.orc(start, AGENT);
      assertEquals(code, 0, stderr);
      return stderr.includes("What was not committed");
    };
    assertEquals(await isTold(large.length), false);
    assertEquals(await isTold(large.length + 1), true);
  }));

Deno.test("the case of a name makes no risky file harmless, at the start and later", () =>
  inSized(LONGER, async (repository) => {
    const named = ["start", "Fix typo in DB/Schema.sql"];
    const started = await repository.result(named, AGENT);
    assertEquals(started.size, "m");
    const other = ["start", "Fix typo", "--beside"];
    assertEquals((await repository.result(other, AGENT)).size, "xs");
    await repository.write("src/a.js", "b\n");
    await repository.result(["complete", "do"], AGENT);
    await repository.write("Db/1.SQL", "");
    const told = await refused(repository, "advance");
    assertStringIncludes(told, "risky: Db/1.SQL");
  }));

Deno.test("who forges what git keeps of a file hides no line that changed in it", () =>
  inSized(WORKFLOW, async (repository) => {
    await begin(repository);
    const text = "x\n".repeat(50);
    const { stdout } = await repository.run(
      "git",
      "rev-parse",
      "HEAD:src/a.js",
    );
    const id = stdout.trim();
    await repository.write("src/a.js", text);
    const path = `${repository.directory}/.git/objects/${id.slice(0, 2)}/${
      id.slice(2)
    }`;
    Deno.removeSync(path);
    Deno.writeFileSync(path, deflateSync(`blob ${text.length}\0${text}`));
    await repository.result(["complete", "do"], AGENT);
    const told = await refused(repository, "finish");
    assertStringIncludes(told, "50 lines changed, at most 10 in xs");
  }));

Deno.test("orc finish counts nothing twice that stays within its size", () =>
  inSized(WORKFLOW, async (repository) => {
    await begin(repository);
    await repository.write("src/a.js", "c\nb\na\n");
    await repository.run("git", "add", ".");
    await commit(repository, "Moved");
    await repository.result(["complete", "do"], AGENT);
    await repository.write("src/b.js", "1\n2\n3\n4\n");
    await repository.result(["finish"], AGENT);
    assertEquals((await repository.result(["verify"])).findings, []);
  }));

Deno.test("orc advance measures too, and a risky file is enough", () =>
  inSized(LONGER, async (repository) => {
    await begin(repository);
    await repository.write("src/a.js", "b\n");
    await repository.result(["complete", "do"], AGENT);
    await repository.write("db/1.sql", "");
    const told = await refused(repository, "advance");
    assertStringIncludes(told, "risky: db/1.sql");
    assertEquals((await repository.result(["status"])).phaseId, "PLAN");
  }));

Deno.test("a change is measured though orc's cache was removed, by the commit of the start", () =>
  inSized(WORKFLOW, async (repository) => {
    await begin(repository);
    await repository.write("src/a.js", "x\n");
    await repository.result(["complete", "do"], AGENT);
    await Deno.remove(`${repository.directory}/.orchestrator/cache`, {
      recursive: true,
    });
    await repository.write("src/b.js", "1\n".repeat(20));
    const told = await refused(repository, "finish");
    assertStringIncludes(told, "lines changed, at most 10 in xs");
  }));

Deno.test("what was changed before the start is no part of the change", () =>
  inSized(WORKFLOW, async (repository) => {
    await repository.write("src/old.js", "1\n".repeat(50));
    await begin(repository);
    const nothing = await refused(repository, "complete", "do");
    assertStringIncludes(nothing, "no file differs from the start");
    await repository.write("README.md", "Not what it asks for\n");
    await refused(repository, "complete", "do");
    await repository.write("src/a.js", "x\n");
    await repository.result(["complete", "do"], AGENT);
    await repository.result(["finish"], AGENT);
  }));

Deno.test("what was changed before the start is said then and by verify, where it is too much for the size", () =>
  inSized(WORKFLOW, async (repository) => {
    const text = "What was not committed when it began is more than its size";
    await repository.write("src/big.js", "1\n".repeat(50));
    const started = await repository.orc(["start", "Fix typo"], AGENT);
    assertStringIncludes(
      started.stderr,
      `${text} may change: 50 lines changed, at most 10 in xs`,
    );
    await repository.write("src/a.js", "x\n");
    await repository.result(["complete", "do"], AGENT);
    await repository.result(["finish"], AGENT);
    const verified = await repository.orc(["verify"]);
    assertStringIncludes(verified.stdout, text);
  }));

Deno.test("a little that is not committed is no word worth at the start, nor are other ends of lines", () =>
  inSized(WORKFLOW, async (repository) => {
    for (const name of ["b", "c", "d"]) {
      await repository.write(`src/${name}.js`, "1\n".repeat(20));
    }
    await repository.run("git", "add", ".");
    await commit(repository, "More");
    for (const name of ["b", "c", "d"]) {
      await repository.write(`src/${name}.js`, "1\r\n".repeat(20));
    }
    await repository.write("src/a.js", "a\nb\n");
    const started = await repository.orc(["start", "Fix typo"], AGENT);
    assertEquals([started.code, started.stderr], [0, ""]);
  }));

Deno.test("a session that begins anew measures what one that was given up left there", () =>
  inSized(WORKFLOW, async (repository) => {
    await begin(repository);
    await repository.write("src/a.js", "x\n".repeat(50));
    await repository.result(["complete", "do"], AGENT);
    await refused(repository, "finish");
    const given = ["finish", "--abandon", "--reason", "Too much"];
    await repository.result(given, AGENT);
    const again = ["start", "Correct the wording"];
    const started = await repository.orc(again, AGENT);
    const text = "began, which was abandoned, is measured as part of it";
    assertStringIncludes(started.stderr, text);
    await repository.result(["complete", "do"], AGENT);
    assertStringIncludes(
      await refused(repository, "finish"),
      "lines changed, at most 10 in xs",
    );
    const { start } = await verified(repository);
    assertEquals(start.continued.length, 26);
  }));

Deno.test("a session that begins anew after its work was taken back measures none of it", () =>
  inSized(WORKFLOW, async (repository) => {
    await begin(repository);
    await repository.write("src/a.js", "x\n".repeat(50));
    await repository.result(
      ["finish", "--abandon", "--reason", "Too much"],
      AGENT,
    );
    await repository.write("src/a.js", "a\nb\nc\n");
    const started = await repository.orc(["start", "Fix wording"], AGENT);
    assertEquals([started.code, started.stderr], [0, ""]);
  }));

/** Not every machine has one. */
const AUTHOR = ["-c", "user.name=A", "-c", "user.email=a@example.org"];

Deno.test("start and verify say plainly that the workflow file is not the committed one", () =>
  inSized(RISKY, async (repository) => {
    const said = async (workflow: string, ...git: string[][]) => {
      await repository.write("workflow.yaml", workflow);
      for (const args of git) await repository.run("git", ...args);
      const start = ["start", "Fix typo", "--beside"];
      const { stderr } = await repository.orc(start, AGENT);
      const { start: begun } = await verified(repository);
      return [
        stderr.includes("workflow.yaml is not committed as it is"),
        stderr.includes("What was not committed"),
        begun.committed,
      ];
    };
    assertEquals(await said(RISKY), [false, false, true]);
    const looser = RISKY.replace("lines: 10", "lines: 9999");
    assertEquals(await said(looser), [true, false, false]);
    // What is only staged is not committed either.
    const staged = await said(looser, ["add", "workflow.yaml"]);
    assertEquals(staged, [true, false, false]);
    const untracked = await said(looser, [
      "rm",
      "-q",
      "--cached",
      "workflow.yaml",
    ], [...AUTHOR, "commit", "-qm", "None"]);
    assertEquals(untracked, [true, false, false]);
  }));

Deno.test("an agent chooses no smaller size than orc finds, a human does, and it is shown", () =>
  inSized(WORKFLOW, async (repository) => {
    const small = ["start", "Add login", "--size", "xs"];
    const agent = await repository.orc(small, AGENT);
    assertEquals(agent.code, 77, agent.stderr);
    assertStringIncludes(agent.stderr, 'orc finds size "m"');
    const larger = ["start", "Fix typo", "--size", "m", "--beside"];
    const { size, sizeReason } = await repository.result(larger, AGENT);
    assertEquals([size, sizeReason], ["m", "asked for; orc finds xs"]);
    const human = await repository.orc([...small, "--beside"]);
    assertEquals(human.code, 0, human.stderr);
    const shown = 'task size is "xs" instead of "m", by --size';
    assertStringIncludes(human.stderr, shown);
    assertStringIncludes((await repository.orc(["status"])).stderr, shown);
    const { findings } = await repository.result(["verify"]).catch((error) =>
      JSON.parse(error.message).result
    );
    const codes = findings.map(({ code }: { code: string }) => code);
    assert(codes.includes("loosened"), JSON.stringify(findings));
  }));

Deno.test("status says which size a session has, and session info who set it, and why", () =>
  inSized(WORKFLOW, async (repository) => {
    const sizes = async () => {
      const { stdout } = await repository.orc(["status", "--json"], AGENT);
      const info = await repository.result(["session", "info"], AGENT);
      return [JSON.parse(stdout).result.size, info.size];
    };
    const texts = async () =>
      (await Promise.all(
        [["status"], ["session", "info"]].map((argv) =>
          repository.orc(argv, AGENT)
        ),
      )).map(({ stdout }) => /^Size.*$/m.exec(stdout)?.[0]);
    await begin(repository);
    const [brief, whole] = await sizes();
    assertEquals(brief, "xs");
    assertEquals([whole.setBy, whole.agent], ["orc", null]);
    assertStringIncludes(whole.reason, "typo");
    assertEquals(await texts(), [
      "Size xs",
      `Size        xs, set by orc: ${whole.reason}`,
    ]);
    await repository.write("src/a.js", "x\n");
    await repository.result(["complete", "do"], AGENT);
    await repository.write("db/a.sql", "1\n");
    await refused(repository, "finish");
    const [, grown] = await sizes();
    assertEquals([grown.name, grown.setBy], ["m", "change"]);
    assertStringIncludes(grown.reason, "grown from xs");
    const larger = ["start", "Fix typo", "--size", "m", "--beside"];
    await repository.result(larger, AGENT);
    const [, asked] = await sizes();
    assertEquals([asked.name, asked.setBy], ["m", "caller"]);
    assertStringIncludes(asked.agent, "claude-code");
    assertEquals(asked.reason, "asked for; orc finds xs");
  }));

Deno.test("a session without sizes has none in status and session info", () =>
  inSized(
    "name: Plain\nphases: [{id: DO, name: Do, items: [{id: do, name: Do}]}]\n",
    async (repository) => {
      await repository.result(["start", "Fix typo"]);
      for (const argv of [["status"], ["session", "info"]]) {
        assertEquals((await repository.result(argv)).size ?? null, null);
        const { stdout } = await repository.orc(argv);
        assert(!/^Size/m.test(stdout), stdout);
      }
    },
  ));

Deno.test("a size that the workflow has not is named, and so is one where it has none", () =>
  inSized(WORKFLOW, async (repository) => {
    const wrong = await repository.orc(["start", "A", "--size", "huge"]);
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.stderr, "the workflow has xs, m");
    await repository.write(
      "plain.yaml",
      "name: P\nphases: [{id: A, name: a, items: [{id: a, name: a}]}]\n",
    );
    const plain = ["start", "A", "-w", "plain.yaml"];
    const none = await repository.orc([...plain, "--size", "m"]);
    assertStringIncludes(none.stderr, "the workflow has no sizes");
    const auto = await repository.result([...plain, "--size", "auto"]);
    assertEquals([auto.size, auto.sizeReason], [null, null]);
  }));

Deno.test("a session whose size was edited is found out, though what it pins looks whole", () =>
  inSized(WORKFLOW, async (repository) => {
    await repository.result(["start", "Add login"], AGENT);
    const sessions = `${repository.directory}/.orchestrator/sessions`;
    const [entry] = Deno.readDirSync(sessions);
    const path = `${sessions}/${entry?.name}/state.json`;
    const state = JSON.parse(await Deno.readTextFile(path));
    const { workflow_definition: pinned } = state;
    pinned.phases = pinned.phases.filter(({ id }: { id: string }) =>
      id === "DO"
    );
    pinned.sizing.size = "xs";
    delete state._checksum;
    await Deno.writeTextFile(path, JSON.stringify(state));
    const { findings } = await repository.result(["verify"]).catch((error) =>
      JSON.parse(error.message).result
    );
    const messages = findings.map(({ message }: { message: string }) => message)
      .join("\n");
    assertStringIncludes(messages, "not the one of the size it has");
  }));

Deno.test("without git a look at the diff that fails names the command that leaves it out", () =>
  withoutGit(async (repository) => {
    const started = await repository.orc(["start", "Fix typo"], AGENT);
    assertStringIncludes(started.stderr, "so orc runs none");
    await repository.write("README.md", "Text\n");
    const failed = await repository.orc(["complete", "static_checks"], AGENT);
    const told = `${failed.stdout}${failed.stderr}`;
    const [, reason = ""] =
      /orc skip static_checks --reason "([^"]+)"/.exec(told) ?? [];
    const args = ["skip", "static_checks", "--reason", reason];
    const skipped = await repository.orc(args, AGENT);
    assertEquals(skipped.code, 0, skipped.stderr);
  }));

Deno.test("without git nothing is measured, which is said once", () =>
  withoutGit(async (repository) => {
    await repository.write("workflow.yaml", WORKFLOW);
    const started = await repository.orc(["start", "Fix typo"], AGENT);
    assertStringIncludes(started.stderr, "Without git nobody measures");
    const done = await repository.orc(["complete", "do"], AGENT);
    assertEquals([done.code, done.stderr], [0, ""]);
    const finished = await repository.orc(["finish"], AGENT);
    assertEquals([finished.code, finished.stderr], [0, ""]);
  }));
