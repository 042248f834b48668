import { damageCount } from "../../src/session/damage_count.ts";
import { assertEquals } from "@std/assert";

type Line = readonly [text: string | undefined, isWhole: boolean];

const CASES: readonly [says: string, lines: readonly Line[], count: number][] =
  [
    ["a whole line", [["abc", true]], 0],
    ["what was torn and written again", [["ab", false], ["abc", true]], 0],
    [
      "what was torn twice",
      [["a", false], ["ab\0\0", false], ["abc", true]],
      0,
    ],
    ["zeros of a power cut", [["\0\0\0", false]], 0],
    ["what goes on otherwise", [["ax", false], ["abc", true]], 1],
    ["what nothing follows", [["ab", false]], 1],
    ["what is no text", [[undefined, false], ["abc", true]], 1],
    [
      "each of several",
      [["x", false], ["a", false], [undefined, false], ["abc", true]],
      2,
    ],
  ];

for (const [says, lines, count] of CASES) {
  Deno.test(`damageCount() counts ${count} for ${says}, read in both directions`, () => {
    const forwards = damageCount("forwards");
    for (const [text, isWhole] of lines) forwards.take(text, isWhole);
    assertEquals(forwards.total(), count);
    const backwards = damageCount("backwards");
    for (const [text, isWhole] of lines.toReversed()) {
      backwards.take(text, isWhole);
    }
    assertEquals(backwards.total(), count);
  });
}
