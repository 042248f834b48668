import {
  isFreedByPhase,
  isSkippable,
  reasonRuleOf,
} from "../../src/engine/next.ts";
import type { Item, PhaseType } from "../../src/workflow/types.ts";
import { act, orcErrorOf, typesOf } from "./act.ts";
import {
  AGENT,
  COMMAND,
  GOOD_REASON,
  itemIn,
  itemOf,
  MANUAL,
  phaseOf,
  sessionOf,
  skip,
  workflowOf,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

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
