import { plainText } from "../base/text.ts";

/** How a test runner's output tells whether a test ran. */
interface Runner {
  readonly name: string;
  /** What it says at its end, or instead of it, with and without tests. */
  readonly summary: RegExp;
  /** What it says only where a test ran: one that was skipped did not. */
  readonly ran: RegExp;
}

/** Some say something only where nothing ran. */
const NEVER = /(?!)/;

/** Most of them end well without a single test, which proves nothing. */
const RUNNERS: readonly Runner[] = [
  {
    name: "node:test",
    summary: /^[#ℹ] tests \d+/m,
    ran: /^[#ℹ] (?:pass|fail) +[1-9]/m,
  },
  {
    name: "TAP",
    summary: /^1\.\.0\b.*/m,
    ran: /^(?:not )?ok \d+(?!.*# skip)/mi,
  },
  {
    name: "deno test",
    summary: /^(?:ok|FAILED) \| \d+ passed.*/m,
    ran: /^(?:ok|FAILED) \| .*\b[1-9]\d* (?:passed|failed)/m,
  },
  {
    name: "vitest",
    summary: /^ *Tests {2}(?:no tests|\d+ .*)|^No test files found.*/m,
    ran: /^ *Tests {2}.*\b[1-9]\d* (?:passed|failed)/m,
  },
  {
    name: "jest",
    summary: /^ *Tests: +\d+ .*|^No tests found.*/m,
    ran: /^ *Tests: +.*\b[1-9]\d* (?:passed|failed)/m,
  },
  {
    name: "mocha",
    summary: /^ *\d+ passing \(.*/m,
    ran: /^ *[1-9]\d* (?:passing \(|failing$)/m,
  },
  {
    name: "bun test",
    summary: /^Ran \d+ tests? across \d+ files?/m,
    ran: /^ *[1-9]\d* (?:pass|fail)$/m,
  },
  {
    name: "jasmine",
    summary: /^\d+ specs?, \d+ failures?.*|^No specs found.*/m,
    ran: /^[1-9]\d* specs?, /m,
  },
  {
    name: "pytest",
    summary:
      /^=* ?(?:no tests ran|\d+ (?:passed|failed|skipped|deselected|x\w+|errors?|warnings?)\b.*) in [\d.]+s/m,
    ran: /^=* ?.*\b[1-9]\d* (?:passed|failed|xfailed|xpassed)\b.* in [\d.]+s/m,
  },
  {
    name: "unittest",
    summary: /^Ran \d+ tests? in [\d.]+s$/m,
    ran: /^Ran ([1-9]\d*) tests? in [\d.]+s$(?!\s+OK \(.*skipped=\1\b)/m,
  },
  {
    name: "go test",
    summary:
      /^\?\s+\S+\s+\[no test files\]$|^ok\s+\S+\s.*\[no tests to run\]$|^no packages to test$/m,
    ran:
      /^(?:ok|FAIL)\s+\S+\s+(?:[\d.]+s|\(cached\))(?!.*\[no tests to run\])/m,
  },
  {
    name: "cargo test",
    summary: /^test result: .*/m,
    ran: /^test result: .*\b[1-9]\d* (?:passed|failed);/m,
  },
  {
    name: "cargo nextest",
    summary: /^ *Summary \[.*\] +\d+ tests? run.*/m,
    ran: /^ *Summary \[.*\] +[1-9]\d* tests? run/m,
  },
  {
    name: "Maven",
    summary:
      /^(?:\[\w+\] )?(?:Tests run: \d+.*|No tests to run\.|Tests are skipped\.|BUILD SUCCESS)$/m,
    ran:
      /^(?:\[\w+\] )?(?:Tests run: ([1-9]\d*), Failures: \d+, Errors: \d+, Skipped: (?!\1\b)|Tests: succeeded [1-9])/m,
  },
  {
    name: "Gradle",
    summary:
      /^(?:> Task )?:(?:\S*:)?(?:test(?!Classes)\w*|\w+Test) (?:NO-SOURCE|SKIPPED)$|^BUILD SUCCESSFUL\b.*/m,
    // What is up to date ran before, on the same files.
    ran:
      /^(?:> Task )?:(?:\S*:)?(?:test(?!Classes)\w*|\w+Test)(?: (?:UP-TO-DATE|FROM-CACHE|FAILED))?$/m,
  },
  {
    name: "dotnet test",
    summary:
      /^No test is available in .*|^(?:Passed|Failed|Skipped)! +- Failed: .*|^Total tests: \d+|^Test run summary: .*/m,
    ran:
      /^(?:Passed|Failed)!.*\b(?:Failed|Passed): +[1-9]|^ +(?:Passed|Failed|succeeded|failed): [1-9]/m,
  },
  {
    name: "RSpec",
    summary: /^\d+ examples?, \d+ failures?.*/m,
    ran: /^([1-9]\d*) examples?, \d+ failures?\b(?!, \1 pending)/m,
  },
  {
    name: "minitest",
    summary: /^\d+ (?:runs|tests), \d+ assertions, .*/m,
    ran:
      /^([1-9]\d*) (?:runs|tests), \d+ assertions, \d+ failures, \d+ errors, (?!\1 (?:skips|pendings))/m,
  },
  {
    name: "PHPUnit",
    summary:
      /^No tests executed!|^OK \(\d+ tests?.*|^Tests: \d+, Assertions: .*/m,
    ran: /^OK \([1-9]|^Tests: ([1-9]\d*), (?!.*Skipped: \1\b)/m,
  },
  {
    name: "CTest",
    summary: /^No tests were found!!!|\d+ tests? failed out of \d+$/m,
    ran: /\d+ tests? failed out of [1-9]/m,
  },
  {
    name: "Automake",
    summary: /^# TOTAL: +\d+$/m,
    ran: /^# (?:PASS|FAIL|XFAIL|XPASS): +[1-9]/m,
  },
  {
    name: "prove",
    summary: /^Files=0, Tests=0, .*/m,
    ran: /^Files=\d+, Tests=[1-9]/m,
  },
  {
    // A rule without a recipe, or a file or directory that is called like it.
    name: "Make",
    summary:
      /^\w*make: (?:Nothing to be done for [`'](?:tests?|check)'\.|[`'](?:tests?|check)' is up to date\.)$/m,
    ran: NEVER,
  },
];

/** Programs that say nothing where they find no file with tests. */
const SILENT_WITHOUT = /(?:^|\s|\/)rake\s(?:.*\s)?test$/;

/** What stands where the middle of a long output was not kept. */
const LEFT_OUT = /^… \d+ bytes left out …$/m;

/**
 * Says that no test ran, where the output of a program ends as a test runner does that found none.
 * Undefined where a test ran, and where no runner is recognised or a part of the output is missing:
 * then nobody can tell.
 */
export function noTestRan(
  output: string,
  command = "",
): string | undefined {
  const text = plainText(output);
  if (LEFT_OUT.test(text) || RUNNERS.some(({ ran }) => ran.test(text))) {
    return undefined;
  }
  if (text.trim() === "" && SILENT_WITHOUT.test(command)) {
    return "No test ran: rake found none to speak of";
  }
  for (const { name, summary } of RUNNERS) {
    const [line] = summary.exec(text) ?? [];
    if (line !== undefined) return `No test ran: ${name} says "${line.trim()}"`;
  }
  return undefined;
}
