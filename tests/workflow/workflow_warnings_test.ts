import type { JsonObject } from "../../src/base/json.ts";
import { parseWorkflow } from "../../src/workflow/parse.ts";
import { assertEquals } from "@std/assert";

type Fields = Record<string, unknown>;

function warningsOf(
  { settings = {}, phase = {}, item = {} }: Record<string, Fields>,
  overrides?: JsonObject,
): readonly string[] {
  const items = [{ id: "a", name: "A", ...item }];
  const phases = [{ id: "P", name: "N", items, ...phase }];
  const { warnings } = parseWorkflow({ name: "W", settings, phases }, {
    overrides,
  });
  return warnings.map(({ severity, code, path }) =>
    `${severity} ${code} ${path}`
  );
}

function command(text: string, more: Fields = {}): Fields {
  return { verification: { type: "command", command: text, ...more } };
}

const COMMAND_PATH = "phases[0].items[0].verification.command";

Deno.test("findWarnings() finds gates that check nothing", () => {
  const gate = { step_type: "gate" };
  const nothing = ["error gate_without_check phases[0].items[0]"];
  assertEquals(warningsOf({ item: gate }), nothing);
  assertEquals(
    warningsOf({ item: { ...gate, verification: { type: "none" } } }),
    nothing,
  );
  const manual = { ...gate, verification: { type: "manual_gate" } };
  assertEquals(warningsOf({ item: manual }), []);
  assertEquals(warningsOf({ item: { step_type: "required" } }), []);
});

Deno.test("findWarnings() finds checks that always pass, in settings too", () => {
  const found = [`error check_always_passes ${COMMAND_PATH}`];
  for (const text of ["true", " true ", "/bin/true", "echo done", ":"]) {
    assertEquals(warningsOf({ item: command(text) }), found, text);
  }
  const settings = { test_command: "true" };
  const item = command("{{test_command}}");
  assertEquals(warningsOf({ settings, item }), found);
  for (const text of ["make test", "truest", "echo a | grep b", "false"]) {
    assertEquals(warningsOf({ item: command(text) }), [], text);
  }
  assertEquals(
    warningsOf({ item: command("true", { expect_exit_code: 1 }) }),
    [],
  );
});

Deno.test("findWarnings() finds files that no check can find in the tree", () => {
  const file = (path: string) => ({
    verification: { type: "file_exists", path },
  });
  const found = [
    "error path_outside_tree phases[0].items[0].verification.path",
  ];
  for (const path of ["/etc/passwd", "../plan.md", "a/../../b"]) {
    assertEquals(warningsOf({ item: file(path) }), found, path);
  }
  const settings = { docs: "/srv/docs" };
  const filled = file("{{docs}}/plan.md");
  assertEquals(warningsOf({ item: filled, settings }), found);
  assertEquals(warningsOf({ item: file("a/../plan.md") }), []);
});

Deno.test("findWarnings() finds names that no setting defines", () => {
  const file = { verification: { type: "file_exists", path: "{{dir}}/x" } };
  const found = [
    "warning undefined_setting phases[0].items[0].verification.path",
  ];
  assertEquals(warningsOf({ item: file }), found);
  assertEquals(warningsOf({ item: file, settings: { dir: "docs" } }), []);
  assertEquals(warningsOf({ item: file }, new Map([["dir", "docs"]])), []);
  assertEquals(
    warningsOf({
      item: command("make {{ target }}"),
      settings: { target: "a" },
    }),
    [`warning undefined_setting ${COMMAND_PATH}`],
  );
});

Deno.test("findWarnings() finds commands that will be refused", () => {
  for (const unsafe of ["a && b", "a; b", "$HOME", ["a"], { a: "b" }]) {
    assertEquals(
      warningsOf({ item: command("make {{x}}"), settings: { x: unsafe } }),
      [`warning invalid_command ${COMMAND_PATH}`],
    );
  }
  const unbalanced = command("echo 'unbalanced");
  assertEquals(warningsOf({ item: unbalanced }), [
    `warning invalid_command ${COMMAND_PATH}`,
  ]);
  const unused = { settings: { x: "a && b" }, item: command("make test") };
  assertEquals(warningsOf(unused), []);
});

