import {
  type Clock,
  epochMsOf,
  instantOf,
  localTimeOf,
  momentOf,
  withOffset,
} from "../../src/base/time.ts";
import { assertEach } from "./table.ts";
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

Deno.test("epochMsOf() reads back what instantOf() writes, in any year", () => {
  const moments = [
    ...[0, 999, 1_767_323_045_678, 4_294_967_296_001],
    ...[-1, -7e13, 253_402_300_800_000, 2 ** 48, 8.64e15],
  ];
  assertEquals(moments.map(instantOf).map(epochMsOf), moments);
});

Deno.test("epochMsOf() reads the spellings of the Python tool", () => {
  assertEach(epochMsOf, 1_767_323_045_678, [
    "2026-01-02T03:04:05.678Z",
    "2026-01-02T03:04:05.678231Z",
    "2026-01-02T03:04:05.678231+00:00",
    "2026-01-02T08:34:05.678231+05:30",
    "2026-01-01T22:04:05.678231-0500",
    "2026-01-02T03:04:05.678231",
    "2026-01-02 03:04:05.678231",
    "2026-01-02T03:04:05.678231999Z",
  ]);
});

const NO_INSTANTS = [null, "", "yesterday", "2026-13-01T00:00:00Z", "null"];

Deno.test("epochMsOf() and momentOf() find no moment in other texts", () => {
  assertEach(epochMsOf, undefined, NO_INSTANTS);
  assertEach((text) => momentOf(text, UTC), undefined, NO_INSTANTS);
});

Deno.test("withOffset() writes UTC as Python's isoformat() does", () => {
  assertEquals(
    withOffset("2026-01-02T03:04:05.678000Z"),
    "2026-01-02T03:04:05.678000+00:00",
  );
  const other = "2026-01-02T03:04:05+05:30";
  assertEquals(withOffset(other), other);
});

const NOW = "2026-03-01T10:00:00Z";
const UTC = { now: NOW, localNow: "2026-03-01T10:00:00.000000" };
const KATHMANDU = { now: NOW, localNow: "2026-03-01T15:45:00.120000" };
const LOS_ANGELES = { now: NOW, localNow: "2026-03-01T02:00:00.000000" };

Deno.test("momentOf() takes an instant with an offset as it is", () => {
  for (const clock of [UTC, KATHMANDU, LOS_ANGELES]) {
    assertEach(
      (text) => momentOf(text, clock),
      epochMsOf("2026-03-01T09:00:00Z"),
      ["2026-03-01T09:00:00Z", "2026-03-01T14:30:00.000000+05:30"],
    );
  }
});

Deno.test("momentOf() takes an instant without offset as local time", () => {
  const momentBy = (clock: Clock) =>
    instantOf(momentOf("2026-03-01T02:00:00.123456", clock) ?? 0);
  assertEquals([UTC, LOS_ANGELES, KATHMANDU].map(momentBy), [
    "2026-03-01T02:00:00.123000Z",
    "2026-03-01T10:00:00.123000Z",
    "2026-02-28T20:15:00.123000Z",
  ]);
});

Deno.test("localTimeOf() tells local time without offset", () => {
  const epochMs = epochMsOf("2026-03-01T23:30:00.250Z") ?? 0;
  assertEquals(localTimeOf(epochMs, UTC), "2026-03-01T23:30:00.250000");
  assertEquals(localTimeOf(epochMs, KATHMANDU), "2026-03-02T05:15:00.250000");
  assertEquals(momentOf(localTimeOf(epochMs, KATHMANDU), KATHMANDU), epochMs);
});
