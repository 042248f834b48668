import {
  durationText,
  limitText,
  minutesBetween,
} from "../../src/base/duration.ts";
import { assertEquals } from "@std/assert";

Deno.test("minutesBetween() counts whole minutes and never backwards", () => {
  const from = "2026-03-04T05:00:30Z";
  const to = ["2026-03-04T05:01:29Z", "2026-03-04T06:00:30.5Z", "2026-01-01"];
  assertEquals(to.map((at) => minutesBetween(from, at)), [0, 60, 0]);
  assertEquals(minutesBetween(null, from), undefined);
  assertEquals(minutesBetween("yesterday", from), undefined);
});

Deno.test("durationText() takes the unit that fits", () => {
  const texts = [0, 90, 91, 311, 48 * 60, 49 * 60, 72 * 60].map(durationText);
  assertEquals(texts, [
    "0 min",
    "90 min",
    "1 h",
    "5 h",
    "48 h",
    "2 days",
    "3 days",
  ]);
});

Deno.test("limitText() says what is less than a minute in seconds", () => {
  const texts = [30, 1, 1.5, 0.5, 0.02, 1 / 60].map(limitText);
  assertEquals(texts, [
    "30 minutes",
    "1 minute",
    "1.5 minutes",
    "30 seconds",
    "1.2 seconds",
    "1 second",
  ]);
});