Deno.test("findWarnings() finds exit codes no program has", () => {
  for (const expect_exit_code of [-1, 256]) {
    assertEquals(warningsOf({ item: command("make", { expect_exit_code }) }), [
      "warning unreachable_exit_code phases[0].items[0].verification.expect_exit_code",
    ]);
  }
  assertEquals(
    warningsOf({ item: command("make", { expect_exit_code: 255 }) }),
    [],
  );
});

Deno.test("findWarnings() finds supervision modes and exit gates without effect", () => {
  const found = ["warning unknown_supervision_mode settings.supervision_mode"];
  for (const supervision_mode of ["zero-human", "", false, null]) {
    assertEquals(warningsOf({ settings: { supervision_mode } }), found);
  }
  for (const supervision_mode of ["supervised", "zero_human", "hybrid"]) {
    assertEquals(warningsOf({ settings: { supervision_mode } }), []);
  }
  assertEquals(warningsOf({ phase: { exit_gate: "approval" } }), [
    "warning unknown_exit_gate phases[0].exit_gate",
  ]);
  assertEquals(warningsOf({ phase: { exit_gate: "human_approval" } }), []);
});

Deno.test("findWarnings() finds evidence that is checked against nothing", () => {
  const found = "evidence_schema phases[0].items[0].evidence_schema";
  const item = (evidence_schema: string, more: Fields = {}) => ({
    item: { evidence_schema, ...more },
  });
  assertEquals(warningsOf(item("EdgeCaseEvidence")), []);
  for (const name of ["EdgeCaseEvidnce", "edgecaseevidence", "Own", ""]) {
    assertEquals(warningsOf(item(name)), [`warning unknown_${found}`], name);
  }
  const manual = { verification: { type: "manual_gate" } };
  assertEquals(warningsOf(item("EdgeCaseEvidence", manual)), [
    "warning evidence_without_effect phases[0].items[0].evidence_schema",
  ]);
});

Deno.test("findWarnings() names the schema that was probably meant", () => {
  const messageFor = (evidence_schema: string) => {
    const items = [{ id: "a", name: "A", evidence_schema }];
    const phases = [{ id: "P", name: "N", items }];
    return parseWorkflow({ name: "W", phases }).warnings[0]?.message;
  };
  assertEquals(
    messageFor("CodeAnalysisEvidenz"),
    'Unknown evidence schema "CodeAnalysisEvidenz", so evidence counts unless it is empty: did you mean "CodeAnalysisEvidence"?',
  );
  assertEquals(
    messageFor("Own"),
    'Unknown evidence schema "Own", so evidence counts unless it is empty: known are CodeAnalysisEvidence, EdgeCaseEvidence, SpecReviewEvidence, TestPlanEvidence',
  );
});

Deno.test("findWarnings() finds a workflow without items", () => {
  assertEquals(warningsOf({ phase: { items: [] } }), ["error no_items phases"]);
});

Deno.test("findUnknownKeys() finds keys at every level and what was meant", () => {
  const item = { id: "a", name: "A", notse: [], verification: { comand: "x" } };
  const { warnings } = parseWorkflow({
    name: "W",
    "x-shared": {},
    setings: {},
    phases: [{ id: "P", name: "N", risk: "low", items: [item] }],
  });
  assertEquals(warnings.map(({ path, message }) => `${path}: ${message}`), [
    'setings: Unknown key "setings": did you mean "settings"?',
    'phases[0].risk: Unknown key "risk"',
    'phases[0].items[0].notse: Unknown key "notse": did you mean "notes"?',
    'phases[0].items[0].verification.comand: Unknown key "comand": did you mean "command"?',
  ]);
});

Deno.test("findWarnings() finds required reviews that no item carries", () => {
  const phase = { required_reviews: ["a", "security"] };
  const found = [
    "warning review_without_item phases[0].required_reviews[1]",
  ];
  assertEquals(warningsOf({ phase }), found);
  const item = { id: "security_review" };
  assertEquals(
    warningsOf({ phase: { required_reviews: ["security"] }, item }),
    [],
  );
});

Deno.test("findWarnings() finds secrets that no command gets", () => {
  const secrets = ["API_KEY"];
  assertEquals(warningsOf({ item: { secrets } }), [
    "warning secrets_without_effect phases[0].items[0].secrets",
  ]);
  assertEquals(warningsOf({ item: { ...command("make"), secrets } }), []);
});
