import { checkToRun } from "../../src/engine/completion.ts";
import { itemBefore } from "../../src/engine/skip.ts";
import { currentPhase } from "../../src/engine/state.ts";
import type {
  Action,
  ItemStatus,
  PhaseType,
} from "../../src/workflow/types.ts";
import { act, orcErrorOf } from "./act.ts";
import {
  AGENT,
  COMMAND,
  complete,
  HUMAN,
  itemIn,
  itemOf,
  MANUAL,
  phaseOf,
  sessionOf,
  skip,
  withItemFields,
  workflowOf,
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
const EARLY: readonly Action[] = [
  { type: "start_item", itemId: "look" },
  { type: "approve_item", itemId: "look", notes: null },
  complete("look"),
  skip("look"),
  complete("test"),
  complete("test", { skipVerify: true }),
  skip("test", true),
];

Deno.test("decide() refuses to touch an item of a strict phase before its turn", () => {
  for (const action of EARLY) {
    const error = orcErrorOf(() => act(strict, started, action, HUMAN));
    assertEquals([error.kind, error.code], ["refused", "out_of_order"]);
    assertEquals(error.hint, 'orc complete first --notes "<what you did>"');
    assertEquals(error.details?.first, "first");
  }
  const error = orcErrorOf(() =>
    act(strict, started, skip("test", true), HUMAN)
  );
  assertEquals(
    error.message,
    'Cannot skip item "test": in phase "PLAN" item "first" comes first',
  );
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
  const error = orcErrorOf(() => checkToRun(strict, started, request));
  assertEquals(error.code, "out_of_order");
});
