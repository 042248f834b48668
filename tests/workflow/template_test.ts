import {
  JsonNumber,
  type JsonObject,
  jsonObject,
  parseJson,
} from "../../src/base/json.ts";
import {
  fillTemplate,
  fillTexts,
  pythonText,
  subjectOfCheck,
} from "../../src/workflow/template.ts";
import type { Verification } from "../../src/workflow/types.ts";
import { assertTable } from "../base/table.ts";
import {
  COMMAND,
  FILE,
  itemOf,
  MANUAL,
  NONE,
  phaseOf,
  workflowOf,
} from "../engine/fixtures.ts";
import { assertEquals } from "@std/assert";

const SETTINGS: JsonObject = jsonObject({
  docs_dir: "docs",
  test_command: "npm test",
  quoted: `pytest -k "not slow"`,
  nested: "{{docs_dir}}",
  pattern: "$& $1 $$",
  empty: "",
  flag: true,
  nothing: null,
  ratio: new JsonNumber("1.0"),
  list: ["a", "b"],
  größe: 3,
});

const filled = (text: string) => fillTemplate(text, SETTINGS);

Deno.test("fillTemplate() fills in the names that are settings, once and as they are", () => {
  assertTable(filled, [
    ["{{docs_dir}}/plan.md", "docs/plan.md"],
    ["{{docs_dir}}{{docs_dir}}", "docsdocs"],
    ["{{flag}} {{nothing}} {{ratio}} {{list}}", "True None 1.0 ['a', 'b']"],
    ["{{größe}}", "3"],
    ["a{{empty}}b", "ab"],
    ["{{{docs_dir}}}", "{docs}"],
    ["{{nested}}", "{{docs_dir}}"],
    ["<{{pattern}}>", "<$& $1 $$>"],
  ]);
});

Deno.test("fillTemplate() leaves everything else as it is", () => {
  const names = ["{{unknown}}", "{{ docs_dir }}", "{{docs dir}}", "{{}}"];
  const texts = ["", ...names, "{{docs-dir}}", "{docs_dir}", "{{docs_dir}"];
  assertEquals(texts.map(filled), texts);
  assertEquals(fillTemplate("{{docs_dir}}", new Map()), "{{docs_dir}}");
});

/** Each line was printed by Python 3.11: `str(json.loads(text))`. */
const SPELLED: readonly (readonly [json: string, text: string])[] = [
  ["null", "None"],
  ["true", "True"],
  ["false", "False"],
  ['"a b"', "a b"],
  ['"it\'s\\n"', "it's\n"],
  ["-0", "0"],
  ["42", "42"],
  ["123456789012345678901234567890", "123456789012345678901234567890"],
  ["1.0", "1.0"],
  ["1e3", "1000.0"],
  ["NaN", "nan"],
  ["-Infinity", "-inf"],
  ["[]", "[]"],
  ["{}", "{}"],
  ['["a", "b"]', "['a', 'b']"],
  ['{"k": "v"}', "{'k': 'v'}"],
  [
    '{"k": [1, 1.0, null, true, NaN, {"l": {}}]}',
    "{'k': [1, 1.0, None, True, nan, {'l': {}}]}",
  ],
  ['["it\'s"]', '["it\'s"]'],
  ['["say \\"hi\\""]', "['say \"hi\"']"],
  ['["it\'s \\"x\\""]', "['it\\'s \"x\"']"],
  ['["\\\\ \\n \\r \\t"]', "['\\\\ \\n \\r \\t']"],
  [
    '["\\u0000 \\u001b \\u007f \\u00a0 \\u00ad"]',
    "['\\x00 \\x1b \\x7f \\xa0 \\xad']",
  ],
  [
    '["\\u2028 \\u3000 \\ufeff \\ud800"]',
    "['\\u2028 \\u3000 \\ufeff \\ud800']",
  ],
  ['["\\udb40\\udc01"]', "['\\U000e0001']"],
  ['["é 日本 😀"]', "['é 日本 😀']"],
];

Deno.test("pythonText() spells values as Python's str() does", () => {
  assertTable((json) => pythonText(parseJson(json, "test")), SPELLED);
});

Deno.test("pythonText() spells numbers that were never JSON", () => {
  assertTable(pythonText, [[7, "7"], [1.5, "1.5"], [Infinity, "inf"]]);
});

Deno.test("fillTexts() fills in all that people read, and nothing that is run", () => {
  const settings = { test_command: "npm test", docs_dir: "docs" };
  const text = "{{test_command}} in {{docs_dir}}, {{unknown}}";
  const item = itemOf("tests", {
    name: text,
    description: text,
    skipConditions: [text],
    verification: { ...COMMAND, command: text, description: text },
    notes: [text],
    evidencePrompt: text,
  });
  const phase = phaseOf("BUILD", [item], { name: text, notes: [text] });
  const workflow = workflowOf([{ ...phase, description: text }], settings);
  const written = JSON.stringify({ ...workflow, description: text });
  const filled = JSON.stringify(
    fillTexts({ ...workflow, description: text }),
  );
  const command = JSON.stringify(text);
  assertEquals(
    filled,
    written.replaceAll("{{test_command}}", "npm test")
      .replaceAll("{{docs_dir}}", "docs")
      .replace(/"command":"[^"]*"/, `"command":${command}`),
  );
});

Deno.test("subjectOfCheck() names what a check looks at, as it is used", () => {
  const check = { command: "{{test_command}} {{docs_dir}}" };
  const file = { path: "{{docs_dir}}/plan.md" };
  assertTable<Verification, string | null>(
    (verification) => subjectOfCheck(verification, SETTINGS),
    [
      [{ ...COMMAND, ...check }, "npm test docs"],
      [{ ...FILE, ...file }, "docs/plan.md"],
      [MANUAL, null],
      [NONE, null],
    ],
  );
});
