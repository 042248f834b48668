import { OrcError, usage } from "../../src/base/error.ts";
import { repositoryLayout } from "../../src/base/layout.ts";
import { compareTree, readTree } from "../../src/checks/tree.ts";
import { ENDED_WELL, testHost } from "../../src/host/test_host.ts";
import { test, writeTree } from "../files/temporary.ts";
import {
  changeSince,
  commit,
  gitHost,
  idOf,
  inGit,
  reasonOf,
  run,
  siteOf,
  treeOf,
} from "./fixtures.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { walkSync } from "@std/fs/walk";

/** Asserts that something changes the identity of a tree, and that taking it back brings it back. */
async function assertSeen(
  root: string,
  change: () => unknown,
  takeBack?: () => unknown,
): Promise<void> {
  const before = await idOf(root);
  await change();
  assertNotEquals(await idOf(root), before);
  if (takeBack === undefined) return;
  await takeBack();
  assertEquals(await idOf(root), before);
}

async function assertUnseen(
  root: string,
  change: () => unknown,
): Promise<void> {
  const before = await idOf(root);
  await change();
  assertEquals(await idOf(root), before);
}

inGit("readTree() gives the id that git gives the same files", async (root) => {
  writeTree(root, {
    "a.txt": "a",
    "src/b.ts": "b\n",
    "src/deep/c": "",
    "src-b": "x",
    "über/ñ": "x",
    "quoted \"\n' name": "x",
  });
  await run(root, "chmod", "+x", "src/b.ts");
  await run(root, "ln", "-s", "../nowhere", "src/link");
  await commit(root);
  const tree = await treeOf(root);
  const id = await run(root, "git", "rev-parse", "HEAD^{tree}");
  assertEquals(tree, { id, kind: "git", files: 7 });
});

inGit("readTree() does so with SHA-256, too", async (root) => {
  writeTree(root, { "a.txt": "a", "b/c": "x" });
  await run(root, "git", "add", ".");
  const id = await run(root, "git", "write-tree");
  assertEquals(id.length, 64);
  assertEquals(await idOf(root), id);
  await run(root, "git", "rm", "-q", "-r", "--cached", ".");
  assertEquals(await idOf(root), id);
}, "--object-format=sha256");

inGit(
  "readTree() keeps an id as long as content and modes stay",
  async (root) => {
    writeTree(root, { "a.txt": "a", "b.txt": "b" });
    await assertUnseen(root, () => run(root, "git", "add", "a.txt"));
    await assertUnseen(root, () => commit(root));
    await assertUnseen(root, () =>
      run(
        ...[
          root,
          "git",
          "commit",
          "-q",
          "--amend",
          "--message",
          "other",
        ] as const,
      ));
    await assertUnseen(root, () => run(root, "touch", "b.txt"));
    await assertUnseen(
      root,
      () => run(root, "git", "rm", "-q", "--cached", "a.txt"),
    );
    await assertUnseen(root, () => run(root, "git", "add", "-N", "a.txt"));
    await assertUnseen(root, () => run(root, "mkdir", "empty"));
  },
);

inGit("readTree() sees each change of a file", async (root) => {
  writeTree(root, { "a.txt": "a", "b.txt": "b" });
  await commit(root);
  await assertSeen(
    root,
    () => writeTree(root, { "a.txt": "x" }),
    () => writeTree(root, { "a.txt": "a" }),
  );
  await assertSeen(
    root,
    () => run(root, "chmod", "+x", "a.txt"),
    () => run(root, "chmod", "-x", "a.txt"),
  );
  await assertSeen(
    root,
    () => writeTree(root, { "new/untracked.txt": "x" }),
    () => Deno.removeSync(`${root}/new`, { recursive: true }),
  );
  await assertSeen(
    root,
    () => Deno.renameSync(`${root}/a.txt`, `${root}/c.txt`),
    () => Deno.renameSync(`${root}/c.txt`, `${root}/a.txt`),
  );
  await assertSeen(root, () => Deno.removeSync(`${root}/a.txt`));
});

