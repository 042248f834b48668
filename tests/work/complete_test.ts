import { OrcError } from "../../src/base/error.ts";
import { findWorkingFile } from "../../src/work/complete.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("findWorkingFile() finds files and directories of the tree", () =>
  withTemporaryDirectory((tree) => {
    writeTree(tree, { "docs/plan.md": "x" });
    const cases = [
      ["docs/plan.md", "/docs/plan.md"],
      ["./docs/../docs//plan.md", "/docs/plan.md"],
      [`${tree}/docs/plan.md`, "/docs/plan.md"],
      ["docs", "/docs"],
      ["docs/", "/docs"],
      [".", ""],
    ];
    for (const [path = "", found] of cases) {
      assertEquals(findWorkingFile(tree, path), {
        path: `${tree}${found}`,
        problem: null,
      });
    }
  }));

Deno.test("findWorkingFile() says that a file does not exist", () =>
  withTemporaryDirectory((tree) => {
    writeTree(tree, { file: "x" });
    for (const path of ["none", "none/deeper", "file/below"]) {
      assertEquals(findWorkingFile(tree, path), {
        path: `${tree}/${path}`,
        problem: `${path} does not exist`,
      });
    }
  }));

Deno.test("findWorkingFile() takes no file outside of the tree", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { "tree/": "", "tree-2/secret": "x", secret: "x" });
    const tree = `${directory}/tree`;
    for (
      const path of ["../secret", "../tree-2/secret", "..", `${tree}/../secret`]
    ) {
      const { problem } = findWorkingFile(tree, path);
      assertEquals(problem, `${path} leads out of the repository`);
    }
  }));

Deno.test("findWorkingFile() is asked for no file by an empty or impossible name", () =>
  withTemporaryDirectory((tree) => {
    for (const path of ["", "a\0b"]) {
      assertEquals(findWorkingFile(tree, path), {
        path,
        problem: "The workflow names no file to look for",
      });
    }
  }));

Deno.test("findWorkingFile() names the permission it lacks", () =>
  withTemporaryDirectory((tree) => {
    const error = assertThrows(
      () => findWorkingFile(tree, "/nowhere/file"),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["denied", "permission_missing"]);
  }));
