import { GATE, HUMAN, item, outline, phase, type Put, put } from "./layered.ts";
import { assertEquals } from "@std/assert";

const BASE = {
  name: "base.yaml",
  says: {
    phases: [
      phase("PLAN", item("plan"), item("risks")),
      phase("V.1", item("tests", GATE), item("survey")),
      phase("SIGN", item("sign", HUMAN)),
      { ...phase("SHIP", item("ship")), exit_gate: "human_approval" },
    ],
  },
};

function changed(
  overlay: readonly unknown[],
  more: Record<string, unknown> = {},
  base: { name: string; says: Record<string, unknown> } = BASE,
): Put {
  return put({ name: "w", says: { overlay, ...more }, includes: [base] });
}

const PLAIN = outline(changed([]));

Deno.test("applyOverlays() replaces, inserts and removes, each after the other", () => {
  const whole = changed([
    { at: "PLAN.plan", replace: { name: "Another" } },
    { at: "PLAN.risks", replace: { id: "dangers", name: "Dangers" } },
    { after: "PLAN.dangers", insert: item("scope") },
    { before: "PLAN.plan", insert: item("first") },
    { remove: "V.1.survey" },
    { after: "PLAN", insert: phase("BUILD", item("build")) },
    { before: "PLAN", insert: { id: "PRE", name: "Pre" } },
    { before: "BUILD.build", insert: item("mill") },
  ]);
  assertEquals(whole.problems, []);
  assertEquals(outline(whole), [
    "PRE:",
    "PLAN: first plan dangers scope",
    "BUILD: mill build",
    "V.1: tests",
    "SIGN: sign",
    "SHIP: ship",
  ]);
});

Deno.test("applyOverlays() removes a phase that holds no gate", () => {
  assertEquals(outline(changed([{ remove: "PLAN" }])), PLAIN.slice(1));
});

const REFUSED: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ at: "V.1.tests", replace: item("x") }, "overlay[0].at: gate_protected"],
  [{ remove: "V.1.tests" }, "overlay[0].remove: gate_protected"],
  [{ remove: "V.1" }, "overlay[0].remove: gate_protected"],
  [{ at: "SIGN.sign", replace: item("x") }, "overlay[0].at: gate_protected"],
  [{ remove: "SIGN" }, "overlay[0].remove: gate_protected"],
  [{ remove: "SHIP" }, "overlay[0].remove: gate_protected"],
  [{ at: "PLAN", replace: phase("X") }, "overlay[0].at: invalid_overlay"],
  [{ remove: "PLAN.none" }, "overlay[0].remove: no_such_item"],
  [{ remove: "NONE" }, "overlay[0].remove: no_such_item"],
  [{ after: "PLAN.plan" }, "overlay[0]: invalid_overlay"],
  [{ at: "PLAN.plan", insert: {} }, "overlay[0]: invalid_overlay"],
  [
    { at: "PLAN.plan", remove: "PLAN.plan", replace: {} },
    "overlay[0]: invalid_overlay",
  ],
  [{ remove: "PLAN.plan", insert: {} }, "overlay[0]: invalid_overlay"],
  [{}, "overlay[0]: invalid_overlay"],
];

Deno.test("applyOverlays() touches no gate, and nothing that is not there", () => {
  for (const [overlay, problem] of REFUSED) {
    const whole = changed([overlay]);
    const [found = "none"] = whole.problems;
    assertEquals(found.slice(0, problem.length), problem);
    assertEquals(whole.problems.length, 1);
    assertEquals(outline(whole), PLAIN);
  }
});

Deno.test("applyOverlays() touches a gate whose author allows it", () => {
  const open = { ...GATE, overridable: true };
  const base = {
    name: "base.yaml",
    says: { phases: [phase("V", item("tests", open))] },
  };
  const whole = changed(
    [
      { at: "V.tests", replace: item("other") },
      { remove: "V.other" },
    ],
    {},
    base,
  );
  assertEquals([whole.problems, outline(whole)], [[], ["V:"]]);
});

Deno.test("applyOverlays() keeps who includes a file from saying that its gates may be changed", () => {
  const [problem = ""] = changed([
    { at: "V.1.tests", replace: { ...item("tests"), overridable: true } },
  ]).problems;
  assertEquals(problem.startsWith("overlay[0].at: gate_protected"), true);
});

/** Settings of the base, of who includes it, and whether that may be. */
const SETTINGS: readonly (readonly [
  Record<string, unknown>,
  Record<string, unknown>,
  boolean,
])[] = [
  [{}, { supervision_mode: "zero_human" }, false],
  [{}, { supervision_mode: "hybrid" }, false],
  [{}, { supervision_mode: "supervised" }, true],
  [{ supervision_mode: "zero_human" }, { supervision_mode: "hybrid" }, true],
  [{ supervision_mode: "hybrid" }, { supervision_mode: "zero_human" }, false],
  [{ approvals: "signed" }, { approvals: "terminal" }, false],
  [{ approvals: "signed" }, { approvals: "signed" }, true],
  [{ approvers: "a" }, { approvers: "b" }, false],
  [{}, { approvals: "signed", approvers: "b" }, true],
  [{ check_environment: "clean" }, { check_environment: "inherit" }, false],
  [
    { approval_timeout_minutes: 60 },
    { approval_timeout_minutes: 1 },
    false,
  ],
  [{ test_command: "npm test" }, { test_command: "true" }, false],
  [{ test_command: "" }, { test_command: "npm test" }, true],
  [{}, { test_command: "npm test" }, true],
  [{ docs: "a" }, { docs: "b" }, true],
];

Deno.test("settingProblems() lets nobody loosen the gates of what they include", () => {
  for (const [base, own, isAllowed] of SETTINGS) {
    const says = { ...BASE.says, settings: base };
    const whole = changed([], { settings: own }, { name: "b", says });
    const [key] = Object.keys(own);
    const shown = JSON.stringify([base, own]);
    assertEquals(
      whole.problems.map((problem) => problem.split(": ", 2).join()),
      isAllowed ? [] : [`settings.${key},gate_protected`],
      shown,
    );
  }
});

Deno.test("settingProblems() lets no file loosen the gates of the next", () => {
  const loose = {
    name: "loose.yaml",
    says: { settings: { supervision_mode: "zero_human" } },
  };
  const strict = {
    name: "s",
    says: { phases: [phase("S", item("s", HUMAN))] },
  };
  for (const includes of [[loose, strict], [strict, loose]]) {
    const { problems } = put({ name: "w", says: {}, includes });
    assertEquals(problems.length, 1);
    assertEquals(problems[0]?.startsWith("include[1]: gate_protected"), true);
  }
  // What says it itself, means it.
  const own = { ...strict.says, ...loose.says };
  assertEquals(
    put({ name: "w", says: {}, includes: [{ name: "o", says: own }] }).problems,
    [],
  );
});
