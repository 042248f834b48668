import { pause, unlessAborted } from "../../src/files/wait.ts";
import { CountedSignal } from "./counted_signal.ts";
import { assertEquals, assertStrictEquals } from "@std/assert";

const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => undefined, (reason) => reason);

Deno.test("unlessAborted() leaves no listener on a signal, however the waiting ends", async () => {
  const { signal, listeners, abort } = new CountedSignal();
  const counts: number[] = [];
  const stops: string[] = [];
  const wait = (outcome: "end" | "fail" | "none") =>
    unlessAborted<string>(signal, (end, fail) => {
      if (outcome === "end") queueMicrotask(() => end("done"));
      if (outcome === "fail") queueMicrotask(() => fail("failed"));
      return () => stops.push(outcome);
    });
  assertEquals(await wait("end"), "done");
  counts.push(listeners());
  assertEquals(await reasonOf(wait("fail")), "failed");
  counts.push(listeners());
  const waiting = wait("none");
  counts.push(listeners());
  abort("enough");
  counts.push(listeners());
  assertEquals(await reasonOf(waiting), "enough");
  assertEquals(counts, [0, 0, 1, 0]);
  assertEquals(stops, ["end", "fail", "none"]);
});

Deno.test("unlessAborted() takes back what was begun before anybody goes on", async () => {
  const caller = new AbortController();
  const seen: string[] = [];
  const waiting = unlessAborted(caller.signal, () => () => seen.push("taken"));
  caller.abort();
  seen.push("aborted");
  await reasonOf(waiting);
  assertEquals(seen, ["taken", "aborted"]);
});

Deno.test("unlessAborted(): nothing begins for a signal that was aborted before", async () => {
  const signal = AbortSignal.abort(new Error("no"));
  let isBegun = false;
  const reason = await reasonOf(unlessAborted(signal, () => {
    isBegun = true;
    return () => {};
  }));
  assertStrictEquals(reason, signal.reason);
  assertEquals(isBegun, false);
});

Deno.test("unlessAborted() does not wait for what aborts itself while it begins", async () => {
  const { signal, listeners, abort } = new CountedSignal();
  const seen: string[] = [];
  const reason = await reasonOf(unlessAborted(signal, (_end, fail) => {
    abort("mine");
    // What comes later is nobody's concern any more.
    Promise.reject(new Error("too late")).catch(fail);
    return () => seen.push("taken");
  }));
  assertEquals([reason, seen[0], listeners()], ["mine", "taken", 0]);
});

Deno.test("pause() ends at once when it is aborted", async () => {
  const { signal, listeners, abort } = new CountedSignal();
  const long = pause(60_000, signal);
  abort("enough");
  assertEquals(await reasonOf(long), "enough");
  await pause(0, new CountedSignal().signal);
  assertEquals(listeners(), 0);
});
