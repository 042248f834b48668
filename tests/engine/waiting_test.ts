import { jsonObject, type JsonValue } from "../../src/base/json.ts";
import {
  phaseLines,
  questionLines,
  waitingIn,
} from "../../src/engine/waiting.ts";
import type {
  Item,
  ItemState,
  ItemStatus,
  Phase,
} from "../../src/workflow/types.ts";
import {
  AT,
  inPhase,
  itemOf,
  MANUAL,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const LATER = "2026-03-04T06:00:00Z";

/** Ids of what waits: an item, or the phase that is left. */
function waiting(
  phases: readonly Phase[],
  statuses: Readonly<Record<string, ItemStatus>> = {},
  phaseId = "PLAN",
  settings = {},
): readonly string[] {
  const workflow = workflowOf(phases, settings);
  const state = Object.entries(statuses).reduce(
    (before, [id, status]) => withItemFields(workflow, before, id, { status }),
    inPhase(workflow, sessionOf(workflow), phaseId),
  );
  return waitingIn(workflow, state).map(({ phaseId, itemId }) =>
    itemId ?? phaseId
  );
}

const MANUAL_GATE = itemOf("m", { verification: MANUAL });

Deno.test("waitingIn() names manual gates whose turn it is", () => {
  const items = [itemOf("a"), MANUAL_GATE];
  const strict = [phaseOf("PLAN", items, { phaseType: "strict" })];
  assertEquals(waiting(strict), []);
  assertEquals(waiting(strict, { a: "completed" }), ["m"]);
  assertEquals(waiting(strict, { a: "completed", m: "skipped" }), []);
});

Deno.test("waitingIn() names what passes by itself later, and not what nobody is asked about", () => {
  const phases = [phaseOf("PLAN", [MANUAL_GATE])];
  const hybrid = { supervision_mode: "hybrid", approval_timeout_minutes: 30 };
  assertEquals(waiting(phases, {}, "PLAN", hybrid), ["m"]);
  const none = { supervision_mode: "zero_human" };
  assertEquals(waiting(phases, {}, "PLAN", none), []);
});

Deno.test("waitingIn() names a phase when nothing else of it is open, and at the end all that were left without", () => {
  const gated = { exitGate: "human_approval" };
  const phases = [
    phaseOf("PLAN", [itemOf("a")], gated),
    phaseOf("DO", [itemOf("b")], gated),
  ];
  assertEquals(waiting(phases), []);
  assertEquals(waiting(phases, { a: "completed" }), ["PLAN"]);
  const done = { a: "completed", b: "completed" } as const;
  assertEquals(waiting(phases, done, "DO"), ["PLAN", "DO"]);
});

Deno.test("waitingIn() says since when, and with which command of which session", () => {
  const workflow = {
    ...workflowOf([phaseOf("PLAN", [itemOf("a"), MANUAL_GATE], {
      exitGate: "human_approval",
    })]),
    session: "s1",
  };
  const started = sessionOf(workflow);
  const fields = { status: "completed", completedAt: LATER } as const;
  const later = withItemFields(workflow, started, "a", fields);
  assertEquals(waitingIn(workflow, later), [{
    phaseId: "PLAN",
    itemId: "m",
    name: "Name of m",
    since: LATER,
    command: "orc approve-item m --session s1",
  }]);
  const skipped = withItemFields(workflow, later, "m", { status: "skipped" });
  const [phase] = waitingIn(workflow, skipped);
  assertEquals(phase?.command, "orc approve --phase PLAN --session s1");
  const closed = { ...later, status: "abandoned" as const };
  assertEquals(waitingIn(workflow, closed), []);
  const lone = workflowOf([phaseOf("PLAN", [MANUAL_GATE])]);
  assertEquals(waitingIn(lone, sessionOf(lone))[0]?.since, AT);
});

Deno.test("questionLines() shows what an item asks and what is open before it, bounded", () => {
  const item = itemOf("m", {
    verification: { ...MANUAL, description: "Is the plan good?" },
    description: "Read docs/plan.md\n\nAll of it",
    notes: ["[tip] Look at the risks"],
  });
  const workflow = workflowOf([
    phaseOf("PLAN", [
      itemOf("a"),
      itemOf("b", { required: false }),
      itemOf("c"),
      item,
      itemOf("d"),
    ]),
  ]);
  const state = sessionOf(workflow);
  assertEquals(questionLines(workflow, state, "m"), [
    "Phase PLAN, item m: Name of m",
    "Is the plan good?",
    "Read docs/plan.md",
    "All of it",
    "[tip] Look at the risks",
    "Still open before it: a, c",
  ]);
  const long = itemOf("m", { description: "x\n".repeat(40) + "y".repeat(999) });
  const lines = questionLines(
    workflowOf([phaseOf("PLAN", [long])]),
    state,
    "m",
  );
  assertEquals([lines.length, lines.at(-1)], [
    13,
    "(30 more lines in the workflow)",
  ]);
  assertEquals(questionLines(workflow, state, "nothing"), []);
});

const COMMAND = {
  ...MANUAL,
  type: "command",
  command: "make {{goal}}",
  expectExitCode: 1,
} as const;

Deno.test("phaseLines() says of each item how it was done, and calls checked what orc saw pass alone", () => {
  const gate = { verification: COMMAND, stepType: "gate" } as const;
  const file = { ...MANUAL, type: "file_exists", path: "a.md" } as const;
  const done = { status: "completed", notes: "As\nplanned" } as const;
  const result = (fields: Readonly<Record<string, JsonValue>>) => ({
    ...done,
    verificationResult: jsonObject(fields),
  });
  const items: readonly (readonly [Item, Partial<ItemState>, string])[] = [
    [itemOf("said"), done, "said by the agent: As\\nplanned"],
    [itemOf("quiet"), { status: "completed" }, "said to be done"],
    [
      itemOf("ran", { verification: COMMAND }),
      result({ exit_code: 1 }),
      "checked by orc: make it",
    ],
    [
      itemOf("forced", { verification: COMMAND }),
      result({ exit_code: 0 }),
      "not checked; said by the agent: As\\nplanned",
    ],
    [
      itemOf("unproved", { verification: COMMAND }),
      result({ exit_code: 1, error: "not proved" }),
      "not checked; said by the agent: As\\nplanned",
    ],
    [
      itemOf("gate", gate),
      { ...done, gateResult: jsonObject({ success: true }) },
      "checked by orc: make it",
    ],
    [
      itemOf("file", { verification: file }),
      result({ exists: true }),
      "checked by orc: a.md",
    ],
    [
      itemOf("m", { verification: MANUAL }),
      result({ approved: true }),
      "approved",
    ],
    [
      itemOf("left"),
      { status: "skipped", skipReason: "Nothing to do" },
      "skipped: Nothing to do",
    ],
    [itemOf("open", { required: false }), {}, "open, optional"],
    [itemOf("failed", gate), { status: "failed" }, "open"],
  ];
  const phases = [phaseOf("PLAN", items.map(([item]) => item))];
  const workflow = workflowOf(phases, { goal: "it" });
  const state = items.reduce(
    (before, [{ id }, fields]) => withItemFields(workflow, before, id, fields),
    sessionOf(workflow),
  );
  assertEquals(phaseLines(workflow, state, "PLAN"), [
    "Phase PLAN: Name of PLAN",
    ...items.map(([{ id }, , how]) => `  ${id}: ${how}`),
  ]);
  assertEquals(phaseLines(workflow, state, "NONE"), []);
});

Deno.test("phaseLines() is bounded, and leaves out first what orc checked", () => {
  const many = Array.from(
    { length: 30 },
    (_, n) => itemOf(`c${n}`, n < 25 ? { verification: COMMAND } : {}),
  );
  const workflow = workflowOf([phaseOf("PLAN", many)]);
  const state = many.reduce(
    (before, { id }) =>
      withItemFields(workflow, before, id, {
        ...{ status: "completed", notes: "x".repeat(900) },
        verificationResult: jsonObject({ exit_code: 1 }),
      }),
    sessionOf(workflow),
  );
  const lines = phaseLines(workflow, state, "PLAN");
  assertEquals([lines.length, lines.at(-1)], [22, "  (10 more items)"]);
  assertEquals(
    lines.slice(1, 6).map((line) => [line.slice(0, 10), line.length]),
    [25, 26, 27, 28, 29].map((n) => [`  c${n}: sai`, 200]),
  );
});
