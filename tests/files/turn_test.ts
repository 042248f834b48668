import { inTurn } from "../../src/files/turn.ts";
import { assert, assertEquals } from "@std/assert";

const later = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("inTurn() lets in one after the other, in the order in which they came", async () => {
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(`${name} begins`);
    await later();
    seen.push(`${name} ends`);
    if (name === "b") throw new Error("b fails");
  };
  const ends = await Promise.allSettled(
    ["a", "b", "c"].map((name) => inTurn("one", undefined, work(name))),
  );
  assertEquals(ends.map(({ status }) => status), [
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  assertEquals(seen, [
    "a begins",
    "a ends",
    "b begins",
    "b ends",
    "c begins",
    "c ends",
  ]);
});

Deno.test("inTurn() keeps nobody waiting for another name", async () => {
  const seen: string[] = [];
  const first = inTurn("one", undefined, async () => {
    await later(5);
    seen.push("one");
  });
  await inTurn("two", undefined, () => Promise.resolve(seen.push("two")));
  await first;
  assertEquals(seen, ["two", "one"]);
});

Deno.test("inTurn() lets whoever is aborted leave the line, and nobody else", async () => {
  const end = new AbortController();
  const seen: string[] = [];
  const work = (name: string) => async () => {
    await later();
    seen.push(name);
  };
  const signals = [undefined, end.signal, undefined];
  const all = Promise.allSettled(
    signals.map((signal, index) => inTurn("one", signal, work(`${index}`))),
  );
  const reason = new Error("gone");
  end.abort(reason);
  const [, left] = await all;
  assertEquals(left, { status: "rejected", reason });
  assertEquals(seen, ["0", "2"]);
  const again = await inTurn("one", end.signal, work("never"))
    .catch((error) => error);
  assertEquals([again, seen.length], [reason, 2]);
});

Deno.test("inTurn() counts a wait only since the last of the line was served", async () => {
  const cameAtMs = performance.now();
  const since: number[] = [];
  const work = (isServed: boolean) =>
    inTurn("one", undefined, async ({ sinceMs, served }) => {
      since.push(sinceMs - cameAtMs);
      await later(20);
      if (isServed) served();
    });
  await Promise.all([work(true), work(false), work(true)]);
  const [first = 0, second = 0, third = 0] = since;
  assert(first < 15 && second >= 15, "served in between");
  assertEquals(third, second, "not served in between");
});
