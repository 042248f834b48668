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
import { assertEach, assertTable } from "./table.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("lengthOf() counts code points", () => {
  const lengths = ["", "abc", "🚀🚀", "e\u0301", "\ud83d"].map(lengthOf);
  assertEquals(lengths, [0, 3, 2, 2, 1]);
});

Deno.test("tailOf() keeps the end and marks the cut", () => {
  assertTable((text) => tailOf(text, 3), [
    ["abc", "abc"],
    ["abcd", "…cd"],
    ["🚀🙈🙉🙊", "…🙉🙊"],
    ["", ""],
  ]);
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

Deno.test("escapeControls() lets nothing pass that nobody would see", () => {
  assertTable(escapeControls, [
    ["no\u200bte", "no\\u200bte"],
    ["a\u00adb\u034fc\u2060d\ufeffe", "a\\xadb\\u034fc\\u2060d\\ufeffe"],
    ["a\u061cb\u200ec\u200fd", "a\\u061cb\\u200ec\\u200fd"],
    ["\u115f\u3164\uffa0", "\\u115f\\u3164\\uffa0"],
    ["a\u{e0041}b", "a\\udb40\\udc41b"],
    ["ad\u200dmin \u200cx", "ad\\u200dmin \\u200cx"],
    ["\u{1f469}\u200d\u200d", "\u{1f469}\\u200d\\u200d"],
  ]);
  const scripts = "👩‍💻 ❤️‍🔥 ن‌ه क्‍ष 한글 é";
  assertEquals(escapeControls(scripts), scripts);
});

Deno.test("escapeControls() shows what would drive a terminal, and leaves all else alone", () => {
  assertTable(escapeControls, [
    ["\x1b[2J", "\\x1b[2J"],
    ["\x00\x07\b\r\x7f", "\\x00\\x07\\x08\\x0d\\x7f"],
    ["\x80\x9b\x9f", "\\x80\\x9b\\x9f"],
    ["\u202a\u202e\u2066\u2069", "\\u202a\\u202e\\u2066\\u2069"],
    ["\u2028\u2029", "\\u2028\\u2029"],
  ]);
  const text = "a\tb\nÄ 日本 \u{1f600} \xa0 \\x1b";
  assertEquals(escapeControls(text), text);
});

Deno.test("minutesBetween() counts whole minutes and never backwards", () => {
  const from = "2026-03-04T05:00:30Z";
  assertTable((to) => minutesBetween(from, to), [
    ["2026-03-04T05:01:29Z", 0],
    ["2026-03-04T06:00:30.5Z", 60],
    ["2026-01-01", 0],
  ]);
  const none = [null, "yesterday"];
  assertEach((start) => minutesBetween(start, from), undefined, none);
});

Deno.test("durationText() takes the unit that fits", () => {
  const texts = [0, 90, 91, 311, 48 * 60, 49 * 60, 72 * 60].map(durationText);
  const expected = "0 min, 90 min, 1 h, 5 h, 48 h, 2 days, 3 days";
  assertEquals(texts.join(", "), expected);
});

Deno.test("limitText() says what is less than a minute in seconds", () => {
  const texts = [30, 1, 1.5, 0.5, 0.02, 1 / 60].map(limitText);
  assertEquals(
    texts.join(", "),
    "30 minutes, 1 minute, 1.5 minutes, 30 seconds, 1.2 seconds, 1 second",
  );
});

Deno.test("fenced() takes a fence that is longer than any run of backticks in the text, and leaves nothing that hides what follows", () => {
  assertEquals(fenced("a  \n\n"), "```text\na\n```");
  assertEquals(fenced("a\r```\rb").split("\n").at(-1), "````");
  assertEquals(fenced("a\u2028```").split("\n").length, 4);
  assertEquals(fenced("a `b` c"), "```text\na `b` c\n```");
  assertEquals(fenced("```\nout\n```"), "````text\n```\nout\n```\n````");
  assertEquals(fenced("x `````` y").split("\n").at(-1), "`".repeat(7));
});

Deno.test("codeSpan() cannot be closed by what it shows", () => {
  assertTable(codeSpan, [
    ["orc next", "`orc next`"],
    ["a`b", "``a`b``"],
    ["`a`", "`` `a` ``"],
    ["a\n\n# b", "`a # b`"],
  ]);
});

Deno.test("seen() shows what nobody could see, and keeps line ends, tabs and every script", () => {
  assertTable(seen, [
    ["a\x1b[31mb\0c\x7f\x9b", "a\ufffd[31mb\ufffdc\ufffd\ufffd"],
    ["a\u202eb\u2066c", "a\ufffdb\ufffdc"],
    ["a\u{e0041}\u{e0042}b", "a\ufffd\ufffdb"],
    ["a\r\nb\rc\td", "a\nb\nc\td"],
    ["é 漢 👩‍💻 ن‌ه", "é 漢 👩‍💻 ن‌ه"],
  ]);
});

Deno.test("oneLine() puts single blanks in the place of lines", () => {
  assertEquals(oneLine("  a \n\n\tb "), "a b");
});

Deno.test("headOf() counts code points and marks the cut", () => {
  assertEquals(headOf("👍👍👍", 3), "👍👍👍");
  assertEquals(headOf("👍👍👍", 2), "👍…");
});

Deno.test("markdownText() shows what is special as it is written, and begins no list, line or heading", () => {
  const escaped = (text: string) => markdownText(text).replaceAll("\\", "¦");
  assertTable(escaped, [
    ["plain words, 1.5 (ok)", "plain words, 1.5 (ok)"],
    ["a_b*c`d $x$ !", "a¦_b¦*c¦`d ¦$x¦$ ¦!"],
    ["[x](http://e) <b> & ~~no~~", "¦[x¦](http://e) ¦<b¦> ¦& ¦~¦~no¦~¦~"],
    ["back\\slash | two\n# lines", "back¦¦slash ¦| two ¦# lines"],
    ["- a", "¦- a"],
    ["+ a", "¦+ a"],
    ["---", "¦---"],
    ["===", "¦==="],
    ["1. a", "1¦. a"],
    ["12) a", "12¦) a"],
    ["12 a", "12 a"],
  ]);
});

Deno.test("markdownTable() has a line for each row", () => {
  assertEquals(
    markdownTable(["A", "B"], [["1", "2"]]),
    "| A | B |\n| --- | --- |\n| 1 | 2 |",
  );
});

Deno.test("shellWord() leaves plain words alone and quotes the others", () => {
  const plain = ["plan_a", "/usr/bin/make", "项目"];
  assertEquals(plain.map(shellWord), plain);
  assertTable(shellWord, [
    ["", "''"],
    ["two words", "'two words'"],
    ["it's", "'it'\\''s'"],
    ["$HOME;rm", "'$HOME;rm'"],
    ["A=b", "'A=b'"],
    ["two\nlines", "'two\nlines'"],
  ]);
});

Deno.test("sizeText() tells a size in the unit that fits", () => {
  const small = [0, 999, 1000, 99_400, 99_600, 999_499].map(sizeText);
  const expected = "0 B, 999 B, 1.0 kB, 99.4 kB, 100 kB, 999 kB";
  assertEquals(small.join(", "), expected);
  const large = [999_500, 1_234_567, 5e9, 7e15].map(sizeText);
  assertEquals(large.join(", "), "1.0 MB, 1.2 MB, 5.0 GB, 7000 TB");
});

const KEYS = ["id", "name", "required", "skippable", "step_type", "status"];

Deno.test("nearest() finds the word behind a slip", () => {
  const meant = (slips: string) =>
    slips.split(" ").map((slip) => nearest(slip, KEYS)).join(" ");
  assertEquals(meant("nmae Name nam di statsu"), "name name name id status");
  assertEquals(
    meant("reqired requireds skipable"),
    "required required skippable",
  );
  assertEquals(meant("step-type steptype"), "step_type step_type");
});

Deno.test("nearest() suggests nothing when no candidate is near", () => {
  const words = ["", "zzz", "verification", "x".repeat(1_000_000)];
  assertEach((word) => nearest(word, KEYS), undefined, words);
  assertEquals(nearest("name", []), undefined);
});

Deno.test("nearest() prefers fewer slips, a swap of neighbours being one, and the first of equals", () => {
  assertEquals(nearest("advence", ["advances", "advance"]), "advance");
  assertEquals(nearest("cat", ["bat", "rat"]), "bat");
  assertEquals([nearest("ab", ["ba"]), nearest("ab", ["cd"])], [
    "ba",
    undefined,
  ]);
});

Deno.test("parseWholeNumber() reads whole numbers up to the limit, and names the flag of all else", () => {
  const read = (text: string) =>
    parseWholeNumber(text, { flag: "--days", max: 365 });
  assertTable(read, [["0", 0], ["7", 7], ["007", 7], ["365", 365]]);
  const others = ["", "-1", "366", "1.5", "1e2", "seven", " 7", "9999999999"];
  for (const text of others) {
    const error = assertThrows(() => read(text), OrcError);
    assertEquals([error.kind, error.code], ["usage", "invalid_number"]);
    assertEquals(
      error.message,
      `--days is "${text}", not a whole number from 0 to 365`,
    );
  }
});
