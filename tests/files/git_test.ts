import { OrcError } from "../../src/base/error.ts";
import {
  isGitDirectory,
  readGitPointer,
  readRemoteUrl,
} from "../../src/files/git.ts";
import { withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

/** A main worktree, a linked one beside it, and a submodule, as git lays them out. */
function layOut(directory: string): void {
  writeTree(directory, {
    "main/.git/HEAD": "ref: refs/heads/main\n",
    "main/.git/objects/": "",
    "main/.git/config": "[core]\n\tbare = false\n",
    "main/.git/worktrees/wt/commondir": "../..\n",
    "main/.git/worktrees/wt/gitdir": `${directory}/wt/.git\n`,
    "wt/.git": `gitdir: ${directory}/main/.git/worktrees/wt\n`,
    "main/sub/.git": "gitdir: ../.git/modules/sub\n",
    "main/.git/modules/sub/config": "[core]\n\tworktree = ../../../sub\n",
  });
}

Deno.test("readGitPointer() finds nothing, and a repository of its own", () =>
  withTemporaryDirectory((directory) => {
    layOut(directory);
    const gitDirectory = `${directory}/main/.git`;
    assertEquals(readGitPointer(directory), { kind: "none" });
    assertEquals(readGitPointer(`${directory}/main`), {
      kind: "repository",
      gitDirectory,
      commonDirectory: gitDirectory,
    });
  }));

Deno.test("readGitPointer() follows a linked worktree to the main one", () =>
  withTemporaryDirectory((directory) => {
    layOut(directory);
    assertEquals(readGitPointer(`${directory}/wt`), {
      kind: "worktree",
      gitDirectory: `${directory}/main/.git/worktrees/wt`,
      commonDirectory: `${directory}/main/.git`,
      mainWorktree: `${directory}/main`,
    });
  }));

Deno.test("readGitPointer() follows relative paths and CRLF in a linked worktree", () =>
  withTemporaryDirectory((directory) => {
    layOut(directory);
    writeTree(directory, {
      "wt/.git": "gitdir: ../main/.git/worktrees/wt\r\n",
      "main/.git/worktrees/wt/commondir": `${directory}/main/.git`,
    });
    const pointer = readGitPointer(`${directory}/wt`);
    assertEquals(pointer.kind, "worktree");
    assertEquals(
      pointer.kind === "worktree" && pointer.mainWorktree,
      `${directory}/main`,
    );
  }));

Deno.test("readGitPointer() takes a submodule for a repository of its own", () =>
  withTemporaryDirectory((directory) => {
    layOut(directory);
    const gitDirectory = `${directory}/main/.git/modules/sub`;
    assertEquals(readGitPointer(`${directory}/main/sub`), {
      kind: "submodule",
      gitDirectory,
      commonDirectory: gitDirectory,
    });
  }));

Deno.test("readGitPointer() finds the submodule that a linked worktree belongs to", () =>
  withTemporaryDirectory((directory) => {
    layOut(directory);
    const modules = `${directory}/main/.git/modules/sub`;
    writeTree(directory, {
      "main/.git/modules/sub/worktrees/s/commondir": "../..\n",
      "s/.git": `gitdir: ${modules}/worktrees/s\n`,
    });
    assertEquals(readGitPointer(`${directory}/s`), {
      kind: "worktree",
      gitDirectory: `${modules}/worktrees/s`,
      commonDirectory: modules,
      mainWorktree: `${directory}/main/sub`,
    });
  }));

Deno.test("readGitPointer() knows no main worktree of a bare repository", () =>
  withTemporaryDirectory((directory) => {
    const configs: Record<string, string>[] = [
      { ".git/config": "[core]\n\tbare = true\n" },
      {
        ".git/config": "[extensions]\n\tworktreeConfig = true\n",
        ".git/config.worktree": "[core]\n\tbare = true\n",
      },
    ];
    for (const config of configs) {
      writeTree(directory, {
        ...config,
        ".git/worktrees/wt/commondir": "../..\n",
        "wt/.git": `gitdir: ${directory}/.git/worktrees/wt\n`,
      });
      const pointer = readGitPointer(`${directory}/wt`);
      assertEquals(pointer.kind, "worktree");
      assertEquals(
        "mainWorktree" in pointer && pointer.mainWorktree,
        undefined,
      );
    }
  }));

Deno.test("readGitPointer() knows no main worktree of a git directory kept apart", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, {
      "apart/config": "[core]\n\tbare = false\n",
      "apart/worktrees/wt/commondir": "../..\n",
      "wt/.git": `gitdir: ${directory}/apart/worktrees/wt\n`,
      "main/.git": `gitdir: ${directory}/apart\n`,
    });
    const pointer = readGitPointer(`${directory}/wt`);
    assertEquals("mainWorktree" in pointer && pointer.mainWorktree, undefined);
    assertEquals(readGitPointer(`${directory}/main`).kind, "repository");
  }));

Deno.test("readGitPointer() says what is wrong with a broken .git file", () =>
  withTemporaryDirectory((directory) => {
    const gone = `${directory}/gone`;
    const cases = [
      ["", "names no git directory"],
      ["gitdir:\n", "names no git directory"],
      ["junk\ngitdir: x\n", "names no git directory"],
      ["gitdir: a\nb\n", "names no git directory"],
      [`gitdir: ${gone}\n`, `leads to "${gone}", which does not exist`],
    ];
    for (const [text = "", problem] of cases) {
      writeTree(directory, { ".git": text });
      assertEquals(readGitPointer(directory), {
        kind: "broken",
        problem: `"${directory}/.git" ${problem}`,
      });
    }
  }));

Deno.test("readGitPointer() says that the shared git directory is gone", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, {
      "x/worktrees/wt/commondir": "../../gone\n",
      "wt/.git": "gitdir: ../x/worktrees/wt\n",
    });
    assertEquals(readGitPointer(`${directory}/wt`), {
      kind: "broken",
      problem:
        `"${directory}/wt/.git" belongs to "${directory}/x/gone", which does not exist`,
    });
  }));

Deno.test("readGitPointer() takes a submodule as it is where it may not look further", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { ".git": "gitdir: /nowhere/.git/modules/sub\n" });
    assertEquals(readGitPointer(directory).kind, "submodule");
  }));

Deno.test("readGitPointer() asks for one permission for all of the main worktree", () =>
  withTemporaryDirectory((directory) => {
    const cases = [
      ["/nowhere/main/.git", "/nowhere/main"],
      ["/nowhere/bare.git", "/nowhere/bare.git"],
    ];
    for (const [common, needed] of cases) {
      writeTree(directory, { ".git": `gitdir: ${common}/worktrees/wt\n` });
      const error = assertThrows(() => readGitPointer(directory), OrcError);
      assertEquals(error.kind, "denied");
      assertEquals(error.details, { flag: `--allow-read=${needed}` });
    }
  }));

Deno.test("readRemoteUrl() reads the configuration of git", () =>
  withTemporaryDirectory((directory) => {
    assertEquals(readRemoteUrl(`${directory}/.git`), undefined);
    writeTree(directory, {
      ".git/config": '[remote "origin"]\n\turl = git@h.x:o/r.git\n',
    });
    assertEquals(readRemoteUrl(`${directory}/.git`), "git@h.x:o/r.git");
  }));

Deno.test("isGitDirectory() knows a bare repository", () =>
  withTemporaryDirectory((directory) => {
    layOut(directory);
    assertEquals(isGitDirectory(`${directory}/main/.git`), true);
    assertEquals(isGitDirectory(`${directory}/main`), false);
    assertEquals(isGitDirectory("/nowhere"), false);
  }));
