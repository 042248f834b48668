import { plainText } from "../base/text.ts";

/** How the output of a test runner tells of its tests. */
interface Runner {
  readonly name: string;
  /** What it says at its end, or instead of it, with and without tests; other text may hold it, too. */
  readonly sign: RegExp;
  /** What it says only where a test ran: one that was skipped did not. */
  readonly ran: RegExp;
  /** How it counts; undefined where nothing that it prints is sure to be its own. */
  readonly summary?: Summary;
}

/** How the summary of a runner counts the tests that ran. */
interface Summary {
  /** Fits nothing but a whole summary: its words inside other text are none. Flags `gm`. */
  readonly line: RegExp;
  /**
   * How many tests it says ran, passed or failed; null where it only says that some did. One that
   * was skipped did not run.
   */
  readonly ran: (found: Readonly<Record<string, string | undefined>>) =>
    | number
    | null;
  /** Whether it comes once and last, and not once for each of several parts. */
  readonly isTotal: boolean;
  /** What the command has to hold: such a tool does much besides testing. */
  readonly command?: RegExp;
}

/** Some say something only where nothing ran. */
const NEVER = /(?!)/;

const sumOf = (
  ...counts: readonly (string | undefined)[]
): number => counts.reduce((sum, count) => sum + Number(count ?? 0), 0);

/** The counts that stand before these words. */
function countsBefore(text: string | undefined, words: RegExp): number {
  return Array.from((text ?? "").matchAll(/(\d+) ([a-z]+)/g))
    .filter(([, , word = ""]) => words.test(word))
    .reduce((sum, [, count]) => sum + Number(count), 0);
}

const RAN = /^(?:passed|failed|xfailed|xpassed)$/;

