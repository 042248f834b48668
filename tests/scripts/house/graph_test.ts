import {
  eagerFrom,
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
  const edges = graphOf({ "src/work/x.ts": text }).get("src/work/x.ts");
  assertEquals(edges?.map(({ to }) => to), [
    "src/work/a.ts",
    "src/b.ts",
    "src/work/c.ts",
    "src/work/d.ts",
    "src/work/e.ts",
    "src/work/f.ts",
    "src/work/g.ts",
  ]);
  assertEquals(edges?.map(({ isDynamic }) => isDynamic), [
    ...Array(5).fill(false),
    ...Array(2).fill(true),
  ]);
  assertEquals(
    edges?.filter(({ isTypeOnly }) => isTypeOnly).map(({ to }) => to),
    ["src/b.ts"],
  );
});

Deno.test("importGraph() names packages as they are imported", () => {
  const text = 'import { parse } from "yaml";\nawait import("node:fs");';
  const edges = graphOf({ "x.ts": text }).get("x.ts");
  assertEquals(edges?.map(({ to }) => to), ["yaml", "node:fs"]);
});

Deno.test("importGraph() passes over comments and texts", () => {
  const text = [
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

Deno.test("eagerFrom() follows neither types nor what is imported later", () => {
  const graph = graphOf({
    "a.ts": 'import "./b.ts";\nimport type { C } from "./c.ts";',
    "b.ts": 'import("./d.ts");\nimport { e } from "yaml";',
  });
  assertEquals([...eagerFrom(graph, ["a.ts"])], ["a.ts", "b.ts", "yaml"]);
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
