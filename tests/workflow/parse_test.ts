import { OrcError } from "../../src/base/error.ts";
import { JsonNumber, type JsonObject } from "../../src/base/json.ts";
import { MAX_PROBLEMS } from "../../src/base/limits.ts";
import { parseWorkflow } from "../../src/workflow/parse.ts";
import type { Path, Position, Problem } from "../../src/workflow/problem.ts";
import type { Item } from "../../src/workflow/types.ts";
import { YamlTime } from "../../src/workflow/value.ts";
import {
  itemOf,
  phaseOf,
  workflowOf as leastWorkflowOf,
} from "../engine/fixtures.ts";
import { assertEach } from "../base/table.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

type Fields = Record<string, unknown>;

function workflowOf(...items: Fields[]): Fields {
  const named = items.map((item, index) => ({
    id: `i${index}`,
    name: "Item",
    ...item,
  }));
  return { name: "W", phases: [{ id: "P", name: "Phase", items: named }] };
}

function parseItem(item: Fields): Item {
  const [parsed] = parseWorkflow(workflowOf(item)).workflow.phases[0]?.items ??
    [];
  if (parsed === undefined) throw new Error("no item");
  return parsed;
}

function problemsOf(
  input: unknown,
  locate?: (path: Path) => Position | undefined,
): readonly Problem[] {
  const error = assertThrows(
    () => parseWorkflow(input, { locate, source: "workflow.yaml" }),
    OrcError,
  );
  assertEquals([error.kind, error.code], ["config", "invalid_workflow"]);
  assertEquals(error.path, "workflow.yaml");
  const problems = error.details?.problems;
  assert(Array.isArray(problems));
  return problems;
}

/** Where the first problem of a file with this item is. */
function placeOf(item: Fields): string | undefined {
  return problemsOf(workflowOf(item))[0]?.path
    .replace("phases[0].items[0].", "");
}

function textsOf(input: unknown): readonly string[] {
  return problemsOf(input).map(({ path, message }) => `${path}: ${message}`);
}

Deno.test("parseWorkflow() fills in what the file leaves out", () => {
  const { workflow, warnings } = parseWorkflow(workflowOf({}));
  assertEquals(warnings, []);
  const item = itemOf("i0", { name: "Item" });
  const phase = phaseOf("P", [item], { name: "Phase" });
  assertEquals(workflow, { ...leastWorkflowOf([phase]), name: "W" });
});

Deno.test("parseWorkflow() reads Maps as it reads plain objects", () => {
  const item = new Map(Object.entries({ id: "i0", name: "Item" }));
  const fields = { id: "P", name: "Phase", items: [item] };
  const phase = new Map<string, unknown>(Object.entries(fields));
  const file = new Map<string, unknown>([["name", "W"], ["phases", [phase]]]);
  assertEquals(parseWorkflow(file), parseWorkflow(workflowOf({})));
});

Deno.test("parseWorkflow() takes names of Object.prototype for plain data", () => {
  const settings = JSON.parse('{"__proto__": "a", "constructor": "b"}');
  const file = { ...workflowOf({ id: "constructor" }), settings };
  const { workflow, warnings } = parseWorkflow(file);
  assertEquals(warnings, []);
  const read = new Map([["__proto__", "a"], ["constructor", "b"]]);
  assertEquals(workflow.settings, read);
  assertEquals(parseItem({ id: "__proto__" }).id, "__proto__");
  const missing = JSON.parse('{"__proto__": {"name": "W"}, "phases": []}');
  assert(textsOf(missing).includes("name: Missing"));
});

Deno.test("parseWorkflow() takes what the Python tool takes for a boolean", () => {
  const yes = [true, 1, new JsonNumber("1.0"), "1", "T", "yes", "Y", "On"];
  const no = [false, 0, new JsonNumber("-0.0"), "0", "F", "no", "N", "oFF"];
  const read = (required: unknown) => parseItem({ required }).required;
  assertEach(read, true, yes);
  assertEach(read, false, no);
  for (const required of [null, 2, "2", "", " y", "1.0", [], {}]) {
    const [problem] = problemsOf(workflowOf({ required }));
    assertEquals(problem?.code, "invalid_type", String(required));
    assertEquals(placeOf({ required }), "required");
  }
});

