import { OrcError } from "../../src/base/error.ts";
import {
  isGitDirectory,
  isGitTrue,
  parseGitConfig,
  readGitPointer,
} from "../../src/files/git.ts";
import { readRemoteUrl, remoteUrlIn } from "../../src/files/git_remote.ts";
import { indexNames, linkedWorktrees } from "../../src/files/git_index.ts";
import { test, writeTree } from "./temporary.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

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

test("readGitPointer() finds nothing, repositories, worktrees and submodules", (directory) => {
  layOut(directory);
  const git = `${directory}/main/.git`;
  const modules = `${git}/modules/sub`;
  writeTree(directory, {
    "main/.git/modules/sub/worktrees/s/commondir": "../..\n",
    "s/.git": `gitdir: ${modules}/worktrees/s\n`,
  });
  const own = (kind: string, gitDirectory: string) => ({
    kind,
    gitDirectory,
    commonDirectory: gitDirectory,
  });
  const pointers = {
    "": { kind: "none" },
    main: own("repository", git),
    "main/sub": own("submodule", modules),
    wt: {
      ...own("worktree", git),
      gitDirectory: `${git}/worktrees/wt`,
      mainWorktree: `${directory}/main`,
    },
    s: {
      ...own("worktree", modules),
      gitDirectory: `${modules}/worktrees/s`,
      mainWorktree: `${directory}/main/sub`,
    },
  };
  for (const [name, pointer] of Object.entries(pointers)) {
    const path = name === "" ? directory : `${directory}/${name}`;
    assertEquals<unknown>(readGitPointer(path), pointer, name);
  }
});

test("readGitPointer() follows relative paths and CRLF in a linked worktree", (directory) => {
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
});

test("readGitPointer() knows no main worktree of a bare repository", (directory) => {
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
});

test("readGitPointer() trusts an index more than core.bare", (directory) => {
  layOut(directory);
  writeTree(directory, {
    "main/.git/config": "[core]\n\tbare = true\n",
    "main/.git/index": "",
  });
  const pointer = readGitPointer(`${directory}/wt`);
  assertEquals(
    "mainWorktree" in pointer && pointer.mainWorktree,
    `${directory}/main`,
  );
});

test("readGitPointer() knows no main worktree of a git directory kept apart", (directory) => {
  writeTree(directory, {
    "apart/config": "[core]\n\tbare = false\n",
    "apart/worktrees/wt/commondir": "../..\n",
    "wt/.git": `gitdir: ${directory}/apart/worktrees/wt\n`,
    "main/.git": `gitdir: ${directory}/apart\n`,
  });
  const pointer = readGitPointer(`${directory}/wt`);
  assertEquals("mainWorktree" in pointer && pointer.mainWorktree, undefined);
  assertEquals(readGitPointer(`${directory}/main`).kind, "repository");
});

test("readGitPointer() says what is wrong with a broken .git file", (directory) => {
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
});

test("readGitPointer() says that the shared git directory is gone", (directory) => {
  writeTree(directory, {
    "x/worktrees/wt/commondir": "../../gone\n",
    "wt/.git": "gitdir: ../x/worktrees/wt\n",
  });
  assertEquals(readGitPointer(`${directory}/wt`), {
    kind: "broken",
    problem:
      `"${directory}/wt/.git" belongs to "${directory}/x/gone", which does not exist`,
  });
});

test("readGitPointer() takes a submodule as it is where it may not look further", (directory) => {
  writeTree(directory, { ".git": "gitdir: /nowhere/.git/modules/sub\n" });
  assertEquals(readGitPointer(directory).kind, "submodule");
});

test("readGitPointer() asks for one permission for all of the main worktree", (directory) => {
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
});

test("linkedWorktrees() follows absolute and relative paths", (directory) => {
  layOut(directory);
  const git = `${directory}/main/.git`;
  writeTree(git, {
    "worktrees/b/gitdir": "../../../../b/.git\n",
    "worktrees/torn/": "",
  });
  assertEquals(linkedWorktrees(git).toSorted(), [
    `${directory}/b`,
    `${directory}/wt`,
  ]);
  assertEquals(linkedWorktrees(`${directory}/none`), []);
});

test("readRemoteUrl() reads the configuration of git", (directory) => {
  const config = '[remote "origin"]\n\turl = git@h.x:o/r.git\n';
  writeTree(directory, { ".git/": "", config, "other/config/": "" });
  assertEquals(readRemoteUrl(directory), undefined);
  assertEquals(readRemoteUrl(`${directory}/other`), undefined);
  layOut(directory);
  writeTree(directory, { "main/.git/config": config });
  for (const name of ["main", "main/.git", "wt"]) {
    assertEquals(readRemoteUrl(`${directory}/${name}`), "git@h.x:o/r.git");
  }
});

test("isGitDirectory() knows a bare repository", (directory) => {
  layOut(directory);
  assertEquals(isGitDirectory(`${directory}/main/.git`), true);
  assertEquals(isGitDirectory(`${directory}/main`), false);
  assertEquals(isGitDirectory("/nowhere"), false);
});

function values(text: string): readonly (string | null)[] {
  return parseGitConfig(`[core]\n${text}\n`)
    .filter(({ name }) => name === "x").map(({ value }) => value);
}

Deno.test("parseGitConfig() reads sections, subsections and names as git does", () => {
  const text = `; first
[Core] Bare = false # same line
\trepositoryFormatVersion = 0
[remote "Ori\\"gin\\\\"]
  url = a ; why
[branch.Main]
merge = b
`;
  assertEquals(parseGitConfig(text), [
    { section: "core", subsection: null, name: "bare", value: "false" },
    {
      section: "core",
      subsection: null,
      name: "repositoryformatversion",
      value: "0",
    },
    { section: "remote", subsection: 'Ori"gin\\', name: "url", value: "a" },
    { section: "branch", subsection: "main", name: "merge", value: "b" },
  ]);
});

