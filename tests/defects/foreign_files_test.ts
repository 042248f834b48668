import { readTree } from "../files/temporary.ts";
import { commit, inRepository, type Repository } from "../journey/orc.ts";
import { EASY_WORKFLOW, legacyState, withRoot } from "../work/fixtures.ts";
import { eventLine } from "../migration/fixtures.ts";
import { expectExit, resultOf, shellIn } from "./shell.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const STATE = ".workflow_state.json";

/** What other programs were seen to keep under the name of the older tool's state. */
const STATES: Readonly<Record<string, string>> = {
  "the time of a last run": '{"last_run_time":1}',
  "steps of a pipeline":
    '{"current_step": "build", "completed_steps": ["lint"], "status": "running"}',
  "a list of runs": '[{"id": 1, "conclusion": "success"}]',
  "states by the name of a workflow":
    '{"Sync Contacts": {"node:Cron": {"lastExecution": 1700000000}}}',
  "a run with an id and phases":
    '{"workflow_id": "a1", "status": "ok", "phases": {"one": {}}}',
  "workflows, each with an id and a type":
    '{"workflows": [{"workflow_id": "wf_1", "workflow_type": "etl"}]}',
  "a checkpoint of a graph":
    '{"v": 1, "ts": "2026-01-01T00:00:00", "channel_values": {"messages": []}}',
  "a single word": '"idle"',
  "nothing at all, in JSON": "null",
  "settings in YAML": "state: idle\nattempt: 2\n",
  "text that was torn": '{"last_run_time": 17000, "las',
  "bytes of another program": "SQLite format 3\0\x01\x02",
};

for (const [what, text] of Object.entries(STATES)) {
  Deno.test(`a ${STATE} that holds ${what} stops no command, and stays`, () =>
    withRoot(
      { "workflow.yaml": EASY_WORKFLOW, [STATE]: text },
      async (root) => {
        const shell = shellIn(root);
        await expectExit(4, shell, ["status", "--root", root]);
        const { action, left } = await resultOf(shell, [
          "migrate",
          "--root",
          root,
        ]);
        assertEquals(action, "nothing");
        assertEquals(left.map(({ path }: { path: string }) => path), [STATE]);
        await expectExit(0, shell, ["start", "Task", "--root", root]);
        const { err } = await expectExit(0, shell, ["status"]);
        assertEquals(err, "", "nobody is told to migrate, or of a conflict");
        await expectExit(0, shell, ["session", "list"]);
        const { findings } = await resultOf(shell, ["doctor"]);
        assertEquals(findings, []);
        assertEquals(readTree(root)[STATE], text);
      },
    ));
}

Deno.test("files and directories of other programs under the older tool's names are never moved", () => {
  const foreign = {
    [`${STATE}/index.json`]: "{}",
    ".workflow_log.jsonl": '{"level":"info","msg":"started"}\n',
    ".workflow_checkpoints/model-0001.bin": "weights",
    ".workflow_feedback.jsonl": '{"stars":5}\n',
    ".workflow_tool_feedback.jsonl": "thanks\n",
    ".workflow_process_feedback.jsonl": '["a"]\n',
    ".secrets.enc": "-----BEGIN PGP MESSAGE-----\n",
    "secrets.enc.yaml": "db: ENC[AES256_GCM,data:x]\nsops:\n  version: 3.9.0\n",
    ".manus/secrets.enc.yaml": "token: ENC[AES256_GCM,data:y]\nsops: {}\n",
    ".claude/prd_state.json": '{"tasks": [], "title": "mine"}',
    ".orchestrator.yaml": "agents:\n  - name: coder\n",
    ".orchestrator/state.json": '{"agents": {}}',
    ".orchestrator/log.jsonl": '{"event":"spawn"}\n',
  };
  return withRoot(
    { ...foreign, "workflow.yaml": EASY_WORKFLOW },
    async (root) => {
      const shell = shellIn(root);
      await expectExit(0, shell, ["start", "Task", "--root", root]);
      for (const args of [["migrate", "--dry-run"], ["migrate", "--yes"]]) {
        const { action, left } = await resultOf(shell, args);
        assertEquals(action, "nothing");
        const names = left.map(({ path }: { path: string }) => path).sort();
        const places = Object.keys(foreign)
          .map((path) => path.replace(/\/(?:index.json|model-.*)$/, "")).sort();
        assertEquals(names, places);
      }
      const after = readTree(root);
      for (const [path, text] of Object.entries(foreign)) {
        assertEquals(after[path], text, path);
      }
      const { findings } = await resultOf(shell, ["doctor"]);
      const codes = findings.map(({ code }: { code: string }) => code);
      assert(!codes.includes("legacy_files"), codes.join());
    },
  );
});

