import { assertEquals } from "@std/assert";
import type { JsonValue } from "../../src/core/json.ts";
import { needsHuman, supervisionMode } from "../../src/core/state.ts";
import type { StepType } from "../../src/core/types.ts";
import { COMMAND, FILE, itemOf, MANUAL, NONE, workflowOf } from "./fixtures.ts";

Deno.test("supervisionMode() counts anything unknown as the strictest", () => {
  const modes: readonly JsonValue[] = [
    "supervised",
    "zero_human",
    "hybrid",
    "Zero_Human",
    "zero_human ",
    "",
    null,
    true,
    0,
    ["zero_human"],
  ];
  assertEquals(
    modes.map((mode) =>
      supervisionMode(workflowOf([], { supervision_mode: mode }))
    ),
    [
      "supervised",
      "zero_human",
      "hybrid",
      ...Array(7).fill("supervised"),
    ],
  );
  assertEquals(supervisionMode(workflowOf([])), "supervised");
});

Deno.test("needsHuman() holds for manual gates, for gates even without humans", () => {
  const stepTypes: readonly StepType[] = [
    "flexible",
    "documented",
    "required",
    "gate",
  ];
  const verdicts = ["supervised", "hybrid", "zero_human"].map(
    (supervision_mode) =>
      stepTypes.map((stepType) =>
        needsHuman(
          workflowOf([], { supervision_mode }),
          itemOf("a", { stepType, verification: MANUAL }),
        )
      ),
  );
  assertEquals(verdicts, [
    [true, true, true, true],
    [true, true, true, true],
    [false, false, false, true],
  ]);
});

Deno.test("needsHuman() holds for nothing that orc can check", () => {
  for (const verification of [NONE, FILE, COMMAND]) {
    const item = itemOf("a", { stepType: "gate", verification });
    assertEquals(needsHuman(workflowOf([]), item), false);
  }
});
