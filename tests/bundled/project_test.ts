import { detectProject, type Project } from "../../src/bundled/project.ts";
import { assertTable } from "../base/table.ts";
import { assertEquals } from "@std/assert";

type Files = Readonly<Record<string, string>>;

function projectOf(files: Files, windows = false): Project {
  const read = (path: string) => files[path] ?? "";
  return detectProject({ files: new Set(Object.keys(files)), read, windows });
}

/** Name, then test, build and lint command of each part of a project with these files; "-" for none. */
function detect(files: Files, windows = false): string {
  return projectOf(files, windows).parts
    .map(({ name, directory, testCommand, buildCommand, lintCommand }) => {
      const place = directory === "" ? name : `${name} in ${directory}`;
      const commands = [testCommand, buildCommand, lintCommand];
      return [place, ...commands].map((text) => text ?? "-").join(" | ");
    }).join("; ");
}

/** Place and test command of each part. */
function tests(files: Files): string {
  return projectOf(files).parts.map(({ directory, testCommand }) =>
    directory === ""
      ? testCommand ?? "-"
      : `${directory}: ${testCommand ?? "-"}`
  ).join("; ");
}

function manifest(scripts: Record<string, string>, more = {}): string {
  return JSON.stringify({ scripts, ...more });
}

Deno.test("detectProject() chooses no command where it finds nothing", () => {
  const unknown = "";
  assertTable(detect, [[{}, unknown], [{ "README.md": "# x" }, unknown]]);
});

Deno.test("detectProject() runs only scripts that exist in package.json", () => {
  const all = manifest({ test: "vitest", build: "tsc", lint: "eslint ." });
  // npm init writes a test script that only says that there is none.
  const init = 'echo "Error: no test specified" && exit 1';
  const none = "Node.js | - | - | -";
  assertTable((text) => detect({ "package.json": text }), [
    [all, "Node.js | npm test | npm run build | npm run lint"],
    [manifest({ test: init, build: "tsc" }), "Node.js | - | npm run build | -"],
    [manifest({}), none],
    ["{", none],
    ["", none],
    ["[]", none],
    ['{"scripts": ["test"]}', none],
  ]);
});

Deno.test("a script that only says something is chosen for no check", () => {
  const silent = [
    "exit 0",
    "true",
    ":",
    "echo none",
    "echo none; exit 0",
    "echo 'no tests yet' && exit 0 || true",
    "printf none\\n",
  ];
  for (const script of silent) {
    assertEquals(
      detect({ "package.json": manifest({ test: script, build: script }) }),
      "Node.js | - | - | -",
      script,
    );
    const deno = JSON.stringify({ tasks: { test: script } });
    const found = detect({ "deno.json": deno, "a_test.ts": "" });
    assertEquals(found, "Deno | deno test | - | deno lint", script);
  }
  const real = [
    "echo testing && vitest",
    "true && node test.js",
    "echo $(node test.js)",
    "echo `node test.js`",
    "echo x | node test.js",
    "truely",
    "exit-test",
  ];
  for (const script of real) {
    const found = detect({ "package.json": manifest({ test: script }) });
    assertEquals(found, "Node.js | npm test | - | -", script);
  }
});

Deno.test("detectProject() tells the package manager by its lock file or by name", () => {
  const scripts = { test: "x", build: "y" };
  assertTable(
    (lock) => detect({ "package.json": manifest(scripts), [lock]: "" }),
    [
      ["pnpm-lock.yaml", "Node.js | pnpm test | pnpm run build | -"],
      ["yarn.lock", "Node.js | yarn test | yarn run build | -"],
      ["bun.lock", "Node.js | bun run test | bun run build | -"],
      ["bun.lockb", "Node.js | bun run test | bun run build | -"],
      ["package-lock.json", "Node.js | npm test | npm run build | -"],
    ],
  );
  const declared = (packageManager: string) =>
    detect({ "package.json": manifest(scripts, { packageManager }) });
  assertTable(declared, [
    ["pnpm@9.1.0", "Node.js | pnpm test | pnpm run build | -"],
    ["rm -rf /", "Node.js | npm test | npm run build | -"],
  ]);
});

Deno.test("detectProject() prefers the tasks of a Deno project", () => {
  const commented = `{
    // how we work: "tasks": {}
    "tasks": { /* all */ "test": "deno test -A // x", "build": {"command": "y"}, },
  }`;
  assertTable(detect, [
    [{ "deno.json": "{}" }, "Deno | deno test | - | deno lint"],
    [
      { "deno.jsonc": commented },
      "Deno | deno task test | deno task build | deno lint",
    ],
  ]);
});

