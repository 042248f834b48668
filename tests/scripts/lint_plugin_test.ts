import plugin from "../../scripts/lint_plugin.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

function lint(fileName: string, source: string): Deno.lint.Diagnostic[] {
  return Deno.lint.runPlugin(plugin, fileName, source);
}

function rulesBroken(fileName: string, source: string): string[] {
  return lint(fileName, source).map((diagnostic) => diagnostic.id);
}

interface Case {
  readonly file: string;
  readonly good?: readonly string[];
  readonly bad?: readonly string[];
}

async function testRule(
  t: Deno.TestContext,
  rule: string,
  cases: readonly Case[],
): Promise<void> {
  for (const { file, good = [], bad = [] } of cases) {
    for (const source of good) {
      await t.step(`${file} may have ${source}`, () => {
        assertEquals(rulesBroken(file, source), []);
      });
    }
    for (const source of bad) {
      await t.step(`${file} must not have ${source}`, () => {
        assertEquals(rulesBroken(file, source), [rule]);
      });
    }
  }
}

Deno.test("orc/rooms refuses imports against the order of the rooms", (t) =>
  testRule(t, "orc/rooms", [
    {
      file: "src/engine/decide.ts",
      good: [
        'import { Item } from "../workflow/types.ts";',
        'import { skip } from "./skip.ts";',
        'import * as v from "valibot";',
      ],
      bad: [
        'import { lock } from "../files/lock.ts";',
        'import type { Host } from "../host/host.ts";',
        'import { type Host } from "../host/host.ts";',
        'import "../files/lock.ts";',
        'export { lock } from "../files/lock.ts";',
        'export type { Lock } from "../files/lock.ts";',
        'const lock = import("../files/lock.ts");',
        'type Lock = import("../files/lock.ts").Lock;',
        'import { startSession } from "../../mod.ts";',
        'import { startSession } from "@orc/cli";',
      ],
    },
    {
      file: "src/session/update.ts",
      good: ['import { lock } from "../files/lock.ts";'],
      bad: ['import type { Host } from "../host/host.ts";'],
    },
    {
      file: "src/doctor/rules.ts",
      good: [
        'import { OrcError } from "../base/error.ts";',
        'import { tokens } from "../secrets/rules.ts";',
        'import type { Lock } from "../files/lock.ts";',
      ],
      bad: [
        'import { lock } from "../files/lock.ts";',
        'import { facts } from "./facts.ts";',
      ],
    },
    {
      file: "src/core.ts",
      good: ['export { decide } from "./engine/decide.ts";'],
      bad: ['export { lock } from "./files/lock.ts";'],
    },
    {
      file: "src/commands/start.ts",
      good: [
        'import { startSession } from "../work/start.ts";',
        'import type { Host } from "../host/host.ts";',
        'import { type Host } from "../host/host.ts";',
        'export type { Host } from "../host/host.ts";',
      ],
      bad: [
        'import { denoHost } from "../host/host.ts";',
        'import { denoHost, type Host } from "../host/host.ts";',
        'import "../host/host.ts";',
        'import { lock } from "../files/lock.ts";',
        'import { main } from "../cli/main.ts";',
      ],
    },
    {
      file: "src/cli/main.ts",
      good: ['import { denoHost } from "../host/host.ts";'],
      bad: ['import "../../cli.ts";'],
    },
    {
      file: "src/tools/thing.ts",
      bad: ['import { Item } from "../workflow/types.ts";'],
    },
    {
      file: "src/thing.ts",
      bad: ['import { Item } from "./workflow/types.ts";'],
    },
  ]));

Deno.test("orc/rooms lets only mod.ts import cli.ts", (t) =>
  testRule(t, "orc/rooms", [
    {
      file: "mod.ts",
      good: ['if (import.meta.main) await import("./cli.ts");'],
    },
    { file: "tests/cli_test.ts", bad: ['import "../cli.ts";'] },
  ]));

Deno.test("orc/rooms names both rooms", () => {
  const [diagnostic] = lint("src/files/lock.ts", 'import "../host/host.ts";');
  assertEquals(
    diagnostic?.message,
    'Room "files" must not import from "host", which comes after it',
  );
});

