import { oneOf, pickerOf } from "../base/random.ts";
import { commit, type Repository } from "../journey/orc.ts";
import {
  playLazily,
  type PlayOptions,
  playTask,
  type WorkTable,
} from "../journey/sized_agent.ts";
import {
  DOCUMENTS,
  type Files,
  inProject,
  MONOREPO,
  SHOP,
  UNTESTED,
  workIn,
  WRITTEN,
} from "../journey/sized_projects.ts";
import { assert, assertEquals } from "@std/assert";

interface Case {
  readonly name: string;
  readonly files: Files;
  readonly task: string;
  readonly work: WorkTable;
  /** What orc makes of the task; null where its workflow has no sizes. */
  readonly size: string | null;
  /** The most commands that the agent may need. */
  readonly limit: number;
  readonly approvals: number;
  readonly workflow?: string;
  readonly start?: PlayOptions["start"];
}

const CASES: readonly Case[] = [
  {
    name: "a typo",
    files: SHOP,
    task: "Fix the typo in add.js",
    work: workIn("", { typo: true }),
    size: "xs",
    limit: 4,
    approvals: 0,
  },
  {
    name: "a typo in a monorepo",
    files: MONOREPO,
    task: "Fix the typo in web/add.js",
    work: workIn("web/", { typo: true }),
    size: "xs",
    limit: 4,
    approvals: 0,
  },
  {
    name: "a typo in documents",
    files: DOCUMENTS,
    task: "Fix the typo in guide.md",
    work: WRITTEN,
    size: "xs",
    limit: 4,
    approvals: 0,
  },
  {
    name: "a typo where there are no tests",
    files: UNTESTED,
    task: "Fix the typo in greet.sh",
    work: WRITTEN,
    size: "xs",
    limit: 4,
    approvals: 0,
  },
  {
    name: "a bug",
    files: SHOP,
    task: "Fix the sum of numbers below zero",
    work: workIn(""),
    size: "s",
    limit: 8,
    approvals: 1,
  },
  {
    name: "a bug in a monorepo",
    files: MONOREPO,
    task: "Fix the sum of numbers below zero",
    work: workIn("web/"),
    size: "s",
    limit: 8,
    approvals: 1,
  },
  {
    name: "a bug where there are no tests",
    files: UNTESTED,
    task: "Fix the wrong greeting",
    work: WRITTEN,
    size: "s",
    limit: 8,
    approvals: 1,
  },
  {
    name: "a feature",
    files: SHOP,
    task: "Support numbers below zero",
    work: workIn(""),
    size: "m",
    limit: 24,
    approvals: 1,
  },
  {
    name: "what goes deep",
    files: SHOP,
    task: "Rewrite the arithmetic",
    work: workIn(""),
    size: "l",
    limit: 32,
    approvals: 2,
  },
  ...["s", "m"].flatMap((size): readonly Case[] => [
    {
      name: `bugfix, ${size}`,
      workflow: "bugfix",
      files: SHOP,
      task: "Fix the sum of numbers below zero",
      work: workIn(""),
      size,
      limit: size === "s" ? 8 : 11,
      approvals: 1,
    },
    {
      name: `tdd, ${size}`,
      workflow: "tdd",
      files: SHOP,
      task: "Fix the sum of numbers below zero",
      work: workIn(""),
      size,
      limit: size === "s" ? 8 : 11,
      approvals: 1,
    },
    {
      name: `refactor, ${size}`,
      workflow: "refactor",
      files: SHOP,
      task: "Rename the parameters of the sum",
      work: { ...workIn("", { typo: true }), tests_pass: undefined },
      size,
      limit: size === "s" ? 8 : 12,
      approvals: 1,
    },
    {
      name: `bugfix without tests, ${size}`,
      workflow: "bugfix",
      files: UNTESTED,
      task: "Fix the wrong greeting",
      work: WRITTEN,
      size,
      limit: size === "s" ? 8 : 11,
      approvals: 1,
    },
  ]),
  {
    name: "refactor in a monorepo",
    workflow: "refactor",
    files: MONOREPO,
    task: "Rename the parameters of the sum",
    work: { ...workIn("web/", { typo: true }), all_tests_pass: undefined },
    size: "s",
    limit: 8,
    approvals: 1,
  },
  ...["m", "l"].map((size): Case => ({
    name: `feature, ${size}`,
    workflow: "feature",
    files: SHOP,
    task: "Support numbers below zero",
    work: workIn(""),
    size,
    limit: size === "m" ? 13 : 16,
    approvals: size === "m" ? 1 : 2,
  })),
  ...["xs", "s"].map((size): Case => ({
    name: `docs, ${size}`,
    workflow: "docs",
    files: DOCUMENTS,
    task: "Fix the typo in guide.md",
    work: WRITTEN,
    size,
    limit: size === "xs" ? 4 : 7,
    approvals: size === "xs" ? 0 : 1,
  })),
  ...["release", "research"].map((workflow): Case => ({
    name: workflow,
    workflow,
    files: UNTESTED,
    task: "Which shelf is the best",
    work: WRITTEN,
    size: null,
    limit: 11,
    approvals: 1,
  })),
];

