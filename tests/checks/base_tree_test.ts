import { repositoryLayout } from "../../src/base/layout.ts";
import { withBaseTree } from "../../src/checks/base_tree.ts";
import { scratchPath } from "../../src/checks/tree_cache.ts";
import { NoTree } from "../../src/checks/tree_files.ts";
import { matcherOf } from "../../src/checks/tree_rules.ts";
import { findGit } from "../../src/files/git_index.ts";
import { fileKind } from "../../src/files/read.ts";
import { test, writeTree } from "../files/temporary.ts";
import { commit, gitHost, inGit, run } from "./fixtures.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

/** Has the files of a commit used, with those of the working tree that patterns name. */
async function onBase<Answer>(
  workingTree: string,
  use: (copy: string) => Answer | Promise<Answer>,
  { over, at = "HEAD", root = workingTree }: {
    readonly over?: readonly string[];
    readonly at?: string;
    readonly root?: string;
  } = {},
): Promise<Answer> {
  writeTree(root, { ".orchestrator/": "" });
  const git = findGit(workingTree);
  assert(git !== undefined);
  const request = {
    commit: await run(workingTree, "git", "rev-parse", at),
    ...over && { isLaidOver: matcherOf(over) },
    signal: undefined,
  };
  const site = { root, workingTree };
  try {
    return await withBaseTree(
      gitHost(),
      site,
      git,
      request,
      async (copy) => await use(copy),
    );
  } finally {
    const scratch = scratchPath(repositoryLayout(root));
    assertEquals(fileKind(scratch), "absent");
  }
}

function read(...parts: readonly string[]): string {
  return Deno.readTextFileSync(parts.join("/"));
}

function namesIn(directory: string): readonly string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name)
    .filter((name) => name !== ".git").toSorted();
}

inGit(
  "withBaseTree() lays out what a commit holds, as it is stored",
  async (root) => {
    writeTree(root, {
      ".gitattributes": "*.txt text eol=crlf filter=shout\n* ident\n",
      "a.txt": "a\n$Id$\n",
      "empty": "",
      "deep/er/run.sh": "#!/bin/sh\n",
      "über \"\n' name": "x",
      "large": "0123456789".repeat(100_000),
      ".orchestrator/": "",
    });
    await run(root, "chmod", "+x", "deep/er/run.sh");
    await run(root, "ln", "-s", "deep/er", "link");
    await run(root, "ln", "-s", "--", "-x 'y", "odd");
    await commit(root);
    const id = await run(root, "git", "rev-parse", "HEAD^{tree}");
    await run(root, "git", "config", "filter.shout.smudge", "tr a-z A-Z");
    await run(root, "git", "config", "filter.shout.required", "true");
    writeTree(root, { "a.txt": "changed", "new": "" });
    await onBase(root, async (copy) => {
      assertEquals(namesIn(copy), [
        ...[".gitattributes", "a.txt", "deep", "empty", "large", "link", "odd"],
        "über \"\n' name",
      ]);
      assertEquals(read(copy, "a.txt"), "a\n$Id$\n");
      assertEquals(read(copy, "large").length, 1_000_000);
      assertEquals(Deno.readLinkSync(`${copy}/link`), "deep/er");
      assertEquals(Deno.readLinkSync(`${copy}/odd`), "-x 'y");
      const { mode } = Deno.statSync(`${copy}/link/run.sh`);
      assertEquals((mode ?? 0) & 0o100, 0o100);
      // Asked in it, git speaks of it alone.
      assertEquals(await run(copy, "git", "write-tree"), id);
      writeTree(copy, { "made": "" });
      await run(copy, "git", "add", "made");
      await run(copy, "git", "commit", "--quiet", "--message", "on the base");
    });
    assertEquals(await run(root, "git", "rev-parse", "HEAD^{tree}"), id);
    assertEquals(await run(root, "git", "log", "--format=%s"), "x");
    await run(root, "git", "config", "--unset", "filter.shout.required");
    const status = await run(root, "git", "status", "--porcelain", "-uall");
    assertEquals(status.includes("made"), false);
  },
);