Deno.test("a session of the older tool without sessions is read, updated and not started beside", () =>
  withRoot({
    "workflow.yaml": EASY_WORKFLOW,
    ".orchestrator/state.json": legacyState(),
    ".orchestrator/log.jsonl": eventLine("wf_1a2b3c4d", "workflow_started"),
  }, async (root) => {
    const before = readTree(root);
    const shell = shellIn(root);
    const { out } = await expectExit(0, shell, ["status", "--root", root]);
    assertStringIncludes(out, "1a2b3c4d");
    const { err } = await expectExit(3, shell, [
      "start",
      "New",
      "--root",
      root,
    ]);
    assertStringIncludes(err, "still active");
    assertStringIncludes(
      (await expectExit(0, shell, ["history", "--root", root])).out,
      "workflow_started",
    );
    await expectExit(0, shell, ["complete", "it", "--root", root]);
    const { session } = await resultOf(shell, ["status"]);
    assertEquals(session, "1a2b3c4d");
    for (
      const path of [".orchestrator/state.json", ".orchestrator/log.jsonl"]
    ) {
      assertEquals(readTree(root)[path], before[path], "the old files stay");
    }
    const log = readTree(root)[".orchestrator/sessions/1a2b3c4d/log.jsonl"];
    assertStringIncludes(log ?? "", "workflow_started");
  }));

const TRACKED = {
  ".orchestrator.yaml": "test_command: npm test\n",
  "secrets.enc.yaml": "workflow_orchestrator:\n  api_keys: {}\nsops: {}\n",
  ".claude/prd_state.json": '{"prd_id": "1", "tasks": []}',
  [STATE]: legacyState(),
};

async function track(repository: Repository): Promise<void> {
  for (const [path, text] of Object.entries(TRACKED)) {
    await repository.write(path, text);
  }
  await repository.run("git", "add", "--force", ...Object.keys(TRACKED));
  await commit(repository, "Keep the older tool's files");
}

Deno.test("migrate leaves what git tracks and names it, unless it is included", () =>
  inRepository(async (repository) => {
    await track(repository);
    await repository.write(
      ".workflow_log.jsonl",
      eventLine("wf_1a2b3c4d", "x"),
    );
    const clean = async () =>
      (await repository.run("git", "status", "--porcelain", "-uno")).stdout;
    const plan = await repository.result(["migrate", "--dry-run"]);
    const reasons = new Map<string, string>(
      plan.left.map((
        { path, reason }: Record<string, string>,
      ) => [path, reason]),
    );
    for (const path of Object.keys(TRACKED)) {
      assertStringIncludes(
        reasons.get(path) ?? "",
        `git tracks it; --include ${path} moves it`,
      );
    }
    assertStringIncludes(
      reasons.get(".workflow_log.jsonl") ?? "",
      "belongs to what git tracks",
    );
    assertEquals((await repository.orc(["migrate", "--yes"])).code, 0);
    assertEquals(await clean(), "");
    const { findings } = await repository.result(["doctor"]);
    const codes = findings.map(({ code }: { code: string }) => code);
    assert(!codes.includes("legacy_files"), codes.join());
    const moved = await repository.result([
      ...["migrate", "--yes", "--include", ".claude/prd_state.json"],
      ...["--include", STATE],
    ]);
    assertEquals(moved.action, "migrated");
    assertEquals(
      await clean(),
      ` D .claude/prd_state.json\n D ${STATE}\n`,
    );
    const again = await repository.orc(["migrate", "--include", "README.md"]);
    assertEquals(again.code, 4);
  }));

