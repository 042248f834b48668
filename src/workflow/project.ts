import { OrcError } from "../base/error.ts";
import {
  asObject,
  type JsonObject,
  type JsonValue,
  parseJson,
} from "../base/json.ts";

/** Lock files, and the package manager that writes each. */
const NODE_LOCKS: readonly (readonly [string, string])[] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
];

/** `npm init` writes a test script that only says that there is none. */
const NO_TESTS = /no test specified/;

/** A project of Node packages: only scripts that exist. */
function detectNode(project: Project): ProjectKind | undefined {
  if (!project.files.has("package.json")) return undefined;
  const manifest = readManifestObject(project.read("package.json"));
  const scripts = scriptsIn(manifest, "scripts");
  const manager = nodeManagerOf(project, manifest?.get("packageManager"));
  const run = (name: string): string | undefined =>
    scripts.has(name) ? `${manager} run ${name}` : undefined;
  const hasTests = !NO_TESTS.test(scripts.get("test") ?? "no test specified");
  return {
    name: "Node.js",
    testCommand: hasTests ? testCommandOf(manager) : undefined,
    buildCommand: run("build"),
    lintCommand: run("lint"),
  };
}

/** `bun test` would run Bun's own tests instead of the script. */
function testCommandOf(manager: string): string {
  return manager === "bun" ? "bun run test" : `${manager} test`;
}

function nodeManagerOf({ files }: Project, declared: unknown): string {
  const name = typeof declared === "string" ? declared.split("@")[0] : "";
  const isKnown = NODE_LOCKS.some(([, manager]) => manager === name);
  if (name && isKnown) return name;
  const lock = NODE_LOCKS.find(([file]) => files.has(file));
  return lock === undefined ? "npm" : lock[1];
}

/** A Deno project: its own tasks, else what Deno brings along. */
function detectDeno({ files, read }: Project): ProjectKind | undefined {
  const file = ["deno.json", "deno.jsonc"].find((name) => files.has(name));
  if (file === undefined) return undefined;
  const tasks = scriptsIn(readManifestObject(read(file)), "tasks");
  const task = (name: string): string | undefined =>
    tasks.has(name) ? `deno task ${name}` : undefined;
  return {
    name: "Deno",
    testCommand: task("test") ?? "deno test",
    buildCommand: task("build"),
    lintCommand: task("lint") ?? "deno lint",
  };
}

/** A Rust package or workspace. */
function detectCargo({ files }: Project): ProjectKind | undefined {
  if (!files.has("Cargo.toml")) return undefined;
  return {
    name: "Rust",
    testCommand: "cargo test",
    buildCommand: "cargo build",
    lintCommand: "cargo clippy",
  };
}

/** A Go module. */
function detectGo({ files }: Project): ProjectKind | undefined {
  if (!files.has("go.mod")) return undefined;
  return {
    name: "Go",
    testCommand: "go test ./...",
    buildCommand: "go build ./...",
    lintCommand: "go vet ./...",
  };
}

const PYTHON_MANIFESTS = ["pyproject.toml", "setup.py", "requirements.txt"];

/** Files that may speak of pytest or ruff. */
const PYTHON_SOURCES = [
  ...PYTHON_MANIFESTS,
  "requirements-dev.txt",
  "setup.cfg",
  "tox.ini",
];

