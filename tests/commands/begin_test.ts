import { VERSION } from "../../src/base/version.ts";
import { OrcError } from "../../src/base/error.ts";
import { styleFor } from "../../src/cli/parse.ts";
import { versionCommand } from "../../src/commands/groups/begin.ts";
import { assertFields } from "../../src/commands/answers.ts";
import { tableOf } from "../../src/commands/command.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { workflowJsonSchema } from "../../src/workflow/json_schema.ts";
import { fakeHost, noValues } from "../cli/fake.ts";
import { readTree } from "../files/temporary.ts";
import { withRoot, withSession, WORKFLOW } from "../work/fixtures.ts";
import {
  answers,
  assertFitsSchema,
  documentOf,
  inEmptyDirectory,
  orc,
  testOutput,
  testText,
} from "./orc.ts";
import {
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Ajv } from "ajv";

const NOT_TESTED =
  "! Warning: No command for the tests of this project was found, so orc runs none; to name one, ";

testOutput({
  name: "orc init prepares a repository and writes a workflow.yaml",
  argv: ["init"],
  within: inEmptyDirectory,
  result: {
    root: "/shop",
    workingTree: "/shop",
    workflow: "written",
    kept: null,
    activeSession: null,
  },
  text: `Repository ready: /shop
Wrote workflow.yaml
Next: orc start "TASK"
${NOT_TESTED}see settings in workflow.yaml`,
});

testText({
  name: "orc init keeps the workflow.yaml that is there",
  argv: ["init", "--portable"],
  within: (test) => withRoot({ "workflow.yaml": "" }, test),
  text: `Repository ready: /shop
Kept workflow.yaml as it is
Next: orc validate, then orc start "TASK"`,
});

testText({
  name: "orc init --force replaces workflow.yaml for a human",
  argv: ["init", "--force"],
  within: (test) => withRoot({ "workflow.yaml": "" }, test),
  machine: { answers: ["replace"] },
  text: `Repository ready: /shop
Wrote workflow.yaml
The old workflow.yaml is now workflow.yaml.1.bak
Next: orc start "TASK"
${NOT_TESTED}see settings in workflow.yaml`,
});

testOutput({
  name: "orc init --force replaces nothing for a script",
  argv: ["init", "--force"],
  within: (test) => withRoot({ "workflow.yaml": "" }, test),
  exitCode: 77,
  code: "approval_required",
  text: `! Cannot replace workflow.yaml: only a human may, at a terminal
! Try: ask a human to run orc init --force in a terminal`,
});

Deno.test("orc init --portable lets git track the directory", () =>
  withRoot({}, async (root) => {
    await orc(root, ["init", "--portable"]);
    assertEquals(".orchestrator/.gitignore" in readTree(root), false);
  }));

Deno.test("orc schema NAME prints one JSON Schema, and orc schema their names", () =>
  withRoot({}, async (root) => {
    const schemaOf = async (name: string) =>
      JSON.parse((await orc(root, ["schema", ...name.split(" ")])).out);
    assertEquals(await schemaOf("workflow"), await workflowJsonSchema());
    for (const [name, schema] of answers) {
      assertEquals(await schemaOf(name), schema);
    }
    const names = ["workflow", ...answers.keys()];
    assertEquals((await orc(root, ["schema"])).out, `${names.join("\n")}\n`);
    const ran = await orc(root, ["schema", "state", "--full"]);
    assertEquals(Object(documentOf(ran)).error, {
      kind: "usage",
      code: "no_such_schema",
      message: 'No schema "state"',
      hint: "orc schema",
      path: null,
      details: { schemas: names },
    });
  }));

Deno.test("orc schema error CODE tells of no error but that one", () =>
  withRoot({}, async (root) => {
    const argv = ["schema", "error", "check_failed"];
    const said = {
      const: "check_failed",
      title: "refused (3)",
      description: "the check of the item failed",
    };
    assertEquals(JSON.parse((await orc(root, argv)).out), said);
    const document = await orc(root, [...argv, "--json"]);
    assertEquals(Object(documentOf(document, "compact")).result, said);
  }));

testOutput({
  name: "orc schema error CODE names the code that was probably meant",
  argv: ["schema", "error", "chek_failed"],
  exitCode: 2,
  code: "no_such_schema",
  text: `! No error has the code "chek_failed"
! Try: orc schema error check_failed`,
});

