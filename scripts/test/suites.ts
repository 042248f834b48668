/** Tests that run together, with the permissions they need and no more. */
export interface Suite {
  readonly name: string;
  readonly paths: readonly string[];
  readonly flags: readonly string[];
}

/** The only directory tests may write to. */
export const TEMPORARY_DIRECTORY = "tests/.tmp";

const JOURNEY = "tests/journey_test.ts";

const FILES = ["--allow-read=.", `--allow-write=${TEMPORARY_DIRECTORY}`];
/** A symbolic link can be made only by who may read and write everything. */
const LINKS = [
  "--allow-read",
  "--allow-write",
  "--allow-run=mkfifo",
  "--allow-env=LOG_TOKENS,LOG_STREAM",
];
const PROGRAMS = [...FILES, "--allow-run"];
const MACHINE = [...PROGRAMS, "--allow-env", "--allow-sys"];
/** Links, devices, mounts and limits, on this machine. */
const ANYTHING = [
  "--allow-read",
  "--allow-write",
  "--allow-run",
  "--allow-env",
  "--allow-sys",
];

/** All suites in the order they run: the smallest permissions first. */
export function allSuites(): Suite[] {
  return [
    suite("core", []),
    suite("model", []),
    suite("store", FILES),
    suite("links", LINKS),
    suite("host", MACHINE),
    suite("app", MACHINE),
    suite("commands", MACHINE),
    suite("cli", MACHINE),
    suite("journey", MACHINE, [JOURNEY]),
    suite("agents", MACHINE),
    suite("defects", MACHINE),
    suite("bad_inputs", ANYTHING),
    suite("crash", MACHINE),
    suite("faults", MACHINE),
    suite("parallel", MACHINE),
    suite("runtimes", MACHINE),
    suite("scripts", PROGRAMS),
    suite("npm", ANYTHING),
    suite("jsr", [...MACHINE, "--allow-net=127.0.0.1"]),
    suite(
      "top",
      MACHINE,
      testFilesIn("tests").filter((path) => path !== JOURNEY),
    ),
    suite("doc", ["--doc", ...MACHINE], [
      "mod.ts",
      "src",
      "README.md",
      "docs/library.md",
    ]),
  ];
}

function suite(
  name: string,
  flags: readonly string[],
  paths: readonly string[] = [`tests/${name}`],
): Suite {
  return { name, flags, paths: paths.filter(exists) };
}

/** Folders with tests that belong to no suite. */
export function forgottenFolders(suites: readonly Suite[]): string[] {
  const known = new Set(suites.flatMap(({ paths }) => paths));
  return childrenOf("tests")
    .filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `tests/${name}`)
    .filter((path) => path !== TEMPORARY_DIRECTORY && !known.has(path))
    .filter(hasTests);
}

function hasTests(directory: string): boolean {
  return testFilesIn(directory).length > 0 ||
    childrenOf(directory).some(({ name, isDirectory }) =>
      isDirectory && hasTests(`${directory}/${name}`)
    );
}

function testFilesIn(directory: string): string[] {
  return childrenOf(directory)
    .filter(({ name }) => name.endsWith("_test.ts"))
    .map(({ name }) => `${directory}/${name}`);
}

function childrenOf(directory: string): Deno.DirEntry[] {
  return exists(directory) ? [...Deno.readDirSync(directory)] : [];
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return false;
    throw error;
  }
}
