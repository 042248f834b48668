import { barOf } from "../../src/commands/log_progress.ts";
import { assertEquals } from "@std/assert";

Deno.test("barOf() is as long for every part, and knows no more than the whole", () => {
  assertEquals(barOf(0), "Reading the log [....................] 0 %");
  assertEquals(barOf(0.456), "Reading the log [#########...........] 45 %");
  assertEquals(barOf(1), "Reading the log [####################] 100 %");
  assertEquals(barOf(7), barOf(1));
  assertEquals(barOf(-1), barOf(0));
});
