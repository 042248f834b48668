import {
  hintOf,
  isFreedByPhase,
  isSkippable,
  nextStep,
  reasonRuleOf,
  type Step,
} from "../../src/engine/next.ts";
import type { Action } from "../../src/engine/action.ts";
import type {
  Item,
  ItemStatus,
  Phase,
  PhaseType,
  SessionState,
  Workflow,
} from "../../src/workflow/types.ts";
import { act, orcErrorOf, typesOf } from "./act.ts";
import {
  AGENT,
  COMMAND,
  complete,
  GOOD_REASON,
  HUMAN,
  inPhase,
  itemIn,
  itemOf,
  MANUAL,
  phaseOf,
  sessionOf,
  skip,
  withItemFields,
  workflowOf,
  ZERO_HUMAN,
} from "./fixtures.ts";
import { assert, assertEquals } from "@std/assert";

function placeOf(fields: Partial<Item>, phaseType: PhaseType = "autonomous") {
  const item = itemOf("x", fields);
  return { phase: phaseOf("PLAN", [item], { phaseType }), item };
}

/** Whether an item is skippable in a session that has just begun. */
function isSkippableIn(
  fields: Partial<Item>,
  { phaseType = "guided", requiredReviews = [], settings = {} }: {
    readonly phaseType?: PhaseType;
    readonly requiredReviews?: readonly string[];
    readonly settings?: Readonly<Record<string, string>>;
  },
): boolean {
  const item = itemOf("x", fields);
  const phase = phaseOf("PLAN", [item], { phaseType, requiredReviews });
  const workflow = workflowOf([phase], settings);
  return isSkippable({ workflow, state: sessionOf(workflow) }, { phase, item });
}

const KINDS: readonly Partial<Item>[] = [
  {},
  { stepType: "required" },
  { skippable: false },
  { stepType: "gate", verification: COMMAND },
  { verification: MANUAL },
  { verification: MANUAL, skipConditions: ["hotfix"] },
];

Deno.test("isSkippable() frees all but gates and manual gates in autonomous phases", () => {
  const verdicts = (["guided", "strict", "autonomous"] as const).map((type) =>
    KINDS.map((fields) => isSkippableIn(fields, { phaseType: type }))
  );
  const elsewhere = [true, false, false, false, false, true];
  assertEquals(verdicts, [
    elsewhere,
    elsewhere,
    [true, true, true, false, false, true],
  ]);
});

Deno.test("isSkippable() leaves manual gates of high risk to humans in hybrid mode", () => {
  const gate = { verification: MANUAL, skipConditions: ["hotfix"] };
  const verdicts = (["supervised", "zero_human", "hybrid"] as const).map(
    (supervision_mode) =>
      (["low", "medium", "high"] as const).map((risk) =>
        isSkippableIn({ ...gate, risk }, { settings: { supervision_mode } })
      ),
  );
  assertEquals(verdicts, [
    [true, true, true],
    [true, true, true],
    [true, true, false],
  ]);
  const settings = { supervision_mode: "hybrid" };
  assertEquals(isSkippableIn({ risk: "high" }, { settings }), true);
});

Deno.test("isSkippable() keeps who carries a required review", () => {
  const requiredReviews = ["x"];
  for (const phaseType of ["guided", "strict", "autonomous"] as const) {
    for (const fields of KINDS) {
      const where = { phaseType, requiredReviews };
      assertEquals(isSkippableIn(fields, where), false);
    }
  }
  assertEquals(isSkippableIn({}, { requiredReviews: ["y"] }), true);
});

Deno.test("isFreedByPhase() holds where only the phase allows it", () => {
  assertEquals(
    KINDS.map((fields) => isFreedByPhase(placeOf(fields))),
    [false, true, true, false, false, false],
  );
});

Deno.test("reasonRuleOf() wants what is freed explained like a documented item", () => {
  assertEquals(
    KINDS.map((fields) => reasonRuleOf(placeOf(fields))),
    ["flexible", "documented", "documented", "gate", "flexible", "flexible"],
  );
});

