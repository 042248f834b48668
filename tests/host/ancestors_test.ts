import { findAgentAbove } from "../../src/host/ancestors.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { runScript } from "./script.ts";
import { assertEquals } from "@std/assert";

/** A process as the kernel shows it. */
type Shown = readonly [
  pid: number,
  parent: number,
  name: string,
  words: readonly string[],
];

function withProcesses(
  shown: readonly Shown[],
  test: (directory: string) => void,
): Promise<void> {
  return withTemporaryDirectory((directory) => {
    writeTree(
      directory,
      Object.fromEntries(shown.flatMap(([pid, parent, name, words]) => [
        [`${pid}/stat`, `${pid} (${name}) S ${parent} ${pid} 0 0`],
        [`${pid}/cmdline`, words.map((word) => `${word}\0`).join("")],
      ])),
    );
    test(directory);
  });
}

const INIT: Shown = [1, 0, "init", ["/sbin/init"]];

/** A shell of an odd name in a terminal that an agent opened. */
const BELOW: readonly Shown[] = [
  INIT,
  [40, 1, "claude", ["claude"]],
  [50, 40, "script) S 1 (", ["script"]],
  [60, 50, "sh", ["sh"]],
  [70, 60, "deno", ["deno", "run", "cli.ts"]],
];

Deno.test("findAgentAbove() finds the nearest agent that led here, behind names of every kind", () =>
  withProcesses(BELOW, (directory) => {
    const expected = { agent: "claude-code", pid: 40 };
    assertEquals(findAgentAbove(directory, 70), expected);
  }));

Deno.test("findAgentAbove() finds none above a person, and goes by no agent beside or below them", () =>
  withProcesses([
    ...BELOW,
    // A terminal that an editor opened, and an agent that the editor runs beside it.
    [80, 1, "code", ["code"]],
    [81, 80, "claude", ["claude"]],
    [82, 80, "bash", ["bash"]],
    [83, 82, "deno", ["deno"]],
    [84, 82, "claude", ["claude"]],
  ], (directory) => {
    assertEquals(findAgentAbove(directory, 83), undefined);
    // An agent is not above itself.
    assertEquals(findAgentAbove(directory, 40), undefined);
  }));

Deno.test("findAgentAbove() ends with what it cannot read, and does not go round for ever", () =>
  withProcesses([
    [5, 6, "a", ["a"]],
    [6, 5, "b", ["b"]],
    [7, 99, "c", ["c"]],
    [9, 8, "d", ["d"]],
  ], (directory) => {
    writeTree(directory, { "8/stat": "rubbish" });
    for (const pid of [5, 7, 9, 1000]) {
      assertEquals(findAgentAbove(directory, pid), undefined);
    }
  }));

Deno.test("findAgentAbove() looks at no more than 32 ancestors", () => {
  const chain = (count: number): readonly Shown[] => [
    [100, 1, "claude", ["claude"]],
    ...Array.from({ length: count }, (_, index): Shown => [
      101 + index,
      100 + index,
      "sh",
      ["sh"],
    ]),
  ];
  return withProcesses(chain(40), (directory) => {
    assertEquals(findAgentAbove(directory, 132)?.pid, 100);
    assertEquals(findAgentAbove(directory, 133), undefined);
  });
});

Deno.test("findAgentAbove() knows nothing without permissions, and does not fail", async () => {
  const script = `import { findAgentAbove } from "./src/host/ancestors.ts";
     console.log(findAgentAbove());`;
  const { stdout } = await runScript(script);
  assertEquals(stdout.trim(), "undefined");
});
