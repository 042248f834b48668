import { plainText } from "../../src/base/text.ts";
import { noTestRan, recogniseTests } from "../../src/checks/runner_rules.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

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

/** Output, and what is told of it: the runner, and how many tests ran. */
type Recording = readonly [string, string, number | null];

/** Recorded from the programs themselves, at the versions that Debian 12 and npm have. */
const RECORDED: readonly Recording[] = [
  [
    "TAP version 13\n# Subtest: a\nok 1 - a\n  ---\n  duration_ms: 2.08535\n  ...\n1..1\n# tests 1\n# suites 0\n# pass 1\n# fail 0\n# cancelled 0\n# skipped 0\n# todo 0\n# duration_ms 876.044151\n",
    "node:test",
    1,
  ],
  [
    "1..1\n# tests 1\n# suites 0\n# pass 0\n# fail 0\n# cancelled 0\n# skipped 1\n# todo 0\n# duration_ms 548.33714\n",
    "node:test",
    0,
  ],
  [
    "running 1 test from ./a_test.ts\na ... \x1b[0m\x1b[32mok\x1b[0m \x1b[0m\x1b[38;5;245m(159ms)\x1b[0m\n\n\x1b[0m\x1b[32mok\x1b[0m | 1 passed | 0 failed \x1b[0m\x1b[38;5;245m(221ms)\x1b[0m\n",
    "deno test",
    1,
  ],
  [
    "\n\x1b[0m\x1b[32mok\x1b[0m | 0 passed | 0 failed | 1 filtered out \x1b[0m\x1b[38;5;245m(55ms)\x1b[0m\n",
    "deno test",
    0,
  ],
  ["\n\n  ✔ a\n  - b\n\n  1 passing (13ms)\n  1 pending\n\n", "mocha", 1],
  ["\n\n  0 passing (19ms)\n\n", "mocha", 0],
  [
    "Test Suites: 1 passed, 1 total\nTests:       1 skipped, 1 passed, 2 total\nSnapshots:   0 total\nTime:        1.698 s\nRan all test suites.\n",
    "jest",
    1,
  ],
  [
    "Test Suites: 1 skipped, 0 of 1 total\nTests:       2 skipped, 2 total\nSnapshots:   0 total\nTime:        1.325 s\n",
    "jest",
    0,
  ],
  [
    " ✓ a.test.mjs (2 tests | 1 skipped) 5ms\n\n Test Files  1 passed (1)\n      Tests  1 passed | 1 skipped (2)\n   Start at  10:40:19\n",
    "vitest",
    1,
  ],
  [
    " ↓ a.test.mjs (2 tests | 2 skipped)\n\n Test Files  1 skipped (1)\n      Tests  2 skipped (2)\n   Start at  10:40:25\n",
    "vitest",
    0,
  ],
  [
    ".                                                 [100%]\n1 passed in 4.19s\n",
    "pytest",
    1,
  ],
  ["\n1 deselected in 4.05s\n", "pytest", 0],
  [
    "============================ 1 deselected in 3.38s =============================\n",
    "pytest",
    0,
  ],
  ["test_a.py::T::test_a\n\n1 test collected in 3.03s\n", "pytest", 0],
  [
    ".\n----------------------------------------------------------------------\nRan 1 test in 0.001s\n\nOK\n",
    "unittest",
    1,
  ],
  [
    "\n----------------------------------------------------------------------\nRan 0 tests in 0.000s\n\nOK\n",
    "unittest",
    0,
  ],
  ["?   \tx/a\t[no test files]\nok  \tx/b\t0.015s\n", "go test", null],
  [
    "?   \tx/a\t[no test files]\nok  \tx/b\t0.007s [no tests to run]\n",
    "go test",
    0,
  ],
  [
    "?   \tx/a\t[no test files]\nok  \tx/b\t0.008s\tcoverage: [no statements]\n",
    "go test",
    null,
  ],
  [
    ".\n\nFinished in 0.02033 seconds (files took 0.421 seconds to load)\n1 example, 0 failures\n",
    "RSpec",
    1,
  ],
  [
    "\nAll examples were filtered out\n\n\nFinished in 0.00129 seconds (files took 0.23621 seconds to load)\n0 examples, 0 failures\n",
    "RSpec",
    0,
  ],
  [
    "OK, but incomplete, skipped, or risky tests!\nTests: 2, Assertions: 1, Skipped: 1.\n",
    "PHPUnit",
    1,
  ],
  [
    "PHPUnit 9.6.7 by Sebastian Bergmann and contributors.\n\nNo tests executed!\n",
    "PHPUnit",
    0,
  ],
  [
    "\n100% tests passed, 0 tests failed out of 1\n\nTotal Test time (real) =   0.00 sec\n",
    "CTest",
    1,
  ],
  ["Test project /x/b\nNo tests were found!!!\n", "CTest", 0],
  [
    "t/a.t .. ok\nAll tests successful.\nFiles=1, Tests=1,  0 wallclock secs ( 0.03 usr +  0.00 sys =  0.03 CPU)\nResult: PASS\n",
    "prove",
    1,
  ],
  [
    "t/b.t .. skipped: none\nFiles=1, Tests=0,  0 wallclock secs ( 0.02 usr +  0.01 sys =  0.03 CPU)\nResult: NOTESTS\n",
    "prove",
    0,
  ],
];

