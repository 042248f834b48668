import { jsonObject } from "../../src/base/json.ts";
import { act, actAll, orcErrorOf, typesOf } from "./act.ts";
import {
  AGENT,
  AT,
  complete,
  HUMAN,
  inPhase,
  itemOf,
  NOBODY,
  phaseOf,
  sessionOf,
  SETTING,
  withItemFields,
  workflowOf,
  workflowWith,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const workflow = workflowOf([
  phaseOf("PLAN", [itemOf("a")]),
  phaseOf("LEARN", [itemOf("b")]),
]);
const ADVANCE = { type: "advance", force: false } as const;
const FINISH = { type: "finish", notes: null, force: false } as const;
const FORCE = { ...FINISH, force: true };

const started = sessionOf(workflow);
const worked = actAll(
  workflow,
  started,
  [complete("a"), ADVANCE, complete("b")],
  AGENT,
).state;

Deno.test("decide() finishes a session whose phases are all done", () => {
  const { state, events } = act(
    workflow,
    worked,
    { ...FINISH, notes: "Released" },
    AGENT,
  );
  assertEquals([state.status, state.completedAt], ["completed", AT]);
  assertEquals(
    state.phases.map(({ status, completedAt }) => [status, completedAt]),
    [["completed", AT], ["completed", AT]],
  );
  assertEquals(state.metadata, jsonObject({ completion_notes: "Released" }));
  assertEquals(typesOf(events), ["phase_completed", "workflow_completed"]);
  assertEquals(events[1], {
    type: "workflow_completed",
    phaseId: "LEARN",
    itemId: null,
    message: "Workflow completed",
    details: jsonObject({ notes: "Released", agent: "claude-code:5f0c" }),
    actor: "system",
  });
});

Deno.test("decide() finishes without notes and leaves the metadata alone", () => {
  for (const notes of [null, ""]) {
    const { state } = act(workflow, worked, { ...FINISH, notes }, AGENT);
    assertEquals(state.metadata, jsonObject({}));
  }
});

Deno.test("decide() refuses to finish while a later phase is untouched", () => {
  const planned = act(workflow, started, complete("a"), AGENT).state;
  const error = orcErrorOf(() => act(workflow, planned, FINISH, AGENT));
  assertEquals([error.kind, error.code], ["refused", "blocked"]);
  assertEquals(
    error.message,
    'Cannot finish the session: Item "b" is pending',
  );
  assertEquals(error.hint, "orc advance");
});

Deno.test("decide() refuses to finish when an item of an earlier phase was left open", () => {
  const forced = actAll(
    workflow,
    started,
    [{ ...ADVANCE, force: true }, complete("b")],
    HUMAN,
  ).state;
  const error = orcErrorOf(() => act(workflow, forced, FINISH, AGENT));
  assertEquals(
    error.message,
    'Cannot finish the session: Item "a" is pending',
  );
  assertEquals(
    error.hint,
    "a human runs, in a terminal: orc finish --force",
  );
});

Deno.test("decide() does not forget an item that was taken out of the state", () => {
  const last = inPhase(workflow, started, "LEARN");
  const without = {
    ...last,
    phases: last.phases.map((phase) => ({ ...phase, items: [] })),
  };
  for (const state of [without, { ...last, phases: [] }]) {
    const error = orcErrorOf(() => act(workflow, state, FINISH, AGENT));
    assertEquals(
      error.message,
      'Cannot finish the session: Item "a" is pending, Item "b" is pending',
    );
  }
});

Deno.test("decide() refuses to finish without the approval of every phase", () => {
  const gated = workflowOf([
    phaseOf("PLAN", [], { exitGate: "human_approval" }),
    phaseOf("LEARN", []),
  ]);
  const state = inPhase(gated, sessionOf(gated), "LEARN");
  const error = orcErrorOf(() => act(gated, state, FINISH, AGENT));
  assertEquals(
    error.message,
    'Cannot finish the session: Phase "PLAN" awaits a human\'s approval',
  );
  assertEquals(
    error.hint,
    "a human runs, in a terminal: orc approve --phase PLAN",
  );
});

Deno.test("decide() finishes an incomplete session only for a human, and logs it", () => {
  for (const caller of [AGENT, NOBODY]) {
    const error = orcErrorOf(() => act(workflow, started, FORCE, caller));
    assertEquals([error.kind, error.code], ["denied", "approval_required"]);
    assertEquals(
      error.message,
      "Cannot finish the session by force: only a human may, at a terminal",
    );
  }
  for (const caller of [HUMAN, SETTING]) {
    const { state, events } = act(workflow, started, FORCE, caller);
    assertEquals(state.status, "completed");
    assertEquals(events.map(({ actor }) => actor), ["human", "human"]);
    for (const { details } of events) {
      assertEquals(details.get("forced"), true);
      assertEquals(details.get("origin"), caller.approval);
    }
  }
});

Deno.test("decide() denies force to an agent even when nothing is open", () => {
  const error = orcErrorOf(() => act(workflow, worked, FORCE, AGENT));
  assertEquals(error.code, "approval_required");
  const [, finished] = act(workflow, worked, FORCE, HUMAN).events;
  assertEquals(finished?.details.get("forced"), undefined);
});

Deno.test("decide() refuses to finish with notes that are too long", () => {
  const action = { ...FINISH, notes: "x".repeat(2001) };
  const error = orcErrorOf(() => act(workflow, worked, action, AGENT));
  assertEquals([error.kind, error.code], ["usage", "notes_too_long"]);
});

Deno.test("decide() counts optional items as no reason to stay", () => {
  const optional = workflowWith(itemOf("a", { required: false }));
  const failed = withItemFields(optional, sessionOf(optional), "a", {
    status: "failed",
  });
  assertEquals(
    act(optional, failed, FINISH, AGENT).state.status,
    "completed",
  );
});
