/** Whatever the library exports is shown at work, on a page or beside it, by examples that run. */
import * as core from "../../src/core.ts";
import * as library from "../../mod.ts";
import { assert, assertEquals } from "@std/assert";
import { walkSync } from "@std/fs/walk";

const PAGE = Deno.readTextFileSync("docs/library.md");

/** The examples of the page, and those that stand beside what they show. */
const EXAMPLES: readonly string[] = [
  ...blocksIn(PAGE),
  ...Array.from(
    walkSync("src", { includeDirs: false, match: [/\.ts$/] }),
    ({ path }) =>
      blocksIn(
        Deno.readTextFileSync(path).replaceAll(/^ *\* ?/gm, ""),
      ),
  ).flat(),
];

function blocksIn(text: string): readonly string[] {
  return Array.from(
    text.matchAll(/^```ts\n(.*?)^```$/gms),
    ([, block = ""]) => block,
  );
}

/** What only names a number that doubles cannot hold. */
const PLAIN: readonly string[] = ["JsonNumber"];

for (const [name, exports] of Object.entries({ library, core })) {
  Deno.test(`each value that the ${name} exports is used by an example`, () => {
    const code = EXAMPLES.join("\n");
    const missing = Object.keys(exports)
      .filter((key) => !new RegExp(`\\b${key}\\b`).test(code));
    assertEquals(missing.filter((key) => !PLAIN.includes(key)), []);
    // A pattern that finds nothing would find nothing wrong.
    assert(EXAMPLES.length > 20, `only ${EXAMPLES.length} examples found`);
  });
}

Deno.test("the page of the library names each method of the handles", async () => {
  const { methods } = await import("./methods.ts");
  const missing = methods().filter((method) =>
    !PAGE.includes(`\`${method.split(".")[1]}\``)
  );
  assertEquals(missing, []);
});