/** Written after what their documentation shows: no such program was at hand. */
const DOCUMENTED: readonly Recording[] = [
  [
    "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n   Doc-tests x\n\nrunning 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
    "cargo test",
    0,
  ],
  [
    "test result: ok. 0 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\ntest result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
    "cargo test",
    3,
  ],
  [
    " 0 pass\n 0 fail\nRan 0 tests across 0 files. [8.00ms]\n",
    "bun test",
    0,
  ],
  [
    "[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.05 s -- in x.ATest\n[INFO]\n[INFO] Results:\n[INFO]\n[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0\n[INFO]\n[INFO] No tests to run.\n",
    "Maven",
    2,
  ],
  ["[INFO] Tests are skipped.\n[INFO] BUILD SUCCESS\n", "Maven", 0],
  ["> Task :app:test NO-SOURCE\n> Task :lib:test\n", "Gradle", null],
  ["> Task :test NO-SOURCE\n\nBUILD SUCCESSFUL in 1s\n", "Gradle", 0],
  [
    "Passed!  - Failed:     0, Passed:     3, Skipped:     0, Total:     3, Duration: 5 ms - a.dll (net8.0)\nNo test is available in /x/b.dll. Make sure that test discoverer & executors are registered\n",
    "dotnet test",
    3,
  ],
  [
    "Test run summary: Zero tests ran\n  total: 0\n  failed: 0\n  succeeded: 0\n",
    "dotnet test",
    0,
  ],
  [
    "2 runs, 2 assertions, 0 failures, 0 errors, 2 skips\n",
    "minitest",
    0,
  ],
];

const COMMANDS: Readonly<Record<string, string>> = {
  Maven: "mvn test",
  Gradle: "./gradlew test",
};

Deno.test("recogniseTests() names the runner and counts what ran", () => {
  for (const [output, runner, testsRun] of [...RECORDED, ...DOCUMENTED]) {
    const command = COMMANDS[runner] ?? "make all";
    const { line = "", ...tests } = recogniseTests(output, command) ?? {};
    assertEquals(tests, { runner, testsRun }, output);
    assert(line !== "" && plainText(output).includes(line), output);
    const isNone = noTestRan(output, command, false) !== undefined;
    assertEquals(isNone, testsRun === 0, output);
  }
});

Deno.test("recogniseTests() adds up what several packages and runners ran", () => {
  const [node = "", jest = ""] = ["node:test", "jest"].map((wanted) =>
    RECORDED.find(([, runner, count]) => runner === wanted && count === 1)?.[0]
  );
  assertEquals(recogniseTests(`${node}\n${jest}\n# tests 1`), {
    runner: "node:test, jest",
    testsRun: 2,
    line: "Test Suites: 1 passed, 1 total",
  });
  const all = recogniseTests(`${node}\n${jest}\n${node}`);
  assertEquals([all?.runner, all?.testsRun], ["node:test, jest", 3]);
  const empty = RECORDED.find(([, , count]) => count === 0)?.[0];
  assertEquals(recogniseTests(`${empty}\n${jest}`)?.testsRun, 1);
  assertEquals(recogniseTests(`${empty}\n${empty}`)?.testsRun, 0);
});

/** What programs say that are no test runner, or in whose output another one is quoted. */
const NO_SUMMARIES = [
  'log: the runner said "Ran 0 tests in 0.000s"',
  "2026-01-01T00:00:00Z INFO 0 passing (3ms)",
  "  > 0 passing (3ms)",
  "0 passing (3ms)",
  "expected: # tests 0\n# pass 0",
  "# tests 0\nof the suite",
  "All 0 tests passed",
  "Ran 0 tests in 0.000s of 5",
  "No tests found, exiting with code 0 (but it went on)",
  "warning: no tests ran in 0.1s of the second phase",
  "tests: 0 examples, 0 failures in the spec of the parser",
  "ok | 0 passed, says the banner",
  "Tests: 0 total",
  "test result: ok. 0 passed",
];

Deno.test("recogniseTests() takes no words inside other text for a summary", () => {
  for (const output of NO_SUMMARIES) {
    assertEquals(recogniseTests(output), null, output);
    assertEquals(noTestRan(output, "make", false), undefined, output);
  }
});

Deno.test("noTestRan() lets a build be, though its tool says that there was nothing to test", () => {
  const built = "[INFO] No tests to run.\n[INFO] BUILD SUCCESS\n";
  assertEquals(noTestRan(built, "mvn -q package", false), undefined);
  const gradle = "> Task :test NO-SOURCE\n\nBUILD SUCCESSFUL in 1s\n";
  assertEquals(noTestRan(gradle, "./gradlew build", false), undefined);
  assertEquals(
    noTestRan(built, "mvn package", true)?.slice(0, 11),
    "No test ran",
  );
});

Deno.test("recogniseTests() judges a long output by its end, unless that is not all there is to say", () => {
  const cut = (end: string, start = "logs") =>
    `${start}\n… 9999999 bytes left out …\n${end}`;
  const none = "Ran 0 tests in 0.000s\n\nOK\n";
  const some = "Ran 7 tests in 0.000s\n\nOK\n";
  assertEquals(recogniseTests(cut(some), "python -m unittest")?.testsRun, 7);
  assertEquals(recogniseTests(cut(none), "python -m unittest")?.testsRun, 0);
  // Another program may have run before, and what it said is missing.
  const both = "npm test && python -m unittest";
  assertEquals(recogniseTests(cut(none), both)?.testsRun, null);
  const packages = "?   \tx/a\t[no test files]\n";
  assertEquals(recogniseTests(cut(packages), "go test ./...")?.testsRun, null);
});
