import { detectProject } from "../../src/workflow/project.ts";
import { assertTable } from "../base/table.ts";
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
  const unknown = "unknown | - | - | -";
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

Deno.test("detectProject() knows Rust, Go and CMake", () => {
  assertTable((manifest) => detect({ [manifest]: "" }), [
    ["Cargo.toml", "Rust | cargo test | cargo build | cargo clippy"],
    ["go.mod", "Go | go test ./... | go build ./... | go vet ./..."],
    [
      "CMakeLists.txt",
      "CMake | ctest --test-dir build --no-tests=error --output-on-failure | cmake --build build | -",
    ],
  ]);
});

Deno.test("detectProject() uses pytest and ruff where a Python project does", () => {
  const text =
    '[tool.ruff]\nline-length = 80\n[dependency-groups]\ndev = ["pytest>=8"]';
  const plain = { "requirements.txt": "flask\n", "pytest.ini": "" };
  const poetry = { "pyproject.toml": "", "poetry.lock": "", "ruff.toml": "" };
  assertTable<Record<string, string>, string>(detect, [
    [{ "setup.py": "" }, "Python | python -m unittest | - | -"],
    [
      { "pyproject.toml": text, "uv.lock": "" },
      "Python | uv run pytest | - | uv run ruff check",
    ],
    [plain, "Python | pytest | - | -"],
    [
      poetry,
      "Python | poetry run python -m unittest | - | poetry run ruff check",
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
  const names = new Set(["package.json", "Makefile", "go.mod"]);
  assertEquals(detectProject(names).testCommand, "go test ./...");
});
