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
  START,
  withItemFields,
  workflowOf,
  workflowWith,
} from "./fixtures.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

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

const workflowToFinish = workflowOf([
  phaseOf("PLAN", [itemOf("a")]),
  phaseOf("LEARN", [itemOf("b")]),
]);
const FINISH = { type: "finish", notes: null, force: false } as const;
const FORCE_FINISH = { ...FINISH, force: true };

const startedToFinish = sessionOf(workflowToFinish);
const worked = actAll(
  workflowToFinish,
  startedToFinish,
  [complete("a"), ADVANCE, complete("b")],
  AGENT,
).state;

Deno.test("decide() finishes a session whose phases are all done", () => {
  const { state, events } = act(
    workflowToFinish,
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
    const { state } = act(
      workflowToFinish,
      worked,
      { ...FINISH, notes },
      AGENT,
    );
    assertEquals(state.metadata, jsonObject({}));
  }
});

Deno.test("decide() refuses to finish while a later phase is untouched", () => {
  const planned =
    act(workflowToFinish, startedToFinish, complete("a"), AGENT).state;
  const error = orcErrorOf(() => act(workflowToFinish, planned, FINISH, AGENT));
  assertEquals([error.kind, error.code], ["refused", "blocked"]);
  assertEquals(
    error.message,
    'Cannot finish the session: Item "b" is pending',
  );
  assertEquals(error.hint, "orc advance");
});

Deno.test("decide() refuses to finish when an item of an earlier phase was left open", () => {
  const forced = actAll(
    workflowToFinish,
    startedToFinish,
    [{ ...ADVANCE, force: true }, complete("b")],
    HUMAN,
  ).state;
  const error = orcErrorOf(() => act(workflowToFinish, forced, FINISH, AGENT));
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
  const last = inPhase(workflowToFinish, startedToFinish, "LEARN");
  const without = {
    ...last,
    phases: last.phases.map((phase) => ({ ...phase, items: [] })),
  };
  for (const state of [without, { ...last, phases: [] }]) {
    const error = orcErrorOf(() => act(workflowToFinish, state, FINISH, AGENT));
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
    const error = orcErrorOf(() =>
      act(workflowToFinish, startedToFinish, FORCE_FINISH, caller)
    );
    assertEquals([error.kind, error.code], ["denied", "approval_required"]);
    assertEquals(
      error.message,
      "Cannot finish the session by force: only a human may, at a terminal",
    );
  }
  for (const caller of [HUMAN, SETTING]) {
    const { state, events } = act(
      workflowToFinish,
      startedToFinish,
      FORCE_FINISH,
      caller,
    );
    assertEquals(state.status, "completed");
    assertEquals(events.map(({ actor }) => actor), ["human", "human"]);
    for (const { details } of events) {
      assertEquals(details.get("forced"), true);
      assertEquals(details.get("origin"), caller.approval);
    }
  }
});

Deno.test("decide() denies force to an agent even when nothing is open", () => {
  const error = orcErrorOf(() =>
    act(workflowToFinish, worked, FORCE_FINISH, AGENT)
  );
  assertEquals(error.code, "approval_required");
  const [, finished] =
    act(workflowToFinish, worked, FORCE_FINISH, HUMAN).events;
  assertEquals(finished?.details.get("forced"), undefined);
});