Deno.test("parseWorkflow() takes what the Python tool takes for a whole number", () => {
  const verification = (expect_exit_code: unknown): Fields => ({
    verification: { type: "command", command: "make", expect_exit_code },
  });
  const read = (written: unknown) => {
    const item = parseItem(verification(written));
    assert(item.verification.type === "command");
    return item.verification.expectExitCode;
  };
  const numbers = [3, true, new JsonNumber("2.0"), " +5 ", "1_0", "007"];
  assertEquals(numbers.map(read), [3, 1, 2, 5, 10, 7]);
  assertEquals(["5.00", "-0", -1].map(read), [5, 0, -1]);
  const others = [null, 1.5, "1__0", "_1", "0x1", "1e3", "5.1", "", "1.", []];
  const large = new JsonNumber("18446744073709551616");
  for (const written of [...others, "٣", large]) {
    const [problem] = problemsOf(workflowOf(verification(written)));
    assert(problem?.message.startsWith("Expected a whole number, found"));
  }
});

Deno.test("parseWorkflow() wants strings and shows how to write them", () => {
  const date = new YamlTime("2024-01-01");
  assertEquals(
    textsOf({ ...workflowOf({ id: true, name: date, agent: 7 }), version: 1 }),
    [
      'version: Expected a string, found the number 1: write "1" in quotes',
      'phases[0].items[0].id: Expected a string, found the boolean true: write "true" in quotes',
      'phases[0].items[0].name: Expected a string, found the date 2024-01-01: write "2024-01-01" in quotes',
      'phases[0].items[0].agent: Expected a string, found the number 7: write "7" in quotes',
    ],
  );
  const locate = (path: Path): Position | undefined =>
    path.at(-1) === "version"
      ? { line: 2, column: 1, text: "1.10" }
      : undefined;
  const file = { ...workflowOf({}), version: 1.1 };
  const [problem] = problemsOf(file, locate);
  assert(
    problem?.message.endsWith('found the number 1.1: write "1.10" in quotes'),
  );
});

Deno.test("parseWorkflow() wants lists and mappings where they belong", () => {
  const wrong = workflowOf({
    notes: "x",
    skip_conditions: [1],
    verification: "none",
  });
  assertEquals(textsOf({ ...wrong, settings: [] }), [
    'phases[0].items[0].skip_conditions[0]: Expected a string, found the number 1: write "1" in quotes',
    'phases[0].items[0].verification: Expected a mapping with a type, found the string "none"',
    'phases[0].items[0].notes: Expected a list, found the string "x"',
    "settings: Expected a mapping, found a list",
  ]);
  for (const nothing of [undefined, null, [], "x", 3, new Set(), () => 1]) {
    const [problem] = problemsOf(nothing);
    assert(
      problem?.message.startsWith("Expected a mapping with name and phases"),
    );
  }
});

Deno.test("parseWorkflow() keeps to the words of each list", () => {
  assertEquals(
    textsOf(workflowOf({ step_type: "gates", verification: { type: "zzz" } })),
    [
      'phases[0].items[0].verification.type: Expected one of file_exists, command, manual_gate, none, found the string "zzz"',
      'phases[0].items[0].step_type: Expected one of gate, required, documented, flexible, found the string "gates": did you mean "gate"?',
    ],
  );
  for (const step_type of ["Gate", "GATE", null, " gate"]) {
    problemsOf(workflowOf({ step_type }));
  }
});

