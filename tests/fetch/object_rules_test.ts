import {
  entriesOfTree,
  isObject,
  parseBatch,
  parseSizes,
  treeOfCommit,
} from "../../src/fetch/object_rules.ts";
import { assertEquals } from "@std/assert";

const bytes = (text: string) => new TextEncoder().encode(text);

const ID = "ce013625030ba8dba906f756967f9e9ca394464a";

Deno.test("isObject() proves content and type by the id, in both lengths", async () => {
  const hello = { id: ID, type: "blob" } as const;
  assertEquals(await isObject(hello, bytes("hello\n")), true);
  assertEquals(await isObject(hello, bytes("hullo\n")), false);
  assertEquals(
    await isObject({ ...hello, type: "tree" }, bytes("hello\n")),
    false,
  );
  const longer =
    "2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4";
  assertEquals(
    await isObject({ id: longer, type: "blob" }, bytes("hello\n")),
    true,
  );
});

Deno.test("treeOfCommit() reads nothing but the first line of a commit", () => {
  assertEquals(treeOfCommit(bytes(`tree ${ID}\nauthor A\n`)), ID);
  assertEquals(treeOfCommit(bytes(`object ${ID}\ntree ${ID}\n`)), undefined);
  assertEquals(treeOfCommit(bytes("tree 12\n")), undefined);
});

function tree(...entries: readonly string[]): Uint8Array {
  const id = new Uint8Array(20).fill(0xab);
  return new Uint8Array(
    entries.flatMap((entry) => [...bytes(`${entry}\0`), ...id]),
  );
}

Deno.test("entriesOfTree() tells files, links and other repositories apart", () => {
  const body = tree(
    "100644 a.yaml",
    "100755 run",
    "40000 d",
    "120000 l",
    "160000 s",
    "170000 x",
  );
  const kinds = entriesOfTree(body, 40)?.map(({ name, kind }) => [name, kind]);
  assertEquals(kinds, [
    ["a.yaml", "file"],
    ["run", "file"],
    ["d", "directory"],
    ["l", "link"],
    ["s", "repository"],
    ["x", "other"],
  ]);
});

Deno.test("entriesOfTree() refuses names that lead elsewhere, and what is cut", () => {
  for (const name of ["..", ".", "", "a/b", "../x"]) {
    assertEquals(entriesOfTree(tree(`100644 ${name}`), 40), undefined, name);
  }
  assertEquals(entriesOfTree(tree("100644 a").subarray(0, 20), 40), undefined);
  assertEquals(entriesOfTree(bytes("100644 a"), 40), undefined);
});

Deno.test("parseBatch() reads what is there and leaves out what is missing", () => {
  const answer = `${ID} blob 6\nhello\n\nffff missing\naaaa blob 0\n\n`;
  const read = parseBatch(bytes(answer));
  assertEquals([...read.keys()], [ID, "aaaa"]);
  assertEquals(read.get(ID), bytes("hello\n"));
  assertEquals(parseSizes(bytes(`${ID} blob 6\nffff missing\n`)), [6]);
});
