import { epochMsOf, instantOf, withOffset } from "../../src/base/time.ts";
import { assertEquals } from "@std/assert";

Deno.test("instantOf() writes six fraction digits or none", () => {
  const instants = [0, 1, 1_767_323_045_000, 1_767_323_045_678].map(instantOf);
  assertEquals(instants, [
    "1970-01-01T00:00:00Z",
    "1970-01-01T00:00:00.001000Z",
    "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05.678000Z",
  ]);
});

Deno.test("epochMsOf() reads back what instantOf() writes", () => {
  for (const epochMs of [0, 999, 1_767_323_045_678, 4_294_967_296_001]) {
    assertEquals(epochMsOf(instantOf(epochMs)), epochMs);
  }
});

Deno.test("epochMsOf() reads the spellings of the Python tool", () => {
  const epochMs = 1_767_323_045_678;
  const spellings = [
    "2026-01-02T03:04:05.678Z",
    "2026-01-02T03:04:05.678231Z",
    "2026-01-02T03:04:05.678231+00:00",
    "2026-01-02T08:34:05.678231+05:30",
    "2026-01-01T22:04:05.678231-0500",
    "2026-01-02T03:04:05.678231",
    "2026-01-02 03:04:05.678231",
    "2026-01-02T03:04:05.678231999Z",
  ];
  for (const spelling of spellings) {
    assertEquals(epochMsOf(spelling), epochMs, spelling);
  }
});

Deno.test("epochMsOf() does not depend on the machine's time zone", () => {
  assertEquals(epochMsOf("2026-01-02T00:00:00"), Date.UTC(2026, 0, 2));
});

Deno.test("epochMsOf() finds no moment in other texts", () => {
  for (const text of [null, "", "yesterday", "2026-13-01T00:00:00Z", "null"]) {
    assertEquals(epochMsOf(text), undefined, `${text}`);
  }
});

Deno.test("withOffset() writes UTC as Python's isoformat() does", () => {
  assertEquals(
    withOffset("2026-01-02T03:04:05.678000Z"),
    "2026-01-02T03:04:05.678000+00:00",
  );
  const other = "2026-01-02T03:04:05+05:30";
  assertEquals(withOffset(other), other);
});
