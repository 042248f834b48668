import { OrcError } from "../../src/base/error.ts";
import {
  findRoot,
  isOfNoRepository,
  type RootOptions,
} from "../../src/files/root.ts";
import { withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";

/** What lies around the tests must not be seen: it is a repository too. */
const permissions: Deno.PermissionOptions = {
  read: ["tests/.tmp"],
  write: ["tests/.tmp"],
};

function test(name: string, run: (directory: string) => void): void {
  Deno.test({ name, permissions, fn: () => withTemporaryDirectory(run) });
}

function refusal(options: RootOptions): OrcError {
  return assertThrows(() => findRoot(options), OrcError);
}

/** Source and root, seen from a directory. */
function found(directory: string, start: string, home?: string): string {
  const { root, source } = findRoot({ start: `${directory}/${start}`, home });
  return `${source} ${root.slice(directory.length + 1) || "."}`;
}

const LINKED_WORKTREE = {
  "main/.git/config": "[core]\n\tbare = false\n",
  "main/.git/worktrees/wt/commondir": "../..\n",
  "wt/.git": "gitdir: ../main/.git/worktrees/wt\n",
};

test("findRoot() takes the working directory where nothing else is", (directory) => {
  writeTree(directory, { "a/b/": "" });
  assertEquals(findRoot({ start: `${directory}/a/b` }), {
    root: `${directory}/a/b`,
    source: "cwd",
    workingTree: `${directory}/a/b`,
    worktree: null,
  });
});

test("findRoot() takes the nearest .git or workflow.yaml", (directory) => {
  writeTree(directory, {
    "repo/.git/": "",
    "repo/workflow.yaml": "",
    "repo/a/b/": "",
    "repo/pkg/workflow.yaml": "",
    "repo/pkg/src/": "",
    "repo/odd/workflow.yaml/": "",
    "plain/workflow.yaml": "",
    "plain/a/": "",
  });
  assertEquals(found(directory, "repo/a/b"), "git repo");
  assertEquals(found(directory, "repo"), "git repo");
  assertEquals(found(directory, "repo/pkg/src"), "workflow repo/pkg");
  assertEquals(found(directory, "repo/odd"), "git repo");
  assertEquals(found(directory, "plain/a"), "workflow plain");
});

test("findRoot() prefers a marker further up to what lies nearer", (directory) => {
  writeTree(directory, {
    ".orchestrator/sessions/": "",
    "repo/.git/": "",
    "repo/workflow.yaml": "",
    "repo/a/": "",
  });
  assertEquals(found(directory, "repo/a"), "marker .");
});

test("findRoot() knows each marker, and takes the nearest", (directory) => {
  writeTree(directory, {
    ".orchestrator/sessions/": "",
    "a/.orchestrator/current": "34aa3244",
    "a/b/.orchestrator/meta.json": "{}",
    "a/b/c/.orchestrator/config.yaml": "",
  });
  assertEquals(found(directory, "a/b/c"), "marker a/b");
  assertEquals(found(directory, "a"), "marker a");
  assertEquals(found(directory, ""), "marker .");
});

test("findRoot() finds the repository from inside its own state", (directory) => {
  writeTree(directory, { "repo/.orchestrator/sessions/a/checkpoints/": "" });
  const start = "repo/.orchestrator/sessions/a/checkpoints";
  assertEquals(found(directory, start), "marker repo");
});

test("findRoot() never takes the user's own directory for a marker", (directory) => {
  writeTree(directory, {
    "home/.orchestrator/sessions/": "",
    "home/x/": "",
    "odd/.orchestrator": "a file",
    "odd/x/": "",
  });
  assertEquals(found(directory, "home/x"), "marker home");
  assertEquals(found(directory, "home/x", `${directory}/home/`), "cwd home/x");
  assertEquals(found(directory, "odd/x", `${directory}/odd`), "cwd odd/x");
});

test("findRoot() does without a home that is empty or gone", (directory) => {
  writeTree(directory, { ".orchestrator/sessions/": "" });
  for (const home of ["", "relative", `${directory}/gone`]) {
    assertEquals(found(directory, "", home), "marker .");
  }
});

test("findRoot() keeps the state of a linked worktree in the main one", (directory) => {
  writeTree(directory, { ...LINKED_WORKTREE, "wt/a/": "" });
  assertEquals(findRoot({ start: `${directory}/wt/a` }), {
    root: `${directory}/main`,
    source: "worktree",
    workingTree: `${directory}/wt`,
    worktree: `${directory}/wt`,
  });
});

test("findRoot() does not take the copy of the state in a linked worktree", (directory) => {
  writeTree(directory, {
    ...LINKED_WORKTREE,
    "main/.orchestrator/sessions/": "",
    "wt/.orchestrator/sessions/": "",
    "wt/a/.orchestrator/sessions/": "",
  });
  assertEquals(found(directory, "wt/a"), "worktree main");
});

test("findRoot() finds the same part of the main worktree", (directory) => {
  writeTree(directory, {
    ...LINKED_WORKTREE,
    "main/pkg/.orchestrator/current": "",
    "main/lib/workflow.yaml": "",
    "wt/pkg/src/": "",
    "wt/lib/": "",
  });
  assertEquals(findRoot({ start: `${directory}/wt/pkg/src` }), {
    root: `${directory}/main/pkg`,
    source: "worktree",
    workingTree: `${directory}/wt/pkg`,
    worktree: `${directory}/wt`,
  });
  assertEquals(found(directory, "wt/lib"), "worktree main/lib");
});

test("findRoot() goes on above the main worktree", (directory) => {
  const main = "group/main";
  writeTree(directory, {
    "group/.orchestrator/meta.json": "{}",
    [`${main}/.git/worktrees/wt/commondir`]: "../..\n",
    "wt/.git": `gitdir: ../${main}/.git/worktrees/wt\n`,
  });
  const result = findRoot({ start: `${directory}/wt` });
  assertEquals(result.root, `${directory}/group`);
  assertEquals(result.workingTree, `${directory}/wt`);
});

test("findRoot() ends where worktrees lie in each other", (directory) => {
  writeTree(directory, {
    "one/.git": "gitdir: ../two/main/.git/worktrees/one\n",
    "one/main/.git/worktrees/two/commondir": "../..\n",
    "two/.git": "gitdir: ../one/main/.git/worktrees/two\n",
    "two/main/.git/worktrees/one/commondir": "../..\n",
  });
  assertEquals(found(directory, "one"), "worktree two/main");
});

/** A bare repository with a linked worktree. */
function bareAt(gitDirectory: string): Record<string, string> {
  return {
    [`${gitDirectory}/config`]: "[core]\n\tbare = true\n",
    [`${gitDirectory}/worktrees/wt/commondir`]: "../..\n",
    "shop/wt/.git": `gitdir: ../../${gitDirectory}/worktrees/wt\n`,
    "shop/wt/a/": "",
  };
}

for (
  const [gitDirectory, root, more] of [
    ["shop/.bare", "shop", {}],
    ["shop/.git", "shop", {}],
    ["shop/store", "shop", { "shop/.git": "gitdir: store\n" }],
    ["shop/store", "shop/store", { "shop/.git/": "" }],
    ["src/shop.git", "src/shop.git", {}],
  ] as const
) {
  test(`findRoot() keeps what worktrees of the bare repository ${gitDirectory} share in ${root}`, (directory) => {
    writeTree(directory, { ...bareAt(gitDirectory), ...more });
    const expected = {
      root: `${directory}/${root}`,
      workingTree: `${directory}/shop/wt`,
      worktree: `${directory}/shop/wt`,
    };
    const start = `${directory}/shop/wt`;
    for (const below of ["", "/a"]) {
      const found = findRoot({ start: start + below });
      assertEquals(found, { ...expected, source: "worktree" });
    }
    const named = findRoot({ start: directory, explicit: start });
    assertEquals(named, { ...expected, source: "flag" });
  });
}

test("findRoot() does not take a worktree for a part of another one", (directory) => {
  writeTree(directory, {
    ...bareAt("shop/.bare"),
    "shop/a/.git": "gitdir: ../.bare/worktrees/a\n",
    "shop/a/.orchestrator/sessions/": "",
  });
  assertEquals(found(directory, "shop/wt/a"), "worktree shop");
});

test("findRoot() finds the main worktree, whatever core.bare and core.worktree say", (directory) => {
  for (const setting of ["bare = true", "worktree = ../../wt"]) {
    writeTree(directory, {
      ...LINKED_WORKTREE,
      "main/.git/index": "",
      "main/.git/config": `[core]\n\t${setting}\n`,
      "main/pkg/.orchestrator/current": "",
      "wt/pkg/": "",
    });
    assertEquals(found(directory, "wt"), "worktree main", setting);
    assertEquals(found(directory, "wt/pkg"), "worktree main/pkg", setting);
  }
});

test("findRoot() takes neither the user's own directory nor the one above all", (directory) => {
  const home = `${directory}/home`;
  writeTree(directory, {
    "home/.git/": "",
    "home/workflow.yaml": "",
    "home/p/a/": "",
    "home/q/workflow.yaml": "",
    "home/q/a/": "",
  });
  assertEquals(found(directory, "home/p/a"), "git home");
  assertEquals(found(directory, "home/p/a", home), "cwd home/p/a");
  assertEquals(found(directory, "home/q/a", home), "workflow home/q");
  // Commands that only look work there too.
  assertEquals(found(directory, "home", home), "cwd home");
  assertEquals(isOfNoRepository(home, home), true);
  assertEquals(isOfNoRepository("/", home), true);
  assertEquals(isOfNoRepository(directory, home), false);
});

test("findRoot() keeps the state of a worktree of the user's own directory with its git", (directory) => {
  writeTree(directory, LINKED_WORKTREE);
  const home = `${directory}/main`;
  assertEquals(found(directory, "wt", home), "worktree main/.git");
});

test("findRoot() does not climb out of a submodule", (directory) => {
  writeTree(directory, {
    ".orchestrator/sessions/": "",
    ".git/modules/sub/HEAD": "",
    "sub/.git": "gitdir: ../.git/modules/sub\n",
    "sub/a/": "",
    "sub/nested/.git/": "",
  });
  assertEquals(found(directory, "sub/a"), "git sub");
  assertEquals(found(directory, "sub/nested"), "git sub/nested");
  writeTree(directory, { "sub/.orchestrator/current": "" });
  assertEquals(found(directory, "sub/nested"), "marker sub");
});

test("findRoot() ends at a directory it may not look at", (directory) => {
  writeTree(directory, { "a/": "" });
  const outside = { start: "/nowhere/deeper/../x" };
  assertEquals(found(directory, "a"), "cwd a");
  assertEquals(findRoot(outside).root, "/nowhere/x");
});

test("findRoot() refuses a file in the place of the state", (directory) => {
  writeTree(directory, { ".orchestrator": "", "repo/.git/": "" });
  const error = refusal({ start: `${directory}/repo` });
  assertEquals([error.kind, error.code], ["corrupt", "not_a_directory"]);
  assertEquals(error.path, `${directory}/.orchestrator`);
  assertMatch(error.message, /it is a file and not a directory$/);
});

test("findRoot() refuses a broken .git file and names the way out", (directory) => {
  writeTree(directory, { "repo/.git": "gitdir: ../gone\n", "repo/a/": "" });
  const error = refusal({ start: `${directory}/repo/a` });
  assertEquals([error.kind, error.code], ["corrupt", "broken_git_file"]);
  assertEquals(error.path, `${directory}/repo/.git`);
  assertMatch(error.hint ?? "", /--root/);
  const explicit = `${directory}/repo`;
  assertEquals(findRoot({ start: explicit, explicit }).root, explicit);
});

test("findRoot() says that the start is inside a git directory", (directory) => {
  writeTree(directory, {
    "repo/.git/hooks/": "",
    "bare/HEAD": "",
    "bare/objects/": "",
    "bare/refs/heads/": "",
  });
  for (const start of ["repo/.git", "repo/.git/hooks", "bare", "bare/refs"]) {
    const error = refusal({ start: `${directory}/${start}` });
    assertEquals([error.kind, error.code], ["usage", "inside_git_directory"]);
  }
});

test("findRoot() says that the working directory is gone", (directory) => {
  const error = refusal({ start: `${directory}/gone` });
  assertEquals(error.kind, "external");
  assertEquals(error.message, "The current directory no longer exists");
  const found = findRoot({ start: `${directory}/gone`, explicit: directory });
  assertEquals(found.root, directory);
});

test("findRoot() takes a named root literally", (directory) => {
  writeTree(directory, { ...LINKED_WORKTREE, "wt/a/": "" });
  const start = `${directory}/wt`;
  assertEquals(findRoot({ start, explicit: "a/../a/", environment: "b" }), {
    root: `${directory}/wt/a`,
    source: "flag",
    workingTree: `${directory}/wt/a`,
    worktree: null,
  });
  const { root, source } = findRoot({ start, environment: directory });
  assertEquals([root, source], [directory, "environment"]);
});

test("findRoot() leads from a named linked worktree to the main one", (directory) => {
  writeTree(directory, LINKED_WORKTREE);
  assertEquals(findRoot({ start: directory, explicit: "wt" }), {
    root: `${directory}/main`,
    source: "flag",
    workingTree: `${directory}/wt`,
    worktree: `${directory}/wt`,
  });
});

test("findRoot() takes an empty environment variable as not set", (directory) => {
  const { source } = findRoot({ start: directory, environment: "" });
  assertEquals(source, "cwd");
});

test("findRoot() refuses a named root that is no directory", (directory) => {
  writeTree(directory, { file: "" });
  const named = (explicit: string): unknown[] => {
    const { kind, code } = refusal({ start: directory, explicit });
    return [kind, code];
  };
  assertEquals(named("gone"), ["not_found", "no_such_root"]);
  assertEquals(named("file"), ["usage", "root_not_a_directory"]);
  assertEquals(named(""), ["usage", "root_not_a_directory"]);
  assertEquals(named("/nowhere"), ["denied", "permission_missing"]);
});

test("findRoot() works with any characters in a path", (directory) => {
  const name = " -x'\"$(y)\n#%?\\é🙂";
  writeTree(directory, { [`${name}/.git/`]: "", [`${name}/a/`]: "" });
  assertEquals(found(directory, `${name}/a`), `git ${name}`);
});

test("findRoot() does not climb out of the main worktree of a submodule", (directory) => {
  writeTree(directory, {
    ".orchestrator/sessions/": "",
    ".git/modules/sub/config": "[core]\n\tworktree = ../../../sub\n",
    ".git/modules/sub/worktrees/wt/commondir": "../..\n",
    "sub/.git": "gitdir: ../.git/modules/sub\n",
    "wt/.git": "gitdir: ../.git/modules/sub/worktrees/wt\n",
  });
  assertEquals(found(directory, "wt"), "worktree sub");
});

test("findRoot() ends its search at what it may not look at", (directory) => {
  assertEquals(findRoot({ start: directory }), {
    root: directory,
    source: "cwd",
    workingTree: directory,
    worktree: null,
  });
});