testText({
  name: "orc validate says what a good file holds",
  argv: ["validate"],
  within: (test) => withRoot({ "workflow.yaml": WORKFLOW }, test),
  text: '/shop/workflow.yaml is valid: "Tiny" 1.0, 2 phases, 6 items',
});

testText({
  name: "orc validate looks at the built-in workflow where there is no file",
  argv: ["validate"],
  within: inEmptyDirectory,
  text:
    `The built-in workflow is valid: "Software change" 1.0, 5 phases, 18 items
${NOT_TESTED}orc start "TASK" --test-command "COMMAND"`,
});

testOutput({
  name: "orc validate warns of what is doubtful",
  argv: ["validate", "-w", "other.yaml"],
  within: (test) =>
    withRoot({ "other.yaml": WORKFLOW.replace("notes:", "note:") }, test),
  result: {
    path: "/shop/other.yaml",
    name: "Tiny",
    version: "1.0",
    phases: 2,
    items: 6,
    problems: [{
      code: "unknown_key",
      severity: "warning",
      path: "phases[0].note",
      message: 'Unknown key "note": did you mean "notes"?',
      line: 8,
      column: 5,
    }],
  },
  text: `/shop/other.yaml is valid: "Tiny" 1.0, 2 phases, 6 items
! Warning: /shop/other.yaml:8:5: phases[0].note: Unknown key "note": did you mean "notes"?`,
});

testOutput({
  name: "orc validate names all problems with their places",
  argv: ["validate"],
  within: (test) =>
    withRoot({
      "workflow.yaml": `name: 1
phases:
  - id: plan
    name: Plan
    items:
      - {id: a, name: A, verification: {type: file_exists}}
      - {id: a, name: B}
`,
    }, test),
  exitCode: 78,
  code: "invalid_workflow",
  path: "/shop/workflow.yaml",
  details: {
    problems: [{
      code: "invalid_type",
      message: 'Expected a string, found the number 1: write "1" in quotes',
      severity: "error",
      path: "name",
      line: 1,
      column: 1,
    }, {
      code: "invalid_value",
      message: 'A phase id is written in capital letters: write "PLAN"',
      severity: "error",
      path: "phases[0].id",
      line: 3,
      column: 5,
    }, {
      code: "invalid_value",
      message: 'A check of type "file_exists" needs a path',
      severity: "error",
      path: "phases[0].items[0].verification.path",
      line: 6,
      column: 26,
    }, {
      code: "duplicate_id",
      severity: "error",
      path: "phases[0].items[1].id",
      message: 'Duplicate item id "a", first used at 6:10',
      line: 7,
      column: 10,
    }],
  },
  text:
    `! /shop/workflow.yaml:1:1: name: Expected a string, found the number 1: write "1" in quotes
! /shop/workflow.yaml:3:5: phases[0].id: A phase id is written in capital letters: write "PLAN"
! /shop/workflow.yaml:6:26: phases[0].items[0].verification.path: A check of type "file_exists" needs a path
! /shop/workflow.yaml:7:10: phases[0].items[1].id: Duplicate item id "a", first used at 6:10
! Try: correct the file, then run orc validate`,
});

testText({
  name: "orc validate says which file is missing",
  argv: ["validate", "--workflow", "none.yaml"],
  within: inEmptyDirectory,
  exitCode: 4,
  text: `! No workflow file "/shop/none.yaml"
! Try: check the path, or write a workflow.yaml with: orc init`,
});

Deno.test("orc version names the version of orc and of its runtime", async () => {
  const host = fakeHost();
  const { place, result } = await versionCommand.run(host, noValues);
  assertEquals(place, null);
  assertEquals(result, { version: VERSION, runtime: "deno 1.2.3" });
  assertEquals(
    versionCommand.render(result, styleFor(host, "never")),
    `orc ${VERSION} (deno 1.2.3)`,
  );
});

Deno.test("answerSchema() describes every command, and what fails", () => {
  const names = tableOf(commandGroups).map(({ name }) => name);
  assertEquals([...answers.keys()].toSorted(), ["error", ...names].toSorted());
});

Deno.test("answerSchema() is a JSON Schema that holds all it refers to", () => {
  const ajv = new Ajv({ allowUnionTypes: true });
  for (const schema of answers.values()) ajv.compile(schema);
});

