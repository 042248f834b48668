import {
  gitValues,
  isGitTrue,
  parseGitConfig,
  remoteUrlIn,
} from "../../src/files/git_config.ts";
import { assertEquals } from "@std/assert";

function values(text: string): readonly (string | null)[] {
  return gitValues(parseGitConfig(`[core]\n${text}\n`), "core", "x");
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

Deno.test("parseGitConfig() needs time in proportion to the text", () => {
  const text = `[core]\n${"x = ".padEnd(200_000, 'a "b " \\ ')}\n`.repeat(5);
  const began = performance.now();
  parseGitConfig(text);
  assertEquals(performance.now() - began < 1000, true);
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
