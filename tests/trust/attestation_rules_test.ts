import {
  type Attestation,
  encodeAttestation,
  judgeAttestation,
  parseAttestation,
} from "../../src/trust/attestation_rules.ts";
import { parseWorkflow } from "../../src/workflow/parse.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const WORKFLOW = parseWorkflow({
  name: "Checked",
  phases: [{
    id: "DO",
    name: "Do",
    exit_gate: "human_approval",
    items: [
      {
        id: "tests",
        name: "Tests",
        verification: { type: "command", command: "make test" },
      },
      {
        id: "red",
        name: "Red",
        inputs: ["src"],
        verification: {
          type: "command",
          command: "make red",
          expect_exit_code: 1,
        },
      },
      {
        id: "gate",
        name: "Gate",
        step_type: "gate",
        verification: { type: "command", command: "make gate" },
      },
      {
        id: "consent",
        name: "Consent",
        verification: { type: "manual_gate" },
      },
      { id: "sketch", name: "Sketch", required: false },
      { id: "word", name: "Word" },
    ],
  }],
}).workflow;

const [TREE, SRC, OTHER] = ["a", "b", "c"].map((digit) => digit.repeat(40)) as [
  string,
  string,
  string,
];
const HASH = "d".repeat(64);

const yes = {
  itemId: null,
  phaseId: null,
  origin: "terminal",
  user: "ann",
  at: "2026-01-02T03:04:05Z",
  signature: null,
};
const ran = {
  inputs: [],
  tree: TREE,
  testsRun: null,
  exitCode: 0,
  proved: null,
};
const proved = {
  base: OTHER,
  red: { exitCode: 1, testsRun: 3 },
  control: { exitCode: 0, testsRun: null },
};

const BASE = { base: null, with: [] };

const GOOD: Attestation = {
  at: "2026-01-02T03:04:05Z",
  orcVersion: "0.1.0",
  session: "01kk0000000000000000000000",
  name: "add-login-0000",
  task: "Add login \u00e9",
  status: "completed",
  serial: 9,
  chain: HASH,
  definition: HASH,
  size: "xs",
  start: "5".repeat(40),
  overrides: new Map([["test_command", "make"]]),
  directory: "parts/one",
  tree: OTHER,
  files: TREE,
  completed: ["tests", "red", "gate", "consent", "word"],
  skipped: [],
  receipts: [
    {
      ...ran,
      items: ["tests", "gate"],
      command: "make test",
      testsRun: 3,
      proved,
    },
    {
      ...ran,
      items: ["red"],
      command: "make red",
      exitCode: 1,
      inputs: ["src"],
      tree: SRC,
    },
  ],
  approvals: [
    { ...yes, itemId: "consent" },
    { ...yes, phaseId: "DO", origin: "host", user: null },
  ],
  signature: null,
};

function idOf(inputs: readonly string[]): string {
  return inputs.length === 0 ? TREE : SRC;
}

function codesOf(
  change: Partial<Attestation>,
  standard: Partial<Parameters<typeof judgeAttestation>[1]> = {},
): readonly string[] {
  const whole = { workflow: WORKFLOW, idOf, ...standard };
  return judgeAttestation({ ...GOOD, ...change }, whole)
    .map(({ code, itemId }) => itemId === null ? code : `${code} ${itemId}`);
}

Deno.test("judgeAttestation() asks for the run on the base where an item has to be proved", () => {
  const [phase] = WORKFLOW.phases;
  const items = phase?.items.map((item) => {
    const { verification } = item;
    return item.id !== "tests" || verification.type !== "command"
      ? item
      : { ...item, verification: { ...verification, prove: BASE } };
  }) ?? [];
  const workflow = {
    ...WORKFLOW,
    phases: phase === undefined ? [] : [{ ...phase, items }],
  };
  assertEquals(codesOf({}, { workflow }), []);
  const [first, ...others] = GOOD.receipts;
  assert(first !== undefined);
  const green = { ...proved, red: { exitCode: 0, testsRun: 3 } };
  for (const other of [null, green]) {
    const receipts = [{ ...first, proved: other }, ...others];
    assertEquals(codesOf({ receipts }, { workflow }), ["unproven tests"]);
    assertEquals(codesOf({ receipts }), []);
  }
});

