import { indexNames } from "../../src/files/git_index.ts";
import { assertEquals } from "@std/assert";

const encode = (text: string) => new TextEncoder().encode(text);

/** An index of version 2 as git writes it, with nothing but names in its entries. */
function indexOf(paths: readonly string[], version = 2): Uint8Array {
  const bytes = [...encode("DIRC"), 0, 0, 0, version, 0, 0, 0, paths.length];
  for (const path of paths) {
    const name = encode(path);
    bytes.push(...new Uint8Array(60), 0, name.length, ...name, 0);
  }
  return new Uint8Array(bytes);
}

Deno.test("indexNames() finds what begins so", () => {
  const index = indexOf(["a", ".orchestrator/current", "src/main.ts"]);
  assertEquals(indexNames(index, ".orchestrator/"), true);
  assertEquals(indexNames(index, "src/"), true);
  assertEquals(indexNames(index, "lib/"), false);
});

Deno.test("indexNames() does not take the middle of a path for its beginning", () => {
  const index = indexOf(["docs/.orchestrator/current"]);
  assertEquals(indexNames(index, ".orchestrator/"), false);
});

Deno.test("indexNames() does not guess at what it cannot read", () => {
  const packed = indexOf([".orchestrator/current"], 4);
  for (const bytes of [packed, encode("DIR"), encode("something else")]) {
    assertEquals(indexNames(bytes, ".orchestrator/"), undefined);
  }
});
