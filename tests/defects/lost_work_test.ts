import { readTree, withTemporaryDirectory } from "../files/temporary.ts";
import {
  APPROVING,
  EASY_WORKFLOW,
  GIT_LS_FILES,
  idOf,
  sessionsIn,
  stateOf,
  withRoot,
} from "../work/fixtures.ts";
import { expectExit, resultOf, type Shell, shellIn } from "./shell.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const TINY = `name: Tiny
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: a, name: A}
      - {id: b, name: B}
      - {id: tests, name: Tests, step_type: gate, verification: {type: command, command: make test}}
`;
const REASON = "Nothing to plan for a typing error";
const PROGRAMS = { "make test": {}, [GIT_LS_FILES]: { exitCode: 128 } };

/** Runs a test in a directory with a session that has started. */
function withStarted(
  test: (shell: Shell, root: string) => Promise<void>,
  workflow = TINY,
): Promise<void> {
  return withRoot({ "workflow.yaml": workflow }, async (root) => {
    const shell = shellIn(root);
    await expectExit(0, shell, ["start", "Add login", "--root", root]);
    await test(shell, root);
  });
}

function statusesIn(root: string, phaseId = "PLAN"): Record<string, string> {
  const items: Record<string, { status: string }> =
    stateOf(root).phases[phaseId].items;
  return Object.fromEntries(
    Object.entries(items).map(([id, { status }]) => [id, status]),
  );
}

Deno.test("what was done while a check ran is not undone when it ends", () =>
  withStarted(async (shell, root) => {
    const { exitCode } = await shell(["complete", "tests"], {
      programs: PROGRAMS,
      meanwhile: async () => {
        await expectExit(0, shell, ["complete", "a"]);
        await expectExit(0, shell, ["skip", "b", "-r", REASON]);
      },
    });
    assertEquals(exitCode, 0);
    assertEquals(statusesIn(root), {
      a: "completed",
      b: "skipped",
      tests: "completed",
    });
  }));

Deno.test("a session that is abandoned while a check runs stays abandoned", () =>
  withStarted(async (shell, root) => {
    const ran = await shell(["complete", "tests"], {
      programs: PROGRAMS,
      meanwhile: () => shell(["finish", "--abandon", "-r", "Wrong task"]),
    });
    assertEquals(ran.exitCode, 3);
    assertStringIncludes(ran.err, "abandoned");
    assertEquals(stateOf(root).status, "abandoned");
    assertEquals(statusesIn(root).tests, "pending");
  }));

const ROOTED: readonly (readonly string[])[] = [
  ["complete", "it"],
  ["skip", "it", "-r", REASON],
  ["status"],
  ["note", "Remember"],
  ["session", "list"],
  ["session", "cleanup"],
  ["checkpoints"],
  ["feedback", "capture", "--auto"],
  ["analyze"],
  ["history"],
  ["finish"],
];

/** A command line with --root before it, after it, and in its short and older forms. */
function withRootFlag(argv: readonly string[], root: string) {
  return [
    ["--root", root, ...argv],
    [...argv, "--root", root],
    ["-d", root, ...argv],
    [...argv, "--dir", root],
  ];
}

for (const argv of ROOTED) {
  Deno.test(`orc ${argv.join(" ")} works in the directory --root names, wherever it stands`, () =>
    withTemporaryDirectory(async (directory) => {
      const [here, there] = ["here", "there"].map((name) => {
        Deno.mkdirSync(`${directory}/${name}`);
        const path = `${directory}/${name}`;
        Deno.writeTextFileSync(`${path}/workflow.yaml`, EASY_WORKFLOW);
        return path;
      });
      assert(here && there);
      const shell = shellIn(here);
      await expectExit(0, shell, ["start", "Here", "--root", here]);
      await expectExit(0, shell, ["start", "There", "--root", there]);
      const before = readTree(here);
      for (const words of withRootFlag(argv, there)) {
        const { out, exitCode } = await shell([...words, "--full"]);
        assert(exitCode === 0 || exitCode === 3, out);
        assertEquals(JSON.parse(out).root ?? there, there, words.join(" "));
        assertEquals(readTree(here), before, words.join(" "));
      }
    }));
}

Deno.test("the test command of the workflow that was named is not replaced by one that was found", () =>
  withRoot({
    "package.json": '{"scripts": {"test": "true", "build": "true"}}',
    "my.yaml": `name: Mine
