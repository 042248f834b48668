import { jsonObject } from "../../src/base/json.ts";
import { act, actAll, orcErrorOf, typesOf } from "./act.ts";
import {
  AGENT,
  AT,
  complete,
  GOOD_REASON,
  HUMAN,
  inPhase,
  itemOf,
  NOBODY,
  phaseOf,
  sessionOf,
  SETTING,
  skip,
  withItemFields,
  workflowOf,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const workflow = workflowOf([
  phaseOf("PLAN", [itemOf("a"), itemOf("opt", { required: false })]),
  phaseOf("EXECUTE", [itemOf("b")], { exitGate: "human_approval" }),
  phaseOf("LEARN", [itemOf("c")]),
]);
const ADVANCE = { type: "advance", force: false } as const;
const FORCE = { type: "advance", force: true } as const;
const APPROVE = { type: "approve_phase", phaseId: null } as const;

const started = sessionOf(workflow);
const planned = actAll(workflow, started, [complete("a")], AGENT).state;
const executed = actAll(
  workflow,
  planned,
  [ADVANCE, complete("b")],
  AGENT,
).state;

Deno.test("decide() leaves a phase whose required items are done", () => {
  const { state, events } = act(workflow, planned, ADVANCE, AGENT);
  assertEquals(state.currentPhaseId, "EXECUTE");
  const phases = state.phases.map(({ id, status, startedAt, completedAt }) => ({
    id,
    status,
    startedAt,
    completedAt,
  }));
  assertEquals(phases, [
    { id: "PLAN", status: "completed", startedAt: AT, completedAt: AT },
    { id: "EXECUTE", status: "active", startedAt: AT, completedAt: null },
    { id: "LEARN", status: "pending", startedAt: null, completedAt: null },
  ]);
  assertEquals(events, [{
    type: "phase_completed",
    phaseId: "PLAN",
    itemId: null,
    message: "Completed phase: PLAN",
    details: jsonObject({
      skipped_items: [],
      forced: false,
      agent: "claude-code:5f0c",
    }),
    actor: "system",
  }, {
    type: "phase_started",
    phaseId: "EXECUTE",
    itemId: null,
    message: "Started phase: Name of EXECUTE",
    details: jsonObject({}),
    actor: "system",
  }]);
});

Deno.test("decide() logs what was skipped in a phase that is left", () => {
  const { events } = actAll(
    workflow,
    started,
    [skip("a"), ADVANCE],
    AGENT,
  );
  const left = events.find(({ type }) => type === "phase_completed");
  assertEquals(left?.details.get("skipped_items"), [`a: ${GOOD_REASON}`]);
});

Deno.test("decide() refuses to leave a phase with an open item", () => {
  for (const status of ["pending", "in_progress", "failed"] as const) {
    const state = withItemFields(workflow, started, "a", { status });
    const error = orcErrorOf(() => act(workflow, state, ADVANCE, HUMAN));
    assertEquals([error.kind, error.code], ["refused", "blocked"]);
    assertEquals(
      error.message,
      `Cannot leave phase "PLAN": Item "a" is ${status.replace("_", " ")}`,
    );
    assertEquals(error.hint, 'orc complete a --notes "<what you did>"');
  }
});

Deno.test("decide() refuses to leave a phase that awaits a human's approval", () => {
  const error = orcErrorOf(() => act(workflow, executed, ADVANCE, AGENT));
  assertEquals(
    error.message,
    'Cannot leave phase "EXECUTE": Phase "EXECUTE" awaits a human\'s approval',
  );
  assertEquals(error.hint, "a human runs, in a terminal: orc approve");
  const { state } = act(workflow, executed, APPROVE, HUMAN);
  assertEquals(
    act(workflow, state, ADVANCE, AGENT).state.currentPhaseId,
    "LEARN",
  );
});

Deno.test("decide() leaves a phase by force only for a human, and logs it", () => {
  for (const caller of [AGENT, NOBODY]) {
    const error = orcErrorOf(() => act(workflow, started, FORCE, caller));
    assertEquals([error.kind, error.code], ["denied", "approval_required"]);
  }
  for (const caller of [HUMAN, SETTING]) {
    const { state, events } = act(workflow, started, FORCE, caller);
    assertEquals(state.currentPhaseId, "EXECUTE");
    const [left] = events;
    assertEquals(left?.actor, "human");
    assertEquals(left?.details.get("forced"), true);
    assertEquals(left?.details.get("origin"), caller.approval);
  }
});

Deno.test("decide() denies force to an agent even where none is needed", () => {
  const error = orcErrorOf(() => act(workflow, planned, FORCE, AGENT));
  assertEquals([error.kind, error.code], ["denied", "approval_required"]);
  const [left] = act(workflow, planned, FORCE, HUMAN).events;
  assertEquals(left?.details.get("forced"), false);
});

Deno.test("decide() never leaves the last phase by advancing", () => {
  const last = inPhase(workflow, started, "LEARN");
  for (const action of [ADVANCE, FORCE]) {
    const error = orcErrorOf(() => act(workflow, last, action, HUMAN));
    assertEquals(error.code, "blocked");
  }
  const done = act(workflow, last, complete("c"), AGENT).state;
  for (const action of [ADVANCE, FORCE]) {
    assertEquals(act(workflow, done, action, AGENT).events, []);
  }
});

Deno.test("decide() keeps a human's approval of a phase", () => {
  const { state, events } = act(workflow, executed, APPROVE, HUMAN);
  assertEquals(
    state.metadata,
    jsonObject({
      phase_EXECUTE_approved: true,
      phase_EXECUTE_approved_at: "2026-03-04T05:06:07+00:00",
    }),
  );
  assertEquals(events, [{
    type: "human_override",
    phaseId: "EXECUTE",
    itemId: null,
    message: "Human approved phase: EXECUTE",
    details: jsonObject({ origin: "terminal" }),
    actor: "human",
  }]);
  assertEquals(act(workflow, state, APPROVE, AGENT).events, []);
});

Deno.test("decide() denies the approval of a phase to an agent", () => {
  for (const caller of [AGENT, NOBODY]) {
    const error = orcErrorOf(() => act(workflow, executed, APPROVE, caller));
    assertEquals([error.kind, error.code], ["denied", "approval_required"]);
  }
});

Deno.test("decide() does nothing to approve a phase without an exit gate", () => {
  for (const caller of [AGENT, HUMAN]) {
    assertEquals(act(workflow, started, APPROVE, caller).events, []);
  }
});

Deno.test("decide() approves a phase by its id, before and after the session is in it", () => {
  const action = { ...APPROVE, phaseId: "EXECUTE" };
  for (const phaseId of ["PLAN", "LEARN"]) {
    const state = inPhase(workflow, started, phaseId);
    assertEquals(typesOf(act(workflow, state, action, HUMAN).events), [
      "human_override",
    ]);
  }
});

Deno.test("decide() finds no phase the workflow does not define", () => {
  const action = { ...APPROVE, phaseId: "plan" };
  const error = orcErrorOf(() => act(workflow, started, action, HUMAN));
  assertEquals([error.kind, error.code], ["not_found", "no_such_phase"]);
  assertEquals(error.details, { phases: ["PLAN", "EXECUTE", "LEARN"] });
});

Deno.test("decide() does not go on from a phase the workflow does not define", () => {
  const lost = { ...started, currentPhaseId: "GONE" };
  const error = orcErrorOf(() => act(workflow, lost, ADVANCE, HUMAN));
  assertEquals([error.kind, error.code], ["corrupt", "unknown_phase"]);
});
