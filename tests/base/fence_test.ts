import {
  codeSpan,
  fenced,
  headOf,
  oneLine,
  seen,
} from "../../src/base/fence.ts";
import { assertEquals } from "@std/assert";

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