Deno.test("detectProject() knows Rust and Go", () => {
  assertTable((manifest) => detect({ [manifest]: "" }), [
    ["Cargo.toml", "Rust | cargo test | cargo build | cargo clippy"],
    ["go.mod", "Go | go test ./... | go build ./... | go vet ./..."],
  ]);
});

Deno.test("detectProject() has CTest run what is built of the sources as they are, configured or not", () => {
  const build = "cmake -S . -B build && cmake --build build";
  const test = "ctest --test-dir build --no-tests=error --output-on-failure";
  assertEquals(
    detect({ "CMakeLists.txt": "" }),
    `CMake | ${build} && ${test} | ${build} | -`,
  );
});

Deno.test("detectProject() uses pytest and ruff where a Python project does", () => {
  const text =
    '[tool.ruff]\nline-length = 80\n[dependency-groups]\ndev = ["pytest>=8"]';
  const plain = { "requirements.txt": "flask\n", "pytest.ini": "" };
  const poetry = {
    "pyproject.toml": "[x]\npytest",
    "poetry.lock": "",
    "ruff.toml": "",
  };
  assertTable<Record<string, string>, string>(detect, [
    [{ "setup.py": "" }, "Python | - | - | -"],
    [
      { "pyproject.toml": text, "uv.lock": "" },
      "Python | uv run pytest | - | uv run ruff check",
    ],
    [plain, "Python | pytest | - | -"],
    [
      poetry,
      "Python | poetry run pytest | - | poetry run ruff check",
    ],
  ]);
});

Deno.test("detectProject() runs only targets that exist in a Makefile", () => {
  const makefile = "test := yes\n.PHONY: test\nlint build: a b\n\techo test:\n";
  assertTable((Makefile) => detect({ Makefile }), [
    [makefile, "Make | - | make build | make lint"],
    ["all: x\ncheck::\n\t./check\n", "Make | make check | make all | -"],
  ]);
});

Deno.test("detectProject() lets the first kind that has tests win, from names alone too", () => {
  const tooling = manifest({ lint: "prettier --check ." });
  const both = { "package.json": tooling, "Cargo.toml": "" };
  assertEquals(detect(both), "Rust | cargo test | cargo build | cargo clippy");
  assertEquals(
    detect({ "package.json": manifest({ test: "x" }), "Cargo.toml": "" }),
    "Node.js | npm test | - | -",
  );
  const names = { "package.json": "", Makefile: "", "go.mod": "" };
  assertEquals(tests(names), "go test ./...");
});

const PYTEST = "def test_sum():\n    assert 1 + 1 == 2\n";
const UNITTEST =
  "import unittest\n\nclass SumTest(unittest.TestCase):\n    def test_sum(self): ...\n";

Deno.test("detectProject() runs a Python project's tests with what they are written for", () => {
  const python = (files: Files) => tests({ "setup.py": "", ...files });
  assertTable<Files, string>(python, [
    [{ "tests/test_sum.py": PYTEST }, "pytest"],
    [{ "tests/test_sum.py": "import pytest\n" }, "pytest"],
    [{ "tests/test_sum.py": "class TestSum:\n" }, "pytest"],
    [{ "tests/a/conftest.py": "" }, "pytest"],
    [{ "test_sum.py": UNITTEST }, "python3 -m unittest"],
    [{ "test_sum.py": UNITTEST, "uv.lock": "" }, "uv run python -m unittest"],
    [{ "test_sum.py": UNITTEST, "test_more.py": PYTEST }, "pytest"],
    [
      { "tests/__init__.py": "", "tests/test_sum.py": UNITTEST },
      "python3 -m unittest",
    ],
    [
      { "tests/test_sum.py": UNITTEST },
      "python3 -m unittest discover -s tests",
    ],
    [{ "manage.py": "" }, "python3 manage.py test"],
    [{ "app.py": "" }, "-"],
  ]);
  const windows = { "setup.py": "", "test_sum.py": UNITTEST };
  assertEquals(detect(windows, true), "Python | python -m unittest | - | -");
});

