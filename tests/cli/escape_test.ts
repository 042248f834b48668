import { assertEquals } from "@std/assert";
import {
  escapeControls,
  escapeJson,
  escapeTexts,
} from "../../src/cli/escape.ts";

Deno.test("escapeControls() shows what would drive a terminal", () => {
  const cases = [
    ["\x1b[2J", "\\x1b[2J"],
    ["\x00\x07\b\r\x7f", "\\x00\\x07\\x08\\x0d\\x7f"],
    ["\x80\x9b\x9f", "\\x80\\x9b\\x9f"],
    ["\u202a\u202e\u2066\u2069", "\\u202a\\u202e\\u2066\\u2069"],
  ] as const;
  for (const [text, shown] of cases) assertEquals(escapeControls(text), shown);
});

Deno.test("escapeControls() leaves text, tabs and newlines alone", () => {
  const text = "a\tb\nÄ 日本 \u{1f600} \xa0 \\x1b";
  assertEquals(escapeControls(text), text);
});

Deno.test("escapeTexts() reaches every text and key of a result", () => {
  assertEquals(
    escapeTexts({
      text: "\x1b",
      list: ["\x1b", 1, null, true, undefined],
      "\x1bkey": new Map([["\x1b", { deep: "\x1b" }]]),
    }),
    {
      text: "\\x1b",
      list: ["\\x1b", 1, null, true, undefined],
      "\\x1bkey": new Map([["\\x1b", { deep: "\\x1b" }]]),
    },
  );
});

Deno.test("escapeTexts() keeps __proto__ a plain key", () => {
  const escaped = escapeTexts(JSON.parse('{"__proto__":"\\u001b"}'));
  assertEquals(JSON.stringify(escaped), '{"__proto__":"\\\\x1b"}');
});

Deno.test("escapeJson() keeps the value and leaves nothing that drives a terminal", () => {
  const value = { text: "\x1b\x7f\x9b\u202e\n" };
  const json = escapeJson(JSON.stringify(value));
  assertEquals(json, '{"text":"\\u001b\\u007f\\u009b\\u202e\\n"}');
  assertEquals(JSON.parse(json), value);
});