inGit("withBaseTree() does so with SHA-256, too", async (root) => {
  writeTree(root, { "a.txt": "a" });
  await commit(root);
  await onBase(root, async (copy) => {
    assertEquals(read(copy, "a.txt"), "a");
    assertEquals((await run(copy, "git", "rev-parse", "HEAD")).length, 64);
  });
}, "--object-format=sha256");

inGit(
  "withBaseTree() takes some files from the working tree, and none of these from the commit",
  async (root) => {
    writeTree(root, {
      "src/a": "old",
      "tests/a": "old",
      "tests/gone": "old",
      "tests/deep/b": "old",
      "turned": "a file",
    });
    await commit(root);
    writeTree(root, { "src/a": "new", "tests/a": "new", "tests/c.sh": "new" });
    Deno.removeSync(`${root}/turned`);
    writeTree(root, { "turned/tests/d": "new" });
    await run(root, "chmod", "+x", "tests/c.sh");
    await run(root, "ln", "-s", "a", "tests/link");
    Deno.removeSync(`${root}/tests/gone`);
    Deno.removeSync(`${root}/tests/deep`, { recursive: true });
    await onBase(root, (copy) => {
      assertEquals(read(copy, "src/a"), "old");
      assertEquals(namesIn(`${copy}/tests`), ["a", "c.sh", "link"]);
      assertEquals(read(copy, "tests/link"), "new");
      assertEquals(read(copy, "turned/tests/d"), "new");
      const { mode } = Deno.statSync(`${copy}/tests/c.sh`);
      assertEquals((mode ?? 0) & 0o100, 0o100);
    }, { over: ["**/tests"] });
  },
);

inGit("withBaseTree() writes no file through a link", async (root) => {
  writeTree(root, { "outside/a": "mine", "in/x": "" });
  await run(root, "ln", "-s", `${root}/outside`, "tests");
  await commit(root);
  Deno.removeSync(`${root}/tests`);
  writeTree(root, { "tests/a": "laid over" });
  await onBase(root, (copy) => {
    assertEquals(read(copy, "tests/a"), "laid over");
    assertEquals(read(copy, "outside/a"), "mine");
    // The link of the commit gives way to the directory, and is not put into it.
    assertEquals(namesIn(`${copy}/tests`), ["a"]);
  }, { over: ["tests/a"] });
  assertEquals(read(root, "outside/a"), "mine");
});

inGit(
  "withBaseTree() links in what is installed, and nothing that is built",
  async (root) => {
    writeTree(root, {
      ".gitignore":
        "node_modules\n.venv\ntarget\ndist\nbin\nobj\ntools\n*.log\n",
      "package.json": "{}",
      "web/package.json": "{}",
    });
    await commit(root);
    writeTree(root, {
      "node_modules/dep/index.js": "",
      ".venv/bin/python": "",
      "target/debug/x": "",
      "web/dist/x": "",
      "web/node_modules/y/index.js": "",
      "web/bin/x": "",
      "web/obj/x": "",
      "tools/bin/x": "",
      "later/node_modules/z/index.js": "",
      "later/package.json": "{}",
      "a.log": "",
    });
    await onBase(root, (copy) => {
      assertEquals(namesIn(copy), [
        ...[".gitignore", ".venv", "node_modules", "package.json", "tools"],
        "web",
      ]);
      assertEquals(namesIn(`${copy}/web`), ["node_modules", "package.json"]);
      for (const name of ["node_modules/dep", ".venv", "web/node_modules/y"]) {
        assertEquals(Deno.readLinkSync(`${copy}/${name}`), `${root}/${name}`);
      }
      // What installs packages clears their directory first.
      Deno.removeSync(`${copy}/node_modules`, { recursive: true });
    });
    // They are links: with the copy, they alone went away.
    assertEquals(read(root, "node_modules/dep/index.js"), "");
    assertEquals(read(root, "web/node_modules/y/index.js"), "");
  },
);

