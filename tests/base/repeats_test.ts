import { repeatFilter } from "../../src/base/repeats.ts";
import { assertEquals } from "@std/assert";

Deno.test("repeatFilter() finds what was written twice, in either direction", () => {
  const log = ["a", "b", "c", "b", "c", "d"];
  const verdicts = log.map(repeatFilter());
  assertEquals(verdicts, [false, false, false, true, true, false]);
  const backwards = log.toReversed().map(repeatFilter());
  assertEquals(backwards, [false, false, false, true, true, false]);
});

Deno.test("repeatFilter() takes events without an id for different ones", () => {
  const verdicts = ["", "", "a", ...Array(1000).fill(""), "a"]
    .map(repeatFilter());
  assertEquals(verdicts.filter((isRepeat) => isRepeat).length, 1);
  assertEquals(verdicts.at(-1), true);
});

Deno.test("repeatFilter() knows what it is told at the beginning", () => {
  const isRepeat = repeatFilter({ known: ["a", "b"] });
  assertEquals(["a", "c"].map(isRepeat), [true, false]);
});

Deno.test("repeatFilter() remembers as many ids as it is asked to", () => {
  const ids = Array.from({ length: 500 }, (_, number) => `id${number}`);
  const isRepeat = repeatFilter({ rememberedIds: 500 });
  assertEquals(ids.some(isRepeat), false);
  assertEquals(ids.every(isRepeat), true);
  const forgetful = repeatFilter();
  assertEquals([...ids, ...ids].some(forgetful), false);
});
