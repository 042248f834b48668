import {
  parseKnown,
  printKnown,
  TreeReader,
} from "../../src/checks/tree_content.ts";
import { loadHash } from "../../src/files/tree.ts";
import { test, writeTree } from "../files/temporary.ts";
import { assertEquals } from "@std/assert";

function changedAtMs(path: string): number {
  return Deno.lstatSync(path).ctime?.getTime() ?? 0;
}

const newHash = await loadHash("sha1");

test("TreeReader remembers a file once a change is sure to show", async (top) => {
  writeTree(top, { "a.txt": "a" });
  const atMs = changedAtMs(`${top}/a.txt`);
  const cases: readonly [number | undefined, number][] = [
    [atMs + 1_999, 0],
    [atMs + 2_000, 1],
    [atMs - 1, 0],
    [undefined, 0],
  ];
  for (const [startedAtMs, count] of cases) {
    const reader = new TreeReader(top, new Map(), startedAtMs);
    await reader.entryAt("a.txt", newHash, undefined);
    assertEquals(reader.lasting().size, count, `${startedAtMs}`);
  }
});

test("TreeReader knows a file that looks the same, and remembers what it passes", async (top) => {
  writeTree(top, { "a.txt": "a", "b.txt": "b", "c.txt": "c" });
  const paths = ["a.txt", "b.txt", "c.txt"];
  const first = new TreeReader(
    top,
    new Map(),
    changedAtMs(`${top}/c.txt`) + 2_000,
  );
  const entries = [];
  for (const path of paths) {
    entries.push(await first.entryAt(path, newHash, undefined));
  }
  const known = parseKnown(printKnown(first.lasting()));
  assertEquals([...known.keys()], paths);
  writeTree(top, { "c.txt": "changed" });
  const second = new TreeReader(top, known, undefined);
  await second.lookAhead((path) => path !== "b.txt", undefined);
  assertEquals(second.entrySeen("a.txt", 64), undefined);
  const seen = paths.map((path) => second.entrySeen(path, 40));
  assertEquals(seen, [entries[0], undefined, undefined]);
  second.pass("b.txt");
  second.pass("unknown.txt");
  assertEquals([...second.lasting().keys()], ["a.txt", "b.txt"]);
});

Deno.test("parseKnown() reads names with blanks and line ends, and leaves out what was cut", () => {
  const known = new Map([["a b\nc", "12 1/2/3"], ["d", "34 5/6/7"]]);
  const text = printKnown(known);
  assertEquals(parseKnown(text), known);
  assertEquals(parseKnown(text.slice(0, -5)).size, 1);
  assertEquals(parseKnown(""), new Map());
});
