import { JsonNumber, type JsonValue } from "../../src/base/json.ts";
import { pendingItem } from "../../src/engine/state.ts";
import {
  hasCome,
  needsHuman,
  passageOf,
  passesAt,
  supervisionMode,
} from "../../src/workflow/supervision.ts";
import type { StepType } from "../../src/workflow/types.ts";
import {
  COMMAND,
  FILE,
  itemOf,
  MANUAL,
  NONE,
  workflowOf,
  ZERO_HUMAN,
} from "../engine/fixtures.ts";
import { assertEquals } from "@std/assert";

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

Deno.test("needsHuman() holds for gates that name nothing to verify", () => {
  const gate = itemOf("a", { stepType: "gate", verification: NONE });
  assertEquals(needsHuman(workflowOf([], ZERO_HUMAN), gate), true);
  const item = itemOf("a", { stepType: "required", verification: NONE });
  assertEquals(needsHuman(workflowOf([]), item), false);
});

Deno.test("needsHuman() holds for nothing that orc can check", () => {
  for (const verification of [FILE, COMMAND]) {
    const item = itemOf("a", { stepType: "gate", verification });
    assertEquals(needsHuman(workflowOf([]), item), false);
  }
});

/** How the manual gates of a workflow are passed, by risk. */
function passagesFor(
  settings: Readonly<Record<string, JsonValue>>,
  stepType: StepType = "required",
): readonly unknown[] {
  const workflow = workflowOf([], settings);
  return (["low", "medium", "high"] as const).map((risk) => {
    const item = itemOf("a", { stepType, verification: MANUAL, risk });
    const passage = passageOf(workflow, item);
    return passage?.type === "clock" ? passage.minutes : passage?.type;
  });
}

Deno.test("passageOf() goes by the risk in hybrid mode alone, and never for gates", () => {
  const approval_timeout_minutes = 30;
  const hybrid = { supervision_mode: "hybrid", approval_timeout_minutes };
  assertEquals(passagesFor(hybrid), ["nobody", 30, "human"]);
  assertEquals(passagesFor(hybrid, "gate"), ["human", "human", "human"]);
  assertEquals(
    passagesFor({ ...ZERO_HUMAN, approval_timeout_minutes }),
    ["nobody", "nobody", "nobody"],
  );
  assertEquals(
    passagesFor({ approval_timeout_minutes }),
    ["human", "human", "human"],
  );
});

Deno.test("passageOf() waits for a human where no sensible time is set", () => {
  const values: readonly JsonValue[] = [
    0,
    -1,
    525_601,
    "30",
    null,
    true,
    new JsonNumber("1e999"),
  ];
  for (const approval_timeout_minutes of values) {
    const hybrid = { supervision_mode: "hybrid", approval_timeout_minutes };
    assertEquals(passagesFor(hybrid), ["nobody", "human", "human"]);
  }
  assertEquals(
    passagesFor({
      supervision_mode: "hybrid",
      approval_timeout_minutes: new JsonNumber("1.50"),
    }),
    ["nobody", 1.5, "human"],
  );
});

Deno.test("passageOf() is about manual gates alone", () => {
  for (const verification of [NONE, FILE, COMMAND]) {
    const item = itemOf("a", { verification });
    assertEquals(passageOf(workflowOf([]), item), undefined);
  }
});

Deno.test("passesAt() counts from the start of the clock", () => {
  const clock = { type: "clock", minutes: 1.5 } as const;
  const startedAt = (startedAt: string | null) =>
    passesAt(clock, { ...pendingItem("a"), startedAt });
  assertEquals(startedAt(null), null);
  assertEquals(startedAt("yesterday"), null);
  assertEquals(startedAt("2026-03-04T23:59:00Z"), "2026-03-05T00:00:30Z");
  assertEquals(
    startedAt("2026-03-04T23:59:00.250000+02:00"),
    "2026-03-04T22:00:30.250000Z",
  );
});

Deno.test("hasCome() compares instants, not their spellings", () => {
  const noon = "2026-03-04T12:00:00Z";
  assertEquals(hasCome(noon, "2026-03-04T11:59:59.999000Z"), false);
  assertEquals(hasCome(noon, noon), true);
  assertEquals(hasCome(noon, "2026-03-04T13:30:00+01:00"), true);
});
