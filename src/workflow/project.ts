import { OrcError } from "../base/error.ts";
import {
  asObject,
  type JsonObject,
  type JsonValue,
  parseJson,
} from "../base/json.ts";

/** What kind of project a repository holds, and how it checks itself. */
export interface ProjectKind {
  /** Such as `Node.js`; `unknown` when no manifest was found. */
  readonly name: string;
  /** Undefined when there is none: a command that always passes would be no check. */
  readonly testCommand?: string;
  readonly buildCommand?: string;
  readonly lintCommand?: string;
}

/** Tells the kind of a project from the files at its root: the first that has tests, else the first. */
export function detectProject(
  files: ReadonlySet<string>,
  read: (name: string) => string | undefined = () => undefined,
): ProjectKind {
  const kinds = KINDS.flatMap(({ name, manifests, commandsOf }) => {
    const found = manifests.find((manifest) => files.has(manifest));
    if (found === undefined) return [];
    const text = read(found) ?? "";
    const [testCommand, buildCommand, lintCommand] = commandsOf(text, {
      files,
      read,
    });
    return { name, testCommand, buildCommand, lintCommand };
  });
  return kinds.find(({ testCommand }) => testCommand !== undefined) ??
    kinds[0] ?? { name: "unknown" };
}

interface Project {
  readonly files: ReadonlySet<string>;
  readonly read: (name: string) => string | undefined;
}

/** The commands that test, build and lint, as far as a project has them. */
type Commands = readonly (string | undefined)[];

interface Kind {
  readonly name: string;
  /** Any of them tells the kind; the first that is there is handed to `commandsOf`. */
  readonly manifests: readonly string[];
  readonly commandsOf: (manifest: string, project: Project) => Commands;
}

const PYTHON_MANIFESTS = ["pyproject.toml", "setup.py", "requirements.txt"];

/** The Python tool's order, with Deno beside Node. */
const KINDS: readonly Kind[] = [
  { name: "Node.js", manifests: ["package.json"], commandsOf: nodeCommands },
  {
    name: "Deno",
    manifests: ["deno.json", "deno.jsonc"],
    commandsOf: denoCommands,
  },
  {
    name: "Rust",
    manifests: ["Cargo.toml"],
    commandsOf: () => ["cargo test", "cargo build", "cargo clippy"],
  },
  {
    name: "Go",
    manifests: ["go.mod"],
    commandsOf: () => ["go test ./...", "go build ./...", "go vet ./..."],
  },
  { name: "Python", manifests: PYTHON_MANIFESTS, commandsOf: pythonCommands },
  {
    name: "Make",
    manifests: ["GNUmakefile", "makefile", "Makefile"],
    commandsOf: makeCommands,
  },
  {
    name: "CMake",
    manifests: ["CMakeLists.txt"],
    // The build directory is `build`; without the flag no tests at all would count as passed.
    commandsOf: () => [
      "ctest --test-dir build --no-tests=error --output-on-failure",
      "cmake --build build",
    ],
  },
];

const NODE_LOCKS: readonly (readonly [string, string])[] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
];

/** `npm init` writes a test script that only says that there is none. */
const NO_TESTS = /no test specified/;

function nodeCommands(text: string, { files }: Project): Commands {
  const manifest = readManifest(text);
  const scripts = scriptsIn(manifest, "scripts");
  const manager = nodeManagerOf(files, manifest?.get("packageManager"));
  const run = (name: string) =>
    scripts.has(name) ? `${manager} run ${name}` : undefined;
  const hasTests = !NO_TESTS.test(scripts.get("test") ?? "no test specified");
  // `bun test` would run Bun's own tests instead of the script.
  const test = manager === "bun" ? run("test") : `${manager} test`;
  return [hasTests ? test : undefined, run("build"), run("lint")];
}

function nodeManagerOf(
  files: ReadonlySet<string>,
  declared: JsonValue | undefined,
): string {
  const name = typeof declared === "string" ? declared.split("@")[0] : "";
  const known = NODE_LOCKS.find(([, manager]) => manager === name) ??
    NODE_LOCKS.find(([file]) => files.has(file));
  return known === undefined ? "npm" : known[1];
}

function denoCommands(text: string): Commands {
  const tasks = scriptsIn(readManifest(text), "tasks");
  const task = (name: string) =>
    tasks.has(name) ? `deno task ${name}` : undefined;
  return [
    task("test") ?? "deno test",
    task("build"),
    task("lint") ?? "deno lint",
  ];
}

/** Files that may speak of pytest or ruff. */
const PYTHON_SOURCES = [
  ...PYTHON_MANIFESTS,
  "requirements-dev.txt",
  "setup.cfg",
  "tox.ini",
];

/** Most Python projects have nothing to build. */
function pythonCommands(_: string, { files, read }: Project): Commands {
  const texts = PYTHON_SOURCES.filter((name) => files.has(name))
    .map((name) => read(name) ?? "").join("\n");
  const usesPytest = files.has("pytest.ini") || files.has("conftest.py") ||
    /\bpytest\b/.test(texts);
  const usesRuff = files.has("ruff.toml") || files.has(".ruff.toml") ||
    /^\[tool\.ruff\b/m.test(texts);
  const poetry = files.has("poetry.lock") ? "poetry run " : "";
  const runner = files.has("uv.lock") ? "uv run " : poetry;
  return [
    runner + (usesPytest ? "pytest" : "python -m unittest"),
    undefined,
    usesRuff ? `${runner}ruff check` : undefined,
  ];
}

function makeCommands(text: string): Commands {
  const make = (target: string) =>
    hasTarget(text, target) ? `make ${target}` : undefined;
  return [
    make("test") ?? make("check"),
    make("build") ?? make("all"),
    make("lint"),
  ];
}

/** A rule may name several targets; `:=` is an assignment, and a recipe is indented. */
function hasTarget(makefile: string, target: string): boolean {
  return makefile.split("\n").some((line) => {
    const rule = /^([^\s#:=][^#:=]*):(?!=)/.exec(line);
    return rule?.[1]?.trim().split(/\s+/).includes(target) ?? false;
  });
}

/** A string, or what JSON does not know: a comment. */
const STRING_OR_COMMENT = /"(?:\\[^]|[^"\\])*"|\/\/[^\n]*|\/\*[^]*?\*\//g;

/** A string, or a comma that nothing follows. */
const STRING_OR_LAST_COMMA = /"(?:\\[^]|[^"\\])*"|,(?=\s*[}\]])/g;

/** Reads a manifest in JSON with comments; undefined when it holds no object. */
function readManifest(text: string): JsonObject | undefined {
  const json = [STRING_OR_COMMENT, STRING_OR_LAST_COMMA].reduce(
    (rest, pattern) =>
      rest.replaceAll(pattern, (found) => found.startsWith('"') ? found : " "),
    text,
  );
  try {
    return asObject(parseJson(json, "the manifest"));
  } catch (error) {
    // A broken manifest is for its own tool to complain about.
    if (error instanceof OrcError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

/** The scripts of a manifest by name; a task may be an object that holds its command. */
function scriptsIn(
  manifest: JsonObject | undefined,
  key: string,
): ReadonlyMap<string, string> {
  const scripts = asObject(manifest?.get(key)) ?? [];
  return new Map(
    Array.from(scripts, ([name, script]) => {
      const command = asObject(script)?.get("command") ?? script;
      return [name, typeof command === "string" ? command : ""];
    }),
  );
}
