import {
  changedPaths,
  type HashObject,
  matcherOf,
  parseEntries,
  parseListed,
  printEntries,
  riskMatcherOf,
  type TreeEntry,
  treeIdOf,
} from "../../src/checks/tree_rules.ts";
import { assert, assertEquals, assertNotEquals } from "@std/assert";

const ID = "0123456789abcdef0123456789abcdef01234567";

function entry(path: string, id = ID, mode = "100644"): TreeEntry {
  return { path, mode, id };
}

/** Shows what would be hashed. */
const shown: HashObject = (type, content) =>
  [...new TextEncoder().encode(`${type} `), ...content]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** What is hashed for a tree without directories. */
function textOf(entries: readonly TreeEntry[]): string {
  const hex = treeIdOf(entries, shown).match(/../g) ?? [];
  const bytes = Uint8Array.from(hex, (byte) => Number.parseInt(byte, 16));
  return String.fromCharCode(...bytes);
}

Deno.test("treeIdOf() hashes what git hashes, in the order of git", () => {
  const id = String.fromCharCode(
    ...(ID.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)),
  );
  assertEquals(
    textOf([entry("b"), entry("a", ID, "100755")]),
    `tree 100755 a\0${id}100644 b\0${id}`,
  );
});

Deno.test("treeIdOf() sorts a directory as if its name ended in a slash", () => {
  const names = (entries: readonly TreeEntry[]): readonly string[] =>
    Array.from(
      textOf(entries).matchAll(/(?:100644|40000) (\S+?)\0/g),
      ([, name = ""]) => name,
    );
  const found = names([entry("a-b"), entry("a/x"), entry("a.b"), entry("a0")]);
  assertEquals(found.filter((name) => name !== "x"), [
    ...["a-b", "a.b", "a", "a0"],
  ]);
});

Deno.test("treeIdOf() does not depend on the order of the entries", () => {
  const entries = [entry("z"), entry("a/b"), entry("a/c"), entry("é")];
  assertEquals(
    treeIdOf(entries, shown),
    treeIdOf(entries.toReversed(), shown),
  );
});

Deno.test("riskMatcherOf() looks at no case, in what it takes and in what it leaves", () => {
  const isRisky = riskMatcherOf(["db/**", "!db/docs"]);
  for (const path of ["db/a", "DB/a", "Db/A/b"]) assert(isRisky(path), path);
  for (const path of ["dba/a", "db/Docs/a"]) assert(!isRisky(path), path);
  assert(!matcherOf(["db/**"])("DB/a"));
});

Deno.test("matcherOf() takes names, directories and patterns", () => {
  const cases: readonly [readonly string[], string, boolean][] = [
    [[], "src/a.ts", true],
    [["src/**"], "src/a/b.ts", true],
    [["src/**"], "srcs/a.ts", false],
    [["src"], "src/a/b.ts", true],
    [["src/"], "src/a.ts", true],
    [["./src"], "src/a.ts", true],
    [["."], "src/a.ts", true],
    [["**/*.ts"], "a.ts", true],
    [["**/*.ts"], "src/deep/a.ts", true],
    [["*.ts"], "src/a.ts", false],
    [["src/*.ts"], "src/a.ts", true],
    [["src/*"], "src/deep/a.ts", true],
    [["a?c"], "abc", true],
    [["a?c"], "a/c", false],
    [["a.c"], "abc", false],
    [["a(b)+[c]"], "a(b)+[c]", true],
    [["*"], ".env", true],
    [["a\nb*"], "a\nb\nc", true],
    [["**", "!docs/tasks/**"], "docs/tasks/x.md", false],
    [["!docs/tasks/**", "**"], "docs/other.md", true],
    [["!docs"], "docs/x.md", false],
    [["!docs"], "src/x.ts", true],
  ];
  for (const [patterns, path, expected] of cases) {
    const found = matcherOf(patterns)(path);
    assertEquals(found, expected, `${patterns.join(" ")} on ${path}`);
  }
});

Deno.test("parseListed() reads what git tracks and what it does not", () => {
  const text = `H 100644 ${ID} 0\ta b\0M 100755 ${ID} 1\tx\0` +
    `S 160000 ${ID} 0\tlib\0? new\0? nested/\0`;
  assertEquals(parseListed(text), [
    { path: "a b", mode: "100644" },
    { path: "x", mode: "100755" },
    { path: "lib", mode: "160000" },
    { path: "new", mode: null },
    { path: "nested/", mode: null },
  ]);
  assertEquals(parseListed(""), []);
});

Deno.test("parseListed() takes a name that looks like a row of the index for what it is", () => {
  const name = `H 100644 ${ID} 0\tother`;
  assertEquals(parseListed(`? ${name}\0`), [{ path: name, mode: null }]);
});

Deno.test("parseListed() leaves out nothing that it does not understand", () => {
  assertEquals(parseListed(`? a\x00100644 ${ID} 0\tb\0`), undefined);
});

Deno.test("parseEntries() reads what printEntries() made, and git's own list", () => {
  const entries = [entry("a\nb\tc", ID, "100755"), entry('"é"')];
  assertEquals(parseEntries(printEntries(entries)), entries);
  assertEquals(parseEntries(`160000 commit ${ID}\tlib\0`), [
    entry("lib", ID, "160000"),
  ]);
  assertEquals(parseEntries("damaged"), undefined);
});

Deno.test("changedPaths() names what is new, gone, and different in content or mode", () => {
  const before = [entry("a"), entry("b"), entry("gone"), entry("run")];
  const other = ID.replace("0", "1");
  const now = [
    ...[entry("new"), entry("a"), entry("b", other)],
    entry("run", ID, "100755"),
  ];
  assertEquals(changedPaths(before, now), ["b", "gone", "new", "run"]);
  assertEquals(changedPaths(now, now), []);
  assertNotEquals(changedPaths([], now), []);
});
