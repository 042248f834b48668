import { commit, inRepository, type Repository } from "../journey/orc.ts";
import { quickRepository } from "./repository.ts";
import {
  playLazily,
  type PlayOptions,
  playTask,
  type WorkTable,
} from "./sized_agent.ts";
import { assert, assertEquals } from "@std/assert";

type Files = Readonly<Record<string, string>>;

const TEST = (name: string, sum: string) =>
  `import test from "node:test";
import assert from "node:assert";
import { add } from "${name}";
test("add", () => assert.equal(add(1, 2), 3));
${sum}`;

/** Adds numbers, but for those below zero. */
const SHOP: Files = {
  "package.json": '{"type": "module"}\n',
  "add.js":
    "// Adds two numbrs.\nexport const add = (a, b) => b < 0 ? a : a + b;\n",
  "test/add.test.js": TEST("../add.js", ""),
};

const MONOREPO: Files = {
  "web/package.json": '{"type": "module"}\n',
  "web/add.js": SHOP["add.js"] ?? "",
  "web/test/add.test.js": TEST("../add.js", ""),
  "api/package.json": '{"type": "module"}\n',
  "api/add.js": "export const add = (a, b) => a + b;\n",
  "api/test/add.test.js": TEST("../add.js", ""),
};

const DOCUMENTS: Files = { "guide.md": "# Guid\n\nRead it.\n" };

const UNTESTED: Files = { "greet.sh": "echo helo\n" };

/** Runs a test in a real git repository with some files in it. */
async function inProject(
  files: Files,
  test: (repository: Repository) => Promise<void>,
): Promise<void> {
  await inRepository(async (place) => {
    const repository = quickRepository(place.directory);
    for (const [path, text] of Object.entries(files)) {
      await repository.write(path, text);
    }
    await repository.run("git", "add", ".");
    await commit(repository, "Files");
    await test(repository);
  });
}

/** Where the session's documents go, as orc says. */
function directoryIn(asked: string): string {
  return /docs\/tasks\/[a-z0-9-]+/.exec(asked)?.[0] ?? "docs";
}

/** Adds a line to a document of the session. */
function writes(file: string, ...lines: readonly string[]): WorkTable[string] {
  return async ({ write, directory }, asked) => {
    const path = `${directoryIn(asked)}/${file}`;
    const before = await Deno.readTextFile(`${directory}/${path}`)
      .catch(() => "");
    await write(path, `${before}${lines.join("\n")}\n`);
  };
}

/** Writes the document anew with all boxes ticked. */
function ticks(file: string): WorkTable[string] {
  return async ({ write, directory }, asked) => {
    const path = `${directoryIn(asked)}/${file}`;
    const text = await Deno.readTextFile(`${directory}/${path}`);
    await write(path, text.replaceAll("[ ]", "[x]"));
  };
}

/** What an honest agent does in a repository whose code lies in a directory. */
function workIn(
  code: string,
  { typo = false }: { readonly typo?: boolean } = {},
): WorkTable {
  const mend: WorkTable[string] = async ({ write }) => {
    await write(
      `${code}add.js`,
      typo
        ? (SHOP["add.js"] ?? "").replace("numbrs", "numbers")
        : "// Adds two numbrs.\nexport const add = (a, b) => a + b;\n",
    );
  };
  const test: WorkTable[string] = ({ write }) =>
    write(
      `${code}test/add.test.js`,
      TEST(
        "../add.js",
        'test("below zero", () => assert.equal(add(1, -2), -1));\n',
      ),
    );
  return {
    scope: writes("plan.md", "- [ ] Numbers below zero are added, too"),
    criteria: writes("plan.md", "- [ ] Numbers below zero are added, too"),
    plan: writes("plan.md", "- Step: add.js adds whatever it is given"),
    design: writes("plan.md", "- Step: add.js adds whatever it is given"),
    risks: writes("plan.md", "- Risk: callers counted on it; revert it"),
    test_list: writes("plan.md", "- [ ] Test: one and minus two are minus one"),
    baseline: writes("plan.md", "- Ran: node --test, one test that passes"),
    cause: writes("notes.md", "- Cause: add.js leaves out numbers below zero"),
    similar: writes("notes.md", "- Similar: searched for < 0, found no other"),
    cleaned: writes("notes.md", "- Cleaned: nothing, it is one line"),
    test_written: test,
    implementation: async (...asked) => {
      await mend(...asked);
      if (!typo) await test(...asked);
    },
    ...typo && { tests_pass: mend },
    self_review: writes("review.md", "- [ ] add.js:1 the comment has a typo"),
    security_check: writes(
      "review.md",
      "- Security: takes nothing from outside",
    ),
    findings_resolved: ticks("review.md"),
    criteria_met: ticks("plan.md"),
    learnings: writes(
      "learnings.md",
      "- Tests run with node --test, and nothing else",
    ),
  };
}

/** What an honest agent does where there are no tests, or no code. */
const WRITTEN: WorkTable = {
  implementation: ({ write, directory }) =>
    Deno.stat(`${directory}/greet.sh`).then(
      () => write("greet.sh", "echo hello\n"),
      () => write("guide.md", "# Guide\n\nRead it.\n"),
    ),
  written: ({ write }) => write("guide.md", "# Guide\n\nRead it.\n"),
  tests_before: writes("notes.md", "- Ran: sh greet.sh, which says helo"),
  cause: writes("notes.md", "- Cause: the word was typed wrongly"),
  similar: writes("notes.md", "- Similar: searched for helo, found no other"),
  reproduce: writes("notes.md", "- Seen: sh greet.sh said helo before"),
  tests_pass: writes("notes.md", "- Result: sh greet.sh says hello now"),
  version_set: async (repository, asked) => {
    await repository.write("VERSION", "1.2.0\n");
    await writes("notes.md", "- Version: 1.2.0, since something is new")?.(
      repository,
      asked,
    );
  },
  changelog: writes("notes.md", "- Changes: in CHANGELOG.md, nothing breaks"),
  published: writes("notes.md", "- Published: on the shelf, where it was seen"),
  question: writes("research.md", "- Question: which shelf is the best one"),
  sources: writes("research.md", "- Source: the catalogue of this year"),
  findings: writes("research.md", "- Finding: oak bears the most, see there"),
  doubts: writes("research.md", "- Doubt: nobody tried it with water"),
  answer: writes("research.md", "- Answer: the one made of oak, for its load"),
};

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

Deno.test("an agent that forgot everything in the middle goes on by orc next", () =>
  inProject(SHOP, async (repository) => {
    const work = workIn("");
    const task = "Support numbers below zero";
    const { agent } = await playTask(repository, task, work, {
      forgetsAfter: 7,
    });
    assert(agent.includes("next"));
    assertEquals((await repository.result(["verify"])).findings, []);
  }));

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
