import { withoutOlderWords } from "../../scripts/docs/older_words.ts";
import { assert, assertEquals } from "@std/assert";
import { walkSync } from "@std/fs/walk";

const PAGE = "docs/compatibility.md";

/** The last cells of the tables: names of tests, or what they have in common. */
function namesIn(markdown: string): readonly string[] {
  return markdown.split("\n")
    .filter((line) => /^\|(?! *(?:---|the Python tool))/.test(line))
    .flatMap((line) => line.split("|").at(-2)?.split("<br>") ?? [])
    .map((name) => name.trim());
}

function sourcesBelow(directory: string): readonly string[] {
  // Some are played wherever sessions are kept, and stand apart.
  const match = [/_test\.ts$/, /\/scenes\.ts$/];
  const found = walkSync(directory, { match, skip: [/\/\./] });
  return Array.from(found, ({ path }) => Deno.readTextFileSync(path));
}

Deno.test(`${PAGE} names tests that exist`, () => {
  const names = namesIn(withoutOlderWords(Deno.readTextFileSync(PAGE)));
  assert(names.length > 40, `only ${names.length} found`);
  const tests = sourcesBelow("tests").join("\n");
  assertEquals(names.filter((name) => !tests.includes(name)), []);
});
