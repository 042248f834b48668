import {
  bytesOf,
  charactersOf,
  formsOf,
  MIN_MASKED_LENGTH,
} from "../../src/base/secret_forms.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("formsOf() has no form of a value too short to be masked", () => {
  assertEquals(formsOf("x".repeat(MIN_MASKED_LENGTH - 1)), []);
  assertEquals(formsOf(` ${"x".repeat(MIN_MASKED_LENGTH - 1)}\n`), []);
  assert(formsOf("x".repeat(MIN_MASKED_LENGTH)).length > 0);
});

Deno.test("formsOf() bears a value that is no valid Unicode", () => {
  assert(formsOf("\ud800 lonely half").includes("\ud800 lonely half"));
});

Deno.test("bytesOf() takes back what charactersOf() did", () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => index % 256);
  assertEquals(bytesOf(charactersOf(bytes)), bytes);
});
