import { OrcError } from "../../src/base/error.ts";
import { repositoryLayout } from "../../src/base/layout.ts";
import { guardDirectory, guardPath } from "../../src/files/read.ts";
import { readRepositoryMeta } from "../../src/session/repository.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

const PARTS = [
  ".orchestrator",
  ".orchestrator/sessions",
  ".orchestrator/sessions/a",
  ".orchestrator/sessions/a/state.json",
];

Deno.test("guardPath() refuses a link in any part of the path", () =>
  withTemporaryDirectory((directory) => {
    const state = ".orchestrator/sessions/a/state.json";
    for (const [index, part] of PARTS.entries()) {
      const root = `${directory}/${index}`;
      writeTree(root, { [state]: "{}" });
      Deno.renameSync(`${root}/${part}`, `${root}/elsewhere`);
      Deno.symlinkSync(`${root}/elsewhere`, `${root}/${part}`);
      const error = assertThrows(
        () => guardPath(root, `${root}/${state}`),
        OrcError,
        `Cannot use "${root}/${part}": it is a symbolic link`,
      );
      assertEquals([error.kind, error.code], ["corrupt", "symbolic_link"]);
      assertEquals(error.path, `${root}/${part}`);
    }
  }));

Deno.test("guardPath() refuses links that lead nowhere, out, or in a circle", () =>
  withTemporaryDirectory((root) => {
    for (const target of ["gone", "/", ".orchestrator"]) {
      Deno.symlinkSync(target, `${root}/.orchestrator`);
      for (const guard of [guardPath, guardDirectory]) {
        const error = assertThrows(
          () => guard(root, `${root}/.orchestrator/sessions`),
          OrcError,
        );
        assertEquals(error.code, "symbolic_link", target);
      }
      Deno.removeSync(`${root}/.orchestrator`);
    }
  }));

Deno.test("readRepositoryMeta() reads nothing through a link", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, { "other/.orchestrator/meta.json": "{}" });
    Deno.symlinkSync("other/.orchestrator", `${root}/.orchestrator`);
    const error = assertThrows(
      () => readRepositoryMeta(repositoryLayout(root)),
      OrcError,
    );
    assertEquals(error.code, "symbolic_link");
  }));

Deno.test("guardPath() calls nothing a file that is none", () => {
  const error = assertThrows(() => guardPath("/dev", "/dev/null/a"), OrcError);
  assertEquals(
    error.message,
    'Cannot use "/dev/null": it is neither a file nor a directory, where a directory is expected',
  );
});
