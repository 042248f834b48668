import { OrcError } from "../../src/base/error.ts";
import { jsonObject } from "../../src/base/json.ts";
import { quoted } from "../../src/base/text.ts";
import { checkToRun } from "../../src/engine/check.ts";
import { itemBefore } from "../../src/engine/situation.ts";
import { currentPhase } from "../../src/engine/state.ts";
import type { Action } from "../../src/engine/action.ts";
import type {
  Caller,
  Item,
  ItemStatus,
  PhaseType,
  StepType,
} from "../../src/workflow/types.ts";
import { act, actOn, assertRefused, orcErrorOf, typesOf } from "./act.ts";
import {
  AGENT,
  AT,
  COMMAND,
  complete,
  FILE,
  GOOD_REASON,
  HUMAN,
  itemIn,
  itemOf,
  MANUAL,
  NOBODY,
  NONE,
  phaseOf,
  resultFor,
  sessionOf,
  SETTING,
  skip,
  withItemFields,
  workflowOf,
  type workflowWith,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

function workflowFor(phaseType: PhaseType) {
  return workflowOf([
    phaseOf("PLAN", [
      itemOf("extra", { required: false }),
      itemOf("first"),
      itemOf("look", { verification: MANUAL }),
      itemOf("test", { stepType: "gate", verification: COMMAND }),
    ], { phaseType }),
  ]);
}

const strict = workflowFor("strict");
const started = sessionOf(strict);

/** The item that has to be done before each of the items, with the first one in a status. */
function turns(status: ItemStatus, workflow = strict) {
  const state = withItemFields(workflow, started, "first", { status });
  const phase = currentPhase(workflow, state);
  return phase.items.map((item) => itemBefore(state, { phase, item })?.id);
}

Deno.test("itemBefore() finds the first required item that is open", () => {
  for (const status of ["pending", "in_progress", "failed"] as const) {
    const [before, ...after] = [undefined, undefined, "first", "first"];
    assertEquals(turns(status), [before, ...after]);
  }
  for (const status of ["completed", "skipped"] as const) {
    assertEquals(turns(status), [undefined, undefined, undefined, "look"]);
  }
});

Deno.test("itemBefore() finds none where the order is free", () => {
  for (const phaseType of ["guided", "autonomous"] as const) {
    const free = turns("pending", workflowFor(phaseType));
    assertEquals(new Set(free), new Set([undefined]));
  }
});

/** Everything that can be done to an item whose turn has not come. */
const EARLY = [
  ["start", { type: "start_item", itemId: "look" }],
  ["approve", { type: "approve_item", itemId: "look", notes: null }],
  ["complete", complete("look")],
  ["skip", skip("look")],
  ["complete", complete("test")],
  ["complete", complete("test", { skipVerify: true })],
  ["skip", skip("test", true)],
] as const;

const REFUSED_EARLY = "refused out_of_order";

Deno.test("decide() refuses to touch an item of a strict phase before its turn", () => {
  for (const [verb, action] of EARLY) {
    const { itemId } = action;
    assertRefused(() => act(strict, started, action, HUMAN), REFUSED_EARLY, {
      message:
        `Cannot ${verb} item "${itemId}": in phase "PLAN" item "first" comes first`,
      hint: 'orc complete first --notes "<what you did>"',
      details: { itemId, firstItemId: "first" },
    });
  }
});

Deno.test("decide() lets optional items of a strict phase be done whenever", () => {
  const { state } = act(strict, started, complete("first"), AGENT);
  const later = act(strict, state, complete("extra"), AGENT);
  assertEquals(itemIn(later.state, "extra").status, "completed");
});

Deno.test("decide() does nothing to a done item of a strict phase, out of order too", () => {
  const done = withItemFields(strict, started, "test", { status: "completed" });
  assertEquals(act(strict, done, complete("test"), AGENT).events, []);
});

Deno.test("checkToRun() runs no check whose turn has not come", () => {
  const request = { itemId: "test", notes: null, skipVerify: false };
  assertRefused(() => checkToRun(strict, started, request), REFUSED_EARLY);
});

const GATE = { stepType: "gate", verification: COMMAND } as const;

function skipFor(reason: string, force = false) {
  return { ...skip("x", force), reason };
}

Deno.test("decide() skips an item and keeps the reason as it was given", () => {
  const reason = `  ${GOOD_REASON}\n`;
  const { state, events } = actOn({}, skipFor(reason));
  const { status, skippedAt, completedAt, skipReason } = itemIn(state, "x");
  assertEquals([status, skippedAt, completedAt], ["skipped", AT, null]);
  assertEquals(skipReason, reason);
  assertEquals(events, [{
    type: "item_skipped",
    phaseId: "PLAN",
    itemId: "x",
    message: "Skipped item: x",
    details: jsonObject({
      reason,
      step_type: "flexible",
      context_considered: null,
      force_skipped: false,
      agent: "claude-code:5f0c",
    }),
    actor: "system",
  }]);
});

Deno.test("decide() logs that the reason for a documented item was judged", () => {
  const action = skipFor(` ${GOOD_REASON} 🚀`);
  const { events } = actOn({ stepType: "documented" }, action);
  assertEquals(typesOf(events), ["skip_validated", "item_skipped"]);
  const length = GOOD_REASON.length + 3;
  assertEquals(events[0]?.details, new Map([["reason_length", length]]));
});

Deno.test("decide() shows in the log which human skipped a gate by force", () => {
  const { events } = actOn(GATE, skip("x", true), { caller: HUMAN });
  const [event] = events;
  assertEquals(event?.message, "Force-skipped item: x");
  assertEquals(event?.actor, "human");
  assertEquals(event?.details.get("force_skipped"), true);
  assertEquals(event?.details.get("origin"), "terminal");
});

Deno.test("decide() refuses a reason that says nothing, whoever gives it", () => {
  const table = [
    [{}, "not needed", '"not needed" is not a reason'],
    [GATE, "It needs hardware", "the reason has 17 of at least 50 characters"],
  ] as const;
  for (const [item, reason, because] of table) {
    const action = skipFor(reason, item === GATE);
    const attempt = () => actOn(item, action, { caller: HUMAN });
    const force = item === GATE ? " --force" : "";
    assertRefused(attempt, "refused skip_reason", {
      message: `Cannot skip item "x": ${because}`,
      hint:
        `say what makes it unnecessary here: orc skip x${force} --reason "<why>"`,
      details: { itemId: "x", skipConditions: [] },
    });
  }
  const { state } = actOn({}, skipFor("It needs hardware"));
  assertEquals(itemIn(state, "x").status, "skipped");
});

Deno.test("decide() says why an item cannot be skipped", () => {
  const reasons: readonly [Partial<Item>, string][] = [
    [{ stepType: "gate" }, "it is a gate"],
    [{ stepType: "required" }, "it is required"],
    [{ skippable: false }, "its workflow does not let it be skipped"],
  ];
  for (const [fields, because] of reasons) {
    const error = orcErrorOf(() => actOn(fields, skip("x")));
    assertEquals(error.message, `Cannot skip item "x": ${because}`);
  }
});

Deno.test("decide() says when a human can do without a gate", () => {
  const conditions = ["hotfix", "docs only"];
  const hints = [[], conditions].map((skipConditions) =>
    orcErrorOf(() => actOn({ ...GATE, skipConditions }, skip("x"))).hint
  );
  const work = 'orc complete x --notes "<what you did>"';
  assertEquals(hints, [
    work,
    `${work}; where one of these holds (hotfix; docs only), a human can do without it: orc skip x --force --reason "<why>"`,
  ]);
});

Deno.test("decide() lets no reason past a manual gate of high risk in hybrid mode", () => {
  const item = {
    verification: MANUAL,
    skipConditions: ["hotfix"],
    risk: "high",
  } as const;
  const settings = { supervision_mode: "hybrid" };
  const attempt = () => actOn(item, skip("x"), { settings });
  assertRefused(attempt, "refused approval_required", {
    message: 'Cannot skip item "x": a human must approve it',
    hint: "a human runs, in a terminal: orc approve-item x",
  });
  const options = { settings, caller: HUMAN };
  const forced = actOn(item, skip("x", true), options);
  assertEquals(itemIn(forced.state, "x").status, "skipped");
});

Deno.test("decide() skips nothing that carries a required review, until it is made", () => {
  const ids = ["safety", "safety_review"];
  const workflow = workflowOf([
    phaseOf("PLAN", ids.map((id) => itemOf(id))),
    phaseOf("LEARN", [], { requiredReviews: ["safety"] }),
  ]);
  const state = sessionOf(workflow);
  for (const id of ids) {
    const attempt = () => act(workflow, state, skip(id), AGENT);
    assertRefused(attempt, "refused cannot_skip", {
      message:
        `Cannot skip item "${id}": it carries the required review "safety", which does not count when it is skipped`,
      hint: `orc complete ${id} --notes "<what you did>"`,
    });
    orcErrorOf(() => act(workflow, state, skip(id, true), AGENT));
    const forced = act(workflow, state, skip(id, true), HUMAN);
    assertEquals(itemIn(forced.state, id).status, "skipped");
  }
  const made = act(workflow, state, complete("safety"), AGENT).state;
  const left = act(workflow, made, skip("safety_review"), AGENT).state;
  assertEquals(itemIn(left, "safety_review").status, "skipped");
});

Deno.test("decide() does not judge the reason of an item that is skipped already", () => {
  const before = { status: "skipped" } as const;
  const item = { stepType: "documented" } as const;
  assertEquals(actOn(item, skipFor(""), { before }).events, []);
});

Deno.test("decide() drops no second reason for skipping, and takes the same one again", () => {
  const before = { status: "skipped", skipReason: GOOD_REASON } as const;
  const item = { stepType: "documented" } as const;
  const again = actOn(item, skipFor(GOOD_REASON), { before });
  assertEquals(again.events, []);
  const other = orcErrorOf(() =>
    actOn(item, skipFor("It is another one"), { before })
  );
  assertEquals([other.code, other.message, other.hint], [
    "cannot_skip",
    `Cannot skip item "x": it was skipped for another reason: ${
      quoted(GOOD_REASON)
    }`,
    'orc note "<what else speaks for it>" --item x',
  ]);
});

const STEP_TYPES: readonly StepType[] = [
  "flexible",
  "documented",
  "required",
  "gate",
];
/** The kinds of items that a rule may tell apart, beside their step type. */
const KINDS: Readonly<Record<string, Partial<Item>>> = {
  none: { verification: NONE },
  file: { verification: FILE },
  command: { verification: COMMAND },
  manual: { verification: MANUAL },
  conditional: { verification: MANUAL, skipConditions: ["hotfix"] },
  careless: { verification: MANUAL, risk: "low" },
  careful: { verification: MANUAL, risk: "high" },
};
const OPEN: readonly ItemStatus[] = [
  "pending",
  "in_progress",
  "failed",
  "blocked",
];
const CALLERS: Readonly<Record<string, readonly Caller[]>> = {
  anyone: [AGENT, NOBODY, HUMAN, SETTING],
  "no human": [AGENT, NOBODY],
  "a human": [HUMAN, SETTING],
};

/** The new status of the item, or the code of the refusal. */
function outcomeOf(
  item: Partial<Item>,
  status: ItemStatus,
  action: Action,
  options: { caller: Caller; settings?: Parameters<typeof workflowWith>[1] },
): string {
  try {
    const before = { status };
    const { state, events } = actOn(item, action, { before, ...options });
    return events.length === 0 ? "unchanged" : itemIn(state, "x").status;
  } catch (error) {
    if (error instanceof OrcError) return error.code;
    throw error;
  }
}

/**
 * Checks a table of outcomes: a line for each step type, a column for each kind of item.
 * `same` stands for the status the item had before.
 */
function testTable(
  name: string,
  { actionFor, callers, settings = {}, table }: {
    actionFor: (item: Item) => Action;
    callers: keyof typeof CALLERS;
    settings?: Parameters<typeof workflowWith>[1];
    table: string;
  },
): void {
  const lines = table.trim().split("\n").map((line) => line.trim().split(/ +/));
  const [columns = [], ...rows] = lines;
  Deno.test(name, () => {
    assertEquals(rows.map(([stepType]) => stepType), [...STEP_TYPES]);
    for (const [row, stepType] of STEP_TYPES.entries()) {
      for (const [column, kind] of columns.entries()) {
        const item = itemOf("x", { stepType, ...KINDS[kind] });
        const cell = rows[row]?.[column + 1];
        for (const caller of CALLERS[callers] ?? []) {
          for (const status of OPEN) {
            assertEquals(
              outcomeOf(item, status, actionFor(item), { caller, settings }),
              cell === "same" ? status : cell,
              `${stepType}, ${kind}, ${status}, ${JSON.stringify(caller)}`,
            );
          }
        }
      }
    }
  });
}

testTable("decide() completes an open item whose check passed", {
  actionFor: (item) => complete("x", { result: resultFor(item, true) }),
  callers: "anyone",
  table: `
               none       file       command    manual             conditional
    flexible   completed  completed  completed  approval_required  approval_required
    documented completed  completed  completed  approval_required  approval_required
    required   completed  completed  completed  approval_required  approval_required
    gate       approval_required  completed  completed  approval_required  approval_required
  `,
});

testTable(
  "decide() skips manual gates that are no gates at low risk in hybrid mode",
  {
    actionFor: () => complete("x"),
    callers: "anyone",
    settings: { supervision_mode: "hybrid" },
    table: `
               manual             conditional        careless           careful
    flexible   approval_required  approval_required  skipped            approval_required
    documented approval_required  approval_required  skipped            approval_required
    required   approval_required  approval_required  skipped            approval_required
    gate       approval_required  approval_required  approval_required  approval_required
  `,
  },
);

testTable("decide() counts a check that failed and completes nothing", {
  actionFor: (item) => complete("x", { result: resultFor(item, false) }),
  callers: "anyone",
  table: `
               file    command  manual             conditional
    flexible   failed  failed   approval_required  approval_required
    documented failed  failed   approval_required  approval_required
    required   failed  failed   approval_required  approval_required
    gate       same    same     approval_required  approval_required
  `,
});

for (
  const [mode, outcome] of [
    ["zero_human", "skipped"],
    ["hybrid", "approval_required"],
    ["ZERO_HUMAN", "approval_required"],
    [true, "approval_required"],
  ] as const
) {
  testTable(
    `decide() answers ${outcome} for manual gates that are no gates in mode ${mode}`,
    {
      actionFor: () => complete("x"),
      callers: "anyone",
      settings: { supervision_mode: mode },
      table: `
                 manual             conditional
      flexible   ${outcome}         ${outcome}
      documented ${outcome}         ${outcome}
      required   ${outcome}         ${outcome}
      gate       approval_required  approval_required
    `,
    },
  );
}

testTable("decide() lets no agent leave out a check", {
  actionFor: () => complete("x", { skipVerify: true }),
  callers: "no human",
  table: `
               none               file               command            manual
    flexible   approval_required  approval_required  approval_required  approval_required
    documented approval_required  approval_required  approval_required  approval_required
    required   approval_required  approval_required  approval_required  approval_required
    gate       approval_required  cannot_complete    cannot_complete    approval_required
  `,
});

testTable("decide() lets a human leave out a check, but not that of a gate", {
  actionFor: () => complete("x", { skipVerify: true }),
  callers: "a human",
  table: `
               none             file             command          manual
    flexible   completed        completed        completed        approval_required
    documented completed        completed        completed        approval_required
    required   completed        completed        completed        approval_required
    gate       approval_required  cannot_complete  cannot_complete  approval_required
  `,
});

testTable("decide() refuses to skip a required item and a gate", {
  actionFor: () => skip("x"),
  callers: "anyone",
  table: `
               none         file         command      manual       conditional
    flexible   skipped      skipped      skipped      cannot_skip  skipped
    documented skipped      skipped      skipped      cannot_skip  skipped
    required   cannot_skip  cannot_skip  cannot_skip  cannot_skip  cannot_skip
    gate       cannot_skip  cannot_skip  cannot_skip  cannot_skip  cannot_skip
  `,
});

testTable("decide() lets no agent skip by force", {
  actionFor: () => skip("x", true),
  callers: "no human",
  table: `
               none               command            manual             conditional
    flexible   approval_required  approval_required  cannot_skip        approval_required
    documented approval_required  approval_required  cannot_skip        approval_required
    required   cannot_skip        cannot_skip        cannot_skip        cannot_skip
    gate       approval_required  approval_required  approval_required  approval_required
  `,
});

testTable("decide() lets a human skip a gate by force", {
  actionFor: () => skip("x", true),
  callers: "a human",
  table: `
               none         command      manual       conditional
    flexible   skipped      skipped      cannot_skip  skipped
    documented skipped      skipped      cannot_skip  skipped
    required   cannot_skip  cannot_skip  cannot_skip  cannot_skip
    gate       skipped      skipped      skipped      skipped
  `,
});

testTable("decide() lets no agent approve a manual gate", {
  actionFor: () => ({ type: "approve_item", itemId: "x", notes: null }),
  callers: "no human",
  table: `
               none            file            command         manual
    flexible   cannot_approve  cannot_approve  cannot_approve  approval_required
    documented cannot_approve  cannot_approve  cannot_approve  approval_required
    required   cannot_approve  cannot_approve  cannot_approve  approval_required
    gate       approval_required  cannot_approve  cannot_approve  approval_required
  `,
});

testTable("decide() completes a manual gate for a human", {
  actionFor: () => ({ type: "approve_item", itemId: "x", notes: null }),
  callers: "a human",
  table: `
               none            file            command         manual
    flexible   cannot_approve  cannot_approve  cannot_approve  completed
    documented cannot_approve  cannot_approve  cannot_approve  completed
    required   cannot_approve  cannot_approve  cannot_approve  completed
    gate       completed       cannot_approve  cannot_approve  completed
  `,
});

/** The answers to each action on an item that is completed, and on one that is skipped. */
const DONE: Readonly<Record<string, readonly [Action, string, string]>> = {
  start: [{ type: "start_item", itemId: "x" }, "cannot_start", "cannot_start"],
  complete: [complete("x"), "unchanged", "cannot_complete"],
  unverified: [
    complete("x", { skipVerify: true }),
    "unchanged",
    "cannot_complete",
  ],
  // For another reason: see below.
  skip: [skip("x"), "cannot_skip", "cannot_skip"],
  force: [skip("x", true), "cannot_skip", "cannot_skip"],
  approve: [
    { type: "approve_item", itemId: "x", notes: null },
    "unchanged",
    "cannot_approve",
  ],
};

/** Every kind of item that a rule may tell apart. */
const ALL_KINDS = STEP_TYPES.flatMap((stepType) =>
  Object.values(KINDS).map((fields) => ({ stepType, ...fields }))
);

Deno.test("decide() answers the same for every kind of item that is done", () => {
  for (const item of ALL_KINDS) {
    const isManual = item.verification === MANUAL ||
      item.stepType === "gate" && item.verification === NONE;
    for (const [name, [action, completed, skipped]] of Object.entries(DONE)) {
      const isRefused = name === "approve" && !isManual;
      for (const caller of CALLERS.anyone ?? []) {
        assertEquals(
          (["completed", "skipped"] as const).map((status) =>
            outcomeOf(item, status, action, { caller })
          ),
          [isRefused ? "cannot_approve" : completed, skipped],
          `${name}, ${JSON.stringify(item)}`,
        );
      }
    }
  }
});

Deno.test("decide() starts every kind of open item for everybody", () => {
  const action = { type: "start_item", itemId: "x" } as const;
  for (const item of ALL_KINDS) {
    for (const caller of CALLERS.anyone ?? []) {
      assertEquals(
        OPEN.map((status) => outcomeOf(item, status, action, { caller })),
        ["in_progress", "unchanged", "in_progress", "in_progress"],
      );
    }
  }
});
