import { OrcError } from "../../src/base/error.ts";
import {
  hashFile,
  loadHash,
  openLegacy,
  treeSizeBytes,
} from "../../src/files/tree.ts";
import { test, withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";

Deno.test("openLegacy() names the file that the system does not open", () => {
  const path = `/${"x".repeat(300)}`;
  const error = assertThrows(() => openLegacy(path), OrcError, "Cannot read");
  assertInstanceOf(error.cause, Error);
});

Deno.test("openLegacy() and hashFile() throw as it is that a file is gone", async () => {
  const newHash = await loadHash();
  await withTemporaryDirectory((root) => {
    assertThrows(() => openLegacy(`${root}/gone`), Deno.errors.NotFound);
    assertThrows(() => hashFile(`${root}/gone`, newHash), Deno.errors.NotFound);
  });
});

test("treeSizeBytes() adds up all files below a directory", (root) => {
  assertEquals(treeSizeBytes(root), 0);
  writeTree(root, { a: "12345", "sub/b": "123", "sub/sub/c": "1" });
  assertEquals(treeSizeBytes(root), 9);
  assertEquals(treeSizeBytes(`${root}/gone`), 0);
});
