import { parseJson } from "../../src/base/json_parse.ts";
import { pythonText } from "../../src/workflow/python_text.ts";
import { assertEquals } from "@std/assert";

/** Each line was printed by Python 3.11: `str(json.loads(text))`. */
const SPELLED: readonly (readonly [json: string, text: string])[] = [
  ["null", "None"],
  ["true", "True"],
  ["false", "False"],
  ['"a b"', "a b"],
  ['"it\'s\\n"', "it's\n"],
  ["0", "0"],
  ["-0", "0"],
  ["42", "42"],
  ["123456789012345678901234567890", "123456789012345678901234567890"],
  ["1.0", "1.0"],
  ["-0.0", "-0.0"],
  ["1.50", "1.5"],
  ["1e3", "1000.0"],
  ["1e16", "1e+16"],
  ["1e15", "1000000000000000.0"],
  ["0.0001", "0.0001"],
  ["0.00001", "1e-05"],
  ["1.5e300", "1.5e+300"],
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
  for (const [json, text] of SPELLED) {
    assertEquals(pythonText(parseJson(json, "test")), text, json);
  }
});

Deno.test("pythonText() spells numbers that were never JSON", () => {
  assertEquals(pythonText(7), "7");
  assertEquals(pythonText(1.5), "1.5");
  assertEquals(pythonText(Infinity), "inf");
});
