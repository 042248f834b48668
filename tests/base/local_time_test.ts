import { localTimeOf, momentOf } from "../../src/base/local_time.ts";
import { epochMsOf } from "../../src/base/time.ts";
import { assertEquals } from "@std/assert";

const NOW = "2026-03-01T10:00:00Z";
const UTC = { now: NOW, localNow: "2026-03-01T10:00:00.000000" };
const KATHMANDU = { now: NOW, localNow: "2026-03-01T15:45:00.120000" };
const LOS_ANGELES = { now: NOW, localNow: "2026-03-01T02:00:00.000000" };

Deno.test("momentOf() takes an instant with an offset as it is", () => {
  for (const clock of [UTC, KATHMANDU, LOS_ANGELES]) {
    for (
      const text of [
        "2026-03-01T09:00:00Z",
        "2026-03-01T14:30:00.000000+05:30",
        "2026-03-01T09:00:00.000000+00:00",
      ]
    ) {
      assertEquals(momentOf(text, clock), epochMsOf("2026-03-01T09:00:00Z"));
    }
  }
});

Deno.test("momentOf() takes an instant without offset as local time", () => {
  const text = "2026-03-01T02:00:00.123456";
  assertEquals(momentOf(text, UTC), epochMsOf("2026-03-01T02:00:00.123Z"));
  assertEquals(
    momentOf(text, LOS_ANGELES),
    epochMsOf("2026-03-01T10:00:00.123Z"),
  );
  assertEquals(
    momentOf(text, KATHMANDU),
    epochMsOf("2026-02-28T20:15:00.123Z"),
  );
});

Deno.test("momentOf() knows no moment of what is no instant", () => {
  for (const text of [null, "", "yesterday", "2026-13-01T00:00:00"]) {
    assertEquals(momentOf(text, UTC), undefined);
  }
});

Deno.test("localTimeOf() tells local time without offset", () => {
  const epochMs = epochMsOf("2026-03-01T23:30:00.250Z") ?? 0;
  assertEquals(localTimeOf(epochMs, UTC), "2026-03-01T23:30:00.250000");
  assertEquals(localTimeOf(epochMs, KATHMANDU), "2026-03-02T05:15:00.250000");
  assertEquals(momentOf(localTimeOf(epochMs, KATHMANDU), KATHMANDU), epochMs);
});