Deno.test("parseWorkflow() takes the ids the Python tool takes", () => {
  const phaseOf = (id: string) => ({ name: "W", phases: [{ id, name: "N" }] });
  const phases = ["PLAN", "A1", "A-B_C 1/2", "../X", "ПЛАН", "Ⅷ"];
  const phaseIds = phases.map((id) => parseWorkflow(phaseOf(id)).workflow)
    .map(({ phases: [phase] }) => phase?.id);
  assertEquals(phaseIds, phases);
  assertEach(
    (id) => problemsOf(phaseOf(id))[0]?.path,
    "phases[0].id",
    ["plan", "Plan", "1", "", "计划", "ǅ", "Aª"],
  );
  const ids = ["a", "___a", "ABC", "é", "项目", "²", "½", "٣", "1"];
  assertEquals(ids.map((id) => parseItem({ id }).id), ids);
  const others = ["a-b", "a b", "a.b", "a\n", "_", "__", "", "e\u0301"];
  assertEach((id) => placeOf({ id }), "id", others);
  assert(textsOf(workflowOf({ id: "a-b" }))[0]?.endsWith('write "a_b"'));
  assertEquals(parseItem({ id: "é".repeat(100) }).id.length, 100);
  problemsOf(workflowOf({ id: "é".repeat(101) }));
});

Deno.test("parseWorkflow() lets nobody loosen a gate or a required item", () => {
  for (const step_type of ["gate", "required"]) {
    const item = parseItem({
      step_type,
      required: false,
      skippable: true,
      verification: { type: "file_exists", path: "x" },
    });
    assertEquals([item.required, item.skippable], [true, false]);
  }
  const loose = parseItem({ step_type: "documented", required: false });
  assertEquals([loose.required, loose.skippable], [false, true]);
});

Deno.test("parseWorkflow() makes a manual gate skippable only on conditions", () => {
  const verification = { type: "manual_gate" };
  const bare = parseItem({ verification, skippable: true });
  assertEquals([bare.required, bare.skippable], [true, false]);
  const conditional = parseItem({ verification, skip_conditions: ["docs"] });
  assertEquals(conditional.skippable, true);
  const optional = parseItem({ verification, required: false });
  assertEquals([optional.required, optional.skippable], [false, false]);
});

Deno.test("parseWorkflow() refuses a check without a path or command", () => {
  assertEach(
    (check) => placeOf({ verification: { type: "file_exists", ...check } }),
    "verification.path",
    [{}, { path: "" }, { path: null, command: "x" }],
  );
  assertEach(
    (check) => placeOf({ verification: { type: "command", ...check } }),
    "verification.command",
    [{}, { command: "  " }, { command: null, path: "x" }],
  );
  parseItem({ verification: { type: "manual_gate", path: "", command: null } });
});

Deno.test("parseWorkflow() takes a time limit of up to a day", () => {
  assertEquals(parseItem({ timeout_seconds: "90" }).timeoutSeconds, 90);
  assertEquals(parseItem({ timeout_seconds: 86_400 }).timeoutSeconds, 86_400);
  assertEach(
    (timeout_seconds) => placeOf({ timeout_seconds }),
    "timeout_seconds",
    [0, -1, 86_401, 1.5, null, "soon"],
  );
});

Deno.test("parseWorkflow() refuses ids that occur twice and names both places", () => {
  const items = [{ id: "a", name: "A" }];
  const file = {
    name: "W",
    phases: [{ id: "P", name: "N", items }, { id: "P", name: "N", items }],
  };
  assertEquals(textsOf(file), [
    'phases[1].id: Duplicate phase id "P", first used at phases[0].id',
    'phases[1].items[0].id: Duplicate item id "a", first used at phases[0].items[0].id',
  ]);
  const locate = (path: Path): Position => ({
    line: Number(path[1]) + 1,
    column: path.length,
  });
  const [phase, item] = problemsOf(file, locate);
  assertEquals(phase?.message, 'Duplicate phase id "P", first used at 1:3');
  assertEquals([item?.line, item?.column], [2, 5]);
});

Deno.test("parseWorkflow() wants a phase", () => {
  assertEquals(textsOf({ name: "W", phases: [] }), [
    "phases: A workflow needs at least one phase",
  ]);
  assertEquals(textsOf({ name: "W" }), ["phases: Missing"]);
});

