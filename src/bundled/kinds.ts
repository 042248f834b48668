import { asObject } from "../base/json.ts";
import { shellWord } from "../base/text.ts";
import {
  type Commands,
  type Folder,
  globOf,
  has,
  readManifest,
  someText,
} from "./folder.ts";
import { denoCommands, nodeCommands } from "./javascript.ts";

/** A kind of project: what tells it, and how it checks itself. */
export interface Kind {
  readonly name: string;
  /** Of several in one directory that share a family, one is enough: they run the same tests. */
  readonly family: string;
  /** Name of a file in the directory; the first that is there is handed to `commandsOf`. */
  readonly manifests: readonly RegExp[];
  readonly commandsOf: (manifest: string, folder: Folder) => Commands;
}

/** A family whose commands stand for whatever else lies in the directory and below. */
export const RUNNER_FAMILY = "runner";

/** Configures what is not configured, too; the build directory is `build`. */
const CMAKE_BUILD = "cmake -S . -B build && cmake --build build";

/** The Python tool's order, with what it did not know beside its like. */
export const KINDS: readonly Kind[] = [
  {
    name: "Node.js",
    family: "javascript",
    manifests: [/^package\.json$/],
    commandsOf: nodeCommands,
  },
  {
    name: "Deno",
    family: "javascript",
    manifests: [/^deno\.jsonc?$/],
    commandsOf: denoCommands,
  },
  {
    name: "Rust",
    family: "rust",
    manifests: [/^Cargo\.toml$/],
    commandsOf: rustCommands,
  },
  {
    name: "Go",
    family: "go",
    manifests: [/^go\.work$/, /^go\.mod$/],
    commandsOf: goCommands,
  },
  {
    name: "Python",
    family: "python",
    manifests: [
      /^pyproject\.toml$/,
      /^setup\.(?:py|cfg)$/,
      /^requirements\.txt$/,
      /^Pipfile$/,
      // A few scripts with tests need no manifest.
      /^(?:pytest|tox)\.ini$/,
      /^(?:conftest|manage|test_.*|.*_test)\.py$/,
    ],
    commandsOf: pythonCommands,
  },
  {
    name: "Maven",
    family: "java",
    manifests: [/^pom\.xml$/],
    commandsOf: mavenCommands,
  },
  {
    name: "Gradle",
    family: "java",
    manifests: [/^(?:settings|build)\.gradle(?:\.kts)?$/],
    commandsOf: gradleCommands,
  },
  {
    name: ".NET",
    family: "dotnet",
    manifests: [/\.slnx?$/, /\.(?:cs|fs|vb)proj$/],
    commandsOf: dotnetCommands,
  },
  {
    name: "Ruby",
    family: "ruby",
    manifests: [/^Gemfile$/, /^Rakefile$/, /\.gemspec$/],
    commandsOf: rubyCommands,
  },
  {
    name: "PHP",
    family: "php",
    manifests: [/^composer\.json$/, /^phpunit\.xml(?:\.dist)?$/],
    commandsOf: phpCommands,
  },
  {
    name: "just",
    family: RUNNER_FAMILY,
    manifests: [/^\.?justfile$/i],
    commandsOf: (text) =>
      targetCommands("just", text, /^@?([\w-]+)[^:]*:(?!=)/),
  },
  {
    name: "Make",
    family: RUNNER_FAMILY,
    manifests: [/^GNUmakefile$/, /^makefile$/, /^Makefile$/],
    // A rule may name several targets; `:=` is an assignment, and a recipe is indented.
    commandsOf: (text) =>
      targetCommands("make", text, /^([^\s#:=][^#:=]*):(?!=)/),
  },
  {
    name: "CMake",
    family: RUNNER_FAMILY,
    manifests: [/^CMakeLists\.txt$/],
    // CTest runs what was built last, of whatever sources: it is built before.
    commandsOf: (_, folder) => ({
      test:
        `${CMAKE_BUILD} && ctest --test-dir build --no-tests=error --output-on-failure`,
      build: CMAKE_BUILD,
      hasTests: someText(
        folder,
        /(?:^|\/)CMakeLists\.txt$/,
        /\benable_testing\b|\badd_test\b|\binclude\s*\(\s*CTest/i,
      ),
    }),
  },
];

function rustCommands(text: string, folder: Folder): Commands {
  const isWorkspace = /^\[workspace\b/m.test(text);
  const all = isWorkspace ? " --workspace" : "";
  const [, excluded = ""] = /^exclude\s*=\s*\[([^\]]*)\]/m.exec(text) ?? [];
  const outside = Array.from(
    excluded.matchAll(/"([^"]+)"/g),
    ([, path = ""]) => globOf(path),
  );
  return {
    test: `cargo test${all}`,
    build: `cargo build${all}`,
    lint: `cargo clippy${all}`,
    hasTests: has(folder, /(?:^|\/)tests\/[^/]+\.rs$/) ||
      someText(
        folder,
        /\.rs$/,
        /#\[(?:\w+::)*test\b|#\[cfg\(test\)\]|^\s*\/\/[/!] ```/m,
      ),
    // What is below belongs to the workspace unless it says otherwise.
    covers: (directory) =>
      isWorkspace && !outside.some((glob) => glob.test(directory)),
  };
}

/** Packages of other modules are not part of `./...`: a workspace names its modules. */
function goCommands(text: string, folder: Folder): Commands {
  const used = Array.from(
    text.matchAll(/^(?:use)?\s+"?(\.[^\s")]*)"?/gm),
    ([, path = ""]) => path.replace(/^\.\/?/, "").replace(/\/$/, ""),
  );
  const isWorkspace = folder.files.has("go.work");
  const places = isWorkspace && used.length > 0
    ? used.map((path) => shellWord(path === "" ? "./..." : `./${path}/...`))
      .join(" ")
    : "./...";
  return {
    test: `go test ${places}`,
    build: `go build ${places}`,
    lint: `go vet ${places}`,
    hasTests: has(folder, /_test\.go$/),
    covers: (directory) => isWorkspace && used.includes(directory),
  };
}

/** Files that may speak of pytest or ruff. */
const PYTHON_SOURCES = [
  "pyproject.toml",
  "setup.py",
  "requirements.txt",
  "requirements-dev.txt",
  "dev-requirements.txt",
  "requirements/dev.txt",
  "requirements/test.txt",
  "setup.cfg",
  "tox.ini",
  "noxfile.py",
  "Pipfile",
];

/** What runs a program in the environment of a Python project, by its lock file. */
const PYTHON_RUNNERS: readonly (readonly [string, string])[] = [
  ["uv.lock", "uv run "],
  ["poetry.lock", "poetry run "],
  ["pdm.lock", "pdm run "],
  ["Pipfile.lock", "pipenv run "],
];

const PYTHON_TEST = /(?:^|\/)(?:test[^/]*|[^/]*_test)\.py$/;

/** What only pytest runs: functions and classes that are no `TestCase`. */
const PYTEST =
  /^(?:async )?def test_|^class Test\w*(?:\(\))?:|^(?:import|from) pytest\b/m;

/** Most Python projects have nothing to build. */
function pythonCommands(_: string, folder: Folder): Commands {
  const { files, read, windows } = folder;
  const texts = PYTHON_SOURCES.filter((name) => files.has(name))
    .map((name) => read(name)).join("\n");
  const usesPytest = files.has("pytest.ini") ||
    has(folder, /(?:^|\/)conftest\.py$/) ||
    /\bpytest\b/.test(texts) || someText(folder, PYTHON_TEST, PYTEST);
  const usesRuff = files.has("ruff.toml") || files.has(".ruff.toml") ||
    /^\[tool\.ruff\b/m.test(texts);
  const [, runner = ""] = PYTHON_RUNNERS.find(([lock]) => files.has(lock)) ??
    [];
  // Not every machine has a program called python; an environment has both.
  const python = runner === "" && !windows ? "python3" : `${runner}python`;
  const test = usesPytest
    ? `${runner}pytest`
    : files.has("manage.py")
    ? `${python} manage.py test`
    : unittestCommand(python, folder);
  return { test, lint: usesRuff ? `${runner}ruff check` : undefined };
}

/** From the top it finds only what lies there and in packages. */
function unittestCommand(
  python: string,
  folder: Folder,
): string | undefined {
  const { files, read } = folder;
  const tests = [...files].filter((path) =>
    /(?:^|\/)test[^/]*\.py$/.test(path) && /\bunittest\b/.test(read(path))
  );
  const [first] = tests;
  if (first === undefined) return undefined;
  const isFoundFromTop = tests.some((path) =>
    directoriesOf(path).every((directory) =>
      files.has(`${directory}/__init__.py`)
    )
  );
  if (isFoundFromTop) return `${python} -m unittest`;
  const start = directoriesOf(first).findLast((directory) =>
    !files.has(`${directory}/__init__.py`)
  );
  return `${python} -m unittest discover -s ${shellWord(start ?? ".")}`;
}

/** The directories that hold a file, outermost first. */
function directoriesOf(path: string): readonly string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

const JVM_TEST = /(?:^|\/)src\/\w*[tT]est\w*\/.+\.(?:java|kt|groovy|scala)$/;

function mavenCommands(_: string, folder: Folder): Commands {
  const mvn = wrapperOf(folder, "mvnw", "mvnw.cmd") ?? "mvn";
  return {
    test: `${mvn} test`,
    build: `${mvn} compile`,
    hasTests: has(folder, JVM_TEST),
  };
}

function gradleCommands(_: string, folder: Folder): Commands {
  const gradle = wrapperOf(folder, "gradlew", "gradlew.bat") ?? "gradle";
  return {
    test: `${gradle} test`,
    build: `${gradle} assemble`,
    hasTests: has(folder, JVM_TEST),
  };
}

function wrapperOf(
  { files, windows }: Folder,
  unix: string,
  other: string,
): string | undefined {
  if (windows) return files.has(other) ? other : undefined;
  return files.has(unix) ? `./${unix}` : undefined;
}

const DOTNET_PROJECT = /\.(?:cs|fs|vb)proj$/;

function dotnetCommands(_: string, folder: Folder): Commands {
  const here = [...folder.files].filter((path) => !path.includes("/"));
  const solutions = here.filter((name) => /\.slnx?$/.test(name));
  const projects = here.filter((name) => DOTNET_PROJECT.test(name));
  // With several in one directory, it has to be told which is meant.
  const [meant = ""] = [...solutions, ...projects];
  const name = solutions.length + projects.length > 1
    ? ` ${shellWord(meant)}`
    : "";
  const isTested = someText(
    folder,
    DOTNET_PROJECT,
    /Microsoft\.NET\.Test\.Sdk|MSTest\.Sdk|TUnit|<IsTestProject>\s*true/i,
  );
  return {
    test: isTested ? `dotnet test${name}` : undefined,
    build: `dotnet build${name}`,
    covers: () => solutions.length > 0,
  };
}

function rubyCommands(_: string, folder: Folder): Commands {
  const { files, read } = folder;
  const bundle = files.has("Gemfile") ? "bundle exec " : "";
  const rake = read("Rakefile");
  const lint = files.has(".rubocop.yml") ? `${bundle}rubocop` : undefined;
  if (files.has(".rspec") || has(folder, /^spec\/.*_spec\.rb$/)) {
    return { test: `${bundle}rspec`, lint };
  }
  if (files.has("bin/rails") && has(folder, /^test\/.*\.rb$/)) {
    return { test: "bin/rails test", lint };
  }
  const isTask = /\bTestTask\b|\btask\s*\(?\s*(?::test\b|["']test["']|test:)/
    .test(rake);
  return { test: isTask ? `${bundle}rake test` : undefined, lint };
}

function phpCommands(_: string, folder: Folder): Commands {
  const composer = folder.files.has("composer.json")
    ? readManifest(folder.read("composer.json"))
    : undefined;
  const scripts = asObject(composer?.get("scripts"));
  const script = (name: string) =>
    scripts?.has(name) ? `composer ${name}` : undefined;
  const packages = ["require", "require-dev"]
    .flatMap((key) => [...asObject(composer?.get(key))?.keys() ?? []]);
  const isSetUp = has(folder, /^phpunit\.xml(?:\.dist)?$/);
  const runner = packages.includes("pestphp/pest")
    ? "vendor/bin/pest"
    : packages.includes("phpunit/phpunit")
    ? "vendor/bin/phpunit"
    : isSetUp
    ? "phpunit"
    : undefined;
  return {
    test: script("test") ?? runner,
    build: script("build"),
    lint: script("lint"),
  };
}

/** What a file of rules offers, by the names its rules have. */
function targetCommands(program: string, text: string, rule: RegExp): Commands {
  const targets = new Set(
    text.split("\n").flatMap((line) =>
      rule.exec(line)?.[1]?.trim().split(/\s+/) ?? []
    ),
  );
  const run = (target: string) =>
    targets.has(target) ? `${program} ${target}` : undefined;
  return {
    test: run("test") ?? run("check"),
    build: run("build") ?? run("all"),
    lint: run("lint"),
  };
}