inGit(
  "readTree() leaves out what git ignores, and the state of orc",
  async (root) => {
    writeTree(root, { ".gitignore": "dist/\n*.log\n", "a.txt": "a" });
    await commit(root);
    await assertUnseen(root, () =>
      writeTree(root, {
        "dist/a.js": "x",
        "test.log": "x",
        ".orchestrator/sessions/0/state.json": "{}",
      }));
    await run(root, "git", "add", "--force", ".");
    await run(root, "git", "rm", "-q", "-r", "--cached", "dist", "test.log");
    await commit(root);
    await assertUnseen(
      root,
      () => writeTree(root, { ".orchestrator/sessions/0/state.json": "{ }" }),
    );
    await run(root, "git", "rm", "-q", "-r", "--cached", ".orchestrator");
    assertEquals(await idOf(root), await run(root, "git", "write-tree"));
    await run(root, "git", "reset", "-q");
    // What is tracked counts, whatever the rules say.
    await assertSeen(root, () => run(root, "git", "add", "-f", "test.log"));
  },
);

inGit(
  "readTree() writes nothing into git's directory, and nothing else but its cache",
  async (root) => {
    writeTree(root, { "a.txt": "a", ".orchestrator/current": "" });
    await commit(root);
    writeTree(root, { "a.txt": "b", "new.txt": "n" });
    const looks = (): readonly string[] =>
      Array.from(walkSync(root), ({ path }) => path)
        .filter((path) => !path.includes(".orchestrator"))
        .map((path) => {
          const { mtime, ctime, size, ino, mode } = Deno.lstatSync(path);
          return [path, mtime, ctime, size, ino, mode].map(String).join(" ");
        }).sort();
    const before = looks();
    const id = await idOf(root, { keeps: true });
    await changeSince(siteOf(root), id);
    assertEquals(looks(), before);
  },
);

inGit("readTree() runs no program that the repository names", async (root) => {
  writeTree(root, {
    "run.sh": `#!/bin/sh\necho "$0 $@" >> "${root}/ran"\ncat\n`,
    ".gitattributes": "* filter=own diff=own text ident\n",
    ".gitignore": "ran\n",
    "a.txt": "a\r\n",
  });
  await run(root, "chmod", "+x", "run.sh");
  const program = `${root}/run.sh`;
  const settings = {
    "core.fsmonitor": program,
    "core.hooksPath": root,
    "core.pager": program,
    "core.sshCommand": program,
    "core.askPass": program,
    "filter.own.clean": program,
    "filter.own.smudge": program,
    "filter.own.process": program,
    "filter.own.required": "true",
    "diff.own.textconv": program,
    "diff.external": program,
    "remote.origin.url": `ext::${program}`,
    "remote.origin.promisor": "true",
    "extensions.partialClone": "origin",
    "alias.ls-files": `!${program}`,
  };
  for (const hook of ["post-index-change", "post-checkout"]) {
    Deno.copyFileSync(program, `${root}/${hook}`);
  }
  await run(root, "git", "add", ".");
  for (const [name, value] of Object.entries(settings)) {
    await run(root, "git", "config", name, value);
  }
  await idOf(root, { keeps: true });
  const { stdout } = await new Deno.Command("ls", { args: [root] }).output();
  assert(!new TextDecoder().decode(stdout).split("\n").includes("ran"));
});

inGit(
  "readTree() takes the bytes as they lie there, and no filter's word for them",
  async (root) => {
    writeTree(root, { ".gitattributes": "*.bin filter=lfs\n", "a.bin": "one" });
    // As LFS does: git keeps a short text in the place of the content.
    await run(root, "git", "config", "filter.lfs.clean", "echo pointer");
    await run(root, "git", "config", "core.autocrlf", "true");
    writeTree(root, { "text.txt": "a\r\n" });
    await commit(root);
    assertEquals(await run(root, "git", "show", "HEAD:a.bin"), "pointer");
    await assertSeen(
      root,
      () => writeTree(root, { "a.bin": "two" }),
      () => writeTree(root, { "a.bin": "one" }),
    );
    await assertSeen(root, () => writeTree(root, { "text.txt": "a\n" }));
    writeTree(root, { "new.txt": "a\r\n", "new.bin": "three" });
    await assertUnseen(root, () => commit(root));
  },
);

