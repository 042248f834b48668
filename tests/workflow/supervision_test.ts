import { JsonNumber, jsonObject, type JsonValue } from "../../src/base/json.ts";
import { printJson } from "../../src/base/json_print.ts";
import { checkToRun } from "../../src/engine/check.ts";
import { hintOf, nextStep } from "../../src/engine/next.ts";
import { pendingItem } from "../../src/engine/state.ts";
import { findWrongSettings } from "../../src/workflow/parse.ts";
import {
  hasCome,
  needsHuman,
  passageOf,
  passesAt,
  supervisionMode,
  verifiesNothing,
} from "../../src/workflow/supervision.ts";
import type { StepType } from "../../src/workflow/types.ts";
import { readMapping, YamlTime } from "../../src/workflow/value.ts";
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

function messagesFor(approval_timeout_minutes: JsonValue): readonly string[] {
  return findWrongSettings(jsonObject({ approval_timeout_minutes }))
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
}

Deno.test("findWrongSettings() takes minutes above 0", () => {
  for (const minutes of [30, 0.5, 525_600, new JsonNumber("1.0")]) {
    assertEquals(messagesFor(minutes), []);
  }
  assertEquals(findWrongSettings(new Map()), []);
});

Deno.test("findWrongSettings() names what it found instead", () => {
  const expected =
    "settings.approval_timeout_minutes: Expected a number of minutes above 0, at most 525600, found ";
  const found: readonly (readonly [JsonValue, string])[] = [
    [0, "the number 0"],
    [-5, "the number -5"],
    [525_601, "the number 525601"],
    ["30", 'the string "30"'],
    [null, "nothing"],
    [true, "the boolean true"],
    [[30], "a list"],
    [new Map(), "a mapping"],
  ];
  for (const [value, text] of found) {
    assertEquals(messagesFor(value), [expected + text]);
  }
});

const workflow = workflowWith(itemOf("x", { stepType: "gate" }));
const started = sessionOf(workflow);
const WAY_ON =
  'a human runs, in a terminal: orc skip x --force --reason "<why>"';

Deno.test("verifiesNothing() holds for gates without a check", () => {
  assertEquals(verifiesNothing(itemOf("x", { stepType: "gate" })), true);
  assertEquals(verifiesNothing(itemOf("x", { stepType: "required" })), false);
  for (const verification of [FILE, COMMAND, MANUAL]) {
    const gate = itemOf("x", { stepType: "gate", verification });
    assertEquals(verifiesNothing(gate), false);
  }
});

Deno.test("decide() completes no gate that names nothing to verify, and says how to go on", () => {
  const refused = [
    () => act(workflow, started, complete("x"), HUMAN),
    () => act(workflow, started, complete("x", { skipVerify: true }), HUMAN),
    () =>
      checkToRun(workflow, started, {
        itemId: "x",
        notes: null,
        skipVerify: false,
      }),
  ];
  for (const run of refused) {
    const error = orcErrorOf(run);
    assertEquals([error.kind, error.code], ["refused", "cannot_complete"]);
    assertEquals(
      error.message,
      'Cannot complete item "x": it is a gate, and its workflow names nothing that could be verified',
    );
    assertEquals(error.hint, WAY_ON);
  }
  const { state } = act(workflow, started, skip("x", true), HUMAN);
  assertEquals(itemIn(state, "x").status, "skipped");
});

Deno.test("nextStep() leads past a gate that names nothing to verify", () => {
  assertEquals(hintOf(nextStep(workflow, started)), WAY_ON);
});

function read(value: unknown): { text: string; problems: readonly string[] } {
  const { mapping, problems } = readMapping(value, ["settings"]);
  return {
    text: printJson(mapping),
    problems: problems.map(({ code, path }) => `${code} ${path.join(".")}`),
  };
}

Deno.test("readMapping() makes JSON as the Python tool stores it", () => {
  const settings = {
    infinite: Infinity,
    none: NaN,
    float: new JsonNumber("1.0"),
    date: new YamlTime("2024-01-01"),
    list: ["a", { b: null }],
    text: "1e3",
  };
  assertEquals(read(settings), {
    text:
      '{"infinite": null, "none": null, "float": 1.0, "date": "2024-01-01", "list": ["a", {"b": null}], "text": "1e3"}',
    problems: [],
  });
});

Deno.test("readMapping() spells keys below the first level as the Python tool does", () => {
  const below = new Map<unknown, unknown>([
    [1, "x"],
    [true, "y"],
    [null, "z"],
    [new JsonNumber("1.5"), "a"],
    [new YamlTime("2024-01-01"), "b"],
    [Infinity, "c"],
  ]);
  assertEquals(
    read(new Map([["l", below]])).text,
    '{"l": {"1": "y", "None": "c", "1.5": "a", "2024-01-01": "b"}}',
  );
  const booleans = new Map([["l", new Map([[false, 1]])]]);
  assertEquals(read(booleans).text, '{"l": {"false": 1}}');
});

Deno.test("readMapping() refuses keys of the first level that are no strings", () => {
  assertEquals(read(new Map([[1, 2]])).problems, ["invalid_key settings"]);
});

Deno.test("readMapping() refuses what JSON cannot hold", () => {
  assertEquals(read({ a: () => 1 }).problems, ["invalid_type settings.a"]);
  assertEquals(read({ a: new Set() }).problems, ["invalid_type settings.a"]);
  const cycle: unknown[] = [];
  cycle.push(cycle);
  assertEquals(read({ a: cycle }).problems, ["too_deep settings"]);
});

Deno.test("readMapping() takes nothing for no settings", () => {
  assertEquals(read(undefined), { text: "{}", problems: [] });
});
