/** Small projects, and what an honest agent does in them. */
import { commit, inRepository, type Repository } from "./orc.ts";
import { quickRepository } from "../agents/repository.ts";
import type { WorkTable } from "./sized_agent.ts";

/** Texts by paths. */
export type Files = Readonly<Record<string, string>>;

const TEST = (name: string, sum: string) =>
  `import test from "node:test";
import assert from "node:assert";
import { add } from "${name}";
test("add", () => assert.equal(add(1, 2), 3));
${sum}`;

/** Adds numbers, but for those below zero. */
export const SHOP: Files = {
  "package.json": '{"type": "module"}\n',
  "add.js":
    "// Adds two numbrs.\nexport const add = (a, b) => b < 0 ? a : a + b;\n",
  "test/add.test.js": TEST("../add.js", ""),
};

export const MONOREPO: Files = {
  "web/package.json": '{"type": "module"}\n',
  "web/add.js": SHOP["add.js"] ?? "",
  "web/test/add.test.js": TEST("../add.js", ""),
  "api/package.json": '{"type": "module"}\n',
  "api/add.js": "export const add = (a, b) => a + b;\n",
  "api/test/add.test.js": TEST("../add.js", ""),
  "app/package.json": '{"type": "module"}\n',
  "app/add.js": "export const add = (a, b) => b + a;\n",
  "app/test/add.test.js": TEST("../add.js", ""),
};

export const DOCUMENTS: Files = { "guide.md": "# Guid\n\nRead it.\n" };

export const UNTESTED: Files = { "greet.sh": "echo helo\n" };

/** Runs a test in a real git repository with some files in it. */
export async function inProject(
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
export function workIn(
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
    ...typo && { tests_pass: mend, all_tests_pass: mend },
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
export const WRITTEN: WorkTable = {
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
