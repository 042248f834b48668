import { treeSizeBytes } from "../../src/files/tree_size.ts";
import { withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals } from "@std/assert";

Deno.test("treeSizeBytes() adds up all files below a directory", () =>
  withTemporaryDirectory((root) => {
    assertEquals(treeSizeBytes(root), 0);
    writeTree(root, { a: "12345", "sub/b": "123", "sub/sub/c": "1" });
    assertEquals(treeSizeBytes(root), 9);
    assertEquals(treeSizeBytes(`${root}/gone`), 0);
  }));