/** Most of them end well without a single test, which proves nothing. */
const RUNNERS: readonly Runner[] = [
  {
    name: "node:test",
    sign: /^[#ℹ] tests \d+/m,
    ran: /^[#ℹ] (?:pass|fail) +[1-9]/m,
    summary: {
      line:
        /^[#ℹ] tests \d+\n(?:[#ℹ] suites \d+\n)?[#ℹ] pass (?<pass>\d+)\n[#ℹ] fail (?<fail>\d+)$/gm,
      ran: ({ pass, fail }) => sumOf(pass, fail),
      isTotal: true,
    },
  },
  {
    name: "TAP",
    sign: /^1\.\.0\b.*/m,
    ran: /^(?:not )?ok \d+(?!.*# skip)/mi,
  },
  {
    name: "deno test",
    sign: /^(?:ok|FAILED) \| \d+ passed.*/m,
    ran: /^(?:ok|FAILED) \| .*\b[1-9]\d* (?:passed|failed)/m,
    summary: {
      line:
        /^(?:ok|FAILED) \| (?<pass>\d+) passed(?: \(\d+ steps?\))? \| (?<fail>\d+) failed\b.*$/gm,
      ran: ({ pass, fail }) => sumOf(pass, fail),
      isTotal: true,
    },
  },
  {
    name: "vitest",
    sign: /^ *Tests {2}(?:no tests|\d+ .*)|^No test files found.*/m,
    ran: /^ *Tests {2}.*\b[1-9]\d* (?:passed|failed)/m,
    summary: {
      line:
        /^ *Test Files {2}.*\n *Tests {2}(?<counts>no tests|(?:\d+ [a-z]+(?: \| )?)+ \(\d+\))$|^No test files found, exiting with code 0$/gm,
      ran: ({ counts }) => countsBefore(counts, RAN),
      isTotal: true,
    },
  },
  {
    name: "jest",
    sign: /^ *Tests: +\d+ .*|^No tests found.*/m,
    ran: /^ *Tests: +.*\b[1-9]\d* (?:passed|failed)/m,
    summary: {
      line:
        /^Test Suites: +.*\d+ total\nTests: +(?<counts>(?:\d+ [a-z]+, )*\d+ total)$|^No tests found, exiting with code 0$/gm,
      ran: ({ counts }) => countsBefore(counts, RAN),
      isTotal: true,
    },
  },
  {
    name: "mocha",
    sign: /^ *\d+ passing \(.*/m,
    ran: /^ *[1-9]\d* (?:passing \(|failing$)/m,
    summary: {
      line:
        /^ {2}(?<pass>\d+) passing \(\d+(?:ms|s|m|h|d)\)$(?:\n {2}\d+ pending$)?(?:\n {2}(?<fail>\d+) failing$)?/gm,
      ran: ({ pass, fail }) => sumOf(pass, fail),
      isTotal: true,
    },
  },
  {
    name: "bun test",
    sign: /^Ran \d+ tests? across \d+ files?/m,
    ran: /^ *[1-9]\d* (?:pass|fail)$/m,
    summary: {
      line:
        /^ (?<pass>\d+) pass\n(?: \d+ (?:skip|todo)\n)* (?<fail>\d+) fail\n(?: .*\n)*Ran \d+ tests? across \d+ files?\.? \[[\d.]+m?s\]$/gm,
      ran: ({ pass, fail }) => sumOf(pass, fail),
      isTotal: true,
    },
  },
  {
    name: "jasmine",
    sign: /^\d+ specs?, \d+ failures?.*|^No specs found.*/m,
    ran: /^[1-9]\d* specs?, /m,
    summary: {
      line:
        /^(?<all>\d+) specs?, \d+ failures?(?:, (?<pending>\d+) pending specs?)?$/gm,
      ran: ({ all, pending }) => sumOf(all) - sumOf(pending),
      isTotal: true,
    },
  },
  {
    name: "pytest",
    sign:
      /^=* ?(?:no tests ran|\d+ (?:passed|failed|skipped|deselected|x\w+|errors?|warnings?)\b.*) in [\d.]+s/m,
    ran: /^=* ?.*\b[1-9]\d* (?:passed|failed|xfailed|xpassed)\b.* in [\d.]+s/m,
    summary: {
      line:
        /^(?:=+ )?(?:no tests ran|(?:\d+(?:\/\d+)?|no) tests? collected(?: \(\d+ deselected\))?|(?<counts>\d+ (?:passed|failed|skipped|deselected|xfailed|xpassed|errors?|warnings?|rerun)(?:, \d+ [a-z]+)*)) in \d+(?:\.\d+)?s(?: \([\d:]+\))?(?: =+)?$/gm,
      ran: ({ counts }) => countsBefore(counts, RAN),
      isTotal: true,
    },
  },
  {
    name: "unittest",
    sign: /^Ran \d+ tests? in [\d.]+s$/m,
    ran: /^Ran ([1-9]\d*) tests? in [\d.]+s$(?!\s+OK \(.*skipped=\1\b)/m,
    summary: {
      line:
        /^Ran (?<all>\d+) tests? in \d+\.\d+s\n\n(?:OK|FAILED|NO TESTS RAN)(?: \((?:.*\b(?<skipped>skipped=\d+))?.*\))?$/gm,
      ran: ({ all, skipped }) => sumOf(all) - sumOf(skipped?.slice(8)),
      isTotal: true,
    },
  },
  {
    name: "go test",
    sign:
      /^\?\s+\S+\s+\[no test files\]$|^ok\s+\S+\s.*\[no tests to run\]$|^no packages to test$/m,
    ran:
      /^(?:ok|FAIL)\s+\S+\s+(?:[\d.]+s|\(cached\))(?!.*\[no tests to run\])/m,
    summary: {
      line:
        /^(?:\?\s+\S+\s+\[no test files\]|(?:ok|FAIL)\s+\S+\s+(?:[\d.]+s|\(cached\))(?:\s+coverage: .*?)?(?<none> ?\[no tests to run\])?|no packages to test)$/gm,
      ran: ({ whole, none }) =>
        none || !/^(?:ok|FAIL)/.test(whole ?? "") ? 0 : null,
      isTotal: false,
    },
  },
  {
    name: "cargo test",
    sign: /^test result: .*/m,
    ran: /^test result: .*\b[1-9]\d* (?:passed|failed);/m,
    summary: {
      line:
        /^test result: (?:ok|FAILED)\. (?<pass>\d+) passed; (?<fail>\d+) failed; \d+ ignored; (?<measured>\d+) measured; \d+ filtered out(?:; finished in [\d.]+s)?$/gm,
      ran: ({ pass, fail, measured }) => sumOf(pass, fail, measured),
      isTotal: false,
    },
  },
  {
    name: "cargo nextest",
    sign: /^ *Summary \[.*\] +\d+ tests? run.*/m,
    ran: /^ *Summary \[.*\] +[1-9]\d* tests? run/m,
    summary: {
      line: /^ *Summary \[ *[\d.]+s\] +(?<all>\d+)(?:\/\d+)? tests? run: .*$/gm,
      ran: ({ all }) => sumOf(all),
      isTotal: true,
    },
  },
  {
    name: "Maven",
    sign:
      /^(?:\[\w+\] )?(?:Tests run: \d+.*|No tests to run\.|Tests are skipped\.|BUILD SUCCESS)$/m,
    ran:
      /^(?:\[\w+\] )?(?:Tests run: ([1-9]\d*), Failures: \d+, Errors: \d+, Skipped: (?!\1\b)|Tests: succeeded [1-9])/m,
    summary: {
      // A line with a time is that of one class, and counted again in the sum.
      line:
        /^\[(?:INFO|WARNING|ERROR)\] (?:Tests run: (?<all>\d+), Failures: \d+, Errors: \d+, Skipped: (?<skipped>\d+)|No tests to run\.|Tests are skipped\.)$/gm,
      ran: ({ all, skipped }) => sumOf(all) - sumOf(skipped),
      isTotal: false,
      command: /\btest\b/,
    },
  },
  {
    name: "Gradle",
    sign:
      /^(?:> Task )?:(?:\S*:)?(?:test(?!Classes)\w*|\w+Test) (?:NO-SOURCE|SKIPPED)$|^BUILD SUCCESSFUL\b.*/m,
    // What is up to date ran before, on the same files.
    ran:
      /^(?:> Task )?:(?:\S*:)?(?:test(?!Classes)\w*|\w+Test)(?: (?:UP-TO-DATE|FROM-CACHE|FAILED))?$/m,
    summary: {
      line:
        /^> Task :(?:\S*:)?(?:test(?!Classes)\w*|\w+Test)(?<none> (?:NO-SOURCE|SKIPPED))?(?: (?:UP-TO-DATE|FROM-CACHE|FAILED))?$/gm,
      ran: ({ none }) => none ? 0 : null,
      isTotal: false,
      command: /\b(?:test|check)\b/i,
    },
  },
  {
    name: "dotnet test",
    sign:
      /^No test is available in .*|^(?:Passed|Failed|Skipped)! +- Failed: .*|^Total tests: \d+|^Test run summary: .*/m,
    ran:
      /^(?:Passed|Failed)!.*\b(?:Failed|Passed): +[1-9]|^ +(?:Passed|Failed|succeeded|failed): [1-9]/m,
    summary: {
      line:
        /^(?:(?:Passed|Failed|Skipped)! +- Failed: +(?<fail>\d+), Passed: +(?<pass>\d+), Skipped: +\d+, Total: +\d+.*|No test is available in \S.*|No test matches the given testcase filter .*)$|^Test run summary: .*\n +total: \d+\n +failed: (?<failed>\d+)\n +succeeded: (?<succeeded>\d+)$/gm,
      ran: ({ fail, pass, failed, succeeded }) =>
        sumOf(fail, pass, failed, succeeded),
      isTotal: false,
    },
  },
  {
    name: "RSpec",
    sign: /^\d+ examples?, \d+ failures?.*/m,
    ran: /^([1-9]\d*) examples?, \d+ failures?\b(?!, \1 pending)/m,
    summary: {
      line:
        /^(?<all>\d+) examples?, \d+ failures?(?:, (?<pending>\d+) pending)?(?:, \d+ errors? occurred outside of examples)?$/gm,
      ran: ({ all, pending }) => sumOf(all) - sumOf(pending),
      isTotal: true,
    },
  },
  {
    name: "minitest",
    sign: /^\d+ (?:runs|tests), \d+ assertions, .*/m,
    ran:
      /^([1-9]\d*) (?:runs|tests), \d+ assertions, \d+ failures, \d+ errors, (?!\1 (?:skips|pendings))/m,
    summary: {
      line:
        /^(?<all>\d+) (?:runs|tests), \d+ assertions, \d+ failures, \d+ errors, (?<skipped>\d+) (?:skips|pendings)\b.*$/gm,
      ran: ({ all, skipped }) => sumOf(all) - sumOf(skipped),
      isTotal: true,
    },
  },
  {
    name: "PHPUnit",
    sign: /^No tests executed!|^OK \(\d+ tests?.*|^Tests: \d+, Assertions: .*/m,
    ran: /^OK \([1-9]|^Tests: ([1-9]\d*), (?!.*Skipped: \1\b)/m,
    summary: {
      line:
        /^(?:No tests executed!|OK \((?<all>\d+) tests?, \d+ assertions?\)|Tests: (?<some>\d+), Assertions: \d+.*?(?:, Skipped: (?<skipped>\d+).*)?\.)$/gm,
      ran: ({ all, some, skipped }) => sumOf(all, some) - sumOf(skipped),
      isTotal: true,
    },
  },
  {
    name: "CTest",
    sign: /^No tests were found!!!|\d+ tests? failed out of \d+$/m,
    ran: /\d+ tests? failed out of [1-9]/m,
    summary: {
      line:
        /^(?:No tests were found!!!|\d+% tests passed, \d+ tests? failed out of (?<all>\d+))$/gm,
      ran: ({ all }) => sumOf(all),
      isTotal: true,
    },
  },
  {
    name: "Automake",
    sign: /^# TOTAL: +\d+$/m,
    ran: /^# (?:PASS|FAIL|XFAIL|XPASS): +[1-9]/m,
  },
  {
    name: "prove",
    sign: /^Files=0, Tests=0, .*/m,
    ran: /^Files=\d+, Tests=[1-9]/m,
    summary: {
      line:
        /^Files=\d+, Tests=(?<all>\d+), .*\d wallclock secs .*\nResult: [A-Z]+$/gm,
      ran: ({ all }) => sumOf(all),
      isTotal: true,
    },
  },
  {
    // A rule without a recipe, or a file or directory that is called like it.
    name: "Make",
    sign:
      /^\w*make: (?:Nothing to be done for [`'](?:tests?|check)'\.|[`'](?:tests?|check)' is up to date\.)$/m,
    ran: NEVER,
  },
];

/** Programs that say nothing where they find no file with tests. */
const SILENT_WITHOUT = /(?:^|\s|\/)rake\s(?:.*\s)?test$/;

/** The tests that a program ran, by the summaries of the runners in its output. */
export interface RecognisedTests {
  /** Names of the runners. */
  readonly runner: string;
  /** How many ran; null where a runner only says that some did, or not all of the output is there. */
  readonly testsRun: number | null;
  /** The first line of the last summary, for people. */
  readonly line: string;
}

/** What stands where the middle of a long output was not kept. */
const LEFT_OUT = /^… \d+ bytes left out …$/m;

/**
 * Counts the tests that ran, over all summaries in the output of a program; null where no runner is
 * recognised. Of an output whose middle is missing only its end is judged, and it counts for none
 * only where a runner says so that comes once, in a command of one program: what is missing may hold
 * the summary of another.
 */
export function recogniseTests(
  output: string,
  command = "",
): RecognisedTests | null {
  const text = plainText(output);
  const found = RUNNERS.flatMap(({ name, summary }) =>
    summary === undefined || summary.command?.test(command) === false
      ? []
      : Array.from(text.matchAll(summary.line), (match) => {
        const { 0: whole, index, groups = {} } = match;
        const count = summary.ran({ ...groups, whole });
        return { name, isTotal: summary.isTotal, whole, index, count };
      })
  );
  const [last] = found.toSorted((one, other) => other.index - one.index);
  if (last === undefined) return null;
  const isWhole = !LEFT_OUT.test(text) ||
    found.every(({ isTotal }) => isTotal) && isOneProgram(command);
  const isTold = isWhole && found.every(({ count }) => count !== null);
  const sum = found.reduce((all, { count }) => all + (count ?? 0), 0);
  // Another one may say that tests ran, whose summary is not counted.
  const isDoubtful = sum === 0 && saysThatSomeRan(text);
  const [line = ""] = last.whole.split("\n");
  return {
    runner: Array.from(new Set(found.map(({ name }) => name))).join(", "),
    testsRun: isTold && !isDoubtful ? sum : null,
    line: line.trim(),
  };
}

function isOneProgram(command: string): boolean {
  return !/[;&|\n]/.test(command);
}

function saysThatSomeRan(text: string): boolean {
  return RUNNERS.some(({ ran }) => ran.test(text));
}

/**
 * Says that no test ran, where the output of a program says so; undefined where a test ran, and
 * where nobody can tell. A check that expects tests takes less for a sign of it than one that may do
 * something else.
 */
export function noTestRan(
  output: string,
  command = "",
  isExpected = true,
  recognised = recogniseTests(output, command),
): string | undefined {
  if (recognised?.testsRun === 0) {
    const { runner, line } = recognised;
    return `No test ran: ${runner} says "${line}"`;
  }
  if (!isExpected || (recognised?.testsRun ?? 0) > 0) return undefined;
  return signOfNone(output, command);
}

/** A word of a runner that speaks for no tests, where no word of any speaks for some. */
function signOfNone(output: string, command: string): string | undefined {
  const text = plainText(output);
  if (LEFT_OUT.test(text) || saysThatSomeRan(text)) return undefined;
  if (text.trim() === "" && SILENT_WITHOUT.test(command)) {
    return "No test ran: rake found none to speak of";
  }
  for (const { name, sign } of RUNNERS) {
    const [line] = sign.exec(text) ?? [];
    if (line !== undefined) return `No test ran: ${name} says "${line.trim()}"`;
  }
  return undefined;
}