function skipFreed(reason: string) {
  const { phase } = placeOf({ stepType: "required" });
  const workflow = workflowOf([phase]);
  const action = { ...skip("x"), reason };
  return act(workflow, sessionOf(workflow), action, AGENT);
}

Deno.test("decide() skips a required item of an autonomous phase for a long reason", () => {
  const { state, events } = skipFreed(GOOD_REASON);
  assertEquals(itemIn(state, "x").skipReason, GOOD_REASON);
  assertEquals(typesOf(events), ["skip_validated", "item_skipped"]);
  assertEquals(events[1]?.details.get("phase_type"), "autonomous");
  const error = orcErrorOf(() => skipFreed("It needs hardware"));
  assertEquals(
    error.message,
    'Cannot skip item "x": the reason has 17 of at least 50 characters',
  );
});

/** A session of a workflow, with some items as if they had got there. */
function sessionWith(
  workflow: Workflow,
  statuses: Readonly<Record<string, ItemStatus>> = {},
): SessionState {
  return Object.entries(statuses).reduce(
    (state, [id, status]) => withItemFields(workflow, state, id, { status }),
    sessionOf(workflow),
  );
}

/** The command for a workflow of one phase. */
function commandFor(
  items: readonly Item[],
  statuses: Readonly<Record<string, ItemStatus>> = {},
  fields: Partial<Phase> = {},
): string {
  const workflow = workflowOf([phaseOf("REVIEW", items, fields)]);
  return hintOf(nextStep(workflow, sessionWith(workflow, statuses)));
}

const HUMANS = "a human runs, in a terminal:";

function workOn(id: string): string {
  return `orc complete ${id} --notes "<what you did>"`;
}

Deno.test("nextStep() takes required items in their order", () => {
  const items = [itemOf("opt", { required: false }), itemOf("a"), itemOf("b")];
  assertEquals(commandFor(items), workOn("a"));
  assertEquals(commandFor(items, { a: "failed" }), workOn("a"));
  assertEquals(commandFor(items, { a: "completed" }), workOn("b"));
  assertEquals(commandFor(items, { a: "skipped" }), workOn("b"));
  assertEquals(
    commandFor(items, { a: "completed", b: "skipped" }),
    "orc finish",
  );
});

Deno.test("nextStep() goes on with what is begun", () => {
  const items = [itemOf("a"), itemOf("b")];
  assertEquals(commandFor(items, { b: "in_progress" }), workOn("b"));
});

Deno.test("nextStep() leaves a manual gate until nothing else is open", () => {
  const items = [itemOf("m", { verification: MANUAL }), itemOf("a")];
  assertEquals(commandFor(items), workOn("a"));
  assertEquals(commandFor(items, { m: "in_progress" }), workOn("a"));
  assertEquals(
    commandFor(items, { a: "completed" }),
    `${HUMANS} orc approve-item m`,
  );
});

Deno.test("nextStep() sends nobody to a human where there is none", () => {
  const gate = itemOf("g", { verification: MANUAL, stepType: "gate" });
  const items = [gate, itemOf("m", { verification: MANUAL })];
  const workflow = workflowOf([phaseOf("PLAN", items)], ZERO_HUMAN);
  assertEquals(nextStep(workflow, sessionWith(workflow)), {
    action: "complete",
    command: 'orc complete m --notes "<what you did>"',
    itemId: "m",
    human: false,
  });
  assertEquals(nextStep(workflow, sessionWith(workflow, { m: "skipped" })), {
    action: "approve_item",
    command: "orc approve-item g",
    itemId: "g",
    human: true,
    wait: "orc wait g",
  });
});

