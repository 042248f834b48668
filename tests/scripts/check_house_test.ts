import { houseProblems, sizeReport } from "../../scripts/check_house.ts";
import { assertEquals } from "@std/assert";

const PROJECT: Readonly<Record<string, string>> = {
  "mod.ts": 'export { a } from "./src/core/mod.ts";\nimport("./cli.ts");',
  "cli.ts": 'import { a } from "./src/core/mod.ts";',
  "src/core/mod.ts": 'export { a } from "./a.ts";',
  "src/core/a.ts": "export const a = 1;",
  "tests/mod_test.ts": 'import { a } from "../mod.ts";',
};

function problemsWith(changes: Readonly<Record<string, string>>): string[] {
  return houseProblems(new Map(Object.entries({ ...PROJECT, ...changes })));
}

Deno.test("houseProblems() accepts a tidy project", () => {
  assertEquals(problemsWith({}), []);
});

Deno.test("houseProblems() finds a file nothing uses", () => {
  assertEquals(
    problemsWith({
      "src/core/b.ts": "",
      "tests/core/b_test.ts": 'import "../../src/core/b.ts";',
    }),
    ["src/core/b.ts: no entry point leads to it"],
  );
});

Deno.test("houseProblems() finds a file nothing tests", () => {
  assertEquals(
    problemsWith({ "tests/mod_test.ts": 'import "../src/core/a.ts";' }),
    ["src/core/mod.ts: no test leads to it"],
  );
});

Deno.test("houseProblems() finds a missing entry point", () => {
  const { "cli.ts": _cli, ...project } = PROJECT;
  assertEquals(
    houseProblems(new Map(Object.entries(project))),
    ["cli.ts: is missing"],
  );
});

Deno.test("houseProblems() finds import cycles", () => {
  assertEquals(
    problemsWith({ "src/core/a.ts": 'import "./mod.ts";' }),
    ["Import cycle: src/core/mod.ts > src/core/a.ts > src/core/mod.ts"],
  );
});

Deno.test("houseProblems() finds replaced words in what is published only", () => {
  assertEquals(
    problemsWith({
      "src/core/a.ts": "export const mutex = 1;",
      "tests/mod_test.ts": 'import "../mod.ts";\nexport const mutex = 1;',
    }),
    ['src/core/a.ts: "mutex" says mutex, not lock'],
  );
});

Deno.test("sizeReport() shows the longest file and function first", () => {
  const sources = new Map([
    ["src/a.ts", "function a() {\n}\n"],
    ["src/b.ts", "function b() {\n  b();\n}\n\n"],
    ["tests/c_test.ts", "\n".repeat(400)],
  ]);
  assertEquals(sizeReport(sources), [
    "Longest files:",
    "    4  src/b.ts",
    "    2  src/a.ts",
    "Files over 300 lines: 0",
    "Longest functions:",
    "    3  b in src/b.ts",
    "    2  a in src/a.ts",
  ]);
});
