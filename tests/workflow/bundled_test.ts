import {
  bundledPhases,
  bundledWorkflow,
  scalarYaml,
} from "../../src/workflow/bundled.ts";
import { detectProject } from "../../src/workflow/project.ts";
import { assert, assertEquals } from "@std/assert";

const COMMANDS = { test: "make test", build: "make", lint: "make lint" };
const NO_COMMANDS = { test: undefined, build: undefined, lint: undefined };

Deno.test("bundledPhases() names in the notes each file that a check looks into", () => {
  for (const phase of bundledPhases(NO_COMMANDS)) {
    for (const { id, notes, check } of phase.items) {
      if (check.type !== "command") continue;
      const file = /docs\/\w+\.md/.exec(check.command)?.[0] ?? "";
      assert(notes.join("\n").includes(file), id);
    }
  }
});

Deno.test("bundledPhases() asks for the same items whatever the project has", () => {
  const ids = (commands: Parameters<typeof bundledPhases>[0]): string[] =>
    bundledPhases(commands).flatMap(({ items }) => items.map(({ id }) => id));
  assertEquals(ids(COMMANDS), ids(NO_COMMANDS));
});

Deno.test("bundledPhases() runs the project's own commands where it has them", () => {
  const commands = (given: Parameters<typeof bundledPhases>[0]): string[] =>
    bundledPhases(given).flatMap(({ items }) => items)
      .flatMap(({ check }) => check.type === "command" ? [check.command] : []);
  const used = commands(COMMANDS).filter((text) => text.startsWith("make"));
  assertEquals(used, ["make", "make test", "make lint", "make test"]);
  assert(commands(NO_COMMANDS).every((text) => text.startsWith("git ")));
});

Deno.test("bundledWorkflow() says how to name the tests where it found none", () => {
  const unknown = bundledWorkflow(detectProject(new Set()));
  assert(unknown.includes("#   test_command: make test"));
  assert(!/^ {2}\w+_command:/m.test(unknown));
  const rust = bundledWorkflow(detectProject(new Set(["Cargo.toml"])));
  assert(rust.includes("\n  test_command: cargo test\n"));
  assert(!rust.includes("No way to run tests"));
});

Deno.test("bundledWorkflow() writes a command no setting may hold into the check", () => {
  const kind = detectProject(new Set(["go.mod"]));
  const testCommand = "cd api && go test ./...";
  const text = bundledWorkflow({ ...kind, testCommand });
  assert(text.includes(`command: "${testCommand}"`));
  assert(!text.includes("{{test_command}}"));
});

Deno.test("scalarYaml() quotes what YAML would not read as the same string", () => {
  const texts: [string, string][] = [
    ["cargo test", "cargo test"],
    ["go test ./...", "go test ./..."],
    ["yes", '"yes"'],
    ["a: b", '"a: b"'],
    ["a #b", '"a #b"'],
    ["{{x}}", '"{{x}}"'],
    ['say "x"', `'say "x"'`],
    [`'a' "b"`, `"'a' \\"b\\""`],
    ["a\n", '"a\\n"'],
    ["", '""'],
    ["1", '"1"'],
    ["a ", '"a "'],
  ];
  for (const [text, yaml] of texts) assertEquals(scalarYaml(text), yaml);
});
