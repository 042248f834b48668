import { bundledWorkflow, scalarYaml } from "../../src/workflow/bundled.ts";
import { detectProject } from "../../src/workflow/project.ts";
import { assertTable } from "../base/table.ts";
import { assert, assertEquals } from "@std/assert";

const WITH_COMMANDS = bundledWorkflow({
  name: "Make",
  testCommand: "make test",
  buildCommand: "make",
  lintCommand: "make lint",
});
const WITHOUT_COMMANDS = bundledWorkflow(detectProject(new Set()));

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
    workflow.matchAll(/^ {10}command: "?(.*?)"?$/gm),
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
  assertEquals(idsIn(WITH_COMMANDS), idsIn(WITHOUT_COMMANDS));
  assertEquals(idsIn(WITH_COMMANDS).length, 17);
});

Deno.test("bundledWorkflow() runs the project's own commands where it has them", () => {
  const own = commandsIn(WITH_COMMANDS).filter((text) => text.startsWith("{"));
  assertEquals(own, [
    "{{build_command}}",
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
  const kind = detectProject(new Set(["go.mod"]));
  const testCommand = "cd api && go test ./...";
  const text = bundledWorkflow({ ...kind, testCommand });
  assert(text.includes(`command: "${testCommand}"`));
  assert(!text.includes("{{test_command}}"));
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