Deno.test("parseWorkflow() reports all problems at once, at most twenty, in the order of the file", () => {
  const items = Array.from({ length: 50 }, (_, index) => ({ id: `i${index}` }));
  const file = { nmae: "W", phases: [{ id: "p", name: "N", items }] };
  const locate = (path: Path): Position => ({
    line: path.length === 1 ? 1 : 100 - Number(path[3] ?? 99),
    column: 1,
  });
  const error = assertThrows(
    () => parseWorkflow(file, { locate, source: "workflow.yaml" }),
    OrcError,
  );
  const problems = error.details?.problems;
  assert(Array.isArray(problems));
  assertEquals(problems.length, MAX_PROBLEMS);
  const lines = error.message.split("\n");
  assertEquals(lines[0], "workflow.yaml:1:1: name: Missing");
  assertEquals(lines.at(-1), "… and 33 more problems");
  assertEquals(
    problems.map(({ line }) => line),
    problems.map(({ line }) => line).toSorted((a, b) => a - b),
  );
});

Deno.test("parseWorkflow() lists a slip in a key beside the key that is missing", () => {
  assertEquals(textsOf({ nmae: "W", phases: [{ id: "P", name: "N" }] }), [
    "name: Missing",
    'nmae: Unknown key "nmae": did you mean "name"?',
  ]);
});

Deno.test("parseWorkflow() places a problem at the nearest entry that exists", () => {
  const locate = (path: Path): Position | undefined =>
    path.length <= 2 ? { line: path.length + 1, column: 4 } : undefined;
  const [problem] = problemsOf(workflowOf({ name: 3 }), locate);
  assertEquals([problem?.line, problem?.column], [3, 4]);
});

Deno.test("parseWorkflow() does without positions and a name of the file", () => {
  const error = assertThrows(() => parseWorkflow({ name: 1 }), OrcError);
  assertEquals(
    error.message,
    'workflow: name: Expected a string, found the number 1: write "1" in quotes\nworkflow: phases: Missing',
  );
  assertEquals(error.path, undefined);
});

Deno.test("parseWorkflow() refuses keys that are no strings where the Python tool does", () => {
  const file = new Map<unknown, unknown>(Object.entries(workflowOf({})));
  file.set(null, 1);
  assertEquals(problemsOf(file)[0]?.code, "invalid_key");
  const settings = new Map<unknown, unknown>([[1, "x"]]);
  const [problem] = problemsOf({ ...workflowOf({}), settings });
  assertEquals([problem?.code, problem?.path], ["invalid_key", "settings"]);
});

Deno.test("parseWorkflow() reads what only orc knows", () => {
  const item = { risk: "high", working_dir: "packages/web" };
  const { workflow, warnings } = parseWorkflow({
    ...workflowOf(item),
    orc: ">=0.1",
  });
  assertEquals([workflow.orc, warnings], [">=0.1", []]);
  const { risk, workingDir } = parseItem(item);
  assertEquals([risk, workingDir], ["high", "packages/web"]);
  const nothing = parseItem({ working_dir: null });
  assertEquals([nothing.risk, nothing.workingDir], ["medium", null]);
});

Deno.test("parseWorkflow() takes directories below the working tree alone", () => {
  const inside = ["a", "a/b/", "./a", "a/../b", "a b", "{{name}}/x"];
  const read = (working_dir: string) => parseItem({ working_dir }).workingDir;
  assertEquals(inside.map(read), inside);
  assertEach(
    (working_dir) => textsOf(workflowOf({ working_dir })),
    [
      "phases[0].items[0].working_dir: Expected a directory below the working tree, such as packages/web",
    ],
    ["/a", "..", "../a", "a/../../b", "C:\\a", "a\\..", "", " "],
  );
});

Deno.test("parseWorkflow() refuses ranges, risks and times that are none", () => {
  const settings = { approval_timeout_minutes: -1 };
  const file = { ...workflowOf({ risk: "hihg" }), orc: "newest", settings };
  assertEquals(
    new Set(textsOf(file)),
    new Set([
      'orc: Expected a range of versions such as ">=0.1", found "newest"',
      'phases[0].items[0].risk: Expected one of low, medium, high, found the string "hihg": did you mean "high"?',
      "settings.approval_timeout_minutes: Expected a number of minutes above 0, at most 525600, found the number -1",
    ]),
  );
});