/** A Python project. Most have nothing to build. */
function detectPython(
  { files, read }: Project,
): ProjectKind | undefined {
  if (!PYTHON_MANIFESTS.some((name) => files.has(name))) return undefined;
  const texts = PYTHON_SOURCES.filter((name) => files.has(name))
    .map((name) => read(name) ?? "").join("\n");
  const usesPytest = files.has("pytest.ini") || files.has("conftest.py") ||
    /\bpytest\b/.test(texts);
  const usesRuff = files.has("ruff.toml") || files.has(".ruff.toml") ||
    /^\[tool\.ruff\b/m.test(texts);
  const runner = pythonRunnerOf(files);
  return {
    name: "Python",
    testCommand: runner + (usesPytest ? "pytest" : "python -m unittest"),
    buildCommand: undefined,
    lintCommand: usesRuff ? `${runner}ruff check` : undefined,
  };
}

function pythonRunnerOf(files: ReadonlySet<string>): string {
  if (files.has("uv.lock")) return "uv run ";
  return files.has("poetry.lock") ? "poetry run " : "";
}

/** A project with a Makefile: only targets that exist. */
function detectMake({ files, read }: Project): ProjectKind | undefined {
  const file = ["GNUmakefile", "makefile", "Makefile"]
    .find((name) => files.has(name));
  if (file === undefined) return undefined;
  const text = read(file) ?? "";
  const make = (target: string): string | undefined =>
    hasTarget(text, target) ? `make ${target}` : undefined;
  return {
    name: "Make",
    testCommand: make("test") ?? make("check"),
    buildCommand: make("build") ?? make("all"),
    lintCommand: make("lint"),
  };
}

/** A rule may name several targets; `:=` is an assignment, and a recipe is indented. */
function hasTarget(makefile: string, target: string): boolean {
  return makefile.split("\n").some((line) => {
    const rule = /^([^\s#:=][^#:=]*):(?!=)/.exec(line);
    return rule?.[1]?.trim().split(/\s+/).includes(target) ?? false;
  });
}

/** A CMake project whose build directory is `build`. */
function detectCmake({ files }: Project): ProjectKind | undefined {
  if (!files.has("CMakeLists.txt")) return undefined;
  return {
    name: "CMake",
    // Without the flag no tests at all would count as passed.
    testCommand: "ctest --test-dir build --no-tests=error --output-on-failure",
    buildCommand: "cmake --build build",
    lintCommand: undefined,
  };
}

/** The Python tool's order, with Deno beside Node. */
const DETECTORS: readonly ((project: Project) => ProjectKind | undefined)[] = [
  detectNode,
  detectDeno,
  detectCargo,
  detectGo,
  detectPython,
  detectMake,
  detectCmake,
];

const UNKNOWN: ProjectKind = {
  name: "unknown",
  testCommand: undefined,
  buildCommand: undefined,
  lintCommand: undefined,
};

/**
 * Tells the kind of a project from the files at its root.
 *
 * The first kind that has tests wins: a package.json that only formats
 * documents does not hide a Cargo.toml. Without a reader of files only what
 * every project of a kind understands is chosen.
 */
export function detectProject(
  files: ReadonlySet<string>,
  readManifest: ReadManifest = () => undefined,
): ProjectKind {
  const project = { files, read: readManifest };
  const kinds = DETECTORS.flatMap((detect) => detect(project) ?? []);
  return kinds.find(({ testCommand }) => testCommand !== undefined) ??
    kinds[0] ?? UNKNOWN;
}

/** A string, or what JSON does not know: a comment. */
const STRING_OR_COMMENT = /"(?:\\[^]|[^"\\])*"|\/\/[^\n]*|\/\*[^]*?\*\//g;

/** A string, or a comma that nothing follows. */
const STRING_OR_LAST_COMMA = /"(?:\\[^]|[^"\\])*"|,(?=\s*[}\]])/g;

/** Reads a manifest in JSON with comments; undefined when it holds no object. */
function readManifestObject(
  text: string | undefined,
): JsonObject | undefined {
  if (text === undefined) return undefined;
  const json = [STRING_OR_COMMENT, STRING_OR_LAST_COMMA]
    .reduce(withoutAllButStrings, text);
  try {
    return asObject(parseJson(json, "the manifest"));
  } catch (error) {
    // A broken manifest is for its own tool to complain about.
    if (error instanceof OrcError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

function withoutAllButStrings(text: string, pattern: RegExp): string {
  return text.replaceAll(
    pattern,
    (match) => match.startsWith('"') ? match : " ",
  );
}

/** The scripts of a manifest by name; a task may be an object that holds its command. */
function scriptsIn(
  manifest: JsonObject | undefined,
  key: string,
): ReadonlyMap<string, string> {
  const scripts = asObject(manifest?.get(key)) ?? new Map<string, JsonValue>();
  return new Map(
    Array.from(scripts, ([name, script]) => [name, commandOf(script)]),
  );
}

function commandOf(script: JsonValue): string {
  if (typeof script === "string") return script;
  const command = asObject(script)?.get("command");
  return typeof command === "string" ? command : "";
}

/** What kind of project a repository holds, and how it checks itself. */
export interface ProjectKind {
  /** Such as `Node.js`; `unknown` when no manifest was found. */
  readonly name: string;
  /** Undefined when there is none: a command that always passes would be no check. */
  readonly testCommand: string | undefined;
  readonly buildCommand: string | undefined;
  readonly lintCommand: string | undefined;
}

/** Reads a file at the root of the project; undefined when it cannot be read. */
type ReadManifest = (name: string) => string | undefined;

/** The root of a project: the names of its files, and what they hold. */
interface Project {
  readonly files: ReadonlySet<string>;
  readonly read: ReadManifest;
}
