import { errorsIn, parseSummary } from "../../../scripts/test/summary.ts";
import { assertEquals } from "@std/assert";

Deno.test("parseSummary() counts what the last line of deno test says", () => {
  const output = [
    "running 3 tests from ./tests/a_test.ts",
    "FAILED | 10 passed (2 steps) | 2 failed (1 step) | 3 ignored | 4 filtered out (7ms)",
    "",
    "error: Test failed",
  ].join("\n");
  assertEquals(parseSummary(output), {
    passed: 10,
    failed: 2,
    ignored: 3,
    filteredOut: 4,
  });
});

Deno.test("parseSummary() reads through colours", () => {
  const output = "\x1b[0m\x1b[32mok\x1b[0m | 3 passed | 0 failed (20ms)\n";
  assertEquals(parseSummary(output)?.passed, 3);
});

Deno.test("parseSummary() takes the last summary, not what a test printed", () => {
  const output = "ok | 9 passed | 0 failed\nok | 1 passed | 0 failed (1ms)\n";
  assertEquals(parseSummary(output)?.passed, 1);
});

Deno.test("parseSummary() finds nothing when no test ran", () => {
  assertEquals(parseSummary("error: No test modules found\n"), undefined);
  assertEquals(parseSummary("it printed ok | 9 passed | 0 failed"), undefined);
});

Deno.test("errorsIn() takes what failed tests said from among the rest", () => {
  const output = "a ... FAILED (1ms)\n\n\x1b[1m ERRORS \x1b[0m\n\n" +
    "a => ./a_test.ts:1:6\nerror: Error: wrong\n\n FAILURES \n\na\n\n" +
    "FAILED | 0 passed | 1 failed (1ms)\n";
  assertEquals(errorsIn(output), "a => ./a_test.ts:1:6\nerror: Error: wrong");
  assertEquals(errorsIn("ok | 1 passed | 0 failed (1ms)\n"), "");
});
