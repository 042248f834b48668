import { shellWord } from "../../src/base/shell_word.ts";
import { assertEquals } from "@std/assert";

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
