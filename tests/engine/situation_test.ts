import { jsonObject } from "../../src/base/json.ts";
import {
  assertNotesFit,
  findItem,
  withItem,
  withPhase,
} from "../../src/engine/situation.ts";
import { pendingItem, phaseStateOf } from "../../src/engine/state.ts";
import { deepFreeze, orcErrorOf } from "./act.ts";
import { inPhase, itemOf, phaseOf, sessionOf, workflowOf } from "./fixtures.ts";
import { assertEquals, assertStrictEquals } from "@std/assert";

const PLAN = phaseOf("PLAN", [itemOf("scope"), itemOf("plan")]);
const workflow = workflowOf([PLAN, phaseOf("LEARN", [itemOf("lessons")])]);
const started = deepFreeze(sessionOf(workflow));

Deno.test("assertNotesFit() counts code points", () => {
  for (const notes of [null, "", "x".repeat(2000), "🚀".repeat(2000)]) {
    assertNotesFit(notes);
  }
  const error = orcErrorOf(() => assertNotesFit("🚀".repeat(2001)));
  assertEquals([error.kind, error.code], ["usage", "notes_too_long"]);
  assertEquals(
    error.message,
    "The notes have 2001 characters; at most 2000 are kept",
  );
});

Deno.test("no standard input is dropped for a note of one dash", () => {
  for (const notes of ["-", " - \n"]) {
    const error = orcErrorOf(() => assertNotesFit(notes));
    assertEquals([error.kind, error.code], ["usage", "notes_not_read"]);
  }
  assertNotesFit("- done");
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
    assertEquals(details, { phaseId: "PLAN", itemIds: ["scope", "plan"] });
  }
});

Deno.test("findItem() does not take an item that only the state knows", () => {
  const state = withItem(started, PLAN, pendingItem("extra"));
  assertEquals(
    orcErrorOf(() => findItem(workflow, state, "extra")).code,
    "no_such_item",
  );
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
