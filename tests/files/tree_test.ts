import { OrcError } from "../../src/base/error.ts";
import { hashFile, loadHash, openLegacy } from "../../src/files/tree.ts";
import { withTemporaryDirectory } from "./temporary.ts";
import { assertInstanceOf, assertThrows } from "@std/assert";

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
