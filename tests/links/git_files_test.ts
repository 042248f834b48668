import { readGitPointer } from "../../src/files/git.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assertEquals } from "@std/assert";

Deno.test("readGitPointer() takes a link to a git directory for a repository", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { "kept/HEAD": "", "repo/": "" });
    Deno.symlinkSync("../kept", `${directory}/repo/.git`);
    assertEquals(readGitPointer(`${directory}/repo`).kind, "repository");
  }));

Deno.test("readGitPointer() says that a link leads to no git directory", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { file: "" });
    for (const target of ["gone", "file", ".git"]) {
      Deno.symlinkSync(target, `${directory}/.git`);
      assertEquals(readGitPointer(directory), {
        kind: "broken",
        problem:
          `"${directory}/.git" is a symbolic link that leads to no directory`,
      });
      Deno.removeSync(`${directory}/.git`);
    }
  }));
