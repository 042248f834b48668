import { OrcError } from "../../src/base/error.ts";
import {
  isJsonObject,
  type JsonValue,
  parseJson,
} from "../../src/base/json.ts";
import { printJson } from "../../src/base/json_print.ts";
import {
  decodeDefinition,
  findDuplicateId,
} from "../../src/workflow/definition.ts";
import { encodeDefinition } from "../../src/workflow/encode.ts";
import type { Item, Phase, Verification } from "../../src/workflow/types.ts";
import { itemOf, phaseOf, workflowOf } from "../engine/fixtures.ts";
import { PYTHON_STATES } from "../session/python_files.ts";
import { assertTable } from "../base/table.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

function pinned(text: string): JsonValue {
  const state = parseJson(text, "state.json");
  assert(isJsonObject(state));
  return state.get("workflow_definition") ?? null;
}

function definitionWith(item: string): JsonValue {
  const text = `{"name": "W", "phases": [{"id": "P", "name": "p",
    "items": [${item}]}]}`;
  return parseJson(text, "state.json");
}

function decodedItem(item: string): Item | undefined {
  return decodeDefinition(definitionWith(item)).phases[0]?.items[0];
}

Deno.test("encodeDefinition() gives back what the Python tool pinned", () => {
  let count = 0;
  for (const [project, text] of PYTHON_STATES) {
    const definition = pinned(text);
    if (definition === null || project === "lfb") continue;
    const encoded = encodeDefinition(decodeDefinition(definition));
    assertEquals(printJson(encoded, 2), printJson(definition, 2), project);
    count++;
  }
  assertEquals(count, 8);
});

Deno.test("decodeDefinition() gives older definitions the defaults", () => {
  const workflow = decodeDefinition(pinned(PYTHON_STATES.get("lfb") ?? ""));
  const ids = workflow.phases.map(({ id }) => id).join(" ");
  assertEquals(ids, "PLAN EXECUTE REVIEW VERIFY LEARN");
  for (const phase of workflow.phases) {
    assertEquals(phase.phaseType, "guided");
    assertEquals([phase.requiredReviews, phase.intendedTools], [[], []]);
    for (const item of phase.items) {
      assertEquals(item.stepType, "flexible");
      assertEquals([item.evidenceSchema, item.evidencePrompt], [null, null]);
    }
  }
});

Deno.test("decodeDefinition() needs no more than names and ids", () => {
  const workflow = decodeDefinition(definitionWith('{"id": "a", "name": "A"}'));
  const phase = phaseOf("P", [itemOf("a", { name: "A" })], { name: "p" });
  assertEquals(workflow, { ...workflowOf([phase]), name: "W" });
});

Deno.test("decodeDefinition() reads each kind of verification", () => {
  const description = null;
  const file = { type: "file_exists", description } as const;
  const command = { type: "command", expectExitCode: 0, description } as const;
  const decoded = (verification: string) =>
    decodedItem(`{"id": "a", "name": "A", "verification": ${verification}}`)
      ?.verification;
  assertTable<string, Verification | undefined>(decoded, [
    ["{}", { type: "none", description }],
    [
      '{"type": "manual_gate", "path": null, "description": "d"}',
      { type: "manual_gate", description: "d" },
    ],
    [
      '{"type": "file_exists", "path": "a.md", "command": "x"}',
      { ...file, path: "a.md" },
    ],
    [
      '{"type": "command", "command": "true", "expect_exit_code": 1}',
      { ...command, command: "true", expectExitCode: 1 },
    ],
    [
      '{"type": "command", "command": "x", "expect_tests": true}',
      { ...command, command: "x", expectTests: true },
    ],
    [
      '{"type": "command", "command": "x", "expect_tests": false}',
      { ...command, command: "x", expectTests: false },
    ],
    [
      '{"type": "command", "command": "x", "prove": "base"}',
      { ...command, command: "x", prove: { base: null, with: [] } },
    ],
    [
      '{"type": "command", "command": "x", "prove": {"base": "v1", "with": ["t"]}}',
      { ...command, command: "x", prove: { base: "v1", with: ["t"] } },
    ],
    [
      '{"type": "file_exists", "path": "a", "may_be_empty": true}',
      { ...file, path: "a", mayBeEmpty: true },
    ],
    [
      '{"type": "file_exists", "path": "a", "directory": true, "may_be_empty": false}',
      { ...file, path: "a", directory: true },
    ],
    ['{"type": "file_exists", "path": null}', { ...file, path: "" }],
    ['{"type": "command", "command": null}', { ...command, command: "" }],
  ]);
});

Deno.test("encodeDefinition() writes a time limit only where there is one", () => {
  for (const timeout of ["90", "0.5"]) {
    const item = `{"id": "a", "name": "A", "timeout_seconds": ${timeout}}`;
    const workflow = decodeDefinition(definitionWith(item));
    assertEquals(workflow.phases[0]?.items[0]?.timeoutSeconds, Number(timeout));
    const text = printJson(encodeDefinition(workflow));
    assert(text.includes(`"timeout_seconds": ${timeout}}`), text);
    assertEquals(decodeDefinition(encodeDefinition(workflow)), workflow);
  }
});