Deno.test("parseAttestation() reads what encodeAttestation() wrote, and nothing else", () => {
  for (const signature of [null, "-----BEGIN SSH SIGNATURE-----\nx"]) {
    const attestation = { ...GOOD, signature };
    const text = encodeAttestation(attestation);
    assert(text.endsWith("}\n") && text.indexOf("\n") === text.length - 1);
    assertEquals(parseAttestation(text, "here"), attestation);
  }
  const text = encodeAttestation(GOOD);
  // Each single character counts.
  for (let at = 0; at < text.length - 1; at += 7) {
    const other = text[at] === "0" ? "1" : "0";
    const edited = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
    assertThrows(() => parseAttestation(edited, "here"), Error, "here");
  }
});

Deno.test("judgeAttestation() holds what the workflow asks for", () => {
  assertEquals(codesOf({}), []);
  assertEquals(codesOf({ skipped: ["sketch"] }), []);
  // A human may complete an item without its check.
  const receipts = GOOD.receipts.slice(1);
  const approvals = ["tests", "gate"].map((itemId) => ({ ...yes, itemId }));
  assertEquals(
    codesOf({ receipts, approvals: [...GOOD.approvals, ...approvals] }),
    [],
  );
});

Deno.test("judgeAttestation() finds a session that was not finished", () => {
  assertEquals(codesOf({ status: "active" }), ["session_open"]);
  assertEquals(codesOf({ status: "abandoned" }), ["session_abandoned"]);
});

Deno.test("judgeAttestation() asks for each required item, by its receipt or its approval", () => {
  const without = (id: string) => GOOD.completed.filter((one) => one !== id);
  assertEquals(codesOf({ completed: without("word") }), ["unproven word"]);
  assertEquals(codesOf({ completed: without("tests") }), ["unproven tests"]);
  const receipts = GOOD.receipts.slice(1);
  assertEquals(codesOf({ receipts }), ["unproven tests", "unproven gate"]);
  const failed = GOOD.receipts.map((receipt) => ({ ...receipt, exitCode: 0 }));
  assertEquals(codesOf({ receipts: failed }), ["unproven red"]);
  assertEquals(codesOf({ approvals: [] }), ["unproven consent", "unproven"]);
  // A gate is skipped by a human or by nobody.
  const skipped = { completed: without("gate"), skipped: ["gate"] };
  assertEquals(codesOf(skipped), ["unproven gate"]);
  const approvals = [...GOOD.approvals, { ...yes, itemId: "gate" }];
  assertEquals(codesOf({ ...skipped, approvals }), []);
});

Deno.test("judgeAttestation() calls no setting a human", () => {
  const approvals = GOOD.approvals.map((one) => ({
    ...one,
    origin: "setting",
  }));
  assertEquals(codesOf({ approvals }), [
    "approved_by_setting consent",
    "approved_by_setting",
  ]);
  const unknown = approvals.map((one) => ({ ...one, origin: null }));
  assertEquals(codesOf({ approvals: unknown }).length, 2);
});

Deno.test("judgeAttestation() compares what each check saw with the files, but of what had to fail", () => {
  const seen = (tree: string | null) =>
    GOOD.receipts.map((receipt) => ({ ...receipt, tree }));
  assertEquals(codesOf({ receipts: seen(OTHER) }), ["stale tests"]);
  assertEquals(codesOf({ receipts: seen(null) }), ["tree_unknown tests"]);
  // Where the files are others as a whole, that is said once.
  assertEquals(codesOf({ receipts: seen(OTHER) }, { idOf: undefined }), []);
});