Deno.test("parseWorkflow() reads names of secrets, of the workflow and of items", () => {
  const item = { secrets: ["API_KEY"] };
  const file = { ...workflowOf(item), secrets: ["DEPLOY_KEY"] };
  assertEquals(parseWorkflow(file).workflow.secrets, ["DEPLOY_KEY"]);
  assertEquals(parseItem(item).secrets, ["API_KEY"]);
  assertEquals(parseItem({}).secrets, []);
});

Deno.test("parseWorkflow() refuses what is no name of a secret", () => {
  const rule =
    "The name of a secret holds capital letters, digits and underscores, and is none that every program needs";
  assertEquals(textsOf(workflowOf({ secrets: ["api-key", "PATH"] })), [
    `phases[0].items[0].secrets[0]: ${rule}: write "API_KEY"`,
    `phases[0].items[0].secrets[1]: ${rule}`,
  ]);
  assertEquals(textsOf({ ...workflowOf({}), secrets: "API_KEY" }), [
    'secrets: Expected a list of names, found the string "API_KEY"',
  ]);
});

/** A file with one item, of which these parts are known. */
interface Parts {
  readonly settings?: Fields;
  readonly phase?: Fields;
  readonly item?: Fields;
  readonly overrides?: JsonObject;
}

/** Asserts what is said about files, if anything; a dot begins a path in the item. */
function warns(expected: string, ...files: readonly Parts[]): void {
  for (const { settings = {}, phase = {}, item = {}, overrides } of files) {
    const items = [{ id: "a", name: "A", ...item }];
    const phases = [{ id: "P", name: "N", items, ...phase }];
    const file = { name: "W", settings, phases };
    const found = parseWorkflow(file, { overrides }).warnings
      .map(({ severity, code, path }) => `${severity} ${code} ${path}`)
      .map((text) => text.replace("phases[0].items[0]", "").trim());
    assertEquals(found.join(), expected, JSON.stringify(file));
  }
}

function running(text: string, more: Fields = {}): Parts {
  const verification = { type: "command", command: text, ...more };
  return { item: { verification } };
}

function lookingFor(path: string): Parts {
  return { item: { verification: { type: "file_exists", path } } };
}

const MANUAL = { verification: { type: "manual_gate" } };

Deno.test("findWarnings() finds gates that check nothing", () => {
  const gate = { step_type: "gate" };
  const none = { ...gate, verification: { type: "none" } };
  warns("warning gate_without_check", { item: gate }, { item: none });
  const required = { step_type: "required" };
  warns("", { item: { ...gate, ...MANUAL } }, { item: required });
});

Deno.test("findWarnings() finds checks that always pass, in settings too", () => {
  const vain = ["true", " true ", "/bin/true", "echo done", ":"];
  warns(
    "error check_always_passes .verification.command",
    ...vain.map((text) => running(text)),
    { settings: { x: "true" }, ...running("{{x}}") },
  );
  const real = ["make test", "truest", "echo a | grep b", "false"];
  warns("", ...real.map((text) => running(text)));
  warns("", running("true", { expect_exit_code: 1 }));
});

Deno.test("findWarnings() finds directories where a check asks for a file", () => {
  warns(
    "error file_is_directory .verification.path",
    ...[".", "docs/", "docs/."].map(lookingFor),
  );
  const verification = { type: "file_exists", path: "docs/", directory: true };
  warns("", { item: { verification } }, lookingFor("docs"));
});

Deno.test("findWarnings() finds files that no check can find in the tree", () => {
  warns(
    "error path_outside_tree .verification.path",
    ...["/etc/passwd", "../plan.md", "a/../../b"].map(lookingFor),
    { settings: { x: "/srv/docs" }, ...lookingFor("{{x}}/plan.md") },
  );
  warns("", lookingFor("a/../plan.md"));
});

