import {
  assert,
  assertEquals,
  AssertionError,
  assertThrows,
} from "@std/assert";
import { copySync } from "@std/fs/copy";
import { type WalkOptions, walkSync } from "@std/fs/walk";
import { normalize } from "@std/path/posix/normalize";
import { closestString } from "@std/text/closest-string";
import { decodeTime, monotonicUlid, ulid } from "@std/ulid";

Deno.test("ulid() carries the moment it was made for", () => {
  assertEquals(decodeTime(ulid(1_700_000_000_000)), 1_700_000_000_000);
});

Deno.test("monotonicUlid() ascends within one millisecond", () => {
  const first = monotonicUlid(1);
  assert(first < monotonicUlid(1));
});

Deno.test("assertEquals() throws an AssertionError when values differ", () => {
  assertThrows(() => assertEquals([1], [2]), AssertionError, "not equal");
});

Deno.test("walkSync() lists files and directories, but none that is to be skipped", () => {
  const directory = Deno.makeTempDirSync();
  Deno.mkdirSync(`${directory}/a/b`, { recursive: true });
  Deno.mkdirSync(`${directory}/c`);
  for (const name of ["a/b/one.ts", "two.md", "c/three.ts"]) {
    Deno.writeTextFileSync(`${directory}/${name}`, "");
  }
  const found = (options: WalkOptions) =>
    Array.from(
      walkSync(directory, options),
      ({ path }) => path.slice(directory.length),
    ).sort();
  assertEquals(found({ skip: [/\/c$/] }), [
    "",
    "/a",
    "/a/b",
    "/a/b/one.ts",
    "/two.md",
  ]);
  const files = found({ includeDirs: false, match: [/\.ts$/] });
  assertEquals(files, ["/a/b/one.ts", "/c/three.ts"]);
});

Deno.test("copySync() copies a directory with all in it", () => {
  const directory = Deno.makeTempDirSync();
  Deno.mkdirSync(`${directory}/from/a`, { recursive: true });
  Deno.writeTextFileSync(`${directory}/from/a/b`, "text");
  copySync(`${directory}/from`, `${directory}/to`);
  assertEquals(Deno.readTextFileSync(`${directory}/to/a/b`), "text");
});

Deno.test("normalize() resolves the dots of a path", () => {
  assertEquals(normalize("/a//b/../c/./d"), "/a/c/d");
  assertEquals(normalize("a/../../b"), "../b");
});

Deno.test("closestString() takes the word with the smallest distance", () => {
  assertEquals(closestString("Nexd", ["note", "next"]), "next");
  const compareFn = (one: string, other: string) =>
    Math.abs(one.length - other.length);
  assertEquals(closestString("abc", ["a", "xyz"], { compareFn }), "xyz");
});