Deno.test("migrate again does nothing, whatever the first time left, and doctor asks for none", () =>
  withRoot({
    "workflow.yaml": EASY_WORKFLOW,
    [STATE]: legacyState(),
    "secrets.enc.yaml": "workflow_orchestrator: {a: 1}\n",
    ".manus/secrets.enc.yaml": "workflow_orchestrator: {a: 2}\n",
    ".workflow_feedback.jsonl": "of another program\n",
    ".orchestrator.yaml": "supervision_mode: zero_human\n",
  }, async (root) => {
    const shell = shellIn(root);
    const first = await resultOf(shell, ["migrate", "--root", root]);
    assertEquals(first.action, "migrated");
    const left = first.left.map(({ path }: { path: string }) => path).sort();
    assertEquals(left, [
      ".manus/secrets.enc.yaml",
      ".orchestrator.yaml",
      ".workflow_feedback.jsonl",
    ]);
    for (const args of [["migrate", "--dry-run"], ["migrate"]]) {
      const again = await resultOf(shell, args);
      assertEquals(again.action, "nothing");
      assertEquals(
        again.left.map(({ path }: { path: string }) => path).sort(),
        left,
      );
    }
    const { findings } = await resultOf(shell, ["doctor"]);
    const codes = findings.map(({ code }: { code: string }) => code);
    assert(!codes.includes("legacy_files"), codes.join());
  }));

/** What another program keeps in a directory of the same name. */
const OTHER_PROGRAM = {
  "agents/coder.md": "You write code.\n",
  "tasks.json": '{"tasks": []}',
  "state.json": '{"agents": {"coder": "idle"}}',
  "meta.json": '{"schema": 3, "owner": "team"}',
  "config.yaml": "agents:\n  - name: coder\n    model: large\n",
  "log.jsonl": '{"event":"spawn","agent":"coder"}\n',
  "sessions/2026-01-01.md": "# Monday\n",
};

Deno.test("files of another program in .orchestrator stay as they are, and git goes on seeing them", () =>
  inRepository(async (repository) => {
    const paths = Object.keys(OTHER_PROGRAM);
    for (const [path, text] of Object.entries(OTHER_PROGRAM)) {
      await repository.write(`.orchestrator/${path}`, text);
    }
    const [tracked = "", ...others] = paths;
    await repository.run("git", "add", `.orchestrator/${tracked}`);
    await commit(repository, "Keep the agents");
    await repository.write("workflow.yaml", EASY_WORKFLOW);
    assertEquals((await repository.orc(["status"])).code, 4);
    const started = await repository.orc(["start", "Task"]);
    assertEquals(started.code, 0, started.stderr);
    const status = await repository.orc(["status"]);
    assertEquals([status.code, status.stderr], [0, ""]);
    const seen = await repository.run(
      ...["git", "status", "--porcelain", "--untracked-files=all"] as const,
    );
    assertEquals(
      seen.stdout.trim().split("\n").sort(),
      [...others.map((path) => `?? .orchestrator/${path}`), "?? workflow.yaml"]
        .sort(),
    );
    const set = await repository.orc(["config", "set", "color", "never"]);
    assertEquals(set.code, 5, set.stderr);
    assertStringIncludes(set.stderr, "holds the settings of another program");
    assertEquals((await repository.result(["migrate"])).action, "nothing");
    const { findings } = await repository.result(["doctor"]);
    assertEquals(
      findings.map(({ code }: { code: string }) => code),
      ["foreign_files"],
    );
    for (const [path, text] of Object.entries(OTHER_PROGRAM)) {
      const now = `${repository.directory}/.orchestrator/${path}`;
      assertEquals(Deno.readTextFileSync(now), text);
    }
  }));

/** What other programs keep under the names of settings. */
const SETTINGS: Readonly<Record<string, string>> = {
  "a list of agents": "agents:\n  - name: coder\n",
  "a list": "- one\n- two\n",
  "several documents": "kind: A\n---\nkind: B\n",
  "tags of its own": "run: !Ref Stack\n",
  "tabs": "pipeline:\n\tsteps: []\n",
  "keys that are numbers": "1: one\n2: two\n",
};

