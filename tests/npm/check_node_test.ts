import { findNewerThanNode } from "../../scripts/npm/check_node.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

/** One of each year that Node 20 does not have. */
const NEWER: Readonly<Record<string, string>> = {
  "Array.fromAsync": "Array.fromAsync([1])",
  "Iterator.map": "[1].values().map(String)",
  "Map.groupBy": "Map.groupBy([1], String)",
  "Promise.try": "Promise.try(() => 1)",
  "RegExp.escape": 'RegExp.escape("a")',
  "Set.union": "new Set([1]).union(new Set([2]))",
  "Uint8Array.toHex": "new Uint8Array(1).toHex()",
};

/** What is not in the stand-in. */
const FOREIGN = "Deno.serve(() => new Response())";

const CONFIGURATION = JSON.stringify({
  imports: {},
  links: [],
  compilerOptions: {},
});

Deno.test("findNewerThanNode() finds what Node 20 and the stand-in do not have", () =>
  withTemporaryDirectory(async (directory) => {
    const uses = [...Object.values(NEWER), FOREIGN];
    const lines = uses.map((use, index) =>
      `export const use${index}: unknown = ${use};`
    );
    writeTree(directory, {
      "deno.json": CONFIGURATION,
      "newer.ts": lines.join("\n"),
    });
    const errors = await findNewerThanNode(directory, ["newer.ts"]);
    for (const number of uses.keys()) {
      assertStringIncludes(errors, `newer.ts:${number + 1}:`);
    }
  }));

Deno.test("findNewerThanNode() lets pass what Node 20 has", () =>
  withTemporaryDirectory(async (directory) => {
    writeTree(directory, {
      "deno.json": CONFIGURATION,
      "older.ts": `export const sorted: readonly number[] = [2, 1].toSorted();
export const text: string = "a".toWellFormed() + Deno.cwd();
`,
    });
    assertEquals(await findNewerThanNode(directory, ["older.ts"]), "");
  }));
