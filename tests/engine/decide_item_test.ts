import { OrcError } from "../../src/base/error.ts";
import type {
  Action,
  Caller,
  Item,
  ItemStatus,
  StepType,
  Workflow,
} from "../../src/workflow/types.ts";
import { act } from "./act.ts";
import {
  AGENT,
  COMMAND,
  complete,
  FILE,
  HUMAN,
  itemIn,
  itemOf,
  MANUAL,
  NOBODY,
  NONE,
  resultFor,
  sessionOf,
  SETTING,
  skip,
  withItemFields,
  workflowWith,
  ZERO_HUMAN,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

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

/** What an action does to the one item of a workflow: its new status, or the code of the refusal. */
function outcomeOf(
  workflow: Workflow,
  status: ItemStatus,
  action: Action,
  caller: Caller,
): string {
  const state = withItemFields(workflow, sessionOf(workflow), "x", { status });
  try {
    const { state: after, events } = act(workflow, state, action, caller);
    return events.length === 0 ? "unchanged" : itemIn(after, "x").status;
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
        const workflow = workflowWith(item, settings);
        for (const caller of CALLERS[callers] ?? []) {
          for (const status of OPEN) {
            const cell = rows[row]?.[column + 1];
            const expected = cell === "same" ? status : cell;
            assertEquals(
              outcomeOf(workflow, status, actionFor(item), caller),
              expected,
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
    gate       cannot_complete  completed  completed  approval_required  approval_required
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

testTable("decide() skips manual gates that are no gates in zero_human mode", {
  actionFor: () => complete("x"),
  callers: "anyone",
  settings: ZERO_HUMAN,
  table: `
               manual             conditional
    flexible   skipped            skipped
    documented skipped            skipped
    required   skipped            skipped
    gate       approval_required  approval_required
  `,
});

for (const mode of ["hybrid", "ZERO_HUMAN", true]) {
  testTable(`decide() keeps manual gates closed in mode ${mode}`, {
    actionFor: () => complete("x"),
    callers: "anyone",
    settings: { supervision_mode: mode },
    table: `
                 manual             conditional
      flexible   approval_required  approval_required
      documented approval_required  approval_required
      required   approval_required  approval_required
      gate       approval_required  approval_required
    `,
  });
}

testTable("decide() lets no agent leave out a check", {
  actionFor: () => complete("x", { skipVerify: true }),
  callers: "no human",
  table: `
               none               file               command            manual
    flexible   approval_required  approval_required  approval_required  approval_required
    documented approval_required  approval_required  approval_required  approval_required
    required   approval_required  approval_required  approval_required  approval_required
    gate       cannot_complete    cannot_complete    cannot_complete    approval_required
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
    gate       cannot_complete  cannot_complete  cannot_complete  approval_required
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
    gate       cannot_approve  cannot_approve  cannot_approve  approval_required
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
    gate       cannot_approve  cannot_approve  cannot_approve  completed
  `,
});

Deno.test("decide() answers the same for every kind of item that is done", () => {
  const actions: Readonly<Record<string, Action>> = {
    start: { type: "start_item", itemId: "x" },
    complete: complete("x"),
    unverified: complete("x", { skipVerify: true }),
    skip: skip("x"),
    force: skip("x", true),
    approve: { type: "approve_item", itemId: "x", notes: null },
  };
  const expected = {
    completed: {
      start: "cannot_start",
      complete: "unchanged",
      unverified: "unchanged",
      skip: "cannot_skip",
      force: "cannot_skip",
      approve: "unchanged",
    },
    skipped: {
      start: "cannot_start",
      complete: "cannot_complete",
      unverified: "cannot_complete",
      skip: "unchanged",
      force: "unchanged",
      approve: "cannot_approve",
    },
  };
  for (const status of ["completed", "skipped"] as const) {
    for (const stepType of STEP_TYPES) {
      for (const [kind, fields] of Object.entries(KINDS)) {
        const workflow = workflowWith(itemOf("x", { stepType, ...fields }));
        const isManual = fields.verification === MANUAL;
        const approve = isManual ? expected[status].approve : "cannot_approve";
        for (const caller of CALLERS.anyone ?? []) {
          const outcomes = Object.fromEntries(
            Object.entries(actions).map(([name, action]) => [
              name,
              outcomeOf(workflow, status, action, caller),
            ]),
          );
          assertEquals(
            outcomes,
            { ...expected[status], approve },
            `${status}, ${stepType}, ${kind}`,
          );
        }
      }
    }
  }
});

Deno.test("decide() starts every kind of open item for everybody", () => {
  for (const stepType of STEP_TYPES) {
    for (const fields of Object.values(KINDS)) {
      const workflow = workflowWith(itemOf("x", { stepType, ...fields }));
      for (const caller of CALLERS.anyone ?? []) {
        const outcomes = OPEN.map((status) =>
          outcomeOf(
            workflow,
            status,
            { type: "start_item", itemId: "x" },
            caller,
          )
        );
        assertEquals(
          outcomes,
          ["in_progress", "unchanged", "in_progress", "in_progress"],
        );
      }
    }
  }
});