Deno.test("encodeDefinition() writes whether tests are expected only where it is said", () => {
  for (
    const said of [', "expect_tests": true', ', "expect_tests": false', ""]
  ) {
    const expected = said === "" ? undefined : true;
    const item =
      `{"id": "a", "name": "A", "verification": {"type": "command", "command": "x"${said}}}`;
    const workflow = decodeDefinition(definitionWith(item));
    const encoded = encodeDefinition(workflow);
    assertEquals(
      printJson(encoded).includes('"expect_tests"'),
      expected !== undefined,
    );
    assertEquals(decodeDefinition(encoded), workflow);
  }
});

Deno.test("encodeDefinition() writes what has to be proved, in the form that was read", () => {
  for (
    const said of ['"base"', '{"base": "v1"}', '{"with": ["t", "!u"]}']
  ) {
    const item =
      `{"id": "a", "name": "A", "verification": {"type": "command", "command": "x", "prove": ${said}}}`;
    const workflow = decodeDefinition(definitionWith(item));
    const encoded = encodeDefinition(workflow);
    assert(printJson(encoded).includes(`"prove": ${said}`), printJson(encoded));
    assertEquals(decodeDefinition(encoded), workflow);
  }
});

Deno.test("encodeDefinition() writes what a file may be only where it is said", () => {
  for (const key of ["may_be_empty", "directory"]) {
    for (const flag of [true, false]) {
      const item =
        `{"id": "a", "name": "A", "verification": {"type": "file_exists", "path": "x", "${key}": ${flag}}}`;
      const workflow = decodeDefinition(definitionWith(item));
      const encoded = encodeDefinition(workflow);
      assertEquals(printJson(encoded).includes(`"${key}": true`), flag);
      assertEquals(printJson(encoded).includes(`"${key}": false`), false);
      assertEquals(decodeDefinition(encoded), workflow);
    }
  }
});

Deno.test("decodeDefinition() names every wrong field", () => {
  const text = `{"name": 1, "settings": [], "phases": [
    {"id": "P", "items": [
      {"id": "a", "name": "A", "required": "yes", "notes": "x"},
      {"id": "b", "name": "B", "step_type": "Gate", "notes": [1],
       "verification": {"type": "command", "expect_exit_code": 1.5}},
      []
    ]}
  ]}`;
  const error = assertThrows(
    () => decodeDefinition(parseJson(text, "state.json")),
    OrcError,
    "The workflow of this session is not valid: $.workflow_definition.name " +
      "must be a text, but is 1 (and 8 more)",
  );
  assertEquals([error.kind, error.code], ["corrupt", "invalid_state"]);
  const problems = error.details?.problems;
  assert(Array.isArray(problems));
  const paths = problems.map(({ path }) =>
    path.replace("$.workflow_definition.", "").replace("phases[0].items", "")
  );
  assertEquals(paths, [
    ...["name", "phases[0].name", "[0].required", "[0].notes"],
    ...["[1].verification.expect_exit_code", "[1].notes[0]", "[1].step_type"],
    ...["[2]", "settings"],
  ]);
});

Deno.test("decodeDefinition() refuses what is no object", () => {
  for (const value of [null, [], "x"]) {
    assertThrows(
      () => decodeDefinition(value),
      OrcError,
      "$.workflow_definition must be an object",
    );
  }
});

Deno.test("encodeDefinition() keeps what only orc knows, and adds nothing where it says nothing", () => {
  const secrets = ["API_KEY"];
  const item = {
    id: "a",
    name: "A",
    risk: "low",
    working_dir: "web",
    secrets,
    shows: ["plan.md"],
  };
  const items = [item, { id: "b", name: "B" }];
  const phases = [{ id: "P", name: "p", items }];
  const text = JSON.stringify({ name: "W", phases, orc: "^0.1", secrets });
  const workflow = decodeDefinition(parseJson(text, "state.json"));
  assertEquals(workflow.orc, "^0.1");
  const encoded = JSON.parse(printJson(encodeDefinition(workflow)));
  assertEquals([encoded.orc, encoded.secrets], ["^0.1", secrets]);
  const least = encodeDefinition(workflowOf([]));
  assertEquals([least.has("orc"), least.has("secrets")], [false, false]);
  const [first, second] = encoded.phases[0].items;
  assertEquals([first.risk, first.working_dir, first.shows], [
    "low",
    "web",
    ["plan.md"],
  ]);
  for (const key of ["risk", "working_dir", "secrets", "shows"]) {
    assertEquals(key in second, false, key);
  }
  assertEquals(decodeDefinition(encodeDefinition(workflow)), workflow);
});

Deno.test("findDuplicateId() finds phases, and items of one phase, that share an id, which can be shown", () => {
  const plan = phaseOf("PLAN", [itemOf("a"), itemOf("b")]);
  const twice = phaseOf("LEARN", [itemOf("a"), itemOf("c"), itemOf("c")]);
  const find = (...phases: readonly Phase[]) => findDuplicateId({ phases });
  assertEquals(find(), undefined);
  // The state keeps items of two phases apart.
  const learn = phaseOf("LEARN", [itemOf("a"), itemOf("c")]);
  assertEquals(find(plan, learn), undefined);
  assertEquals(find(plan, plan), { kind: "phase", id: "PLAN" });
  assertEquals(find(plan, twice), { kind: "item", id: "c" });
  // It is shown all the same.
  const shown = decodeDefinition(encodeDefinition(workflowOf([twice, twice])));
  assertEquals(shown.phases.map(({ items }) => items.length), [3, 3]);
});