settings: {test_command: "false"}
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: g, name: G, step_type: gate, verification: {type: command, command: "{{test_command}}"}}
`,
  }, async (root) => {
    const shell = shellIn(root);
    await expectExit(0, shell, ["start", "Task", "-w", "my.yaml", "-d", root]);
    const asked: unknown[] = [];
    const { exitCode } = await shell(["complete", "g"], {
      programs: { "false": { exitCode: 1 } },
      meanwhile: ({ command }) => Promise.resolve(asked.push(command)),
    });
    assertEquals([exitCode, asked.at(-1)], [3, ["false"]]);
  }));

Deno.test("a failing start does not hide the running session", () =>
  withStarted(async (shell, root) => {
    Deno.writeTextFileSync(`${root}/broken.yaml`, "name: [\n");
    const before = readTree(root);
    const other = { CLAUDECODE: "1", CLAUDE_CODE_SESSION_ID: "another" };
    for (
      const flags of [
        ["-w", "broken.yaml"],
        ["-w", "missing.yaml"],
        ["-c", "x".repeat(1001)],
        ["--no-such-flag"],
      ]
    ) {
      const argv = ["start", "Other", ...flags];
      const { exitCode } = await shell(argv, { environment: other });
      assert(exitCode > 1, argv.join(" "));
      assertEquals(readTree(root), before, argv.join(" "));
    }
    assertEquals((await resultOf(shell, ["status"])).task, "Add login");
  }));

Deno.test("overrides that are no mapping do not make start hide the running session", () =>
  withStarted(async (shell, root) => {
    Deno.writeTextFileSync(`${root}/.orchestrator.yaml`, "- test_command: a\n");
    const before = readTree(root);
    await expectExit(78, shell, ["start", "Other", "--beside"]);
    assertEquals(readTree(root), before);
  }));

Deno.test("a second start does not displace the running session", () =>
  withStarted(async (shell, root) => {
    const programs = PROGRAMS;
    const kept = await shell(["checkpoint", "-m", "Half way"], { programs });
    assertEquals(kept.exitCode, 0, kept.err);
    const before = readTree(root);
    const { err } = await expectExit(3, shell, ["start", "Other"]);
    assertStringIncludes(err, "still active");
    assertEquals(readTree(root), before);
    const { out } = await expectExit(0, shell, ["resume", "--dry-run"]);
    assertStringIncludes(out, "Half way");
    await expectExit(0, shell, ["start", "Other", "--beside"]);
    const first = await resultOf(shell, ["status", "--session", idOf(0, 0)]);
    assertEquals([first.task, first.status], ["Add login", "active"]);
  }));

Deno.test("finish runs no program: it commits, pushes, merges and closes nothing", () =>
  withRoot(
    { "workflow.yaml": EASY_WORKFLOW, ".env": "KEY=1\n" },
    async (root) => {
      const shell = shellIn(root);
      const task = "Port C#12 parser; see octo/repo#7, color #123456";
      await expectExit(0, shell, ["start", task, "--root", root]);
      await expectExit(0, shell, ["complete", "it"]);
      const outside = () =>
        Object.keys(readTree(root)).filter((path) =>
          !path.startsWith(".orchestrator")
        );
      const before = outside();
      const asked: unknown[] = [];
      const { exitCode, err } = await shell(["finish"], {
        programs: {},
        meanwhile: ({ command }) => Promise.resolve(asked.push(command)),
      });
      assertEquals([exitCode, err, asked], [0, "", []]);
      assertEquals(outside(), before);
      const events = await resultOf(shell, ["history", "--all"]);
      const ends = JSON.stringify(events).match(/"workflow_completed"/g);
      assertEquals(ends?.length, 1);
      await expectExit(3, shell, ["finish"]);
    },
  ));

Deno.test("a check without a command is refused, and none is read from standard input", () =>
  withRoot({
    "workflow.yaml": `name: Tiny
phases:
  - id: PLAN
    name: Plan
    items: [{id: it, name: It, verification: {type: command}}]
`,
  }, async (root) => {
    const before = readTree(root);
    const { exitCode, err } = await shellIn(root)(
      ["start", "Task", "--root", root],
      { input: "touch pwned\n" },
    );
    assertEquals(exitCode, 78);
    assertStringIncludes(err, "command");
    assertEquals(readTree(root), before);
  }));

Deno.test("a marker that was left behind does not make feedback vanish", () =>
  withStarted(async (shell, root) => {
    const entry = JSON.stringify({
      timestamp: "2026-03-01T09:00:00+00:00",
      workflow_id: "wf_1a2b3c4d",
      task: "Old task",
      errors_count: 2,
      challenges: "The build is slow",
    });
    for (const name of ["", "_tool", "_process"]) {
      Deno.writeTextFileSync(
        `${root}/.workflow${name}_feedback.jsonl`,
        `${entry}\n`,
      );
    }
    Deno.writeTextFileSync(`${root}/.workflow_migration_in_progress`, "");
    const before = readTree(root);
    const { out } = await expectExit(0, shell, ["feedback", "review", "--all"]);
    assertStringIncludes(out, "The build is slow");
    assertEquals(readTree(root), before);
  }));

Deno.test("sessions whose tasks are in other scripts do not write over each other's documents", () =>
  withRoot({}, async (root) => {
    const shell = shellIn(root);
    for (const task of ["日本語", "中文"]) {
      await expectExit(0, shell, ["start", task, "--beside", "--root", root]);
    }
    const names = sessionsIn(root).map((id) => {
      const text = JSON.stringify(stateOf(root, id).workflow_definition);
      return /docs\/tasks\/[^/]+\/plan.md/.exec(text)?.[0];
    });
    assertEquals(names.length, 2);
    assert(names[0] && names[1] && names[0] !== names[1], names.join());
  }));

Deno.test("learn --save writes nothing where there is nothing to learn", () =>
  withStarted(async (shell, root) => {
    await expectExit(0, shell, ["complete", "a"]);
    const before = readTree(root);
    await expectExit(0, shell, ["learn", "--save"]);
    assertEquals(readTree(root), before);
  }));

Deno.test("session cleanup does not remove an active session, current or not, however old it is", () =>
  withStarted(async (shell, root) => {
    await expectExit(0, shell, ["start", "Second", "--beside"]);
    await expectExit(0, shell, ["start", "Third", "--beside"]);
    await expectExit(0, shell, ["finish", "--abandon", "-r", "Not wanted"]);
    const before = sessionsIn(root);
    const { exitCode, err } = await shell(
      ["session", "cleanup", "--older-than", "0", "--yes"],
      { at: "2027-03-01T10:00:00Z", environment: APPROVING },
    );
    assertEquals(exitCode, 0, err);
    const kept = sessionsIn(root);
    assertEquals([before.length, kept.length], [3, 2]);
    const open = kept.map((id) => stateOf(root, id).status);
    assertEquals(open, ["active", "active"]);
  }));