const version = {
  ok: true,
  schemaVersion: 1,
  command: "version",
  root: null,
  rootSource: null,
  session: null,
  result: { version: "0.1.0", runtime: "deno 2.9.6" },
};

Deno.test("answerSchema() takes an answer and refuses what has more, less or other members", () => {
  assertFitsSchema(version);
  const { session: _, ...less } = version;
  const wrong = [
    less,
    { ...version, more: 1 },
    { ...version, schemaVersion: 2 },
    { ...version, result: { ...version.result, more: 1 } },
    { ...version, result: { version: "0.1.0" } },
    { ...version, result: { ...version.result, version: 1 } },
    { ok: false, command: "version", error: { kind: "usage" } },
  ];
  for (const document of wrong) assertThrows(() => assertFitsSchema(document));
});

Deno.test("answerSchema() lets the compact form do without what may be null or empty, and no more", () => {
  const envelope = { ok: true, schemaVersion: 1, command: "advance" };
  const result = { from: "A", changed: false, serial: 0 };
  const fitting = { ...envelope, result: { ...result, phaseId: "A" } };
  assertFitsSchema(fitting, "compact");
  assertThrows(() => assertFitsSchema(fitting));
  const wrong = [
    { ...envelope, result },
    { ...fitting, result: { ...fitting.result, events: [] } },
    { ...fitting, result: { ...result, phaseId: null } },
  ];
  for (const document of wrong) {
    assertThrows(() => assertFitsSchema(document, "compact"));
  }
});

Deno.test("errorSchema() describes errors before a command is known", () => {
  const told = { kind: "usage", code: "unknown_command", message: "Unknown" };
  const short = { ok: false, schemaVersion: 1, error: told };
  assertFitsSchema(short, "compact");
  assertThrows(() => assertFitsSchema(short));
  assertFitsSchema({
    ok: false,
    schemaVersion: 1,
    command: null,
    root: null,
    rootSource: null,
    session: null,
    error: { ...told, hint: null, path: null },
  });
});

for (const { name, load } of tableOf(commandGroups)) {
  Deno.test(`orc ${name} --json gives fields that there are`, async () => {
    const { brief } = await load();
    for (const isShort of [true, false]) {
      const fields = await brief?.({ ...noValues, on: () => isShort });
      if (fields !== undefined) await assertFields(name, fields);
    }
  });
}

const UNKNOWN_FIELDS = [
  ["next.comand", "use next.command"],
  ["task,items.nmae", "use items.name"],
  ["task.x", "task has no fields"],
  ["", "there are active, "],
];

for (const [fields = "", hint = ""] of UNKNOWN_FIELDS) {
  Deno.test(`orc status --fields "${fields}" is refused, and names what may be meant`, async () => {
    const error = await assertRejects(
      () => assertFields("status", fields),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["usage", "unknown_field"]);
    assertStringIncludes(error.hint ?? "", hint);
  });
}

Deno.test("orc --fields refuses an unknown field before anything is changed", () =>
  withSession(async (root) => {
    const before = readTree(root);
    const argv = ["complete", "idea", "--fields", "sumary"];
    const { exitCode, out } = await orc(root, argv);
    assertEquals([exitCode, JSON.parse(out).error.code], [2, "unknown_field"]);
    assertEquals(readTree(root), before);
  }));

Deno.test("orc --fields gives these and no others, as JSON", () =>
  withSession(async (root) => {
    const { out } = await orc(root, [
      "status",
      "--fields",
      "task,next.item.id",
    ]);
    assertEquals(JSON.parse(out).result, {
      task: "Add login",
      next: { item: { id: "idea" } },
    });
  }));

Deno.test("orc workflows NAME tells programs of no other one", () =>
  withRoot({}, async (root) => {
    const { result: { workflows, text } } = Object(
      documentOf(
        await orc(root, ["workflows", "bugfix", "--json"]),
        "compact",
      ),
    );
    assertEquals(workflows.map(({ name }: { name: string }) => name), [
      "bugfix",
    ]);
    assertStringIncludes(text, "name: Bug fix");
    const all = Object(documentOf(await orc(root, ["workflows", "--full"])));
    assertEquals([all.result.workflows.length > 5, all.result.text], [
      true,
      null,
    ]);
  }));