Deno.test("detectProject() finds the tests of all packages of a JavaScript workspace", () => {
  const member = { "packages/a/package.json": manifest({ test: "x" }) };
  const root = (more = {}) => ({
    "package.json": manifest({}, { workspaces: ["packages/*"], ...more }),
  });
  assertTable<Files, string>(tests, [
    [{ ...root(), ...member }, "npm run test --workspaces --if-present"],
    [
      {
        "package.json": manifest({}),
        "pnpm-workspace.yaml": 'packages:\n  - "packages/**"\n',
        ...member,
      },
      "pnpm -r run test",
    ],
    [
      { ...root({ packageManager: "yarn@4.1.0" }), ...member },
      "yarn workspaces foreach --all run test",
    ],
    [
      { ...root(), ...member, "yarn.lock": "# yarn lockfile v1\n" },
      "packages/a: npm test",
    ],
    [
      {
        ...root(),
        ...member,
        "yarn.lock": "# yarn lockfile v1\n",
        "packages/a/a.test.js": 'import test from "node:test";',
      },
      "packages/a: npm test",
    ],
    [
      {
        ...root({ workspaces: { packages: ["./packages/a/"] } }),
        ...member,
        "bun.lock": "",
      },
      'bun run --filter "*" test',
    ],
    [
      {
        "package.json": manifest({ test: "turbo test" }, {
          workspaces: ["packages/*"],
        }),
        ...member,
      },
      "npm test",
    ],
    [{ ...root(), "packages/a/package.json": manifest({}) }, "-"],
    [
      {
        "deno.json": '{"workspace": ["a"]}',
        "a/deno.json": "{}",
        "a/x_test.ts": "",
      },
      "deno test",
    ],
  ]);
});

Deno.test("detectProject() needs no script and no manifest where the test files tell enough", () => {
  const bun = { "package.json": "{}", "bun.lock": "" };
  const pytest = "def test_sum(): pass";
  assertTable<Files, string>(tests, [
    [{ ...bun, "src/sum.test.ts": "" }, "bun test"],
    [bun, "-"],
    [{ "sum.py": "", "test_sum.py": pytest }, "pytest"],
    [{ "test_sum.py": "import unittest" }, "python3 -m unittest"],
    [{ "test_data.py": "ROWS = 3" }, "-"],
    [
      { "tox.ini": "[testenv]\ncommands = pytest", "tests/test_a.py": "" },
      "pytest",
    ],
    // They are part of the project that holds them.
    [{ "setup.py": "", "a/test_sum.py": pytest }, "pytest"],
  ]);
});

Deno.test("detectProject() runs the test runner of a package without a script for it", () => {
  const using = (name: string, more: Files = {}) => ({
    "package.json": manifest({}, { devDependencies: { [name]: "1" } }),
    ...more,
  });
  assertTable<Files, string>(tests, [
    [using("vitest"), "npx vitest run"],
    [using("jest", { "pnpm-lock.yaml": "" }), "pnpm exec jest"],
    [using("mocha", { "bun.lock": "" }), "bunx mocha"],
    [
      using("left-pad", { "test/a.js": 'import test from "node:test";' }),
      "node --test",
    ],
    [using("left-pad", { "test/a.js": "" }), "-"],
    [{ "package.json": manifest({ test: "echo no tests yet" }) }, "-"],
  ]);
});

Deno.test("detectProject() tests all members of a workspace of Rust and of Go, and no others", () => {
  const rust = "#[cfg(test)]\nmod tests {}\n";
  assertTable<Files, string>(tests, [
    [
      {
        "Cargo.toml": '[workspace]\nmembers = ["core"]\nexclude = ["fuzz"]\n',
        "core/Cargo.toml": "",
        "core/src/lib.rs": rust,
        "fuzz/Cargo.toml": "",
        "fuzz/src/lib.rs": rust,
      },
      "cargo test --workspace; fuzz: cargo test",
    ],
    [
      {
        "go.work": "go 1.22\n\nuse (\n\t./api\n\t./lib/text\n)\n",
        "api/go.mod": "",
        "api/a_test.go": "",
        "lib/text/go.mod": "",
        "tools/go.mod": "",
        "tools/t_test.go": "",
      },
      "go test ./api/... ./lib/text/...; tools: go test ./...",
    ],
    [{ "go.work": "use ./api\nuse .\n" }, "go test ./api/... ./..."],
    [
      { "go.mod": "", "a_test.go": "", "sub/go.mod": "", "sub/b_test.go": "" },
      "go test ./...; sub: go test ./...",
    ],
  ]);
});

