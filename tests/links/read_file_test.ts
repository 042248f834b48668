import { OrcError } from "../../src/base/error.ts";
import { fileKind, readRegularFile } from "../../src/files/read.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

function refusal(path: string): OrcError {
  return assertThrows(() => readRegularFile(path, 1000), OrcError);
}

Deno.test("fileKind() does not follow links", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { file: "x", "sub/": "" });
    for (const target of ["file", "sub", "gone", "/", "link"]) {
      Deno.symlinkSync(target, `${directory}/link`);
      assertEquals(fileKind(`${directory}/link`), "symlink", target);
      Deno.removeSync(`${directory}/link`);
    }
    assertEquals(fileKind("/dev/null"), "other");
  }));

Deno.test("readRegularFile() refuses each kind of link", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { file: "secret" });
    const link = `${directory}/state.json`;
    for (const target of ["file", "gone", "state.json", "/dev/stdin", "/"]) {
      Deno.symlinkSync(target, link);
      const error = refusal(link);
      assertEquals([error.kind, error.code], ["corrupt", "not_a_regular_file"]);
      assertEquals(
        error.message,
        `Cannot read "${link}": it is a symbolic link and not a regular file`,
      );
      Deno.removeSync(link);
    }
  }));

Deno.test("readRegularFile() reads no device", () => {
  assertEquals(
    refusal("/dev/zero").message,
    'Cannot read "/dev/zero": it is a device and not a regular file',
  );
});

Deno.test("readRegularFile() reads a file with two names", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { file: "x" });
    Deno.linkSync(`${directory}/file`, `${directory}/other`);
    const bytes = readRegularFile(`${directory}/other`, 1);
    assertEquals(bytes, new TextEncoder().encode("x"));
  }));