Deno.test("findWarnings() finds names that no setting defines", () => {
  const file = lookingFor("{{dir}}/x");
  const blank = { settings: { x: "a" }, ...running("make {{ x }}") };
  warns("warning undefined_setting .verification.path", file);
  warns("warning undefined_setting .verification.command", blank);
  warns("", { settings: { dir: "docs" }, ...file });
  warns("", { overrides: new Map([["dir", "docs"]]), ...file });
});

Deno.test("findWarnings() finds commands that will be refused", () => {
  const values = ["a && b", "a; b", "$HOME", ["a"], { a: "b" }];
  warns(
    "warning invalid_command .verification.command",
    ...values.map((x) => ({ settings: { x }, ...running("make {{x}}") })),
    running("echo 'unbalanced"),
  );
  warns("", { settings: { x: "a && b" }, ...running("make test") });
});

Deno.test("findWarnings() finds exit codes no program has", () => {
  const endingWith = (expect_exit_code: number) =>
    running("make", { expect_exit_code });
  const found = "warning unreachable_exit_code .verification.expect_exit_code";
  warns(found, endingWith(-1), endingWith(256));
  warns("", endingWith(255));
});

Deno.test("findWarnings() finds supervision modes and exit gates without effect", () => {
  const under = (supervision_mode: unknown) => ({
    settings: { supervision_mode },
  });
  const found = "warning unknown_supervision_mode settings.supervision_mode";
  warns(found, ...["zero-human", "", false, null].map(under));
  warns("", ...["supervised", "zero_human", "hybrid"].map(under));
  const exit = "warning unknown_exit_gate phases[0].exit_gate";
  warns(exit, { phase: { exit_gate: "approval" } });
  warns("", { phase: { exit_gate: "human_approval" } });
});

Deno.test("findWarnings() finds evidence that is checked against nothing", () => {
  const asking = (evidence_schema: string) => ({ item: { evidence_schema } });
  const unknown = ["EdgeCaseEvidnce", "edgecaseevidence", "Own", ""];
  const found = "warning unknown_evidence_schema .evidence_schema";
  warns(found, ...unknown.map(asking));
  const { item } = asking("EdgeCaseEvidence");
  warns("", { item });
  const inVain = "warning evidence_without_effect .evidence_schema";
  warns(inVain, { item: { ...item, ...MANUAL } });
});

Deno.test("findWarnings() finds a workflow without items, and required reviews that no item carries", () => {
  warns("error no_items phases", { phase: { items: [] } });
  const reviews = { required_reviews: ["a", "security"] };
  const found = "warning review_without_item phases[0].required_reviews[1]";
  warns(found, { phase: reviews });
  warns("", {
    phase: { required_reviews: ["security"] },
    item: { id: "security_review" },
  });
});

Deno.test("findWarnings() finds secrets that no command gets", () => {
  const secrets = ["API_KEY"];
  const found = "warning secrets_without_effect .secrets";
  warns(found, { item: { secrets } });
  warns("", { item: { ...running("make").item, secrets } });
});

Deno.test("findWarnings() finds checks that cannot fail, in settings too", () => {
  const found = "warning check_cannot_fail .verification.command";
  warns(found, running("make test || true"));
  warns(found, running("make test | tee log"));
  warns(found, running("sh -c 'make test; true'"));
  warns("", running("make test && true"));
});

Deno.test("findWarnings() finds variables that no command gets, and an environment of checks that nobody knows", () => {
  const env = ["PYTHONPATH"];
  warns("warning env_without_effect .env", { item: { env } });
  warns("", { item: { ...running("make").item, env } });
  const codesOf = (check_environment: string) =>
    parseWorkflow({
      name: "W",
      settings: { check_environment },
      phases: [{ id: "P", name: "N", items: [{ id: "a", name: "A" }] }],
    }).warnings.map(({ code }) => code);
  assertEquals(codesOf("inherited"), ["unknown_check_environment"]);
  assertEquals(codesOf("clean"), []);
});

