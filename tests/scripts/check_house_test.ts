import { houseProblems, sizeReport } from "../../scripts/check_house.ts";
import { assertEquals } from "@std/assert";

const PROJECT: Readonly<Record<string, string>> = {
  "mod.ts": 'export { a } from "./src/core.ts";\nimport("./cli.ts");',
  "cli.ts": 'import { a } from "./src/core.ts";',
  "src/core.ts": 'export { a } from "./base/a.ts";',
  "src/store.ts": 'export { a } from "./base/a.ts";',
  "src/base/a.ts": "export const a = 1;",
  "tests/mod_test.ts": 'import { a } from "../mod.ts";',
  "tests/store_test.ts": 'import { a } from "../src/store.ts";',
};

function problemsIn(project: Readonly<Record<string, string>>): string[] {
  return houseProblems(new Map(Object.entries(project)));
}

const LONG = "\n".repeat(4000);

/** What is changed in a tidy project, and what is found then. */
const CASES: readonly (readonly [
  what: string,
  changes: Readonly<Record<string, string>>,
  problems: readonly string[],
])[] = [
  ["accepts a tidy project", {}, []],
  ["finds a file nothing uses", {
    "src/base/b.ts": "",
    "tests/base/b_test.ts": 'import "../../src/base/b.ts";',
  }, ["src/base/b.ts: no entry point leads to it"]],
  ["finds a file nothing tests", {
    "tests/mod_test.ts": 'import "../src/base/a.ts";',
  }, ["src/core.ts: no test leads to it"]],
  ["finds import cycles", {
    "src/base/a.ts": 'import "./b.ts";',
    "src/base/b.ts": 'import type { A } from "./a.ts";',
  }, ["Import cycle: src/base/a.ts > src/base/b.ts > src/base/a.ts"]],
  ["finds replaced words in what is published only", {
    "src/base/a.ts": "export const mutex = 1;",
    "tests/mod_test.ts": 'import "../mod.ts";\nexport const mutex = 1;',
  }, ['src/base/a.ts: "mutex" says mutex, not lock']],
  ["finds an import against the order of the rooms", {
    "src/base/a.ts": 'const b = import("../engine/b.ts");',
    "src/engine/b.ts": "",
  }, ['Room "base" must not import from "engine", which comes after it']],
  ["counts the lines and packages that status loads", {
    "cli.ts": 'import { a } from "./src/core.ts";\nimport "yaml";\n',
    "src/commands/groups/status.ts":
      `import type { B } from "../../base/b.ts";\n${LONG}`,
    "src/base/a.ts": `const b = import("./b.ts");\n${LONG}`,
    "src/base/b.ts": `import "valibot";\n${LONG}`,
    "tests/mod_test.ts":
      'import "../cli.ts";\nimport "../src/commands/groups/status.ts";\n',
    "mod.ts": 'export { a } from "./src/commands/groups/status.ts";',
  }, [
    'status loads the package "yaml"',
    "status loads 8004 lines, more than 8000",
  ]],
  [
    "finds a folder with too many files",
    Object.fromEntries(Array.from({ length: 21 }, (_, index) => [
      `tests/base/${index}_test.ts`,
      'import "../../mod.ts";',
    ])),
    ["tests/base: 21 files, more than 20"],
  ],
];

for (const [what, changes, problems] of CASES) {
  Deno.test(`houseProblems() ${what}`, () => {
    assertEquals(problemsIn({ ...PROJECT, ...changes }), problems);
  });
}

Deno.test("houseProblems() finds a missing entry point", () => {
  const { "cli.ts": _cli, ...project } = PROJECT;
  assertEquals(problemsIn(project), ["cli.ts: is missing"]);
});

Deno.test("sizeReport() counts lines by kind and shows the longest first", () => {
  const sources = new Map([
    ["src/base/a.ts", "function a() {\n}\n"],
    ["src/base/b.ts", "// Why\nfunction b() {\n  b();\n}\n\n"],
    ["tests/c_test.ts", "\n".repeat(400)],
    ["tests/__snapshots__/c_test.ts.snap", "a\n"],
  ]);
  assertEquals(sizeReport(sources), [
    "snapshots: 1 files, 1 lines, of which 0 comments and 0 blank",
    "tests: 1 files, 400 lines, of which 0 comments and 400 blank",
    "scripts: 0 files, 0 lines, of which 0 comments and 0 blank",
    "source: 2 files, 7 lines, of which 1 comments and 1 blank",
    "Largest folders: src/base 2, tests 1",
    "Eager lines of status: 0, at most 8000; packages: 0",
    "Imports against the order of the rooms: 0",
    "Import cycles: 0",
    "Longest files:",
    "    5  src/base/b.ts",
    "    2  src/base/a.ts",
    "Files over 500 lines: 0",
    "Longest functions:",
    "    3  b in src/base/b.ts",
    "    2  a in src/base/a.ts",
  ]);
});