Deno.test("detectProject() knows Maven, Gradle, .NET, Ruby, PHP and just", () => {
  const sdk = '<PackageReference Include="Microsoft.NET.Test.Sdk" />';
  const composer = (more: object) => JSON.stringify(more);
  assertTable<Files, string>(detect, [
    [{ "pom.xml": "" }, "Maven | mvn test | mvn compile | -"],
    [{ "pom.xml": "", mvnw: "" }, "Maven | ./mvnw test | ./mvnw compile | -"],
    [
      { "build.gradle.kts": "", gradlew: "" },
      "Gradle | ./gradlew test | ./gradlew assemble | -",
    ],
    [{ "settings.gradle": "" }, "Gradle | gradle test | gradle assemble | -"],
    [
      { "Shop.sln": "", "Shop.Tests/Shop.Tests.csproj": sdk },
      ".NET | dotnet test | dotnet build | -",
    ],
    [
      { "My Shop.sln": "", "a.csproj": sdk },
      ".NET | dotnet test 'My Shop.sln' | dotnet build 'My Shop.sln' | -",
    ],
    [{ "a.csproj": "" }, ".NET | - | dotnet build | -"],
    [
      { Gemfile: "", "spec/a_spec.rb": "", ".rubocop.yml": "" },
      "Ruby | bundle exec rspec | - | bundle exec rubocop",
    ],
    [{ Rakefile: "Rake::TestTask.new" }, "Ruby | rake test | - | -"],
    [
      { Gemfile: "", "bin/rails": "", "test/a_test.rb": "" },
      "Ruby | bin/rails test | - | -",
    ],
    [{ Gemfile: "" }, "Ruby | - | - | -"],
    [
      {
        "composer.json": composer({
          "require-dev": { "phpunit/phpunit": "^11" },
        }),
      },
      "PHP | vendor/bin/phpunit | - | -",
    ],
    [
      { "composer.json": composer({ scripts: { test: "pest", lint: "x" } }) },
      "PHP | composer test | - | composer lint",
    ],
    [{ "phpunit.xml.dist": "" }, "PHP | phpunit | - | -"],
    [{ "composer.json": "{}" }, "PHP | - | - | -"],
    [
      { justfile: "version := 'x'\n@test filter='':\n  x\nlint: test\n" },
      "just | just test | - | just lint",
    ],
  ]);
});

Deno.test("detectProject() gives each part of a mixed repository a command of its own", () => {
  const api = { "api/go.mod": "", "api/a_test.go": "" };
  const web = { "web/package.json": manifest({ test: "vitest" }) };
  const python = { "pyproject.toml": "", "test_a.py": PYTEST };
  assertTable<Files, string>(tests, [
    [{ ...api, ...web }, "api: go test ./...; web: npm test"],
    [{ ...python, ...web }, "pytest; web: npm test"],
    [
      { ...python, "Cargo.toml": "", "src/lib.rs": "#[test]\nfn a() {}\n" },
      "cargo test; pytest",
    ],
    // Who writes a Makefile for the whole says how the whole is tested.
    [{ ...api, ...web, Makefile: "test:\n\tx\n" }, "make test"],
    [{ ...python, Makefile: "test:\n\tpytest\n" }, "pytest"],
    // A part without tests, and what only shows how something is used, is none.
    [
      { ...api, "web/package.json": manifest({ build: "x" }) },
      "api: go test ./...",
    ],
    [
      { ...api, "examples/a/package.json": manifest({ test: "x" }) },
      "api: go test ./...",
    ],
    [
      { ...web, "web/tests/x/package.json": manifest({ test: "x" }) },
      "web: npm test",
    ],
  ]);
});

Deno.test("detectProject() leaves out a directory that no workflow can name", () => {
  const test = manifest({ test: "x" });
  const odd = { "a\\b/package.json": test, "c\nd: e/package.json": test };
  assertEquals(tests({ ...odd, "web/package.json": test }), "web: npm test");
});

Deno.test("detectProject() says which parts it leaves out of a repository with very many", () => {
  const files = Object.fromEntries(
    Array.from(
      "abcdefghij",
      (name) => [`${name}/package.json`, manifest({ test: "x" })],
    ),
  );
  const { parts, leftOut } = projectOf(files);
  assertEquals(parts.map(({ directory }) => directory).join(""), "abcdefgh");
  assertEquals(leftOut, ["i", "j"]);
});
