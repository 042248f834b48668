import { markdownTable, markdownText } from "../../src/base/markdown.ts";
import { assertEquals } from "@std/assert";

Deno.test("markdownText() shows what is special as it is written", () => {
  const cases: Readonly<Record<string, string>> = {
    "plain words, 1.5 (ok)": "plain words, 1.5 (ok)",
    "a_b*c`d": String.raw`a\_b\*c\`d`,
    "[x](http://e) <b> & ~~no~~": String
      .raw`\[x\](http://e) \<b\> \& \~\~no\~\~`,
    "a | b": String.raw`a \| b`,
    "back\\slash": String.raw`back\\slash`,
    "two\n# lines": String.raw`two \# lines`,
    "$x$ !": String.raw`\$x\$ \!`,
  };
  for (const [text, shown] of Object.entries(cases)) {
    assertEquals(markdownText(text), shown);
  }
});

Deno.test("markdownText() begins no list, line or heading", () => {
  const cases: Readonly<Record<string, string>> = {
    "- a": String.raw`\- a`,
    "+ a": String.raw`\+ a`,
    "---": String.raw`\---`,
    "===": String.raw`\===`,
    "1. a": String.raw`1\. a`,
    "12) a": String.raw`12\) a`,
    "12 a": "12 a",
  };
  for (const [text, shown] of Object.entries(cases)) {
    assertEquals(markdownText(text), shown);
  }
});

Deno.test("markdownTable() has a line for each row", () => {
  assertEquals(
    markdownTable(["A", "B"], [["1", "2"]]),
    "| A | B |\n| --- | --- |\n| 1 | 2 |",
  );
});
