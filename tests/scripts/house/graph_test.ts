import {
  importCycles,
  importGraph,
  reachableFrom,
} from "../../../scripts/house/graph.ts";
import { assertEquals } from "@std/assert";

function graphOf(files: Readonly<Record<string, string>>) {
  return importGraph(new Map(Object.entries(files)));
}

Deno.test("importGraph() finds each way to import a file", () => {
  const text = [
    'import { a } from "./a.ts";',
    'import type { B } from "../b.ts";',
    'import "./c.ts";',
    'export { d } from "./d.ts";',
    "import {",
    "  e,",
    '} from "./e.ts";',
    'const f = await import("./f.ts");',
    "const g = await import(",
    '  "./g.ts"',
    ");",
  ].join("\n");
  const edges = graphOf({ "src/app/x.ts": text }).get("src/app/x.ts");
  assertEquals(edges?.map(({ to }) => to), [
    "src/app/a.ts",
    "src/b.ts",
    "src/app/c.ts",
    "src/app/d.ts",
    "src/app/e.ts",
    "src/app/f.ts",
    "src/app/g.ts",
  ]);
  assertEquals(edges?.map(({ isDynamic }) => isDynamic), [
    ...Array(5).fill(false),
    ...Array(2).fill(true),
  ]);
});

Deno.test("importGraph() passes over packages, comments and texts", () => {
  const text = [
    'import { parse } from "yaml";',
    '// import { a } from "./a.ts";',
    ' * await import("./b.ts");',
    "const source = 'import \"./c.ts\";';",
  ].join("\n");
  assertEquals(graphOf({ "x.ts": text }).get("x.ts"), []);
});

Deno.test("reachableFrom() follows imports, dynamic ones too", () => {
  const graph = graphOf({
    "mod.ts": 'import "./a.ts";',
    "a.ts": 'import("./b.ts");',
    "b.ts": 'import "./mod.ts";',
    "c.ts": 'import "./a.ts";',
  });
  assertEquals([...reachableFrom(graph, ["mod.ts"])], [
    "mod.ts",
    "a.ts",
    "b.ts",
  ]);
});

Deno.test("importCycles() finds the circle and not the way to it", () => {
  const graph = graphOf({
    "mod.ts": 'import "./a.ts";',
    "a.ts": 'import "./b.ts";',
    "b.ts": 'import type { A } from "./a.ts";',
  });
  assertEquals(importCycles(graph), [["a.ts", "b.ts", "a.ts"]]);
});

Deno.test("importCycles() allows a circle that is closed at run time", () => {
  const graph = graphOf({
    "table.ts": 'const help = () => import("./help.ts");',
    "help.ts": 'import { table } from "./table.ts";',
  });
  assertEquals(importCycles(graph), []);
});

Deno.test("importCycles() allows two ways to one file", () => {
  const graph = graphOf({
    "a.ts": 'import "./b.ts";\nimport "./c.ts";',
    "b.ts": 'import "./d.ts";',
    "c.ts": 'import "./d.ts";',
    "d.ts": "",
  });
  assertEquals(importCycles(graph), []);
});
