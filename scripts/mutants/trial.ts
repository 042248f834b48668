import { allSuites, type Suite, TEMPORARY_DIRECTORY } from "../test/suites.ts";

const NEEDED = ["src", "tests", "scripts", "docs", "man", "mod.ts", "cli.ts"];
const NEEDED_FILES = [
  ...["deno.json", "deno.lock", "README.md", "CHANGELOG.md", "LICENSE"],
  ...["ARCHITECTURE.md", "CONTRIBUTING.md"],
];

/** A mutant may wait for ever; tests that do not end have noticed it. */
const TIME_LIMIT_MS = 300_000;

/** Copies the project, so that nothing of it is ever broken itself. */
export async function copyProject(): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "orc-mutants-" });
  for (const path of [...NEEDED, ...NEEDED_FILES]) await copy(path, directory);
  // Some tests look at the repository that they are run in.
  await new Deno.Command("git", { args: ["init", "--quiet", directory] })
    .output();
  return directory;
}

async function copy(path: string, to: string): Promise<void> {
  if (path === "tests/.tmp") return;
  const { isDirectory } = await Deno.stat(path);
  if (!isDirectory) {
    await Deno.copyFile(path, `${to}/${path}`);
    return;
  }
  await Deno.mkdir(`${to}/${path}`, { recursive: true });
  for await (const { name } of Deno.readDir(path)) {
    await copy(`${path}/${name}`, to);
  }
}

/**
 * Whether a test fails in a copy. Tests are a suite, or a file below `tests/` and after a colon
 * what their names contain.
 */
export async function isNoticed(copy: string, tests: string): Promise<boolean> {
  const temporary = `${copy}/${TEMPORARY_DIRECTORY}`;
  await Deno.mkdir(temporary, { recursive: true });
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--quiet", "--no-check", "--fail-fast", ...flagsFor(tests)],
    cwd: copy,
    env: { TMPDIR: temporary, TMP: temporary, TEMP: temporary },
    stdin: "null",
    stdout: "null",
    stderr: "null",
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
  }).output();
  return !success;
}

/** One file alone starts in a fraction of the time. */
function flagsFor(tests: string): readonly string[] {
  const { suite, paths, filter } = placeOf(tests);
  const filters = filter === undefined ? [] : ["--filter", filter];
  return ["--no-prompt", ...suite.flags, ...filters, ...paths];
}

let suites: readonly Suite[] | undefined;

interface TestPlace {
  readonly suite: Suite;
  readonly paths: readonly string[];
  readonly filter: string | undefined;
}

/**
 * Finds the tests that must notice a mutant.
 *
 * @throws {Error} if no suite has their file, or it is gone
 */
export function placeOf(tests: string): TestPlace {
  const [place = "", filter] = tests.split(/: (.*)/);
  const path = `tests/${place}`;
  suites ??= allSuites();
  const suite = suites.find(({ name, paths }) =>
    name === place ||
    paths.some((each) => path === each || path.startsWith(`${each}/`))
  );
  if (suite === undefined) throw new Error(`No suite has "${place}"`);
  if (suite.name === place) return { suite, paths: suite.paths, filter };
  Deno.statSync(path);
  return { suite, paths: [path], filter };
}
