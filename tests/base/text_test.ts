import {
  endsOf,
  escapeControls,
  indented,
  inOneLine,
  lengthOf,
  listOf,
  tailOf,
  uncapitalised,
} from "../../src/base/text.ts";
import { assertEquals } from "@std/assert";

Deno.test("lengthOf() counts code points", () => {
  const lengths = ["", "abc", "🚀🚀", "e\u0301", "\ud83d"].map(lengthOf);
  assertEquals(lengths, [0, 3, 2, 2, 1]);
});

Deno.test("tailOf() keeps the end and marks the cut", () => {
  assertEquals(tailOf("abc", 3), "abc");
  assertEquals(tailOf("abcd", 3), "…cd");
  assertEquals(tailOf("🚀🙈🙉🙊", 3), "…🙉🙊");
  assertEquals(tailOf("", 3), "");
});

Deno.test("endsOf() keeps both ends within the limit", () => {
  assertEquals(endsOf("x".repeat(60), 60, 5), "x".repeat(60));
  const text = `🙈🙉${"x".repeat(96)}🙊🚀`;
  const cut = endsOf(text, 60, 2);
  assertEquals(cut, `🙈🙉\n… left out …\n${text.slice(-46)}`);
  assertEquals(lengthOf(cut), 60);
});

Deno.test("inOneLine() and indented() let no line of others begin where orc's do", () => {
  const text = "One\nTwo\u2028Three\r\n\n";
  assertEquals(inOneLine(text), "One\\nTwo\\u2028Three");
  assertEquals(indented(text), "One\n  Two\\u2028Three");
});

Deno.test("listOf() names a few of many", () => {
  const names = ["a", "b", "c"];
  assertEquals(listOf([], 2), "");
  assertEquals(listOf(names, 3), "a, b, c");
  assertEquals(listOf(names, 2), "a, b and 1 more");
});

Deno.test("uncapitalised() changes the first letter only", () => {
  const texts = ["The END", "", "é", "ÄB", "1A"].map(uncapitalised);
  assertEquals(texts, ["the END", "", "é", "äB", "1A"]);
});

Deno.test("escapeControls() shows what would drive a terminal", () => {
  const cases = [
    ["\x1b[2J", "\\x1b[2J"],
    ["\x00\x07\b\r\x7f", "\\x00\\x07\\x08\\x0d\\x7f"],
    ["\x80\x9b\x9f", "\\x80\\x9b\\x9f"],
    ["\u202a\u202e\u2066\u2069", "\\u202a\\u202e\\u2066\\u2069"],
    ["\u2028\u2029", "\\u2028\\u2029"],
  ] as const;
  for (const [text, shown] of cases) assertEquals(escapeControls(text), shown);
});

Deno.test("escapeControls() leaves text, tabs and newlines alone", () => {
  const text = "a\tb\nÄ 日本 \u{1f600} \xa0 \\x1b";
  assertEquals(escapeControls(text), text);
});