inGit("readTree() sees what an index is made to hide", async (root) => {
  writeTree(root, { "a.txt": "a", "b.txt": "b", "c.txt": "c", "d.txt": "d" });
  await commit(root);
  await run(root, "git", "update-index", "--assume-unchanged", "a.txt");
  await run(root, "git", "update-index", "--skip-worktree", "b.txt");
  await assertSeen(root, () => writeTree(root, { "a.txt": "x" }));
  await assertSeen(root, () => writeTree(root, { "b.txt": "x" }));
  await assertSeen(root, () => Deno.removeSync(`${root}/b.txt`));
  // An entry that says of other content that it lies there.
  const old = await run(root, "git", "rev-parse", "HEAD:c.txt");
  await assertSeen(root, async () => {
    writeTree(root, { "c.txt": "x" });
    await run(root, "git", "add", "c.txt");
    const entry = `100644,${old},c.txt`;
    await run(root, "git", "update-index", "--cacheinfo", entry);
  });
  await run(root, "git", "config", "core.fileMode", "false");
  await assertSeen(root, () => run(root, "chmod", "+x", "d.txt"));
});

inGit(
  "readTree() asks git about this tree, whatever its settings name",
  async (root) => {
    writeTree(root, { "a.txt": "a" });
    await commit(root);
    writeTree(root, { "new.txt": "n" });
    const expected = await idOf(root);
    await run(root, "git", "config", "core.worktree", "/");
    assertEquals(await idOf(root), expected);
    await run(root, "git", "config", "--unset", "core.worktree");
    await run(root, "git", "config", "core.bare", "true");
    assertEquals(await idOf(root), expected);
    const host = gitHost();
    const tree = await readTree({
      ...host,
      env: (name) =>
        name === "PATH" ? `${root}/bin:${host.env(name)}` : host.env(name),
    }, siteOf(root));
    assertEquals(tree.id, expected);
  },
);

inGit("readTree() looks for git outside of the tree", async (root) => {
  writeTree(root, { ".gitignore": "bin\n", "bin/git": "#!/bin/sh\nexit 0\n" });
  await run(root, "chmod", "+x", "bin/git");
  const paths: (string | undefined)[] = [];
  const host = gitHost();
  await readTree({
    ...host,
    env: () => `${root}/bin:.:/usr/bin`,
    runProgram: (request) => {
      paths.push(request.variables?.PATH);
      return host.runProgram(request);
    },
  }, siteOf(root));
  assertEquals(paths, ["/usr/bin"]);
});

inGit(
  "readTree() follows no link, also one in the place of a directory",
  async (root) => {
    writeTree(root, { "repo/d/x": "x", "elsewhere/x": "x", "repo/l": "" });
    const repo = `${root}/repo`;
    await run(repo, "git", "init", "--quiet");
    await commit(repo);
    const before = await idOf(repo);
    await run(repo, "rm", "-r", "d", "l");
    await run(repo, "ln", "-s", "../elsewhere", "d");
    await run(repo, "ln", "-s", "../elsewhere/x", "l");
    const linked = await idOf(repo);
    assertNotEquals(linked, before);
    writeTree(root, { "elsewhere/x": "other" });
    assertEquals(await idOf(repo), linked);
    assertEquals(
      (await changeSince(siteOf(repo), linked)).count,
      0,
    );
    // A link that git ignores is not followed either.
    writeTree(repo, { ".git/info/exclude": "d\n" });
    const hidden = await idOf(repo);
    writeTree(root, { "elsewhere/x": "third" });
    assertEquals(await idOf(repo), hidden);
  },
);

inGit(
  "readTree() takes a file and a directory that replaced each other for what they are now",
  async (root) => {
    writeTree(root, { "a": "file", "b/c": "file in directory" });
    await commit(root);
    await run(root, "rm", "-r", "a", "b");
    writeTree(root, { "a/d": "x", "b": "x" });
    const id = await idOf(root);
    await run(root, "git", "add", "--all");
    assertEquals(id, await run(root, "git", "write-tree"));
  },
);

