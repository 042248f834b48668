import {
  readSettingValue,
  readTypedSetting,
} from "../../src/settings/setting_value.ts";
import {
  aliasOf,
  countsInRepository,
  findSetting,
  SETTINGS,
  variableOf,
} from "../../src/settings/settings.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("SETTINGS has defaults that it would read itself", () => {
  for (const { name, type, default: value } of SETTINGS) {
    if (value === null) continue;
    assertEquals(readSettingValue(type, value), { value }, name);
    assertEquals(readTypedSetting(type, String(value)), { value }, name);
  }
});

Deno.test("SETTINGS has names and variables that differ, and one line each", () => {
  const names = SETTINGS.flatMap(({ name, aliases = [] }) => [
    name,
    ...aliases.map((alias) => alias.name),
  ]);
  const variables = SETTINGS.flatMap((setting) => [
    variableOf(setting),
    ...(setting.variables ?? []).map(({ name }) => name),
  ]);
  for (const all of [names, variables]) {
    assertEquals(new Set<string>(all).size, all.length);
  }
  for (const { name, summary } of SETTINGS) {
    assert(/^[a-z]+(?:_[a-z]+)*$/.test(name), name);
    assert(/^[A-Z].{10,70}[^.]$/.test(summary), summary);
  }
});

Deno.test("findSetting() knows the name the Python tool uses, and translates what stands there", () => {
  const setting = findSetting("claude_binary");
  assertEquals(setting?.name, "agent_program");
  const alias = setting && aliasOf(setting, "claude_binary");
  assertEquals(alias?.translate?.("happy"), "happy --print");
  assertEquals(alias?.translate?.("/my claude"), "'/my claude' --print");
  assertEquals(findSetting("colour"), undefined);
});

Deno.test("countsInRepository() lets a repository be stricter, and no looser", () => {
  const cases = [
    ["approvals", "terminal", true],
    ["approvals", "any", false],
    ["supervision_mode", "supervised", true],
    ["supervision_mode", "hybrid", false],
    ["supervision_mode", "zero_human", false],
    ["agent_program", "claude", false],
    ["feedback", false, true],
    ["feedback", true, false],
    ["color", "never", true],
    ["secrets", ["API_KEY"], true],
  ] as const;
  for (const [name, value, counts] of cases) {
    const setting = findSetting(name);
    assert(setting);
    assertEquals(countsInRepository(setting, value), counts, name);
  }
});