Deno.test("orc/pure-files refuses effects in pure files", (t) =>
  testRule(t, "orc/pure-files", [
    {
      file: "src/engine/decide.ts",
      good: [
        "interface Stamp { Date: string; fetch(): void }",
        "const stamp = { Date: 1, process: 2 };",
        "class Stamp { fetch() {} console = 1 }",
        "const at = stamp.Date;",
        "const most = Math.max(1, 2);",
        'const digest = crypto.subtle.digest("SHA-256", bytes);',
      ],
      bad: [
        'Deno.readTextFileSync("a");',
        "let file: Deno.FsFile;",
        "process.exit(1);",
        "new Date(at);",
        "let at: Date;",
        "performance.now();",
        "Math.random();",
        'Math["random"]();',
        "crypto.getRandomValues(bytes);",
        "crypto.randomUUID();",
        'fetch("https://example.org");',
        "const all = { fetch };",
        'const key = { [console.name]: "a" };',
        'console.log("a");',
        "setTimeout(run, 1);",
        "setInterval(run, 1);",
        'globalThis["fetch"];',
        'import { join } from "node:path";',
        'export { join } from "node:path";',
        'const path = import("node:path");',
      ],
    },
    {
      file: "src/base/time.ts",
      good: [
        "new Date(epochMs).toISOString();",
        "Date.parse(text);",
        "Date.UTC(2026, 0);",
      ],
      bad: ["Date.now();", 'Date["now"]();', "new Date();", "Date();"],
    },
    { file: "src/handoff/rules.ts", bad: ["Date.now();"] },
    {
      file: "src/host/host.ts",
      good: ["Date.now();", 'import process from "node:process";'],
    },
    { file: "tests/engine/decide_test.ts", good: ["Date.now();"] },
  ]));

Deno.test("orc/paths-in-layout refuses path literals outside the layout", (t) =>
  testRule(t, "orc/paths-in-layout", [
    {
      file: "src/files/root.ts",
      good: [
        "const text = 'Cannot read state.json: it is empty';",
        "const text = `Cannot read ${path} in .orchestrator`;",
        'const name = "restate.json/";',
        'const command = "checkpoints";',
        "/** Looks into .orchestrator/sessions. */ const a = 1;",
      ],
      bad: [
        'const path = ".orchestrator";',
        'const path = ".orchestrator/sessions";',
        'const path = root + "/.orchestrator";',
        'const path = root + "\\\\.orchestrator";',
        "const path = `${session}/state.json`;",
        "const path = `${session}${slash}log.jsonl`;",
        'const path = ".workflow_state.json";',
        'const path = ".workflow_checkpoints/";',
        'const files = { "meta.json": 1 };',
        'const path = ".migration_complete";',
        'const path = "workflow.yaml";',
        'const hint = "Read .orchestrator/current";',
        'type Name = "state.json";',
      ],
    },
    { file: "src/base/layout.ts", good: ['const path = ".orchestrator";'] },
    { file: "tests/files/root_test.ts", good: ['const p = ".orchestrator";'] },
  ]));

Deno.test("orc/named-exports refuses default and star exports", (t) =>
  testRule(t, "orc/named-exports", [
    {
      file: "mod.ts",
      good: [
        "export const a = 1;",
        'export { decide } from "./src/engine/decide.ts";',
      ],
      bad: [
        "export default 1;",
        "const a = 1; export { a as default };",
        'export * from "./src/engine/decide.ts";',
        'export type * from "./src/engine/decide.ts";',
        'export * as core from "./src/core.ts";',
      ],
    },
    { file: "scripts/lint_plugin.ts", good: ["export default 1;"] },
  ]));

Deno.test("the rules find a file by its full path too", () => {
  const root = import.meta.dirname?.replace(/[/\\]tests[/\\]scripts$/, "");
  const [diagnostic] = lint(`${root}/src/engine/decide.ts`, "fetch();");
  assertStringIncludes(diagnostic?.message ?? "", "fetch");
});