inGit("readTree() reads what lies there during a conflict", async (root) => {
  writeTree(root, { "a.txt": "base\n" });
  await commit(root);
  await run(root, "git", "checkout", "-q", "-b", "other");
  writeTree(root, { "a.txt": "other\n" });
  await commit(root);
  await run(root, "git", "checkout", "-q", "-");
  writeTree(root, { "a.txt": "own\n" });
  await commit(root);
  await assertRejects(() => run(root, "git", "merge", "-q", "other"));
  const { files } = { files: 0, ...await treeOf(root) };
  assertEquals(files, 1);
  await assertSeen(root, () => writeTree(root, { "a.txt": "own\n" }));
  assertEquals(
    await idOf(root),
    await run(root, "git", "rev-parse", "HEAD^{tree}"),
  );
});

inGit(
  "readTree() reads the files of a sparse checkout that are there",
  async (root) => {
    writeTree(root, { "in/a": "a", "out/b": "b", ".gitignore": "*.log\n" });
    await commit(root);
    await run(
      root,
      "git",
      "sparse-checkout",
      "set",
      "--cone",
      "--sparse-index",
      "in",
    );
    const { files } = { files: 0, ...await treeOf(root) };
    assertEquals(files, 2);
    await assertSeen(root, () => writeTree(root, { "in/a": "x" }));
  },
);

inGit(
  "readTree() counts a repository below with its files, whatever commit it is at",
  async (root) => {
    const [library, main] = [`${root}/library`, `${root}/main`];
    writeTree(root, { "library/a.txt": "a", "main/b.txt": "b" });
    for (const directory of [library, main]) {
      await run(directory, "git", "init", "--quiet");
      await commit(directory);
    }
    await run(
      main,
      "git",
      "-c",
      "protocol.file.allow=always",
      "submodule",
      "--quiet",
      "add",
      library,
      "lib",
    );
    await commit(main);
    const clean = await idOf(main);
    const file = `${main}/lib/a.txt`;
    await assertSeen(main, () => Deno.writeTextFileSync(file, "x"));
    await assertUnseen(main, () => commit(`${main}/lib`));
    await assertUnseen(main, () => commit(main));
    await assertSeen(main, () => writeTree(`${main}/lib`, { "new.txt": "x" }));
    await run(`${main}/lib`, "rm", "new.txt");
    Deno.writeTextFileSync(file, "a");
    assertEquals(await idOf(main), clean);
    // Without its repository, all that lies there counts.
    await run(main, "rm", "lib/.git");
    await assertSeen(main, () => writeTree(main, { "lib/new.txt": "x" }));
  },
);

inGit(
  "readTree() counts a repository that git does not know, and no linked worktree",
  async (root) => {
    writeTree(root, { "a.txt": "a" });
    await commit(root);
    await assertUnseen(
      root,
      () => run(root, "git", "worktree", "add", "-q", "linked"),
    );
    await assertUnseen(root, () => writeTree(root, { "linked/b.txt": "b" }));
    writeTree(root, { "nested/a.txt": "a" });
    await run(`${root}/nested`, "git", "init", "--quiet");
    await commit(`${root}/nested`);
    await assertSeen(root, () => writeTree(root, { "nested/a.txt": "x" }));
  },
);

inGit(
  "readTree() reads a linked worktree, and keeps its cache in the main one",
  async (root) => {
    writeTree(root, { "main/a.txt": "a" });
    const main = `${root}/main`;
    await run(main, "git", "init", "--quiet");
    await commit(main);
    writeTree(main, { ".orchestrator/current": "" });
    const linked = `${root}/linked`;
    await run(main, "git", "worktree", "add", "-q", linked);
    writeTree(linked, { "a.txt": "x" });
    const site = { root: main, workingTree: linked };
    const tree = await readTree(gitHost(), site, { keeps: true });
    writeTree(linked, { "a.txt": "y" });
    const change = await changeSince(site, tree.id ?? "");
    assertEquals(change.names, ["a.txt"]);
    const { cache } = repositoryLayout(main);
    assert(Deno.statSync(cache).isDirectory);
  },
);

