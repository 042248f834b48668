import { bundledWorkflow } from "../../src/bundled/workflow.ts";
import { workflowJsonSchema } from "../../src/workflow/json_schema.ts";
import { assertTable } from "../base/table.ts";
import { assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import { parse } from "yaml";

const validate = new Ajv().compile(await workflowJsonSchema());

function problemsOf(text: string): readonly string[] {
  if (validate(parse(text))) return [];
  // That a condition applies is no mistake by itself.
  return (validate.errors ?? []).filter(({ keyword }) => keyword !== "if")
    .map(({ instancePath, message }) => `${instancePath} ${message}`);
}

Deno.test("workflowJsonSchema() accepts the bundled workflow, and what leaves out all that has a default", () => {
  const go = {
    name: "Go",
    testCommand: "go test ./...",
    buildCommand: "go build ./...",
  };
  const text = bundledWorkflow({
    parts: [{ ...go, directory: "" }, { ...go, directory: "tools" }],
  });
  assertEquals(problemsOf(text), []);
  const least = "name: Tiny\nphases: [{ id: PLAN, name: Plan }]";
  assertEquals(problemsOf(least), []);
});

function withProve(prove: string): string {
  return `name: A\nphases: [{ id: A, name: A, items: [{ id: a, name: A, verification: { type: command, command: x, prove: ${prove} } }] }]`;
}

Deno.test("workflowJsonSchema() accepts each way to ask for a proof", () => {
  const ways = ["base", "{}", "{ base: v1, with: [t] }"];
  assertEquals(ways.flatMap((way) => problemsOf(withProve(way))), []);
  const others = ["head", "true", "{ bases: v1 }", "{ with: [] }"];
  for (const way of others) {
    assertEquals(problemsOf(withProve(way)).length > 0, true, way);
  }
});

Deno.test("workflowJsonSchema() accepts a file that takes all it has from others", () => {
  const texts = [
    "include: [{ path: ../shared/common.yaml }]",
    "include: [{ git: https://example.org/w.git, commit: abc, file: base.yaml }]\noverlay: [{ at: A.b, replace: { name: B } }, { after: A, insert: { id: B } }, { remove: A.c }]",
  ];
  assertEquals(texts.flatMap(problemsOf), []);
});

const MISTAKES: readonly [string, string][] = [
  ["phases: []", " must have required property 'name'"],
  [
    "include: [{ url: ../shared }]",
    "/include/0 must NOT have additional properties",
  ],
  ["name: Tiny\nphases: []", "/phases must NOT have fewer than 1 items"],
  [
    "name: Tiny\nversion: 1.0\nphases: [{ id: A, name: A }]",
    "/version must be string",
  ],
  [
    "name: Tiny\nphases: [{ id: A, name: A, phase_type: loose }]",
    "/phases/0/phase_type must be equal to one of the allowed values",
  ],
  [
    "name: Tiny\nphases: [{ id: A, name: A, item: [] }]",
    "/phases/0 must NOT have additional properties",
  ],
];

Deno.test("workflowJsonSchema() finds what an author mistook", () => {
  assertTable((text) => problemsOf(text).join(), MISTAKES);
});

Deno.test("workflowJsonSchema() says what each key is for", async () => {
  const { properties } = await workflowJsonSchema();
  const phase = properties?.phases?.items;
  const item = phase?.properties?.items?.items;
  for (const part of [properties, phase?.properties, item?.properties]) {
    for (const [key, schema] of Object.entries(part ?? {})) {
      assertEquals(typeof schema.description, "string", key);
    }
  }
});
