import {
  loadHash,
  parseKnown,
  printKnown,
  TreeReader,
} from "../../src/checks/tree_content.ts";
import { directoriesOf } from "../../src/checks/tree_files.ts";
import { test, writeTree } from "../files/temporary.ts";
import { assertEquals } from "@std/assert";

async function readerOf(
  top: string,
  startedAtMs: number | undefined,
  known: ReadonlyMap<string, string> = new Map(),
): Promise<TreeReader> {
  const newHash = await loadHash("sha1");
  const isDirectory = directoriesOf(top);
  return new TreeReader({ top, isDirectory, newHash, known, startedAtMs });
}

function changedAtMs(path: string): number {
  return Deno.lstatSync(path).ctime?.getTime() ?? 0;
}

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
    const reader = await readerOf(top, startedAtMs);
    await reader.entryAt("a.txt", null, undefined);
    assertEquals(reader.lasting().size, count, `${startedAtMs}`);
  }
});

test("TreeReader opens no file that it knows, and remembers what it passes", async (top) => {
  writeTree(top, { "a.txt": "a", "b.txt": "b" });
  const first = await readerOf(top, changedAtMs(`${top}/b.txt`) + 2_000);
  const paths = ["a.txt", "b.txt"];
  const entries = [];
  for (const path of paths) {
    entries.push(await first.entryAt(path, null, undefined));
  }
  const known = parseKnown(printKnown(first.lasting()));
  assertEquals([...known.keys()], paths);
  const second = await readerOf(top, undefined, known);
  const { openSync } = Deno;
  Deno.openSync = () => {
    throw new Error("opened");
  };
  try {
    assertEquals(await second.entryAt("a.txt", null, undefined), entries[0]);
  } finally {
    Deno.openSync = openSync;
  }
  second.pass("b.txt");
  second.pass("unknown.txt");
  assertEquals(second.lasting(), known);
});

Deno.test("parseKnown() reads names with blanks and line ends, and leaves out what was cut", () => {
  const known = new Map([["a b\nc", "12 1/2/3"], ["d", "34 5/6/7"]]);
  const text = printKnown(known);
  assertEquals(parseKnown(text), known);
  assertEquals(parseKnown(text.slice(0, -5)).size, 1);
  assertEquals(parseKnown(""), new Map());
});
