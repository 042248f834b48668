import { jsonObject } from "../../src/base/json.ts";
import {
  currentPhase,
  findItem,
  isDone,
  itemStateOf,
  nextPhase,
  pendingItem,
  pendingPhase,
  phaseStateOf,
  withItem,
  withPhase,
} from "../../src/engine/state.ts";
import type { ItemStatus } from "../../src/workflow/types.ts";
import { deepFreeze, orcErrorOf } from "./act.ts";
import { inPhase, itemOf, phaseOf, sessionOf, workflowOf } from "./fixtures.ts";
import { assertEquals, assertStrictEquals } from "@std/assert";

const PLAN = phaseOf("PLAN", [itemOf("scope"), itemOf("plan")]);
const LEARN = phaseOf("LEARN", [itemOf("lessons")]);
const workflow = workflowOf([PLAN, LEARN]);
const started = deepFreeze(sessionOf(workflow));

Deno.test("findItem() finds an item of the current phase with its progress", () => {
  const { phase, item, itemState } = findItem(workflow, started, "plan");
  assertStrictEquals(phase, PLAN);
  assertStrictEquals(item, PLAN.items[1]);
  assertEquals(itemState, pendingItem("plan"));
});

Deno.test("findItem() refuses an item of another phase", () => {
  const learning = inPhase(workflow, started, "LEARN");
  for (
    const [state, id, home, here] of [
      [started, "lessons", "LEARN", "PLAN"],
      [learning, "plan", "PLAN", "LEARN"],
    ] as const
  ) {
    const error = orcErrorOf(() => findItem(workflow, state, id));
    assertEquals([error.kind, error.code], ["refused", "item_in_other_phase"]);
    assertEquals(
      error.message,
      `Item "${id}" belongs to phase "${home}"; the session is in phase "${here}"`,
    );
  }
});

Deno.test("findItem() suggests the nearest id of the whole workflow", () => {
  const errors = ["Plan", "lesons", "zzzzzz", "", "__proto__"].map((id) =>
    orcErrorOf(() => findItem(workflow, started, id))
  );
  assertEquals(errors.map(({ message }) => message), [
    'No item "Plan" in this workflow; the nearest is "plan"',
    'No item "lesons" in this workflow; the nearest is "lessons"',
    'No item "zzzzzz" in this workflow',
    'No item "" in this workflow',
    'No item "__proto__" in this workflow',
  ]);
  for (const { kind, code, details } of errors) {
    assertEquals([kind, code], ["not_found", "no_such_item"]);
    assertEquals(details, { phase: "PLAN", items: ["scope", "plan"] });
  }
});

Deno.test("findItem() counts an item the state does not know as untouched", () => {
  for (const phases of [[], [{ ...pendingPhase(PLAN), items: [] }]]) {
    const { itemState } = findItem(workflow, { ...started, phases }, "plan");
    assertEquals(itemState, pendingItem("plan"));
  }
});

Deno.test("findItem() does not take an item that only the state knows", () => {
  const state = withItem(started, PLAN, pendingItem("extra"));
  assertEquals(
    orcErrorOf(() => findItem(workflow, state, "extra")).code,
    "no_such_item",
  );
});

Deno.test("currentPhase() finds no phase the workflow does not define", () => {
  assertStrictEquals(currentPhase(workflow, started), PLAN);
  const lost = { ...started, currentPhaseId: "plan" };
  const error = orcErrorOf(() => currentPhase(workflow, lost));
  assertEquals([error.kind, error.code], ["corrupt", "unknown_phase"]);
  assertEquals(error.details, { phases: ["PLAN", "LEARN"] });
});

Deno.test("nextPhase() is the phase behind the current one", () => {
  assertStrictEquals(nextPhase(workflow, started), LEARN);
  const learning = inPhase(workflow, started, "LEARN");
  assertEquals(nextPhase(workflow, learning), undefined);
});

Deno.test("withItem() changes one item and keeps the order and the rest", () => {
  const plan = { ...pendingItem("plan"), status: "completed" as const };
  const state = withItem(started, PLAN, plan);
  const { items } = phaseStateOf(state, PLAN);
  assertEquals(items, [pendingItem("scope"), plan]);
  assertStrictEquals(state.phases[1], started.phases[1]);
});

Deno.test("withItem() adds what the state does not know", () => {
  const bare = { ...started, phases: [] };
  const state = withItem(bare, PLAN, { ...pendingItem("plan"), retryCount: 1 });
  assertEquals(phaseStateOf(state, PLAN).items.map(({ id }) => id), [
    "scope",
    "plan",
  ]);
  const extra = withItem(started, PLAN, pendingItem("extra"));
  assertEquals(
    phaseStateOf(extra, PLAN).items.map(({ id }) => id),
    ["scope", "plan", "extra"],
  );
});

Deno.test("withPhase() keeps what a phase was read from", () => {
  const source = jsonObject({ id: "PLAN", extra: 1 });
  const [plan] = started.phases;
  if (!plan) throw new Error("the session has a phase");
  const read = withPhase(started, { ...plan, source });
  const item = { ...pendingItem("plan"), retryCount: 1 };
  assertStrictEquals(withItem(read, PLAN, item).phases[0]?.source, source);
});

Deno.test("itemStateOf() keeps what is known of an item", () => {
  const known = { ...pendingItem("plan"), retryCount: 3 };
  const phase = { ...pendingPhase(PLAN), items: [known] };
  assertStrictEquals(itemStateOf(phase, "plan"), known);
});

Deno.test("isDone() holds for completed and skipped items", () => {
  const statuses: readonly ItemStatus[] = [
    "pending",
    "in_progress",
    "completed",
    "skipped",
    "blocked",
    "failed",
  ];
  assertEquals(
    statuses.filter((status) => isDone({ ...pendingItem("a"), status })),
    ["completed", "skipped"],
  );
});