Deno.test("parseWorkflow() refuses signed approvals without the file of the approvers, and warns of others", () => {
  const withSettings = (settings: Fields) => ({ ...workflowOf({}), settings });
  for (const approvers of [undefined, "", 7, "../x", "/etc/x", "a:b", "a\\b"]) {
    const settings = { approvals: "signed", approvers };
    const [problem] = problemsOf(withSettings(settings));
    assertEquals(problem?.path, "settings.approvers", String(approvers));
  }
  const approvers = ".github/approvers";
  warns("", { settings: { approvals: "signed", approvers } });
  warns("warning unknown_approvals settings.approvals", {
    settings: { approvals: "any" },
  });
  warns("warning signed_unsupervised settings.supervision_mode", {
    settings: {
      approvals: "signed",
      approvers,
      supervision_mode: "zero_human",
    },
  });
});

Deno.test("findWarnings() finds files that a human is shown and that lead out, and those that nobody is shown", () => {
  const shows = ["docs/{{place}}/plan.md"];
  const [item] = parseWorkflow(
    workflowOf({ id: "a", name: "A", shows, ...MANUAL }),
    { overrides: new Map([["place", "x"]]) },
  ).workflow.phases.flatMap(({ items }) => items);
  assertEquals(item?.shows, shows);
  const shown = (place: string | null, more: Fields) => ({
    settings: place === null ? undefined : { place },
    item: { shows, ...more },
  });
  warns("", shown("x", MANUAL));
  warns("warning undefined_setting .shows[0]", shown(null, MANUAL));
  warns("error path_outside_tree .shows[0]", shown("../..", MANUAL));
  warns("warning shows_without_effect .shows", shown("x", {}));
  for (const file of ["../plan.md", "/etc/passwd", "a\\b", " "]) {
    const input = workflowOf({ id: "a", name: "A", shows: [file], ...MANUAL });
    assertEquals(textsOf(input), [
      "phases[0].items[0].shows[0]: Expected a file below the working tree, such as docs/plan.md",
    ]);
  }
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

Deno.test("parseWorkflow() takes what a check has to be proved by, and says what is wrong with it", () => {
  const check = { type: "command", command: "x" } as const;
  const parsed = (prove: unknown) =>
    parseItem({ verification: { ...check, prove } }).verification;
  const least = { ...check, expectExitCode: 0, description: null };
  const none = { base: null, with: [] };
  assertEquals(parsed("base"), { ...least, prove: none });
  assertEquals(parsed({}), { ...least, prove: none });
  const both = { base: "origin/main", with: ["t/**", "!t/u"] };
  assertEquals(parsed(both), { ...least, prove: both });
  const where = "phases[0].items[0].verification.prove";
  const either = 'Expected the word base, or a mapping with "base" and "with"';
  const mistakes: readonly (readonly [unknown, string])[] = [
    ["head", `${where}: ${either}, found the string "head"`],
    [true, `${where}: ${either}, found the boolean true`],
    [
      { base: "-x" },
      `${where}.base: Expected a branch, a tag or a commit, such as main or origin/release`,
    ],
    [
      { base: "a b" },
      `${where}.base: Expected a branch, a tag or a commit, such as main or origin/release`,
    ],
    [
      { with: "t" },
      `${where}.with: Expected a list of patterns, found the string "t"`,
    ],
    [
      { base: 7 },
      `${where}.base: Expected a string, found the number 7: write "7" in quotes`,
    ],
    [
      { with: [] },
      `${where}.with: Expected at least one pattern, such as tests/**`,
    ],
    [
      { with: ["../x"] },
      `${where}.with[0]: Expected a pattern of paths below the working tree, such as src/** or !docs/**`,
    ],
  ];
  for (const [prove, expected] of mistakes) {
    const input = workflowOf({ verification: { ...check, prove } });
    const [problem] = problemsOf(input);
    assertEquals(`${problem?.path}: ${problem?.message}`, expected);
  }
  const misspelled = workflowOf({
    verification: { ...check, prove: { bases: "main" } },
  });
  const { warnings } = parseWorkflow(misspelled);
  assertEquals(warnings.map(({ path, code }) => [path, code]), [
    [`${where}.bases`, "unknown_key"],
  ]);
});
