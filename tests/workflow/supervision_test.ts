import { JsonNumber, jsonObject, type JsonValue } from "../../src/base/json.ts";
import { hintOf, nextStep } from "../../src/engine/next.ts";
import { pendingItem } from "../../src/engine/state.ts";
import { findWrongSettings } from "../../src/workflow/parse.ts";
import {
  hasCome,
  needsHuman,
  passageOf,
  passesAt,
  supervisionMode,
} from "../../src/workflow/supervision.ts";
import type { StepType, Verification } from "../../src/workflow/types.ts";
import { act, orcErrorOf } from "../engine/act.ts";
import {
  COMMAND,
  complete,
  FILE,
  HUMAN,
  itemIn,
  itemOf,
  MANUAL,
  NONE,
  sessionOf,
  skip,
  workflowOf,
  workflowWith,
  ZERO_HUMAN,
} from "../engine/fixtures.ts";
import { assertEach, assertTable } from "../base/table.ts";
import { assertEquals } from "@std/assert";

Deno.test("supervisionMode() counts anything unknown as the strictest", () => {
  const modeBy = (supervision_mode: JsonValue) =>
    supervisionMode(workflowOf([], { supervision_mode }));
  assertTable(modeBy, [["zero_human", "zero_human"], ["hybrid", "hybrid"]]);
  const others = ["Zero_Human", "zero_human ", "", null, true, 0, []];
  assertEach(modeBy, "supervised", ["supervised", ...others]);
  assertEquals(supervisionMode(workflowOf([])), "supervised");
});

Deno.test("needsHuman() holds for manual gates, for gates even without humans", () => {
  const stepTypes = ["flexible", "documented", "required", "gate"] as const;
  const modes = ["supervised", "hybrid", "zero_human"];
  const verdicts = modes.map((supervision_mode) =>
    stepTypes.map((stepType) => {
      const item = itemOf("a", { stepType, verification: MANUAL });
      return needsHuman(workflowOf([], { supervision_mode }), item);
    })
  );
  assertEquals(verdicts, [
    [true, true, true, true],
    [true, true, true, true],
    [false, false, false, true],
  ]);
});

Deno.test("needsHuman() holds for gates that name nothing to verify, and for nothing that orc can check", () => {
  const needed = (stepType: StepType, verification: Verification) =>
    needsHuman(
      workflowOf([], ZERO_HUMAN),
      itemOf("a", { stepType, verification }),
    );
  assertEquals(needed("gate", NONE), true);
  assertEquals(needed("required", NONE), false);
  assertEquals([needed("gate", FILE), needed("gate", COMMAND)], [false, false]);
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
  const hybridFor = (approval_timeout_minutes: JsonValue) =>
    passagesFor({ supervision_mode: "hybrid", approval_timeout_minutes });
  const values = [0, -1, 525_601, "30", null, true, new JsonNumber("1e999")];
  assertEach(hybridFor, ["nobody", "human", "human"], values);
  assertEquals(hybridFor(new JsonNumber("1.50")), ["nobody", 1.5, "human"]);
});

Deno.test("passageOf() is about manual gates alone", () => {
  assertEach(
    (verification) => passageOf(workflowOf([]), itemOf("a", { verification })),
    undefined,
    [NONE, FILE, COMMAND],
  );
});

Deno.test("passesAt() counts from the start of the clock", () => {
  const clock = { type: "clock", minutes: 1.5 } as const;
  assertTable(
    (startedAt) => passesAt(clock, { ...pendingItem("a"), startedAt }),
    [
      [null, null],
      ["yesterday", null],
      ["2026-03-04T23:59:00Z", "2026-03-05T00:00:30Z"],
      ["2026-03-04T23:59:00.250000+02:00", "2026-03-04T22:00:30.250000Z"],
    ],
  );
});

Deno.test("hasCome() compares instants, not their spellings", () => {
  assertTable((at) => hasCome("2026-03-04T12:00:00Z", at), [
    ["2026-03-04T11:59:59.999000Z", false],
    ["2026-03-04T12:00:00Z", true],
    ["2026-03-04T13:30:00+01:00", true],
  ]);
});

function messagesFor(approval_timeout_minutes: JsonValue): readonly string[] {
  return findWrongSettings(jsonObject({ approval_timeout_minutes }))
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
}

Deno.test("findWrongSettings() takes minutes above 0, and names what it found instead", () => {
  const minutes = [30, 0.5, 525_600, new JsonNumber("1.0")];
  assertEach(messagesFor, [], minutes);
  assertEquals(findWrongSettings(new Map()), []);
  const expected =
    "settings.approval_timeout_minutes: Expected a number of minutes above 0, at most 525600, found ";
  const found = (value: JsonValue) =>
    messagesFor(value).join().replace(expected, "");
  assertTable(found, [
    [0, "the number 0"],
    [-5, "the number -5"],
    [525_601, "the number 525601"],
    ["30", 'the string "30"'],
    [null, "nothing"],
    [true, "the boolean true"],
    [[30], "a list"],
    [new Map(), "a mapping"],
  ]);
});

const workflow = workflowWith(itemOf("x", { stepType: "gate" }));
const started = sessionOf(workflow);
const WAY_ON = "a human runs, in a terminal: orc approve-item x";

Deno.test("decide() completes no gate that names nothing to verify, and says how to go on", () => {
  const refused = [
    () => act(workflow, started, complete("x"), HUMAN),
    () => act(workflow, started, complete("x", { skipVerify: true }), HUMAN),
  ];
  for (const run of refused) {
    const error = orcErrorOf(run);
    assertEquals([error.kind, error.code], ["refused", "approval_required"]);
    assertEquals(
      error.message,
      'Cannot complete item "x": a human must approve it',
    );
    assertEquals(error.hint, WAY_ON);
  }
  const { state } = act(workflow, started, skip("x", true), HUMAN);
  assertEquals(itemIn(state, "x").status, "skipped");
});

Deno.test("nextStep() leads past a gate that names nothing to verify", () => {
  assertEquals(hintOf(nextStep(workflow, started)), WAY_ON);
});