for (const [what, text] of Object.entries(SETTINGS)) {
  Deno.test(`settings of another program that are ${what} stop no command`, () =>
    withRoot({
      "workflow.yaml": EASY_WORKFLOW,
      ".orchestrator.yaml": text,
      ...(/^[a-z]+:/.test(text) ? { ".orchestrator/config.yaml": text } : {}),
      "home/.config/orchestrator/config.yaml": text,
    }, async (root) => {
      const shell = shellIn(root);
      const home = `${root}/home`;
      for (
        const args of [["start", "Task"], ["status"], ["config", "list"]]
      ) {
        const ran = await shell([...args, "--root", root], { home });
        assertEquals([ran.exitCode, ran.err], [0, ""], args.join(" "));
      }
      const { findings } = JSON.parse((await shell(["doctor", "--full"])).out)
        .result;
      assertEquals(findings, []);
    }));
}

Deno.test("what other programs keep among sessions, logs and secrets is not called damaged", () =>
  withRoot({
    "workflow.yaml": EASY_WORKFLOW,
    ".orchestrator/sessions/abc/state.json": '{"agents": {}}',
    ".orchestrator/sessions/notes/monday.md": "hi\n",
    ".workflow_log.jsonl": '{"level":"info"}\n',
    ".workflow_checkpoints/a.json": "{}",
    ".workflow_tool_feedback.jsonl": '{"stars":5}\n',
    ".secrets.enc": "-----BEGIN PGP MESSAGE-----\n",
  }, async (root) => {
    const before = readTree(root);
    const shell = shellIn(root);
    const environment = { SECRETS_PASSWORD: "hunter22" };
    const commands = [
      ["start", "Task", "--root", root],
      ["session", "list"],
      ["session", "cleanup", "--dry-run"],
      ["analyze"],
      ["history"],
      ["feedback", "review"],
      ["secrets", "list"],
      ["status"],
    ];
    for (const args of commands) {
      const { exitCode, out, err } = await shell(args, { environment });
      assertEquals([exitCode, err], [0, ""], args.join(" "));
      assert(!/^\s*(?:abc|notes)\b/m.test(out), out);
    }
    assertEquals((await resultOf(shell, ["doctor"])).findings, []);
    const after = readTree(root);
    for (const path of Object.keys(before)) {
      assertEquals(after[path], before[path]);
    }
  }));

const ACTIONS = "name: CI\non: [push]\njobs:\n  test: {runs-on: linux}\n";

Deno.test("a workflow.yaml of another program stops no start, and validate says what it looks like", () =>
  withRoot({ "workflow.yaml": ACTIONS }, async (root) => {
    const shell = shellIn(root);
    const looks = "workflow.yaml:3:1";
    const { err } = await expectExit(0, shell, [
      "start",
      "Task",
      "--root",
      root,
    ]);
    assertStringIncludes(err, looks);
    assertStringIncludes(err, "looks like a GitHub Actions workflow");
    await expectExit(0, shell, ["status"]);
    const { findings } = await resultOf(shell, ["doctor"]);
    assertEquals(findings, []);
    for (
      const args of [["validate"], [
        "start",
        "x",
        "--beside",
        "-w",
        "workflow.yaml",
      ]]
    ) {
      const refused = await expectExit(78, shell, args);
      assertStringIncludes(refused.err, `${looks}: jobs: This looks like`);
    }
    assertEquals(readTree(root)["workflow.yaml"], ACTIONS);
  }));

Deno.test("a workflow under a name like workflow.yml is not passed over without a word", () =>
  withRoot({ "workflow.yml": EASY_WORKFLOW }, async (root) => {
    const shell = shellIn(root);
    for (const args of [["validate"], ["start", "Task"]]) {
      const { err } = await expectExit(0, shell, [...args, "--root", root]);
      assertStringIncludes(err, 'there is "workflow.yml"');
      assertStringIncludes(err, "orc start -w workflow.yml");
    }
    Deno.writeTextFileSync(`${root}/workflow.yml`, ACTIONS);
    const { err } = await expectExit(0, shell, ["validate"]);
    assert(!err.includes("workflow.yml"), "another program's needs no word");
  }));
