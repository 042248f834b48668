import { JsonNumber } from "../../src/base/json.ts";
import { quoted } from "../../src/base/text.ts";
import {
  BOOLEAN,
  choice,
  countsInRepository,
  findSetting,
  meaningOf,
  nameList,
  oneLine,
  readSettingValue,
  readTypedSetting,
  seconds,
  SETTINGS,
  settingText,
  type SettingType,
  type SettingValue,
  spellingsOf,
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
  const names = SETTINGS.flatMap(spellingsOf).map(({ name }) => name);
  const variables = SETTINGS.flatMap((setting) => [
    variableOf(setting),
    ...(setting.variables ?? []).map(({ name }) => name),
  ]);
  for (const all of [names, variables]) {
    assertEquals(new Set<string>(all).size, all.length);
  }
  for (const { name, summary } of SETTINGS) {
    assert(/^[a-z]+(?:_[a-z0-9]+)*$/.test(name), name);
    assert(/^[A-Z].{10,70}[^.]$/.test(summary), summary);
  }
});

Deno.test("findSetting() knows the name the Python tool uses, and spellingsOf() what stands there", () => {
  const setting = findSetting("claude_binary");
  assert(setting);
  assertEquals(setting.name, "agent_program");
  const [own, alias] = spellingsOf(setting);
  assert(own && alias);
  assertEquals([own.name, alias.name], ["agent_program", "claude_binary"]);
  assertEquals(meaningOf(own, "happy"), "happy");
  assertEquals(meaningOf(alias, "happy"), "happy --print");
  assertEquals(meaningOf(alias, "/my claude"), "'/my claude' --print");
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

const CHOICE = choice("a", "b", "c");
const FLAG = BOOLEAN;
const SECONDS = seconds(0, 60);
const TEXT = oneLine("a word", /^\w/);
const NAMES = nameList("capitals", (text) => /^[A-Z]+$/.test(text));

Deno.test("readTypedSetting() reads what people type, and shows what it was of all else", () => {
  const cases: readonly [SettingType, string, SettingValue?][] = [
    [CHOICE, "b", "b"],
    [CHOICE, "B"],
    [CHOICE, ""],
    [FLAG, "true", true],
    [FLAG, "Yes", true],
    [FLAG, "1", true],
    [FLAG, "off", false],
    [FLAG, "0", false],
    [FLAG, "y"],
    [FLAG, "2"],
    [SECONDS, "0", 0],
    [SECONDS, "2.5", 2.5],
    [SECONDS, "-1"],
    [SECONDS, "1e1"],
    [SECONDS, " 1"],
    [SECONDS, "61"],
    [TEXT, "a b", "a b"],
    [TEXT, " a"],
    [TEXT, "a\nb"],
    [TEXT, "a\u202eb"],
    [TEXT, "a".repeat(4097)],
    [NAMES, "A,B", ["A", "B"]],
    [NAMES, " A , B, A", ["A", "B"]],
    [NAMES, " ", []],
    [NAMES, "A,b"],
    [NAMES, "A,"],
    [NAMES, "A B"],
  ];
  for (const [type, text, value] of cases) {
    const reading = value === undefined ? { found: quoted(text) } : { value };
    assertEquals(readTypedSetting(type, text), reading, text);
  }
  assertEquals(readTypedSetting(CHOICE, "\x1b"), { found: '"\\u001b"' });
});

Deno.test("readSettingValue() takes only the type a setting has", () => {
  const cases: readonly [SettingType, unknown, unknown][] = [
    [CHOICE, "a", { value: "a" }],
    [CHOICE, false, { found: "the boolean false" }],
    [CHOICE, null, { found: "nothing" }],
    [CHOICE, [], { found: "a list" }],
    [FLAG, true, { value: true }],
    [FLAG, "true", { found: 'the string "true"' }],
    [SECONDS, 5, { value: 5 }],
    [SECONDS, new JsonNumber("5.0"), { value: 5 }],
    [SECONDS, "5", { found: 'the string "5"' }],
    [SECONDS, NaN, { found: "the number NaN" }],
    [SECONDS, 61, { found: "the number 61" }],
    [TEXT, 1, { found: "the number 1" }],
    [NAMES, ["A", "B", "A"], { value: ["A", "B"] }],
    [NAMES, "A, B", { value: ["A", "B"] }],
    [NAMES, [], { value: [] }],
    [NAMES, ["A", "b"], { found: 'the string "b"' }],
    [NAMES, ["A", 1], { found: "the number 1" }],
    [NAMES, [["A"]], { found: "a list" }],
    [NAMES, true, { found: "the boolean true" }],
    [NAMES, null, { found: "nothing" }],
  ];
  for (const [type, value, reading] of cases) {
    assertEquals(readSettingValue(type, value), reading);
  }
});

Deno.test("settingText() spells a value so that it can be typed again", () => {
  assertEquals(settingText(["A", "B"]), "A, B");
  assertEquals([true, 2.5, "x"].map(settingText), ["true", "2.5", "x"]);
});

Deno.test("expected says what a setting wants", () => {
  assertEquals(
    [CHOICE, FLAG, SECONDS, TEXT, NAMES].map(({ expected }) => expected),
    [
      '"a", "b" or "c"',
      "true or false",
      "a number of seconds from 0 to 60",
      "a word",
      "capitals",
    ],
  );
});