/** A case whose size is not what orc finds asks for it: the larger of two is anybody's. */
function startOf({ size, workflow }: Case): readonly string[] {
  return workflow === undefined || size === null ? [] : ["--size", size];
}

async function setUp(
  repository: Repository,
  { workflow }: Case,
): Promise<void> {
  if (workflow === undefined) return;
  await repository.result(["init", "--workflow", workflow]);
  await repository.run("git", "add", "workflow.yaml");
  await commit(repository, "Workflow");
}

for (const one of CASES) {
  Deno.test(`an honest agent that knows only what orc prints finishes ${one.name}, and a lazy one does not`, () =>
    inProject(one.files, async (repository) => {
      await setUp(repository, one);
      const lazy = await playLazily(repository, one.task, startOf(one));
      assertEquals(lazy.code, 3, lazy.stderr);
      await repository.result(["finish", "--abandon", "--reason", "lazy"]);
      const played = await playTask(repository, one.task, one.work, {
        start: startOf(one),
      });
      const { agent, human } = played;
      assert(agent.length <= one.limit, `${agent.length}: ${agent.join("; ")}`);
      assertEquals(human.length, one.approvals, human.join("; "));
      const verified = await repository.result(["verify"]);
      assertEquals(verified.findings, []);
      const info = await repository.result(["status"]);
      assertEquals(info.status, "completed");
      const files = await repository.run("git", "status", "--porcelain");
      if (one.size === "xs") assert(!files.stdout.includes("docs/tasks"));
    }));
}

for (const [seed, one] of CASES.entries()) {
  Deno.test(`an agent that forgets everything at each step finishes ${one.name} by orc next and orc prime`, () =>
    inProject(one.files, async (repository) => {
      await setUp(repository, one);
      const pick = pickerOf(seed);
      const { agent, human } = await playTask(repository, one.task, one.work, {
        start: startOf(one),
        forgets: (moment) =>
          moment === "before" || pick(3) === 0
            ? oneOf(pick, ["next", "prime"])
            : undefined,
      });
      // Between two commands it asked what this is all about.
      const done = agent.filter((typed) => !/^(?:next|prime)$/.test(typed));
      assert(agent.length >= 2 * done.length - 1, agent.join("; "));
      assertEquals(human.length, one.approvals, human.join("; "));
      assertEquals((await repository.result(["verify"])).findings, []);
      const info = await repository.result(["status"]);
      assertEquals(info.status, "completed");
    }));
}

Deno.test("the size is told from the task's words, and why in one line", () =>
  inProject(SHOP, async (repository) => {
    for (const { task, size, workflow } of CASES) {
      if (workflow !== undefined) continue;
      const started = await repository.result(["start", task, "--beside"]);
      if (size !== "xs" && task.includes("greet")) continue;
      assertEquals([started.size, task], [size, task]);
      assert(started.sizeReason !== "" && !started.sizeReason.includes("\n"));
    }
  }));