inGit(
  "readTree() reads the directory it is given, and not what lies above it",
  async (root) => {
    writeTree(root, { "packages/a/x": "x", "packages/b/y": "y" });
    await commit(root);
    const below = `${root}/packages/a`;
    const id = await run(root, "git", "rev-parse", "HEAD:packages/a");
    assertEquals(await idOf(below), id);
    await assertUnseen(below, () => writeTree(root, { "packages/b/y": "z" }));
  },
);

inGit(
  "readTree() reads a repository without a commit, and says when there is no file",
  async (root) => {
    assertEquals(await reasonOf(root), "There is no file");
    writeTree(root, { "a.txt": "a" });
    const id = await idOf(root);
    await commit(root);
    assertEquals(id, await run(root, "git", "rev-parse", "HEAD^{tree}"));
  },
);

inGit("readTree() says which name it cannot read", async (root) => {
  await run(root, "sh", "-c", "printf x > \"$(printf 'caf\\351')\"");
  assertMatch(await reasonOf(root), /^The name of the file "caf\ufffd" is not/);
});

inGit("readTree() takes of the files those that inputs name", async (root) => {
  writeTree(root, { "src/a.ts": "a", "package.json": "{}", "docs/b.md": "b" });
  const inputs = ["src/**", "package.json"];
  const before = await idOf(root, { inputs });
  writeTree(root, { "docs/b.md": "x" });
  assertEquals(await idOf(root, { inputs }), before);
  assertNotEquals(await idOf(root), before);
  writeTree(root, { "src/a.ts": "x" });
  assertNotEquals(await idOf(root, { inputs }), before);
  const nothing = await treeOf(root, { inputs: ["srx/**", "lib"] });
  assertEquals(nothing, {
    id: null,
    reason: 'No file matches "srx/**", "lib"',
  });
});

test("readTree() reads a directory without git by its own rules", async (root) => {
  writeTree(root, {
    "a.txt": "a",
    "src/b.ts": "b",
    "node_modules/x/index.js": "x",
    "src/target/y": "y",
    ".orchestrator/sessions/0/state.json": "{}",
  });
  await run(root, "mkfifo", "pipe");
  const tree = await treeOf(root);
  assertEquals({ ...tree, id: "" }, { id: "", kind: "files", files: 2 });
  assertMatch(tree.id ?? "", /^[0-9a-f]{64}$/);
  await assertUnseen(root, () => writeTree(root, { "node_modules/z": "z" }));
  await assertSeen(root, () => writeTree(root, { "src/b.ts": "x" }));
  await assertSeen(root, () => run(root, "chmod", "+x", "a.txt"));
  writeTree(root, { "below/c": "c", "below/d.log": "d" });
  await run(`${root}/below`, "git", "init", "--quiet");
  await assertUnseen(
    root,
    () => writeTree(root, { "below/.git/info/exclude": "*.log\n" }),
  ).catch(() => {});
  await assertUnseen(root, () => writeTree(root, { "below/d.log": "other" }));
});

inGit("readTree() reads a large file piece by piece", async (root) => {
  await run(root, "truncate", "-s", "200M", "large");
  const before = Deno.memoryUsage().rss;
  const id = await idOf(root);
  assert(Deno.memoryUsage().rss - before < 100 * 1024 * 1024);
  await run(root, "git", "add", "large");
  assertEquals(id, await run(root, "git", "write-tree"));
});

inGit(
  "readTree() reads a file again only when it looks changed",
  async (root) => {
    writeTree(root, { "a.txt": "a", ".orchestrator/current": "" });
    const path = `${root}/a.txt`;
    const id = await idOf(root, { keeps: true });
    const known = () => {
      const directory = `${repositoryLayout(root).cache}/files`;
      const [entry] = [...Deno.readDirSync(directory)];
      return `${directory}/${entry?.name}`;
    };
    // What changed a moment ago may change again and look the same.
    assertEquals(Deno.readTextFileSync(known()), "");
    const { size, mtime, ctime, ino, dev } = Deno.lstatSync(path);
    const times = [mtime, ctime].map((time) => time?.getTime());
    const look = [size, ...times, ino, dev].join("/");
    const forged = "0".repeat(40);
    Deno.writeTextFileSync(known(), `${forged} ${look} a.txt\0`);
    assertNotEquals(await idOf(root), id);
    Deno.chmodSync(known(), 0o666);
    assertEquals(await idOf(root), id);
    Deno.chmodSync(known(), 0o600);
    writeTree(root, { "a.txt": "ab" });
    const changed = await idOf(root);
    assertNotEquals(changed, id);
    Deno.removeSync(known());
    assertEquals(await idOf(root), changed);
  },
);

