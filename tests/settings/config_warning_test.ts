import {
  configWarnings,
  isWorkflowKey,
  meantSetting,
} from "../../src/settings/config_warning.ts";
import { type ConfigSource, fileLayer } from "../../src/settings/merge.ts";
import { assertEquals } from "@std/assert";

function warningsIn(
  source: Omit<ConfigSource, "path">,
  values: Readonly<Record<string, unknown>>,
): readonly string[] {
  const file = { path: "/c.yaml", ...source };
  const entries = Object.entries(values).map(([key, value], index) => ({
    key,
    value,
    line: index + 1,
    column: 1,
  }));
  return configWarnings(file, entries, fileLayer(file, entries));
}

const USER = { level: "user", isLegacy: false } as const;
const REPOSITORY = { level: "repository", isLegacy: false } as const;

Deno.test("configWarnings() names the setting that was probably meant", () => {
  for (const source of [USER, REPOSITORY]) {
    assertEquals(warningsIn(source, { color: "auto", agent_programm: "x" }), [
      '/c.yaml:2:1: Unknown setting "agent_programm"; did you mean "agent_program"?',
    ]);
  }
  assertEquals(warningsIn(USER, { nonsense: 1 }), [
    '/c.yaml:1:1: Unknown setting "nonsense"',
  ]);
});

Deno.test("configWarnings() says what a repository's other entries are for", () => {
  assertEquals(warningsIn(REPOSITORY, { team: "shop", "two words": 1 }), [
    '/c.yaml:1:1: "team" is no setting of orc; new sessions take it as a value for {{team}}',
    '/c.yaml:2:1: Unknown setting "two words"',
  ]);
});

Deno.test("configWarnings() leaves in peace what others put there", () => {
  assertEquals(warningsIn(USER, { resolution: {}, sensitive_globs: [] }), []);
  assertEquals(warningsIn(REPOSITORY, { test_command: "make" }), []);
  for (const level of ["user", "repository"] as const) {
    const legacy = { level, isLegacy: true };
    assertEquals(warningsIn(legacy, { anything: "goes", colr: 1 }), []);
  }
});

Deno.test("configWarnings() tells of wrong values, and of those a repository may not say", () => {
  assertEquals(
    warningsIn(REPOSITORY, { output: 7, approvals: "any", agent_program: "x" }),
    [
      '/c.yaml:1:1: output: Expected "text" or "json", found the number 7',
      "/c.yaml:2: approvals is ignored: in a repository's file it may only be terminal",
      "/c.yaml:3: agent_program is ignored: in a repository's file it may not be set",
    ],
  );
});

Deno.test("meantSetting() finds the nearest name, also the Python tool's", () => {
  assertEquals(meantSetting("aprovals"), "approvals");
  assertEquals(meantSetting("claude_binari"), "claude_binary");
  assertEquals(meantSetting("test_command"), undefined);
});

Deno.test("isWorkflowKey() allows what a workflow can refer to", () => {
  assertEquals(["a", "test_command", "A1"].map(isWorkflowKey), [
    true,
    true,
    true,
  ]);
  assertEquals(
    ["", "1a", "a-b", "a b", "a".repeat(65)].filter(isWorkflowKey),
    [],
  );
});
