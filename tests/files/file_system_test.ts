import {
  discard,
  removeIfThere,
  renameOver,
  syncDirectory,
  writeAll,
} from "../../src/files/file_system.ts";
import { codeOf } from "../../src/files/os_code.ts";
import { readTree, withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown");
}

Deno.test("writeAll() continues a short write", () => {
  const written: number[] = [];
  const slow = {
    writeSync(bytes: Uint8Array): number {
      const count = Math.min(2, bytes.length);
      written.push(...bytes.subarray(0, count));
      return count;
    },
  };
  writeAll(slow as Deno.FsFile, new Uint8Array([1, 2, 3, 4, 5]));
  assertEquals(written, [1, 2, 3, 4, 5]);
});

Deno.test("writeAll() does not go on for ever when nothing is written", () => {
  const full = { writeSync: () => 0 };
  assertThrows(() =>
    writeAll(full as unknown as Deno.FsFile, new Uint8Array(1))
  );
});

Deno.test("syncDirectory() syncs a directory and throws for none", () =>
  withTemporaryDirectory((directory) => {
    syncDirectory(directory);
    assertThrows(
      () => syncDirectory(`${directory}/none`),
      Deno.errors.NotFound,
    );
  }));

Deno.test("removeIfThere() says whether there was something", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { file: "x", "full/file": "x" });
    assertEquals(removeIfThere(`${directory}/file`), true);
    assertEquals(removeIfThere(`${directory}/file`), false);
    assertThrows(() => removeIfThere(`${directory}/full`));
  }));

Deno.test("discard() removes files and whole directories and never throws", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { file: "x", "full/file": "x", kept: "x" });
    for (const name of ["file", "full", "none"]) {
      discard(`${directory}/${name}`);
    }
    assertEquals(readTree(directory), { kept: "x" });
  }));

Deno.test("renameOver() replaces a file and fails at once when it cannot", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { old: "old", new: "new", "full/file": "x" });
    renameOver(`${directory}/new`, `${directory}/old`);
    assertEquals(Deno.readTextFileSync(`${directory}/old`), "new");
    const error = thrownBy(() =>
      renameOver(`${directory}/none`, `${directory}/old`)
    );
    assertEquals(codeOf(error), "ENOENT");
    assertThrows(() => renameOver(`${directory}/old`, `${directory}/full`));
    assertEquals(Deno.readTextFileSync(`${directory}/old`), "new");
  }));