inGit("readTree() believes no time that a program has set", async (root) => {
  writeTree(root, { "a.txt": "a", ".orchestrator/current": "" });
  await run(root, "touch", "-d", "2001-01-01", "a.txt");
  await idOf(root, { keeps: true });
  await assertSeen(root, async () => {
    writeTree(root, { "a.txt": "b" });
    await run(root, "touch", "-d", "2001-01-01", "a.txt");
  });
});

inGit("readTree() tells why git cannot list the files", async (root) => {
  writeTree(root, { "a.txt": "a" });
  const missing = gitHost({
    runProgram: () =>
      Promise.resolve({
        ...ENDED_WELL,
        exitCode: -1,
        problem: 'Program "git" was not found',
      }),
  });
  assertEquals(await reasonOf(root, missing), 'Program "git" was not found');
  const silent = gitHost({
    runProgram: () => Promise.resolve({ ...ENDED_WELL, stdout: "H 1" }),
  });
  assertEquals(
    await reasonOf(root, silent),
    "The host does not hand on the output of a program",
  );
  assertEquals(await reasonOf(root, testHost()), "There is no file");
  const other = gitHost({
    runProgram: (request) => {
      request.onOutput?.("stdout", new TextEncoder().encode("a.txt\0"));
      return Promise.resolve(ENDED_WELL);
    },
  });
  assertEquals(
    await reasonOf(root, other),
    "Git lists the files in a form that orc does not know",
  );
  writeTree(root, { ".git/index": "damaged" });
  assertStringIncludes(await reasonOf(root), "Git cannot list the files: ");
});

Deno.test({
  name: "readTree() says so where no program may be run",
  permissions: { read: ["."], write: ["tests/.tmp"], env: true, sys: true },
  fn: async () => {
    Deno.mkdirSync("tests/.tmp", { recursive: true });
    const root = Deno.makeTempDirSync({
      dir: `${Deno.cwd()}/tests/.tmp`,
    });
    writeTree(root, { ".git/HEAD": "ref: refs/heads/main\n" });
    assertMatch(await reasonOf(root), /has no permission to run programs$/);
    Deno.removeSync(root, { recursive: true });
  },
});

inGit("readTree() says which file it may not read", async (root) => {
  writeTree(root, { "a.txt": "a" });
  const { openSync } = Deno;
  Deno.openSync = (path, options) => {
    if (!String(path).endsWith("/a.txt")) return openSync(path, options);
    throw Object.assign(new Error("denied"), { code: "EACCES" });
  };
  try {
    assertMatch(await reasonOf(root), /^Cannot read ".*\/a\.txt": permission/);
  } finally {
    Deno.openSync = openSync;
  }
});

inGit(
  "readTree() reads what vanishes or changes meanwhile as it is afterwards",
  async (root) => {
    writeTree(root, { "a.txt": "a", "b.txt": "b" });
    const { openSync } = Deno;
    let changes = [
      () => Deno.removeSync(`${root}/a.txt`),
      () => Deno.writeTextFileSync(`${root}/b.txt`, "longer"),
    ];
    Deno.openSync = (path, options) => {
      if (!/\/[ab]\.txt$/.test(String(path))) return openSync(path, options);
      const [change, ...rest] = changes;
      changes = rest;
      change?.();
      return openSync(path, options);
    };
    let id: string;
    try {
      id = await idOf(root);
    } finally {
      Deno.openSync = openSync;
    }
    assertEquals(await idOf(root), id);
  },
);

inGit(
  "readTree() gives up on a file that never stays the same",
  async (root) => {
    writeTree(root, { "a.txt": "a" });
    const { openSync } = Deno;
    let count = 0;
    Deno.openSync = (path, options) => {
      if (String(path).endsWith("/a.txt")) Deno.utimeSync(path, 0, ++count);
      return openSync(path, options);
    };
    try {
      const reason = await reasonOf(root);
      assertEquals(reason, 'The file "a.txt" changes while it is read');
    } finally {
      Deno.openSync = openSync;
    }
  },
);

