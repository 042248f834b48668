import { OrcError } from "../../src/base/error.ts";
import {
  codeSpan,
  fenced,
  headOf,
  markdownTable,
  markdownText,
  oneLine,
  seen,
} from "../../src/base/markdown.ts";
import {
  durationText,
  endsOf,
  escapeControls,
  indented,
  inOneLine,
  lengthOf,
  limitText,
  listOf,
  minutesBetween,
  nearest,
  parseWholeNumber,
  shellWord,
  sizeText,
  tailOf,
  uncapitalised,
} from "../../src/base/text.ts";
import { assertEquals, assertThrows } from "@std/assert";

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

Deno.test("minutesBetween() counts whole minutes and never backwards", () => {
  const from = "2026-03-04T05:00:30Z";
  const to = ["2026-03-04T05:01:29Z", "2026-03-04T06:00:30.5Z", "2026-01-01"];
  assertEquals(to.map((at) => minutesBetween(from, at)), [0, 60, 0]);
  assertEquals(minutesBetween(null, from), undefined);
  assertEquals(minutesBetween("yesterday", from), undefined);
});

Deno.test("durationText() takes the unit that fits", () => {
  const texts = [0, 90, 91, 311, 48 * 60, 49 * 60, 72 * 60].map(durationText);
  assertEquals(texts, [
    "0 min",
    "90 min",
    "1 h",
    "5 h",
    "48 h",
    "2 days",
    "3 days",
  ]);
});

Deno.test("limitText() says what is less than a minute in seconds", () => {
  const texts = [30, 1, 1.5, 0.5, 0.02, 1 / 60].map(limitText);
  assertEquals(texts, [
    "30 minutes",
    "1 minute",
    "1.5 minutes",
    "30 seconds",
    "1.2 seconds",
    "1 second",
  ]);
});

Deno.test("fenced() takes a fence that is longer than any run of backticks in the text", () => {
  assertEquals(fenced("a"), "```text\na\n```");
  assertEquals(fenced("a `b` c"), "```text\na `b` c\n```");
  assertEquals(fenced("```\nout\n```"), "````text\n```\nout\n```\n````");
  assertEquals(fenced("x `````` y").split("\n").at(-1), "`".repeat(7));
});

Deno.test("fenced() leaves nothing behind that could hide what follows", () => {
  assertEquals(fenced("a  \n\n"), "```text\na\n```");
  assertEquals(fenced("a\r```\rb").split("\n").at(-1), "````");
  assertEquals(fenced("a\u2028```").split("\n").length, 4);
});

Deno.test("codeSpan() cannot be closed by what it shows", () => {
  assertEquals(codeSpan("orc next"), "`orc next`");
  assertEquals(codeSpan("a`b"), "``a`b``");
  assertEquals(codeSpan("`a`"), "`` `a` ``");
  assertEquals(codeSpan("a\n\n# b"), "`a # b`");
});

Deno.test("seen() shows that there is something nobody could see", () => {
  assertEquals(
    seen("a\x1b[31mb\0c\x7f\x9b"),
    "a\ufffd[31mb\ufffdc\ufffd\ufffd",
  );
  assertEquals(seen("a\u202eb\u2066c"), "a\ufffdb\ufffdc");
  assertEquals(seen("a\u{e0041}\u{e0042}b"), "a\ufffd\ufffdb");
});

Deno.test("seen() keeps line ends, tabs and every script", () => {
  assertEquals(seen("a\r\nb\rc\td"), "a\nb\nc\td");
  assertEquals(seen("é 漢 👩‍💻 ن‌ه"), "é 漢 👩‍💻 ن‌ه");
});

Deno.test("oneLine() puts single blanks in the place of lines", () => {
  assertEquals(oneLine("  a \n\n\tb "), "a b");
});

Deno.test("headOf() counts code points and marks the cut", () => {
  assertEquals(headOf("👍👍👍", 3), "👍👍👍");
  assertEquals(headOf("👍👍👍", 2), "👍…");
});

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

Deno.test("shellWord() leaves plain words alone and quotes the others", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["plan_a", "plan_a"],
    ["/usr/bin/make", "/usr/bin/make"],
    ["项目", "项目"],
    ["", "''"],
    ["two words", "'two words'"],
    ["it's", "'it'\\''s'"],
    ["$HOME;rm", "'$HOME;rm'"],
    ["A=b", "'A=b'"],
    ["two\nlines", "'two\nlines'"],
  ];
  for (const [word, spelled] of cases) assertEquals(shellWord(word), spelled);
});

Deno.test("sizeText() tells a size in the unit that fits", () => {
  const sizes: readonly [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [99_400, "99.4 kB"],
    [99_600, "100 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [1_234_567, "1.2 MB"],
    [5e9, "5.0 GB"],
    [7e15, "7000 TB"],
  ];
  for (const [sizeBytes, text] of sizes) {
    assertEquals(sizeText(sizeBytes), text);
  }
});

const KEYS = ["id", "name", "required", "skippable", "step_type", "status"];

Deno.test("nearest() finds the word behind a slip", () => {
  const slips: Record<string, string> = {
    nmae: "name",
    Name: "name",
    nam: "name",
    reqired: "required",
    requireds: "required",
    skipable: "skippable",
    "step-type": "step_type",
    steptype: "step_type",
    statsu: "status",
    di: "id",
  };
  for (const [word, meant] of Object.entries(slips)) {
    assertEquals(nearest(word, KEYS), meant, word);
  }
});

Deno.test("nearest() suggests nothing when no candidate is near", () => {
  for (const word of ["", "zzz", "verification", "x".repeat(1_000_000)]) {
    assertEquals(nearest(word, KEYS), undefined, word.slice(0, 20));
  }
  assertEquals(nearest("name", []), undefined);
});

Deno.test("nearest() prefers fewer slips, and the first of equals", () => {
  assertEquals(nearest("advence", ["advances", "advance"]), "advance");
  assertEquals(nearest("cat", ["bat", "rat"]), "bat");
});

Deno.test("nearest() counts a swap of neighbours as one slip", () => {
  assertEquals(nearest("ab", ["ba"]), "ba");
  assertEquals(nearest("ab", ["cd"]), undefined);
});

const RULE = { flag: "--days", max: 365 };

Deno.test("parseWholeNumber() reads whole numbers up to the limit", () => {
  for (const [text, number] of [["0", 0], ["7", 7], ["007", 7], ["365", 365]]) {
    assertEquals(parseWholeNumber(String(text), RULE), number);
  }
});

Deno.test("parseWholeNumber() refuses everything else, and names the flag", () => {
  for (
    const text of ["", "-1", "366", "1.5", "1e2", "seven", " 7", "9999999999"]
  ) {
    const error = assertThrows(() => parseWholeNumber(text, RULE), OrcError);
    assertEquals([error.kind, error.code], ["usage", "invalid_number"]);
    assertEquals(
      error.message,
      `--days is "${text}", not a whole number from 0 to 365`,
    );
  }
});
