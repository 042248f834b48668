import { detectProject } from "../../src/workflow/project.ts";
import { assertEquals } from "@std/assert";

/** Name, then test, build and lint command of a project with these files; "-" for none. */
function detect(files: Record<string, string>): string {
  const kind = detectProject(
    new Set(Object.keys(files)),
    (name) => files[name],
  );
  return [kind.name, kind.testCommand, kind.buildCommand, kind.lintCommand]
    .map((text) => text ?? "-").join(" | ");
}

function manifest(scripts: Record<string, string>, more = {}): string {
  return JSON.stringify({ scripts, ...more });
}

Deno.test("detectProject() chooses no command where it finds nothing", () => {
  assertEquals(detect({}), "unknown | - | - | -");
  assertEquals(detect({ "README.md": "# x" }), "unknown | - | - | -");
});

Deno.test("detectProject() runs only scripts that exist in package.json", () => {
  const all = manifest({ test: "vitest", build: "tsc", lint: "eslint ." });
  assertEquals(
    detect({ "package.json": all }),
    "Node.js | npm test | npm run build | npm run lint",
  );
  const none = "Node.js | - | - | -";
  assertEquals(detect({ "package.json": manifest({}) }), none);
  assertEquals(detect({ "package.json": "{" }), none);
  assertEquals(detect({ "package.json": "" }), none);
  assertEquals(detect({ "package.json": "[]" }), none);
  assertEquals(detect({ "package.json": '{"scripts": ["test"]}' }), none);
});

Deno.test("detectProject() knows the test script of npm init for what it is", () => {
  const test = 'echo "Error: no test specified" && exit 1';
  const found = detect({ "package.json": manifest({ test, build: "tsc" }) });
  assertEquals(found, "Node.js | - | npm run build | -");
});

Deno.test("detectProject() tells the package manager by its lock file or by name", () => {
  const scripts = { test: "x", build: "y" };
  const commands = {
    "pnpm-lock.yaml": "Node.js | pnpm test | pnpm run build | -",
    "yarn.lock": "Node.js | yarn test | yarn run build | -",
    "bun.lock": "Node.js | bun run test | bun run build | -",
    "bun.lockb": "Node.js | bun run test | bun run build | -",
    "package-lock.json": "Node.js | npm test | npm run build | -",
  };
  for (const [lock, expected] of Object.entries(commands)) {
    const found = detect({ "package.json": manifest(scripts), [lock]: "" });
    assertEquals(found, expected);
  }
  const declared = manifest(scripts, { packageManager: "pnpm@9.1.0" });
  assertEquals(
    detect({ "package.json": declared }),
    "Node.js | pnpm test | pnpm run build | -",
  );
  const odd = manifest(scripts, { packageManager: "rm -rf /" });
  assertEquals(
    detect({ "package.json": odd }),
    "Node.js | npm test | npm run build | -",
  );
});

Deno.test("detectProject() prefers the tasks of a Deno project", () => {
  assertEquals(
    detect({ "deno.json": "{}" }),
    "Deno | deno test | - | deno lint",
  );
  const commented = `{
    // how we work: "tasks": {}
    "tasks": { /* all */ "test": "deno test -A // x", "build": {"command": "y"}, },
  }`;
  assertEquals(
    detect({ "deno.jsonc": commented }),
    "Deno | deno task test | deno task build | deno lint",
  );
});

Deno.test("detectProject() knows Rust, Go and CMake", () => {
  assertEquals(
    detect({ "Cargo.toml": "" }),
    "Rust | cargo test | cargo build | cargo clippy",
  );
  assertEquals(
    detect({ "go.mod": "" }),
    "Go | go test ./... | go build ./... | go vet ./...",
  );
  assertEquals(
    detect({ "CMakeLists.txt": "" }),
    "CMake | ctest --test-dir build --no-tests=error --output-on-failure | cmake --build build | -",
  );
});

Deno.test("detectProject() uses pytest and ruff where a Python project does", () => {
  assertEquals(
    detect({ "setup.py": "" }),
    "Python | python -m unittest | - | -",
  );
  const text =
    '[tool.ruff]\nline-length = 80\n[dependency-groups]\ndev = ["pytest>=8"]';
  assertEquals(
    detect({ "pyproject.toml": text, "uv.lock": "" }),
    "Python | uv run pytest | - | uv run ruff check",
  );
  const plain = { "requirements.txt": "flask\n", "pytest.ini": "" };
  assertEquals(detect(plain), "Python | pytest | - | -");
  const poetry = { "pyproject.toml": "", "poetry.lock": "", "ruff.toml": "" };
  assertEquals(
    detect(poetry),
    "Python | poetry run python -m unittest | - | poetry run ruff check",
  );
});

Deno.test("detectProject() runs only targets that exist in a Makefile", () => {
  const makefile = "test := yes\n.PHONY: test\nlint build: a b\n\techo test:\n";
  assertEquals(
    detect({ Makefile: makefile }),
    "Make | - | make build | make lint",
  );
  assertEquals(
    detect({ Makefile: "all: x\ncheck::\n\t./check\n" }),
    "Make | make check | make all | -",
  );
});

Deno.test("detectProject() lets the first kind that has tests win", () => {
  const tooling = manifest({ lint: "prettier --check ." });
  const both = { "package.json": tooling, "Cargo.toml": "" };
  assertEquals(detect(both), "Rust | cargo test | cargo build | cargo clippy");
  assertEquals(
    detect({ "package.json": manifest({ test: "x" }), "Cargo.toml": "" }),
    "Node.js | npm test | - | -",
  );
});

Deno.test("detectProject() works from names alone", () => {
  const kind = detectProject(new Set(["package.json", "Makefile", "go.mod"]));
  assertEquals(kind.testCommand, "go test ./...");
});
