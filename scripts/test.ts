/**
 * Runs the test suites, each with its own permissions, and ends with a line
 * that counts all of them: `N passed, N failed`.
 *
 * Arguments: names of suites (default: all but those that run only by name), then flags for
 * `deno test`.
 */
import {
  allSuites,
  forgottenFolders,
  type Suite,
  TEMPORARY_DIRECTORY,
} from "./test/suites.ts";
import { errorsIn, parseSummary } from "./test/summary.ts";

interface Result {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  /** Why the suite counts as failed although no test of it did, or as neither. */
  readonly problem?: string;
  /** What its failed tests said. */
  readonly errors?: string;
}

/** So much of the end holds the summary, and what a few failed tests said. */
const TAIL_LENGTH = 65_536;

async function main(args: readonly string[]): Promise<number> {
  const firstFlag = args.findIndex((arg) => arg.startsWith("-"));
  const names = firstFlag < 0 ? args : args.slice(0, firstFlag);
  const flags = firstFlag < 0 ? [] : args.slice(firstFlag);

  Deno.mkdirSync(TEMPORARY_DIRECTORY, { recursive: true });
  const results = await runSuites(chosenSuites(names), flags);
  if (names.length === 0) results.push(...forgotten());
  return report(results);
}

function chosenSuites(names: readonly string[]): Suite[] {
  const suites = allSuites();
  if (names.length === 0) {
    return suites.filter(({ paths, onlyNamed }) =>
      paths.length > 0 && !onlyNamed
    );
  }
  return names.map((name) => {
    const suite = suites.find((candidate) => candidate.name === name);
    if (suite !== undefined) return suite;
    const known = suites.map((each) => each.name).join(", ");
    console.error(`No suite is called "${name}"; there are ${known}`);
    Deno.exit(2);
  });
}

/**
 * Suites that build into the clone run one after the other, and the rest, one after the other, beside
 * them; who is done first helps. What runs beside something else is shown once it is done.
 */
async function runSuites(
  suites: readonly Suite[],
  flags: readonly string[],
): Promise<Result[]> {
  const building = suites.filter(({ builds }) => builds);
  const others = suites.filter(({ builds }) => !builds);
  const lanes = building.length > 0 && others.length > 0
    ? [[building, others], [others]]
    : [[building, others]];
  const results = new Map<Suite, Result>();
  await Promise.all(lanes.map(async (queues) => {
    for (const queue of queues) {
      for (let suite = queue.shift(); suite; suite = queue.shift()) {
        results.set(suite, await runSuite(suite, flags, lanes.length > 1));
      }
    }
  }));
  return suites.flatMap((suite) => results.get(suite) ?? []);
}

const NOTHING = Deno.build.os === "windows" ? "NUL" : "/dev/null";

async function runSuite(
  suite: Suite,
  flags: readonly string[],
  isShownLater: boolean,
): Promise<Result> {
  const { name, paths } = suite;
  if (paths.length === 0) return broken(name, "has no tests yet");
  if (!isShownLater) console.log(`\n--- ${name}`);
  const directory = `${Deno.cwd()}/${TEMPORARY_DIRECTORY}`;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--quiet",
      "--no-prompt",
      ...suite.flags,
      ...flags,
      ...paths,
    ],
    env: {
      ...{ TMPDIR: directory, TMP: directory, TEMP: directory },
      // Git as it is on a new machine: no author, and no setting of whoever runs the tests.
      ...{ GIT_CONFIG_GLOBAL: NOTHING, GIT_CONFIG_NOSYSTEM: "1" },
    },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const output = isShownLater
    ? await new Response(child.stdout).text()
    : await passOn(child.stdout);
  const { code } = await child.status;
  if (isShownLater) console.log(`\n--- ${name}\n${output}`);
  return judge(name, output, code);
}

/** Shows a stream while it flows; returns its end. */
async function passOn(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let tail = "";
  for await (const chunk of stream) {
    for (let written = 0; written < chunk.length;) {
      written += Deno.stdout.writeSync(chunk.subarray(written));
    }
    tail += decoder.decode(chunk, { stream: true });
    tail = tail.slice(-TAIL_LENGTH);
  }
  return tail;
}

function judge(name: string, output: string, code: number): Result {
  const summary = parseSummary(output);
  if (summary === undefined) return broken(name, "did not run");
  const { passed, failed, filteredOut, ignored } = summary;
  if (passed + failed + filteredOut === 0) {
    return ignored > 0 ? skipped(name) : broken(name, "ran no test");
  }
  if (code !== 0 && failed === 0) {
    return { ...broken(name, `ended with exit code ${code}`), passed };
  }
  return { name, passed, failed, errors: errorsIn(output) };
}

/** This machine lacks what the suite needs, as its output says. */
function skipped(name: string): Result {
  return { name, passed: 0, failed: 0, problem: "skipped, see above" };
}

function broken(name: string, problem: string): Result {
  return { name, passed: 0, failed: 1, problem };
}

function forgotten(): Result[] {
  return forgottenFolders(allSuites()).map((path) =>
    broken(path, "belongs to no suite of scripts/test/suites.ts")
  );
}

function report(results: readonly Result[]): number {
  // Said again at the end, for a log of tens of minutes may be kept only in part.
  for (const { name, errors } of results) {
    if (errors) console.log(`\n--- failed in ${name}\n${errors}`);
  }
  console.log("\n--- all");
  for (const { name, passed, failed, problem } of results) {
    console.log(`${name}: ${problem ?? `${passed} passed, ${failed} failed`}`);
  }
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  const isOnlySkipped = results.every((result) => result.problem !== undefined);
  return failed === 0 && (passed > 0 || isOnlySkipped) ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
