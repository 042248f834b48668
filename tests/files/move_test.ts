import { keepAttributes, moveTo, removeEmpty } from "../../src/files/move.ts";
import { readTree, withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals } from "@std/assert";

Deno.test("moveTo() makes the directories above, and says when there is nothing", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, { "a/b": "text" });
    assertEquals(moveTo(`${root}/a`, `${root}/x/y/a`), true);
    assertEquals(moveTo(`${root}/a`, `${root}/x/y/a`), false);
    assertEquals(readTree(root), {
      "x/": "",
      "x/y/": "",
      "x/y/a/": "",
      "x/y/a/b": "text",
    });
  }));

Deno.test("keepAttributes() sets mode and time", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, { a: "" });
    keepAttributes(`${root}/a`, { mode: 0o100640, mtimeMs: 1_700_000_000_123 });
    const { mode, mtime } = Deno.lstatSync(`${root}/a`);
    assertEquals([(mode ?? 0) & 0o777, mtime?.getTime()], [
      0o640,
      1_700_000_000_123,
    ]);
  }));

Deno.test("removeEmpty() removes nothing that holds a file", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, { "d/e/": "", "d/f/g": "", "h/i/": "" });
    for (const name of ["d", "h", "gone"]) removeEmpty(`${root}/${name}`);
    assertEquals(readTree(root), { "d/": "", "d/f/": "", "d/f/g": "" });
  }));
