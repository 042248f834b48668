import { jsonObject } from "../../src/base/json.ts";
import { act, actAll, orcErrorOf, typesOf } from "./act.ts";
import {
  AGENT,
  AT,
  HUMAN,
  itemOf,
  phaseOf,
  sessionOf,
  START,
  workflowOf,
} from "./fixtures.ts";
import { assertEquals, assertThrows } from "@std/assert";

const workflow = workflowOf([
  phaseOf("PLAN", [itemOf("a")]),
  phaseOf("LEARN", [itemOf("b")]),
]);

const started = sessionOf(workflow);

Deno.test("decide() starts a session in the first phase", () => {
  const definition = jsonObject({ name: "Tiny" });
  const action = {
    ...START,
    project: "shop",
    constraints: ["No new packages"],
    metadata: jsonObject({ workflow_yaml_path: "/repo/workflow.yaml" }),
    definition,
  };
  const { state, events } = act(workflow, undefined, action, AGENT);
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
  const { state, events } = act(workflow, started, action, AGENT);
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
    workflow,
    started,
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
    act(workflow, started, { ...action, type: "abandon", notes }, AGENT)
  );
  assertEquals(error.code, "notes_too_long");
});

Deno.test("decide() abandons nothing without a reason", () => {
  const action = { type: "abandon", reason: " \n", notes: null } as const;
  const error = orcErrorOf(() => act(workflow, started, action, HUMAN));
  assertEquals([error.kind, error.code], ["usage", "reason_missing"]);
});

Deno.test("decide() abandons a session whose phase its workflow does not define", () => {
  const lost = { ...started, currentPhaseId: "GONE" };
  const action = {
    type: "abandon",
    reason: "Cannot go on",
    notes: null,
  } as const;
  assertEquals(act(workflow, lost, action, AGENT).state.status, "abandoned");
});

Deno.test("decide() keeps notes in their order", () => {
  const { state, events } = actAll(workflow, started, [
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
    orcErrorOf(() => act(workflow, started, { type: "note", ...note }, AGENT))
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
  const { state, events } = act(workflow, started, action, AGENT);
  assertEquals(state, started);
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