inGit(
  "withBaseTree() has packages of the same repository lead to their sources on the base",
  async (root) => {
    writeTree(root, {
      ".gitignore": "node_modules\n",
      "packages/a/index.js": "old",
      "packages/b/index.js": "old",
    });
    await commit(root);
    writeTree(root, {
      "packages/a/index.js": "new",
      "packages/b/index.js": "new",
    });
    writeTree(root, { "node_modules/dep/index.js": "dep" });
    writeTree(root, { "node_modules/@own/other/index.js": "dep" });
    writeTree(root, { "node_modules/.bin/": "" });
    await run(root, "ln", "-s", "../packages/a", "node_modules/a");
    await run(root, "ln", "-s", "dep", "node_modules/alias");
    await run(root, "ln", "-s", "../../packages/b", "node_modules/@own/b");
    await run(root, "ln", "-s", "../a/index.js", "node_modules/.bin/a");
    await onBase(root, (copy) => {
      const names = ["a/index.js", "@own/b/index.js", ".bin/a"];
      for (const name of names) {
        assertEquals(read(copy, "node_modules", name), "old");
      }
      const others = ["dep/index.js", "alias/index.js", "@own/other/index.js"];
      for (const name of others) {
        assertEquals(read(copy, "node_modules", name), "dep");
      }
    });
    assertEquals(read(root, "node_modules/.bin/a"), "new");
  },
);

inGit(
  "withBaseTree() lays out submodules at the commit of the base, and leaves others empty",
  async (root) => {
    const inner = `${root}/inner.git.d`;
    writeTree(inner, { "lib": "old" });
    await run(inner, "git", "init", "--quiet");
    await commit(inner);
    writeTree(root, { ".gitignore": "inner.git.d\n" });
    await run(root, "git", "submodule", "--quiet", "add", inner, "vendor/lib");
    await run(root, "git", "submodule", "--quiet", "add", inner, "unfetched");
    await commit(root);
    await run(root, "git", "submodule", "--quiet", "deinit", "unfetched");
    const lib = `${root}/vendor/lib`;
    writeTree(lib, { "lib": "new" });
    await commit(lib);
    await onBase(root, (copy) => {
      assertEquals(read(copy, "vendor/lib/lib"), "old");
      assertEquals(namesIn(`${copy}/unfetched`), []);
    });
  },
);

inGit(
  "withBaseTree() leaves out what a sparse checkout leaves out",
  async (root) => {
    writeTree(root, { "in/a": "old", "out/b": "" });
    await commit(root);
    await run(root, "git", "sparse-checkout", "set", "in");
    writeTree(root, { "in/a": "new" });
    await onBase(root, (copy) => {
      assertEquals(namesIn(copy), ["in"]);
      assertEquals(read(copy, "in/a"), "old");
    });
  },
);

inGit(
  "withBaseTree() works in a linked worktree, and in a directory below git's",
  async (root) => {
    writeTree(root, { "pkg/tests/a": "old", "shared": "old" });
    await commit(root);
    const linked = `${root}/linked`;
    await run(root, "git", "worktree", "add", "--quiet", "--detach", linked);
    writeTree(linked, { "pkg/tests/a": "new", "shared": "new" });
    await onBase(linked, (copy) => {
      assert(copy.startsWith(`${root}/.orchestrator/cache/scratch/`));
      assertEquals(read(copy, "shared"), "old");
      assertEquals(read(copy, "pkg/tests/a"), "new");
    }, { root, over: ["**/tests"] });
    await onBase(`${linked}/pkg`, (copy) => {
      assertEquals(read(copy, "tests/a"), "new");
      assertEquals(read(copy, "../shared"), "old");
    }, { over: ["tests"] });
  },
);

inGit(
  "withBaseTree() refuses a commit that would write elsewhere",
  async (root) => {
    writeTree(root, { "a": "x" });
    await commit(root);
    const blob = await run(root, "git", "rev-parse", "HEAD:a");
    const make = async (name: string): Promise<string> => {
      const bytes = new Uint8Array(blob.length / 2)
        .map((_, at) => parseInt(blob.slice(2 * at, 2 * at + 2), 16));
      const head = new TextEncoder().encode(`100644 ${name}\0`);
      Deno.writeFileSync(`${root}/tree`, new Uint8Array([...head, ...bytes]));
      const tree = await run(
        root,
        "git",
        "hash-object",
        "-t",
        "tree",
        "-w",
        "--literally",
        "tree",
      );
      return await run(root, "git", "commit-tree", "-m", "x", tree);
    };
    for (const name of ["..", ".git", ".GIT", ".g\u200cit"]) {
      const at = await make(name);
      await assertRejects(
        () => onBase(root, () => {}, { at }),
        NoTree,
        "which orc does not write",
      );
    }
  },
);

