import { OrcError } from "../../src/base/error.ts";
import { findRoot } from "../../src/files/root.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("findRoot() gives a repository one name, whatever links lead to it", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { "repo/.git/": "", "repo/a/": "" });
    Deno.symlinkSync("repo", `${directory}/link`);
    const root = `${directory}/repo`;
    const start = `${directory}/link/a`;
    assertEquals(findRoot({ start }).root, root);
    const explicit = `${directory}/link`;
    assertEquals(findRoot({ start, explicit }).root, root);
  }));

Deno.test("findRoot() refuses a link in the place of the state", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, {
      "other/.orchestrator/sessions/": "",
      "repo/.git/": "",
    });
    for (const target of ["../other/.orchestrator", "gone", ".orchestrator"]) {
      Deno.symlinkSync(target, `${directory}/repo/.orchestrator`);
      const error = assertThrows(
        () => findRoot({ start: `${directory}/repo` }),
        OrcError,
        "it is a symbolic link and not a directory",
      );
      assertEquals([error.kind, error.code], ["corrupt", "symbolic_link"]);
      Deno.removeSync(`${directory}/repo/.orchestrator`);
    }
  }));

Deno.test("findRoot() leaves a linked home and a linked user directory alone", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { "me/x/.git/": "", "dots/sessions/": "" });
    Deno.symlinkSync("me", `${directory}/home`);
    Deno.symlinkSync("../dots", `${directory}/me/.orchestrator`);
    const start = `${directory}/me/x`;
    const found = findRoot({ start, home: `${directory}/home` });
    assertEquals([found.source, found.root], ["git", start]);
  }));

Deno.test("findRoot() gives the main worktree one name", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, {
      "main/.git/worktrees/wt/commondir": "../..\n",
      "wt/.git": `gitdir: ${directory}/link/.git/worktrees/wt\n`,
    });
    Deno.symlinkSync("main", `${directory}/link`);
    const { root } = findRoot({ start: `${directory}/wt` });
    assertEquals(root, `${directory}/main`);
  }));

Deno.test("a linked worktree and the main one whose .git is a link share their state", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, {
      "main/store/config": "",
      "main/store/worktrees/wt/commondir": "../..\n",
      "wt/.git": "gitdir: ../main/store/worktrees/wt\n",
    });
    Deno.symlinkSync("store", `${directory}/main/.git`);
    for (const start of ["main", "wt"]) {
      const { root } = findRoot({ start: `${directory}/${start}` });
      assertEquals(root, `${directory}/main`, start);
    }
  }));
