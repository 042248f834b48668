import { barOf, checkProgress } from "../../src/commands/event_view.ts";
import { assertEquals } from "@std/assert";

function shown(elapsedMs: number, lastLine?: string, columns = 80) {
  return checkProgress("tests", { elapsedMs, lastLine }, columns);
}

Deno.test("checkProgress() says nothing of a check that has only begun", () => {
  assertEquals([0, 250, 999].map((ms) => shown(ms, "line")), [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("checkProgress() shows the time and the last line", () => {
  assertEquals(shown(1000), "Checking tests, 1 s");
  assertEquals(shown(59_999, " 3 of\t9 "), "Checking tests, 59 s: 3 of 9");
  assertEquals(shown(60_000, "  "), "Checking tests, 1 min 0 s");
  assertEquals(shown(3_725_000), "Checking tests, 62 min 5 s");
});

Deno.test("checkProgress() lets no output drive the terminal", () => {
  assertEquals(
    shown(2000, "\x1b[1;32mok\x1b[0m\x1b[2J\x07\u202e"),
    "Checking tests, 2 s: ok\\x1b[2J\\x07\\u202e",
  );
});

Deno.test("checkProgress() leaves the last column free", () => {
  const head = "Checking tests, 2 s: ";
  const room = 40 - head.length - 1;
  assertEquals(shown(2000, "x".repeat(room), 40), head + "x".repeat(room));
  assertEquals(
    shown(2000, "x".repeat(room + 1), 40),
    `${head}${"x".repeat(room - 1)}…`,
  );
  assertEquals(shown(2000, "日".repeat(99), 40), `${head}${"日".repeat(8)}…`);
  assertEquals(shown(2000, "x", 10), "Checking…");
});

Deno.test("barOf() is as long for every part, and knows no more than the whole", () => {
  assertEquals(barOf(0), "Reading the log [....................] 0 %");
  assertEquals(barOf(0.456), "Reading the log [#########...........] 45 %");
  assertEquals(barOf(1), "Reading the log [####################] 100 %");
  assertEquals(barOf(7), barOf(1));
  assertEquals(barOf(-1), barOf(0));
});