inGit(
  "withBaseTree() says which file git has not got, and leaves nothing",
  async (root) => {
    writeTree(root, { "a": "x", "b": "y" });
    await commit(root);
    const id = await run(root, "git", "rev-parse", "HEAD:b");
    Deno.removeSync(`${root}/.git/objects/${id.slice(0, 2)}/${id.slice(2)}`);
    await assertRejects(
      () => onBase(root, () => {}),
      NoTree,
      'git has not got the file "b" of the base here',
    );
  },
);

inGit(
  "withBaseTree() removes what it made also where its user fails, and follows no link in it",
  async (root) => {
    writeTree(root, { "a": "x" });
    await commit(root);
    writeTree(root, { "mine/kept": "x" });
    await assertRejects(
      () =>
        onBase(root, async (copy) => {
          await run(copy, "ln", "-s", `${root}/mine`, "link");
          throw new Error("it failed");
        }),
      Error,
      "it failed",
    );
    assertEquals(read(root, "mine/kept"), "x");
  },
);

test("withBaseTree() leaves no state where there is none", async (root) => {
  await run(root, "git", "init", "--quiet");
  writeTree(root, { "a": "x" });
  await commit(root);
  const git = findGit(root);
  assert(git !== undefined);
  const id = await run(root, "git", "rev-parse", "HEAD");
  const request = { commit: id, signal: undefined };
  const site = { root, workingTree: root };
  const use = (copy: string) => Promise.resolve(read(copy, "a"));
  assertEquals(await withBaseTree(gitHost(), site, git, request, use), "x");
  const noCommit = { ...request, commit: id.replace(/^./, "g") };
  await assertRejects(
    () => withBaseTree(gitHost(), site, git, noCommit, use),
    NoTree,
  );
  assertThrows(
    () => Deno.statSync(`${root}/.orchestrator`),
    Deno.errors.NotFound,
  );
});

inGit("withBaseTree() makes no link through another one", async (root) => {
  writeTree(root, { "elsewhere/": "", "a": "" });
  await run(root, "ln", "-s", `${root}/elsewhere`, "tools");
  await run(root, "ln", "-s", "elsewhere", "node_modules");
  await commit(root);
  for (const name of ["tools", "node_modules"]) {
    Deno.removeSync(`${root}/${name}`);
    writeTree(root, { [`${name}/dep/x`]: "" });
  }
  await run(root, "git", "rm", "--quiet", "--cached", "tools", "node_modules");
  writeTree(root, { ".gitignore": "tools\nnode_modules\n" });
  await onBase(root, (copy) => {
    assertEquals(Deno.readLinkSync(`${copy}/tools`), `${root}/elsewhere`);
  });
  assertEquals(namesIn(`${root}/elsewhere`), []);
});

inGit(
  "withBaseTree() lays out no object that is not what its id says",
  async (root) => {
    writeTree(root, { "a": "bad\n", "b/a": "1" });
    await commit(root);
    const fileOf = (id: string) =>
      `${root}/.git/objects/${id.slice(0, 2)}/${id.slice(2)}`;
    const idOf = (name: string) => run(root, "git", "rev-parse", name);
    const before = [await idOf("HEAD:a"), await idOf("HEAD:b")];
    writeTree(root, { "a": "good\n", "b/a": "2" });
    await commit(root);
    const after = [await idOf("HEAD:a"), await idOf("HEAD:b")];
    const whys = [
      'the file "a" of the base is damaged in git: git fsck',
      "the directories of the base are damaged in git: git fsck",
    ];
    for (const [index, why] of whys.entries()) {
      const [forged, other] = [before, after].map((ids) =>
        fileOf(ids[index] ?? "")
      );
      const bytes = Deno.readFileSync(forged ?? "");
      Deno.removeSync(forged ?? "");
      Deno.copyFileSync(other ?? "", forged ?? "");
      const error = await assertRejects(
        () => onBase(root, () => {}, { at: "HEAD~1" }),
        NoTree,
      );
      assertEquals(error.message, why);
      Deno.removeSync(forged ?? "");
      Deno.writeFileSync(forged ?? "", bytes);
    }
    await onBase(root, (copy) => assertEquals(read(copy, "a"), "bad\n"), {
      at: "HEAD~1",
    });
  },
);
