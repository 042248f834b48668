import { scalarYaml } from "../../src/bundled/pieces.ts";
import { readyWorkflow } from "../../src/bundled/ready.ts";
import { bundledWorkflow } from "../../src/bundled/workflow.ts";
import type { ProjectPart } from "../../src/bundled/project.ts";
import { assertTable } from "../base/table.ts";
import { assert, assertEquals } from "@std/assert";

const MAKE: ProjectPart = {
  name: "Make",
  directory: "",
  testCommand: "make test",
  buildCommand: "make",
  lintCommand: "make lint",
};
const WITH_COMMANDS = bundledWorkflow({ parts: [MAKE] });
const WITHOUT_COMMANDS = bundledWorkflow({ parts: [] });

/** The text of each item, behind its id. */
function itemsIn(workflow: string): readonly string[] {
  return workflow.split(/\n {6}- id: |\n\n/).filter((text) =>
    /^\w+\n {8}name:/.test(text)
  );
}

function idsIn(workflow: string): readonly string[] {
  return itemsIn(workflow).map((item) => item.slice(0, item.indexOf("\n")));
}

function commandsIn(workflow: string): readonly string[] {
  return Array.from(
    workflow.matchAll(/^ {10}command: (?:>-\n *)?"?(.*?)"?$/gm),
    ([, command]) => command ?? "",
  );
}

Deno.test("bundledWorkflow() names in the notes each file that a check looks into", () => {
  let count = 0;
  for (const item of itemsIn(WITHOUT_COMMANDS)) {
    const [notes = "", check = ""] = item.split("verification:");
    const file = / -- (docs\S+\.md)"/.exec(check)?.[1];
    if (file === undefined) continue;
    count++;
    assert(notes.includes(file), item);
  }
  assertEquals(count, 11);
});

Deno.test("bundledWorkflow() asks for the same items whatever the project has", () => {
  const ids = idsIn(WITH_COMMANDS);
  // Only a test can be proved to fail without the change.
  assertEquals(ids.filter((id) => id !== "reproduce"), idsIn(WITHOUT_COMMANDS));
  assertEquals(ids.length, 19);
});

Deno.test("bundledWorkflow() runs the project's own commands where it has them", () => {
  const own = commandsIn(WITH_COMMANDS).filter((text) => text.startsWith("{"));
  assertEquals(own, [
    "{{build_command}}",
    "{{test_command}}",
    "{{test_command}}",
    "{{lint_command}}",
    "{{test_command}}",
  ]);
  assert(commandsIn(WITHOUT_COMMANDS).every((text) => text.startsWith("git ")));
});

Deno.test("bundledWorkflow() says how to name the tests where it found none", () => {
  assert(WITHOUT_COMMANDS.includes("#   test_command: make test"));
  assert(!/^ {2}\w+_command:/m.test(WITHOUT_COMMANDS));
  assert(WITH_COMMANDS.includes("\n  test_command: make test\n"));
  assert(!WITH_COMMANDS.includes("No way to run tests"));
});

Deno.test("bundledWorkflow() writes a command no setting may hold into the check", () => {
  const testCommand = "cd api && go test ./...";
  const text = bundledWorkflow({ parts: [{ ...MAKE, testCommand }] });
  assert(text.includes(`command: "${testCommand}"`));
  assert(!text.includes("{{test_command}}"));
});

const API: ProjectPart = {
  name: "Go",
  directory: "api",
  testCommand: "go test ./...",
  buildCommand: "go build ./...",
};

Deno.test("bundledWorkflow() tests and builds each part of a project where it lies", () => {
  const text = bundledWorkflow({
    parts: [MAKE, API, { ...API, name: "Rust" }],
  });
  const added = idsIn(text).filter((id) => !idsIn(WITH_COMMANDS).includes(id));
  assertEquals(added, [
    "build_api",
    "build_api_2",
    "all_tests_pass",
    "tests_pass_api",
    "tests_pass_api_2",
    "final_tests_api",
    "final_tests_api_2",
  ]);
  const item = itemsIn(text).find((item) =>
    item.startsWith("final_tests_api\n")
  );
  assert(item !== undefined && item.includes("working_dir: api\n"), item);
  assert(
    item.includes(
      'command: "{{test_command_api}}"\n          expect_tests: true\n',
    ),
    item,
  );
  assert(
    text.includes("# Found in this project (Make, Go in api, Rust in api)."),
  );
});

Deno.test("a small task runs the tests of all parts in one item, whatever their number", () => {
  const named = ["a", "b", "c", "d"];
  const parts = named.map((directory) => ({ ...API, directory }));
  for (const name of ["standard", "refactor", "bugfix", "tdd"]) {
    const text = readyWorkflow(name, { parts }) ?? "";
    const tested = itemsIn(text).filter((item) =>
      item.includes("expect_tests") && !/^ {8}from: m$/m.test(item)
    );
    const builds = itemsIn(text).filter((item) =>
      item.startsWith("build_") && !/^ {8}from: m$/m.test(item)
    );
    assertEquals(builds, [], name);
    assert(tested.length > 0, name);
    for (const item of tested) {
      for (const part of named) assert(item.includes(`(cd ${part} && `), item);
    }
  }
});

Deno.test("bundledWorkflow() gives no two parts one id, however alike their directories are", () => {
  const directories = ["x", "a-b", "a_b", "a/b", "a_b_2", "y".repeat(200)];
  const parts = directories.map((directory) => ({ ...API, directory }));
  const ids = idsIn(bundledWorkflow({ parts }));
  assertEquals(new Set(ids).size, ids.length);
  assert(ids.includes("tests_pass_a_b_2"));
  assert(ids.every((id) => id.length <= 100));
});

Deno.test("bundledWorkflow() runs a command that is named instead of those of all parts", () => {
  const text = bundledWorkflow({ parts: [API, MAKE] }, {
    test_command: "sh all.sh",
  });
  const items = itemsIn(text).filter((item) => item.includes("expect_tests"));
  assertEquals(items.map((item) => item.split("\n")[0]), [
    "reproduce",
    "tests_pass",
    "final_tests",
  ]);
  assert(items.every((item) => !item.includes("working_dir")));
  assert(text.includes("\n  test_command: sh all.sh\n"));
});

Deno.test("bundledWorkflow() does not call tests passed that nothing ran", () => {
  assert(!WITHOUT_COMMANDS.includes("expect_tests: true\n"));
  const named = itemsIn(WITHOUT_COMMANDS).filter((item) =>
    /name: Tests pass\b/.test(item)
  );
  assertEquals(named, []);
});

Deno.test("scalarYaml() quotes what YAML would not read as the same string", () => {
  assertTable(scalarYaml, [
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
  ]);
});
