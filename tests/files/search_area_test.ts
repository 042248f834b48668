import { OrcError } from "../../src/base/error.ts";
import { areaAround, areaOutside } from "../../src/files/search_area.ts";
import { withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

const permissions: Deno.PermissionOptions = {
  read: ["tests/.tmp"],
  write: ["tests/.tmp"],
};

function test(name: string, run: (directory: string) => void): void {
  Deno.test({ name, permissions, fn: () => withTemporaryDirectory(run) });
}

test("areaAround() ends at the working tree", (directory) => {
  writeTree(directory, { "repo/.git/": "", "repo/a/b/": "" });
  const repo = `${directory}/repo`;
  assertEquals(areaAround(`${repo}/a/b`), {
    directories: [`${repo}/a/b`, `${repo}/a`, repo],
    workingTree: repo,
    outside: directory,
    worktree: undefined,
  });
});

test("areaAround() ends at what it may not look at", (directory) => {
  const { directories, workingTree, outside } = areaAround(directory);
  const parts = directory.split("/");
  const ends = [parts.length, parts.length - 1, parts.length - 2];
  assertEquals(
    directories,
    ends.map((end) => parts.slice(0, end).join("/")),
  );
  assertEquals([workingTree, outside], [undefined, undefined]);
});

test("areaAround() shows a linked worktree as the main one", (directory) => {
  writeTree(directory, {
    "main/.git/worktrees/wt/commondir": "../..\n",
    "wt/.git": "gitdir: ../main/.git/worktrees/wt\n",
    "wt/a/": "",
  });
  const main = `${directory}/main`;
  const worktree = { directory: `${directory}/wt`, main };
  const area = areaAround(`${directory}/wt/a`);
  assertEquals(area, {
    directories: [`${main}/a`, main],
    workingTree: main,
    outside: directory,
    worktree,
  });
  assertEquals(areaOutside(area)?.worktree, worktree);
});

test("areaOutside() is undefined around a submodule", (directory) => {
  writeTree(directory, {
    ".git/modules/sub/HEAD": "",
    "sub/.git": "gitdir: ../.git/modules/sub\n",
  });
  assertEquals(areaOutside(areaAround(`${directory}/sub`)), undefined);
});

test("areaOutside() is undefined around the main worktree of a submodule", (directory) => {
  writeTree(directory, {
    ".git/modules/sub/config": "[core]\n\tworktree = ../../../sub\n",
    ".git/modules/sub/worktrees/wt/commondir": "../..\n",
    "sub/.git": "gitdir: ../.git/modules/sub\n",
    "wt/.git": "gitdir: ../.git/modules/sub/worktrees/wt\n",
  });
  const area = areaAround(`${directory}/wt`);
  assertEquals(area.workingTree, `${directory}/sub`);
  assertEquals(areaOutside(area), undefined);
});

test("areaAround() refuses a broken .git file", (directory) => {
  writeTree(directory, { ".git": "" });
  const error = assertThrows(() => areaAround(directory), OrcError);
  assertEquals(error.code, "broken_git_file");
});
