import {
  isAbsolutePath,
  joinPath,
  leadsOut,
  nameOf,
  normalisePath,
  parentDirectory,
  relativePath,
  resolvePath,
} from "../../src/base/path.ts";
import { assertEach, assertTable } from "./table.ts";
import { assertEquals } from "@std/assert";

Deno.test("normalisePath() leaves no empty, . and .. parts, turns Windows paths, and keeps backslashes in names", () => {
  assertTable(normalisePath, [
    ["/a//b/./c/../d/", "/a/b/d"],
    ["/../..", "/"],
    ["/a/..", "/"],
    ["/a/.", "/a"],
    ["/a/", "/a"],
    ["/a/..b/.../.c", "/a/..b/.../.c"],
    ["//a", "/a"],
    ["C:\\Users\\me\\..\\x", "C:/Users/x"],
    ["C:\\", "C:/"],
    ["\\\\host\\share\\a\\..\\b", "//host/share/b"],
    ["/a\\b/c", "/a\\b/c"],
  ]);
});

Deno.test("normalisePath() spells one path of Windows in one way only", () => {
  assertTable(normalisePath, [
    ["c:\\shop", "C:/shop"],
    ["c:/shop", "C:/shop"],
    ["\\\\?\\c:\\shop", "C:/shop"],
    ["\\\\?\\UNC\\host\\share\\a", "//host/share/a"],
    ["\\\\?\\Volume{1}\\a", "//?/Volume{1}/a"],
    ["/c:/shop", "/c:/shop"],
  ]);
});

Deno.test("leadsOut() judges a path as it is written", () => {
  const out = ["/etc/passwd", "..", "../a", "a/../../b", "C:\\a"];
  assertEach(leadsOut, true, out);
  const inside = ["a", "a/../b", "./a/..", "..a", "", "a\\b"];
  assertEach(leadsOut, false, inside);
});

Deno.test("isAbsolutePath() knows both systems", () => {
  const absolute = ["/", "/a", "C:\\a", "c:/a", "\\\\host\\share"];
  assertEach(isAbsolutePath, true, absolute);
  assertEach(isAbsolutePath, false, ["", "a", "./a", "../a", "C:a"]);
});

Deno.test("resolvePath() reads a path as seen from a directory", () => {
  assertEquals(resolvePath("/a/b", "../c"), "/a/c");
  assertEquals(resolvePath("/a/b", "/c"), "/c");
  assertEquals(resolvePath("C:/a", "..\\b"), "C:/b");
  assertEquals(resolvePath("/", "a"), "/a");
});

Deno.test("joinPath() adds a name below any root", () => {
  assertEquals(joinPath("/", "a"), "/a");
  assertEquals(joinPath("/a/", "b"), "/a/b");
  assertEquals(joinPath("/a", "b"), "/a/b");
  assertEquals(joinPath("/a", ""), "/a");
});

Deno.test("parentDirectory() ends at the root, and nameOf() returns the last part", () => {
  assertTable(nameOf, [["/a/b.git", "b.git"], ["/", ""]]);
  assertTable(parentDirectory, [
    ["/a/b", "/a"],
    ["/a", "/"],
    ["/", undefined],
    ["C:/a", "C:/"],
    ["C:/", undefined],
  ]);
});

Deno.test("relativePath() is undefined for what lies elsewhere", () => {
  assertEquals(relativePath("/a", "/a/b/c"), "b/c");
  assertEquals(relativePath("/a", "/a"), "");
  assertEquals(relativePath("/", "/a"), "a");
  assertEquals(relativePath("/a", "/ab"), undefined);
  assertEquals(relativePath("/a/b", "/a"), undefined);
});
