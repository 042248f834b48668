import { isPure, ROOMS } from "../house/rooms.ts";

/** Tests that run together, with the permissions they need and no more. */
export interface Suite {
  readonly name: string;
  readonly paths: readonly string[];
  readonly flags: readonly string[];
  /** Whether it builds into the clone, where two must not do so at once. */
  readonly builds?: boolean;
  /** Whether it runs only when it is named: it needs what few machines have, or takes long. */
  readonly onlyNamed?: boolean;
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

/** Rooms that know no host: their tests get files, and nothing else. */
const FILE_ROOMS: readonly string[] = ["files", "session", "transfer"];
/** Rooms whose tests are a suite of their own. */
const OWN_SUITES: readonly string[] = [
  "host",
  "documents",
  "postgres",
  "fetch",
  "upstream",
  "objects",
  "persist",
  "notify",
  "agents",
  "library",
  "commands",
  "cli",
];

/** All suites in the order they run: the smallest permissions first. */
export function allSuites(): Suite[] {
  const others = ROOMS.filter((room) =>
    !FILE_ROOMS.includes(room) && !OWN_SUITES.includes(room)
  );
  return [
    suite(
      "pure",
      [],
      [
        ...ROOMS.flatMap((room) => testFilesBelow(`tests/${room}`)),
        ...testFilesIn("tests"),
      ].filter(isOfPureFile),
    ),
    // By far the longest, so that no lane has to wait for it at the end.
    suite("faults", MACHINE),
    suite("model", []),
    suite("files", FILES, FILE_ROOMS.flatMap(impureTestsOf)),
    suite("store", FILES),
    suite("links", LINKS),
    suite("host", MACHINE, impureTestsOf("host")),
    suite("rooms", MACHINE, others.flatMap(impureTestsOf)),
    suite("documents", ANYTHING, impureTestsOf("documents")),
    suite(
      "postgres",
      [...ANYTHING, "--allow-net"],
      impureTestsOf("postgres"),
    ),
    suite(
      "fetch",
      [...ANYTHING, "--allow-net=127.0.0.1"],
      impureTestsOf("fetch"),
    ),
    suite(
      "upstream",
      [...ANYTHING, "--allow-net=127.0.0.1"],
      impureTestsOf("upstream"),
    ),
    suite(
      "objects",
      [...ANYTHING, "--allow-net=127.0.0.1"],
      impureTestsOf("objects"),
    ),
    suite(
      "persist",
      [...ANYTHING, "--allow-net=127.0.0.1"],
      impureTestsOf("persist"),
    ),
    suite(
      "notify",
      [...ANYTHING, "--allow-net=127.0.0.1"],
      impureTestsOf("notify"),
    ),
    suite("library", MACHINE),
    suite("commands", MACHINE),
    suite("cli", MACHINE),
    suite("standard", MACHINE),
    suite("journey", MACHINE, [JOURNEY]),
    suite("agents", ANYTHING),
    // What drives a browser looks at places of the system that only all permissions allow.
    suite("dashboard", ["--allow-all"]),
    suite("tokens", MACHINE),
    suite("redteam", ANYTHING),
    suite("defects", MACHINE),
    suite("bad_inputs", ANYTHING),
    suite("remedies", ANYTHING),
    suite("crash", MACHINE),
    suite("parallel", MACHINE),
    builds(suite("contract", [...ANYTHING, "--allow-net=127.0.0.1"])),
    builds(suite("runtimes", MACHINE)),
    builds(suite("scripts", PROGRAMS)),
    builds(suite("install", ANYTHING)),
    builds(suite("npm", ANYTHING)),
    onlyNamed(suite("projects", ANYTHING)),
    onlyNamed(suite("hosts", [...ANYTHING, "--allow-net=127.0.0.1"])),
    onlyNamed(suite("radosgw", [...ANYTHING, "--allow-net=127.0.0.1"])),
    onlyNamed(suite("windows", ANYTHING)),
    onlyNamed(suite("filesystems", ANYTHING)),
    builds(suite("jsr", [...MACHINE, "--allow-net=127.0.0.1"])),
    builds(suite(
      "top",
      MACHINE,
      testFilesIn("tests").filter((path) =>
        path !== JOURNEY && !isOfPureFile(path)
      ),
    )),
    builds(suite("doc", ["--doc", ...MACHINE], [
      "mod.ts",
      "src",
      "README.md",
      "docs/library.md",
      "docs/backends.md",
    ])),
  ];
}

/** Whether the file that a test is named after is pure: then it runs without any permission. */
function isOfPureFile(path: string): boolean {
  return isPure(path.replace(/^tests\//, "src/").replace(/_test\.ts$/, ".ts"));
}

function impureTestsOf(room: string): string[] {
  return testFilesBelow(`tests/${room}`).filter((path) => !isOfPureFile(path));
}

function suite(
  name: string,
  flags: readonly string[],
  paths: readonly string[] = [`tests/${name}`],
): Suite {
  return { name, flags, paths: paths.filter(exists) };
}

function builds(suite: Suite): Suite {
  return { ...suite, builds: true };
}

function onlyNamed(suite: Suite): Suite {
  return { ...suite, onlyNamed: true };
}

/** Folders with tests that belong to no suite. */
export function forgottenFolders(suites: readonly Suite[]): string[] {
  const known = new Set(suites.flatMap(({ paths }) => paths));
  const hasSuite = (path: string): boolean =>
    known.has(path) ||
    testFilesBelow(path).length > 0 &&
      testFilesBelow(path).every((file) => known.has(file));
  return childrenOf("tests")
    .filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `tests/${name}`)
    .filter((path) => path !== TEMPORARY_DIRECTORY && !hasSuite(path))
    .filter((path) => testFilesBelow(path).length > 0);
}

function testFilesBelow(directory: string): string[] {
  const folders = childrenOf(directory).filter((child) => child.isDirectory);
  return [
    ...testFilesIn(directory),
    ...folders.flatMap(({ name }) => testFilesBelow(`${directory}/${name}`)),
  ];
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
