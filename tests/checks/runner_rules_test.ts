import { noTestRan } from "../../src/checks/runner_rules.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

/** How runners end where a test ran. */
const WITH_TESTS: Readonly<Record<string, string>> = {
  "node:test": "# tests 2\n# suites 0\n# pass 1\n# fail 0\n# skipped 1",
  "node:test for people": "ℹ tests 1\nℹ suites 0\nℹ pass 1\nℹ fail 0",
  "TAP": "TAP version 13\nok 1 - adds\n1..1",
  "deno test": "ok | 3 passed (2 steps) | 0 failed (12ms)",
  "vitest": " Test Files  1 passed (1)\n      Tests  2 passed | 1 skipped (3)",
  "jest": "Tests:       1 skipped, 2 passed, 3 total",
  "mocha": "\n  2 passing (4ms)\n  1 pending\n",
  "bun test": " 3 pass\n 0 fail\nRan 3 tests across 1 files. [8.00ms]",
  "jasmine": "3 specs, 0 failures",
  "pytest":
    "=================== 1 passed, 2 skipped in 0.01s ===================",
  "pytest -q": "3 passed in 0.01s",
  "unittest": "Ran 3 tests in 0.000s\n\nOK (skipped=1)",
  "go test":
    "?   \texample.com/a\t[no test files]\nok  \texample.com/a/b\t0.003s",
  "go test from its cache": "ok  \texample.com/a/b\t(cached)",
  "cargo test":
    "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured\n\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured",
  "cargo nextest": "     Summary [   0.005s] 2 tests run: 2 passed, 0 skipped",
  "Maven":
    "[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 1\n[INFO] BUILD SUCCESS",
  "Gradle": "> Task :test\n\nBUILD SUCCESSFUL in 2s",
  "Gradle from its cache":
    "> Task :app:test UP-TO-DATE\n\nBUILD SUCCESSFUL in 2s",
  "dotnet test":
    "Passed!  - Failed:     0, Passed:     3, Skipped:     0, Total:     3",
  "RSpec": "3 examples, 0 failures, 1 pending",
  "minitest": "2 runs, 2 assertions, 0 failures, 0 errors, 1 skips",
  "PHPUnit": "OK (3 tests, 3 assertions)",
  "PHPUnit with skipped ones": "Tests: 3, Assertions: 2, Skipped: 1.",
  "CTest": "100% tests passed, 0 tests failed out of 2",
  "Automake": "# TOTAL: 2\n# PASS:  2",
  "prove": "All tests successful.\nFiles=1, Tests=3,  0 wallclock secs",
  "Make around another": "make: 'test' is up to date.\n3 passed in 0.01s",
};

const WITHOUT_TESTS: Readonly<Record<string, string>> = {
  "node:test": "1..0\n# tests 0\n# suites 0\n# pass 0\n# fail 0",
  "node:test with all skipped": "ℹ tests 2\nℹ pass 0\nℹ fail 0\nℹ skipped 2",
  "TAP": "TAP version 13\n1..0 # no tests",
  "deno test": "ok | 0 passed | 0 failed | 2 ignored (0ms)",
  "vitest": "No test files found, exiting with code 0",
  "vitest with an empty file": "      Tests  no tests",
  "vitest with all skipped": "      Tests  1 skipped (1)",
  "jest": "No tests found, exiting with code 0",
  "jest with all skipped": "Tests:       2 skipped, 2 total",
  "mocha": "\n\n  0 passing (1ms)\n",
  "bun test": " 0 pass\n 0 fail\nRan 0 tests across 0 files. [8.00ms]",
  "jasmine": "No specs found",
  "pytest": "============ no tests ran in 0.00s ============",
  "pytest with all skipped": "2 skipped in 0.01s",
  "unittest":
    "----------------------------------------------------------------------\nRan 0 tests in 0.000s\n\nOK",
  "unittest with all skipped": "Ran 2 tests in 0.000s\n\nOK (skipped=2)",
  "go test": "?   \texample.com/a\t[no test files]",
  "go test with an empty file": "ok  \texample.com/a\t0.002s [no tests to run]",
  "cargo test":
    "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored;",
  "Maven": "[INFO] No tests to run.\n[INFO] BUILD SUCCESS",
  "Maven without a module": "[INFO] BUILD SUCCESS",
  "Maven with all skipped":
    "[WARNING] Tests run: 2, Failures: 0, Errors: 0, Skipped: 2\n[INFO] BUILD SUCCESS",
  "Gradle":
    "> Task :compileTestJava NO-SOURCE\n> Task :testClasses UP-TO-DATE\n> Task :test NO-SOURCE\n\nBUILD SUCCESSFUL in 1s",
  "dotnet test": "No test is available in /x/bin/Debug/net8.0/x.dll. Make sure",
  "RSpec": "0 examples, 0 failures",
  "RSpec with all pending": "2 examples, 0 failures, 2 pending",
  "minitest": "0 runs, 0 assertions, 0 failures, 0 errors, 0 skips",
  "test-unit": "0 tests, 0 assertions, 0 failures, 0 errors, 0 pendings",
  "PHPUnit": "No tests executed!",
  "CTest": "No tests were found!!!",
  "Automake": "# TOTAL: 0\n# PASS:  0",
  "prove": "Files=0, Tests=0,  0 wallclock secs\nResult: NOTESTS",
  "Make without a recipe": "make: Nothing to be done for 'test'.",
  "Make beside a directory of that name": "make: 'test' is up to date.",
  "gmake": "gmake: Nothing to be done for 'check'.",
};

Deno.test("noTestRan() is silent where a runner ran a test", () => {
  for (const [runner, output] of Object.entries(WITH_TESTS)) {
    assertEquals(noTestRan(output), undefined, runner);
  }
});

Deno.test("noTestRan() tells a run without tests by what the runner says of it", () => {
  for (const [runner, output] of Object.entries(WITHOUT_TESTS)) {
    assertStringIncludes(noTestRan(output) ?? runner, "No test ran: ");
  }
  assertEquals(
    noTestRan("x\r\n\x1b[1mRan 0 tests in 0.000s\x1b[0m\r\n\r\nOK\r\n"),
    'No test ran: unittest says "Ran 0 tests in 0.000s"',
  );
});

Deno.test("noTestRan() does not take the silence of a task without test files for a test", () => {
  for (const command of ["rake test", "bundle exec rake -q test"]) {
    assertStringIncludes(noTestRan("\n", command) ?? "", "No test ran: ");
    assertEquals(
      noTestRan("2 runs, 2 assertions, 0 failures, 0 errors, 0 skips", command),
      undefined,
    );
  }
  assertEquals(noTestRan("", "make test"), undefined);
});

Deno.test("noTestRan() is content where one of several runners ran a test", () => {
  for (const [runner, output] of Object.entries(WITH_TESTS)) {
    for (const [other, empty] of Object.entries(WITHOUT_TESTS)) {
      const name = `${runner} beside ${other}`;
      assertEquals(noTestRan(`${empty}\n${output}`), undefined, name);
    }
  }
});

Deno.test("noTestRan() says nothing of what it does not know, or was not kept whole", () => {
  for (const output of ["", "all is well", "1 of 3 failed"]) {
    assertEquals(noTestRan(output), undefined);
  }
  const cut = "Ran 0 tests in 0.000s\n… 70000 bytes left out …\nOK";
  assertEquals(noTestRan(cut), undefined);
});