inGit("readTree() ends when it is aborted", async (root) => {
  writeTree(root, { "a.txt": "a" });
  const signal = AbortSignal.abort(usage("invalid_number", "Enough"));
  await assertRejects(() => treeOf(root, { signal }), OrcError, "Enough");
});

inGit(
  "compareTree() names the first files that differ, and says how many do",
  async (root) => {
    writeTree(root, {
      ...{ "a": "", "b": "", "c": "", "d": "", ".orchestrator/current": "" },
    });
    const earlier = await idOf(root, { keeps: true });
    const change = () => changeSince(siteOf(root), earlier, { limit: 2 });
    assertEquals(await change(), {
      isSame: true,
      names: [],
      count: 0,
      reason: null,
    });
    writeTree(root, { "b": "x", "e": "new", "f": "new" });
    Deno.removeSync(`${root}/d`);
    assertEquals(await change(), {
      isSame: false,
      names: ["b", "d"],
      count: 4,
      reason: null,
    });
  },
);

inGit(
  "compareTree() reads a tree once, however many it is compared with",
  async (root) => {
    writeTree(root, { "a": "1", ".orchestrator/current": "" });
    const first = await idOf(root, { keeps: true });
    writeTree(root, { "a": "2", "b": "" });
    const second = await idOf(root, { keeps: true });
    let runs = 0;
    const { runProgram } = gitHost();
    const host = gitHost({
      runProgram: (request) => {
        runs++;
        return runProgram(request);
      },
    });
    const changes = await compareTree(host, siteOf(root), [
      ...[first, second, "0".repeat(40), first],
    ]);
    assertEquals(runs, 1);
    assertEquals(
      changes.map(({ isSame, names }) => [isSame, names]),
      [[false, ["a", "b"]], [true, []], [false, []], [false, ["a", "b"]]],
    );
  },
);

inGit("compareTree() says what it does not know", async (root) => {
  writeTree(root, { "a": "", ".orchestrator/current": "" });
  const earlier = await idOf(root, { keeps: true });
  writeTree(root, { "a": "x" });
  const change = () => changeSince(siteOf(root), earlier);
  assertEquals((await change()).names, ["a"]);
  const path = `${repositoryLayout(root).cache}/trees/${earlier}`;
  const text = Deno.readTextFileSync(path);
  Deno.writeTextFileSync(path, text.replace("\ta", "\tz"));
  const forged = await change();
  assertEquals([forged.isSame, forged.names, forged.count], [false, [], null]);
  Deno.removeSync(path);
  assertEquals(await change(), forged);
  assertStringIncludes(forged.reason ?? "", "is not kept any more");
  Deno.removeSync(`${root}/a`);
  assertEquals(await change(), {
    isSame: null,
    names: [],
    count: null,
    reason: "There is no file",
  });
});

inGit(
  "compareTree() names no files where git listed them at one time only",
  async (root) => {
    writeTree(root, { "a": "", ".orchestrator/current": "" });
    const site = siteOf(root);
    Deno.renameSync(`${root}/.git`, `${root}/.orchestrator/away`);
    const earlier = await idOf(root, { keeps: true });
    Deno.renameSync(`${root}/.orchestrator/away`, `${root}/.git`);
    const { isSame, names, count } = await changeSince(site, earlier);
    assertEquals([isSame, names, count], [false, [], null]);
  },
);

inGit("compareTree() opens nothing but what orc has kept", async (root) => {
  writeTree(root, { "a": "", ".orchestrator/current": "" });
  await idOf(root, { keeps: true });
  Deno.chmodSync(`${root}/.orchestrator/current`, 0o600);
  const opened: string[] = [];
  const { openSync } = Deno;
  Deno.openSync = (path, options) => {
    opened.push(String(path));
    return openSync(path, options);
  };
  try {
    await changeSince(siteOf(root), "../../current");
  } finally {
    Deno.openSync = openSync;
  }
  assertEquals(opened.filter((path) => path.endsWith("current")), []);
});
