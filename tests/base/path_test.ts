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
import { assertEquals } from "@std/assert";

Deno.test("normalisePath() removes empty, . and .. parts and stays below the root", () => {
  assertEquals(normalisePath("/a//b/./c/../d/"), "/a/b/d");
  assertEquals(normalisePath("/../.."), "/");
  assertEquals(normalisePath("//a"), "/a");
});

Deno.test("normalisePath() turns Windows paths and keeps backslashes in other names", () => {
  assertEquals(normalisePath("C:\\Users\\me\\..\\x"), "C:/Users/x");
  assertEquals(normalisePath("C:\\"), "C:/");
  assertEquals(normalisePath("\\\\host\\share\\a\\..\\b"), "//host/share/b");
  assertEquals(normalisePath("/a\\b/c"), "/a\\b/c");
});

Deno.test("leadsOut() judges a path as it is written", () => {
  for (const path of ["/etc/passwd", "..", "../a", "a/../../b", "C:\\a"]) {
    assertEquals(leadsOut(path), true, path);
  }
  for (const path of ["a", "a/../b", "./a/..", "..a", "", "a\\b"]) {
    assertEquals(leadsOut(path), false, path);
  }
});

Deno.test("isAbsolutePath() knows both systems", () => {
  for (const path of ["/", "/a", "C:\\a", "c:/a", "\\\\host\\share"]) {
    assertEquals(isAbsolutePath(path), true, path);
  }
  for (const path of ["", "a", "./a", "../a", "C:a"]) {
    assertEquals(isAbsolutePath(path), false, path);
  }
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

Deno.test("parentDirectory() ends at the root", () => {
  assertEquals(parentDirectory("/a/b"), "/a");
  assertEquals(parentDirectory("/a"), "/");
  assertEquals(parentDirectory("/"), undefined);
  assertEquals(parentDirectory("C:/a"), "C:/");
  assertEquals(parentDirectory("C:/"), undefined);
});

Deno.test("nameOf() returns the last part", () => {
  assertEquals(nameOf("/a/b.git"), "b.git");
  assertEquals(nameOf("/"), "");
});

Deno.test("relativePath() is undefined for what lies elsewhere", () => {
  assertEquals(relativePath("/a", "/a/b/c"), "b/c");
  assertEquals(relativePath("/a", "/a"), "");
  assertEquals(relativePath("/", "/a"), "a");
  assertEquals(relativePath("/a", "/ab"), undefined);
  assertEquals(relativePath("/a/b", "/a"), undefined);
});