Deno.test("nextStep() asks for the approval of a phase after its items", () => {
  const fields = { exitGate: "human_approval" };
  const items = [itemOf("a")];
  assertEquals(commandFor(items, {}, fields), workOn("a"));
  const approve = commandFor(items, { a: "completed" }, fields);
  assertEquals(approve, `${HUMANS} orc approve`);
});

Deno.test("nextStep() advances while there is a phase to enter", () => {
  const workflow = workflowOf([
    phaseOf("PLAN", [itemOf("a")]),
    phaseOf("LEARN", [itemOf("b")]),
  ]);
  const state = sessionWith(workflow, { a: "completed" });
  assertEquals(nextStep(workflow, state), {
    action: "advance",
    command: "orc advance",
    human: false,
  });
});

Deno.test("nextStep() does not send back to a phase that was left", () => {
  const workflow = workflowOf([
    phaseOf("PLAN", [itemOf("a")]),
    phaseOf("LEARN", []),
  ]);
  const state = inPhase(workflow, sessionOf(workflow), "LEARN");
  assertEquals(
    hintOf(nextStep(workflow, state)),
    `${HUMANS} orc finish --force`,
  );
});

Deno.test("nextStep() names the phase whose approval is missing", () => {
  for (
    const [id, word] of [["PLAN", "PLAN"], ["A B'S", String.raw`'A B'\''S'`]]
  ) {
    const workflow = workflowOf([
      phaseOf(`${id}`, [], { exitGate: "human_approval" }),
      phaseOf("LEARN", []),
    ]);
    const state = inPhase(workflow, sessionOf(workflow), "LEARN");
    assertEquals(
      hintOf(nextStep(workflow, state)),
      `${HUMANS} orc approve --phase ${word}`,
    );
  }
});

Deno.test("nextStep() names an optional item that a required review needs", () => {
  const fields = { requiredReviews: ["security"] };
  const review = itemOf("security_review", { required: false });
  assertEquals(commandFor([review], {}, fields), workOn("security_review"));
  const made = { security_review: "completed" } as const;
  assertEquals(commandFor([review], made, fields), "orc finish");
});

Deno.test("nextStep() leaves a required review that was skipped to a human", () => {
  const fields = { requiredReviews: ["security"] };
  const review = itemOf("security", { required: false });
  assertEquals(
    commandFor([review], { security: "skipped" }, fields),
    `${HUMANS} orc finish --force`,
  );
  assertEquals(commandFor([], {}, fields), `${HUMANS} orc finish --force`);
});

/** As a program would do it, which reads no command line. */
function actionOf(step: Step): Action {
  switch (step.action) {
    case "complete":
      return complete(step.itemId);
    case "approve_item":
      return { type: step.action, itemId: step.itemId, notes: null };
    case "approve_phase":
      return { type: step.action, phaseId: step.phaseId };
    case "advance":
      return { type: step.action, force: false };
    case "finish":
      return { type: step.action, notes: null, force: step.human };
  }
}

Deno.test("nextStep() leads an obedient agent and human to the end", () => {
  const workflow = workflowOf([
    phaseOf("PLAN", [itemOf("a"), itemOf("m", { verification: MANUAL })]),
    phaseOf("REVIEW", [itemOf("quality_review", { required: false })], {
      exitGate: "human_approval",
      requiredReviews: ["quality"],
    }),
    phaseOf("LEARN", [itemOf("b")]),
  ]);
  let state = sessionOf(workflow);
  const commands: string[] = [];
  while (state.status === "active") {
    const step = nextStep(workflow, state);
    commands.push(step.command);
    const caller = step.human ? HUMAN : AGENT;
    const decision = act(workflow, state, actionOf(step), caller);
    assert(decision.events.length > 0, step.command);
    state = decision.state;
  }
  assertEquals(commands, [
    workOn("a"),
    "orc approve-item m",
    "orc advance",
    workOn("quality_review"),
    "orc approve",
    "orc advance",
    workOn("b"),
    "orc finish",
  ]);
  assertEquals(state.status, "completed");
});
