import { assert, assertEquals } from "@std/assert";

const PAGE = "docs/compatibility.md";

/** The last cells of the tables: names of tests, or what they have in common. */
function namesIn(markdown: string): readonly string[] {
  return markdown.split("\n")
    .filter((line) => /^\|(?! *(?:---|the Python tool))/.test(line))
    .flatMap((line) => line.split("|").at(-2)?.split("<br>") ?? [])
    .map((name) => name.trim());
}

function sourcesBelow(directory: string): readonly string[] {
  return Array.from(Deno.readDirSync(directory)).flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) {
      return entry.name.startsWith(".") ? [] : sourcesBelow(path);
    }
    return path.endsWith("_test.ts") ? [Deno.readTextFileSync(path)] : [];
  });
}

Deno.test(`${PAGE} names tests that exist`, () => {
  const names = namesIn(Deno.readTextFileSync(PAGE));
  assert(names.length > 40, `only ${names.length} found`);
  const tests = sourcesBelow("tests").join("\n");
  assertEquals(names.filter((name) => !tests.includes(name)), []);
});