Deno.test("decide() refuses to finish with notes that are too long", () => {
  const action = { ...FINISH, notes: "x".repeat(2001) };
  const error = orcErrorOf(() => act(workflowToFinish, worked, action, AGENT));
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

const workflowOfSession = workflowOf([
  phaseOf("PLAN", [itemOf("a")]),
  phaseOf("LEARN", [itemOf("b")]),
]);

const startedSession = sessionOf(workflowOfSession);

Deno.test("decide() starts a session in the first phase", () => {
  const definition = jsonObject({ name: "Tiny" });
  const action = {
    ...START,
    project: "shop",
    constraints: ["No new packages"],
    metadata: jsonObject({ workflow_yaml_path: "/repo/workflow.yaml" }),
    definition,
  };
  const { state, events } = act(workflowOfSession, undefined, action, AGENT);
  const { phases, ...rest } = state;
  assertEquals(rest, {
    workflowId: "wf_00c0ffee",
    workflowType: "Tiny",
    workflowVersion: "1.0",
    task: "Add login",
    project: "shop",
    status: "active",
    currentPhaseId: "PLAN",
    createdAt: AT,
    updatedAt: AT,
    completedAt: null,
    constraints: ["No new packages"],
    notes: [],
    metadata: action.metadata,
    definition,
    source: new Map(),
  });
  assertEquals(
    phases.map(({ status, startedAt, items }) => [
      status,
      startedAt,
      items.map(({ id, status }) => [id, status]),
    ]),
    [
      ["active", AT, [["a", "pending"]]],
      ["pending", null, [["b", "pending"]]],
    ],
  );
  assertEquals(events, [{
    type: "workflow_started",
    phaseId: null,
    itemId: null,
    message: "Started workflow: Add login",
    details: jsonObject({
      project: "shop",
      workflow_type: "Tiny",
      agent: "claude-code:5f0c",
    }),
    actor: "system",
  }, {
    type: "phase_started",
    phaseId: "PLAN",
    itemId: null,
    message: "Started phase: Name of PLAN",
    details: jsonObject({}),
    actor: "system",
  }]);
});

Deno.test("decide() starts nothing without a phase: that would be a bug", () => {
  const empty = workflowOf([]);
  assertThrows(
    () => act(empty, undefined, START, AGENT),
    Error,
    "a parsed workflow has a phase",
  );
});

Deno.test("decide() abandons a session for a reason", () => {
  const action = {
    type: "abandon",
    reason: " The feature was dropped ",
    notes: null,
  } as const;
  const { state, events } = act(
    workflowOfSession,
    startedSession,
    action,
    AGENT,
  );
  assertEquals([state.status, state.completedAt], ["abandoned", null]);
  assertEquals(
    state.metadata,
    jsonObject({ abandon_reason: "The feature was dropped" }),
  );
  assertEquals(typesOf(events), ["workflow_abandoned"]);
  assertEquals(
    events[0]?.message,
    "Workflow abandoned: The feature was dropped",
  );
});

Deno.test("decide() keeps what came of an abandoned session", () => {
  const action = { type: "abandon", reason: "Dropped", notes: "A sketch" };
  const { state, events } = act(
    workflowOfSession,
    startedSession,
    { ...action, type: "abandon" },
    AGENT,
  );
  assertEquals(
    state.metadata,
    jsonObject({ abandon_reason: "Dropped", completion_notes: "A sketch" }),
  );
  assertEquals(events[0]?.details.get("notes"), "A sketch");
  const notes = "x".repeat(2001);
  const error = orcErrorOf(() =>
    act(workflowOfSession, startedSession, {
      ...action,
      type: "abandon",
      notes,
    }, AGENT)
  );
  assertEquals(error.code, "notes_too_long");
});

Deno.test("decide() abandons nothing without a reason", () => {
  const action = { type: "abandon", reason: " \n", notes: null } as const;
  const error = orcErrorOf(() =>
    act(workflowOfSession, startedSession, action, HUMAN)
  );
  assertEquals([error.kind, error.code], ["usage", "reason_missing"]);
});

Deno.test("decide() abandons a session whose phase its workflow does not define", () => {
  const lost = { ...startedSession, currentPhaseId: "GONE" };
  const action = {
    type: "abandon",
    reason: "Cannot go on",
    notes: null,
  } as const;
  assertEquals(
    act(workflowOfSession, lost, action, AGENT).state.status,
    "abandoned",
  );
});

Deno.test("decide() keeps notes in their order", () => {
  const { state, events } = actAll(workflowOfSession, startedSession, [
    { type: "note", text: " First ", itemId: null },
    { type: "note", text: "Second", itemId: "a" },
  ], AGENT);
  assertEquals(state.notes, [
    { at: AT, text: "First", itemId: null },
    { at: AT, text: "Second", itemId: "a" },
  ]);
  assertEquals(
    events.map(({ type, itemId, message }) => [type, itemId, message]),
    [
      ["note_added", null, "Note: First"],
      ["note_added", "a", "Note: Second"],
    ],
  );
});

Deno.test("decide() refuses notes that are empty, too long or about no item", () => {
  const codes = [
    { text: " \t", itemId: null },
    { text: "x".repeat(2001), itemId: null },
    { text: "Fine", itemId: "z" },
  ].map((note) =>
    orcErrorOf(() =>
      act(workflowOfSession, startedSession, { type: "note", ...note }, AGENT)
    )
      .code
  );
  assertEquals(codes, ["note_empty", "notes_too_long", "no_such_item"]);
});

Deno.test("decide() logs that somebody tried what only a human may", () => {
  const action = {
    type: "refuse_approval",
    request: 'approve item "a"',
    itemId: "a",
  } as const;
  const { state, events } = act(
    workflowOfSession,
    startedSession,
    action,
    AGENT,
  );
  assertEquals(state, startedSession);
  assertEquals(events, [{
    type: "error",
    phaseId: "PLAN",
    itemId: "a",
    message: 'Refused without a human: approve item "a"',
    details: jsonObject({
      code: "approval_required",
      request: 'approve item "a"',
      agent: "claude-code:5f0c",
    }),
    actor: "system",
  }]);
});

Deno.test("decide() names five of many blockers, and all in its details", () => {
  const ids = ["a", "b", "c", "d", "e", "f", "g"];
  const crowded = workflowOf([phaseOf("PLAN", ids.map((id) => itemOf(id)))]);
  const state = sessionOf(crowded);
  const error = orcErrorOf(() => act(crowded, state, FINISH, AGENT));
  assertEquals(
    error.message,
    `Cannot finish the session: ${
      ids.slice(0, 5).map((id) => `Item "${id}" is pending`).join(", ")
    } and 2 more`,
  );
  const blockers = error.details?.blockers;
  assert(Array.isArray(blockers));
  assertEquals(blockers.map(({ itemId }) => itemId), ids);
});