Deno.test("parseGitConfig() reads values as git does", () => {
  const cases: [string, string | null][] = [
    ["x = plain", "plain"],
    ["x=a b  c  ", "a b  c"],
    ["x = a # comment", "a"],
    ["x = a;comment", "a"],
    ['x = "a # b" ; c', "a # b"],
    ['x = " a "', " a "],
    ['x = a " b"c', "a  bc"],
    ['x = "a\\"b\\\\c\\n\\t"', 'a"b\\c\n\t'],
    ["x = a\\\n  b", "a  b"],
    ['x = "a \\\nb"', "a b"],
    ["x = a # comment \\", "a"],
    ["x =", ""],
    ["x", null],
    ["x # comment", null],
    ["x = a\r", "a"],
    ["x = a\\", "a"],
  ];
  for (const [text, value] of cases) assertEquals(values(text), [value], text);
});

Deno.test("parseGitConfig() takes a byte order mark, CRLF and a missing last newline", () => {
  const text = "\ufeff[core]\r\n\tx = a\r\n\ty = b";
  assertEquals(parseGitConfig(text).map(({ value }) => value), ["a", "b"]);
});

Deno.test("parseGitConfig() passes over what git would refuse and goes on", () => {
  assertEquals(values("= a\n[bad\n1x = a\nx = b"), ["b"]);
  assertEquals(values('[] \n[remote "a]\nx = b'), ["b"]);
  assertEquals(parseGitConfig("x = a\n\0\x01[[["), []);
  assertEquals(values('x = "open\ny = b'), ["open"]);
});

Deno.test("parseGitConfig() does not go through a long text again for each of its parts", () => {
  const line = 'x = a "b " \\ ';
  const text = `[core]\n${line.padEnd(400_000, line.slice(4))}\n`;
  const began = performance.now();
  assertEquals(parseGitConfig(text).length, 1);
  // A hundred times what it takes; with the square of the parts it takes minutes.
  assert(performance.now() - began < 20_000);
});

Deno.test("parseGitConfig() ends a line only where git does", () => {
  for (const end of ["\r", "\u2028", "\u2029"]) {
    const comment = `# was${end}x = comment`;
    assertEquals(values(`${comment}\n; so${end}x = b\nx = a`), ["a"]);
    assertEquals(values(`x = a ${comment}\n`), ["a"]);
    assertEquals(values(`x y${end}x = b\n`), [null]);
    assertEquals(values(`x = a${end}b\n`), [`a${end}b`]);
    assertEquals(values(`= bad${end}x = b\nx = a`), ["a"]);
  }
  assertEquals(values("x = a\r \n"), ["a"]);
});

Deno.test("isGitTrue() takes the last value and git's words for true", () => {
  for (const word of ["x", "x = true", "x = YES", "x = on", "x = 1"]) {
    assertEquals(isGitTrue(parseGitConfig(`[a]\n${word}`), "a", "x"), true);
  }
  for (const word of ["", "x =", "x = false", "x = 0", "x\nx = no"]) {
    assertEquals(isGitTrue(parseGitConfig(`[a]\n${word}`), "a", "x"), false);
  }
});

Deno.test("remoteUrlIn() prefers origin, else takes the first remote", () => {
  const fork = '[remote "fork"]\nurl = f\n';
  const origin = '[remote "origin"]\nurl =\nfetch = x\nurl = o\nurl = o2\n';
  assertEquals(remoteUrlIn(parseGitConfig(fork + origin)), "o");
  assertEquals(remoteUrlIn(parseGitConfig(`${fork}[remote "b"]\nurl=b`)), "f");
  assertEquals(remoteUrlIn(parseGitConfig("[remote.origin]\nurl = o")), "o");
  assertEquals(remoteUrlIn(parseGitConfig("[core]\nbare = true")), undefined);
});

const encode = (text: string) => new TextEncoder().encode(text);

/** An index as git writes it, with nothing but names in its entries. */
function indexOf(paths: readonly string[], version = 2): Uint8Array {
  const bytes = [...encode("DIRC"), 0, 0, 0, version, 0, 0, 0, paths.length];
  for (const path of paths) {
    const name = encode(path);
    const padding = new Uint8Array(8 - (62 + name.length) % 8);
    bytes.push(...new Uint8Array(60), 0, name.length, ...name, ...padding);
  }
  return new Uint8Array([...bytes, ...new Uint8Array(20)]);
}

Deno.test("indexNames() finds what begins so", () => {
  const index = indexOf(["a", ".orchestrator/current", "src/main.ts"]);
  assertEquals(indexNames(index, ".orchestrator/"), true);
  assertEquals(indexNames(index, "src/"), true);
  assertEquals(indexNames(index, "lib/"), false);
  assertEquals(indexNames(index, "src/", "src/main.ts"), false);
  assertEquals(indexNames(index, "src/", "src/main"), true);
});

Deno.test("indexNames() does not take the middle of a path for its beginning", () => {
  const index = indexOf(["docs/.orchestrator/current"]);
  assertEquals(indexNames(index, ".orchestrator/"), false);
});

Deno.test("indexNames() does not guess at what it cannot read", () => {
  const path = ".orchestrator/current";
  const newer = indexOf([path], 5);
  const torn = indexOf(["a", path]).slice(0, 100);
  for (
    const bytes of [newer, torn, encode("DIR"), encode("something else")]
  ) {
    assertEquals(indexNames(bytes, ".orchestrator/"), undefined);
  }
});
