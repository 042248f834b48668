import { VERSION } from "../../src/base/version.ts";
import { styleFor } from "../../src/cli/parse.ts";
import { commands } from "../../src/commands/begin.ts";
import { tableOf } from "../../src/commands/command.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { workflowJsonSchema } from "../../src/workflow/json_schema.ts";
import { fakeHost, noValues } from "../cli/fake.ts";
import { readTree } from "../files/temporary.ts";
import { withRoot, WORKFLOW } from "../work/fixtures.ts";
import {
  answers,
  assertFitsSchema,
  documentOf,
  inEmptyDirectory,
  orc,
  testOutput,
  testText,
} from "./orc.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { Ajv } from "ajv";

testOutput({
  name: "orc init prepares a repository and writes a workflow.yaml",
  argv: ["init"],
  within: inEmptyDirectory,
});

testText({
  name: "orc init keeps the workflow.yaml that is there",
  argv: ["init", "--portable"],
  within: (test) => withRoot({ "workflow.yaml": "" }, test),
});

testText({
  name: "orc init --force replaces workflow.yaml for a human",
  argv: ["init", "--force"],
  within: (test) => withRoot({ "workflow.yaml": "" }, test),
  machine: { answers: ["replace"] },
});

testOutput({
  name: "orc init --force replaces nothing for a script",
  argv: ["init", "--force"],
  within: (test) => withRoot({ "workflow.yaml": "" }, test),
  exitCode: 77,
  code: "approval_required",
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
    const ran = await orc(root, ["schema", "state", "--json"]);
    assertEquals(Object(documentOf(ran)).error, {
      kind: "usage",
      code: "no_such_schema",
      message: 'No schema "state"',
      hint: "orc schema",
      path: null,
      details: { schemas: names },
    });
  }));

testText({
  name: "orc validate says what a good file holds",
  argv: ["validate"],
  within: (test) => withRoot({ "workflow.yaml": WORKFLOW }, test),
});

testText({
  name: "orc validate looks at the built-in workflow where there is no file",
  argv: ["validate"],
  within: inEmptyDirectory,
});

testOutput({
  name: "orc validate warns of what is doubtful",
  argv: ["validate", "-w", "other.yaml"],
  within: (test) =>
    withRoot({ "other.yaml": WORKFLOW.replace("notes:", "note:") }, test),
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
});

testText({
  name: "orc validate says which file is missing",
  argv: ["validate", "--workflow", "none.yaml"],
  within: inEmptyDirectory,
  exitCode: 4,
});

Deno.test("orc version names the version of orc and of its runtime", async () => {
  const host = fakeHost();
  const { place, result } = await commands.version.run(host, noValues);
  assertEquals(place, null);
  assertEquals(result, { version: VERSION, runtime: "deno 1.2.3" });
  assertEquals(
    commands.version.render(result, styleFor(host, "never")),
    `orc ${VERSION} (deno 1.2.3)`,
  );
});

Deno.test("answerSchemas() describes every command, and what fails", () => {
  const names = tableOf(commandGroups).map(({ name }) => name);
  assertEquals([...answers.keys()].toSorted(), ["error", ...names].toSorted());
});

Deno.test("answerSchemas() is a JSON Schema that holds all it refers to", () => {
  const ajv = new Ajv({ allowUnionTypes: true });
  for (const schema of answers.values()) ajv.compile(schema);
});

const version = {
  ok: true,
  command: "version",
  root: null,
  rootSource: null,
  session: null,
  result: { version: "0.1.0", runtime: "deno 2.9.6" },
};

Deno.test("answerSchemas() takes an answer and refuses what has more, less or other members", () => {
  assertFitsSchema(version);
  const { session: _, ...less } = version;
  const wrong = [
    less,
    { ...version, more: 1 },
    { ...version, result: { ...version.result, more: 1 } },
    { ...version, result: { version: "0.1.0" } },
    { ...version, result: { ...version.result, version: 1 } },
    { ok: false, command: "version", error: { kind: "usage" } },
  ];
  for (const document of wrong) assertThrows(() => assertFitsSchema(document));
});

Deno.test("answerSchemas() describes errors before a command is known", () => {
  const error = {
    kind: "usage",
    code: "unknown_command",
    message: 'Unknown command "x"',
    hint: null,
    path: null,
  };
  const document = { ok: false, command: null, error };
  assertFitsSchema(document);
});
