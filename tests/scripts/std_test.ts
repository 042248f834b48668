import {
  assert,
  assertEquals,
  AssertionError,
  assertThrows,
} from "@std/assert";
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
