import { escapeJson, escapeTexts } from "../../src/cli/escape.ts";
import { assertEquals } from "@std/assert";

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
