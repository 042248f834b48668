import { OrcError } from "../../src/base/error.ts";
import { guardDirectory, guardPath } from "../../src/files/path_guard.ts";
import { withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("guardPath() accepts files, directories and what does not exist", () =>
  withTemporaryDirectory((root) => {
    guardPath(root, `${root}/.orchestrator/sessions/a/state.json`);
    writeTree(root, { ".orchestrator/sessions/a/state.json": "{}" });
    guardPath(root, `${root}/.orchestrator/sessions/a/state.json`);
    guardPath(root, `${root}/.orchestrator/sessions/a`);
    guardPath(root, `${root}/.orchestrator/sessions/b/state.json`);
  }));

Deno.test("guardPath() refuses a file where a directory is expected", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, { ".orchestrator/sessions": "junk" });
    const error = assertThrows(
      () => guardPath(root, `${root}/.orchestrator/sessions/a`),
      OrcError,
      'Cannot use ".orchestrator/sessions": it is a file',
    );
    assertEquals([error.kind, error.code], ["corrupt", "not_a_directory"]);
    assertEquals(error.path, `${root}/.orchestrator/sessions`);
  }));

Deno.test("guardDirectory() refuses a file at the end as well", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, { ".orchestrator": "junk" });
    guardPath(root, `${root}/.orchestrator`);
    assertThrows(
      () => guardDirectory(root, `${root}/.orchestrator`),
      OrcError,
      'Cannot use ".orchestrator": it is a file',
    );
  }));

Deno.test("guardPath() is only for paths below the root", () => {
  for (const path of ["/a", "/ab/c", "/"]) {
    const error = assertThrows(() => guardPath("/a", path), Error);
    assertEquals(error instanceof OrcError, false);
  }
});
