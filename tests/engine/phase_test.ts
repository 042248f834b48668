import type { Action, ActionOf } from "../../src/engine/action.ts";
import { jsonObject } from "../../src/base/json.ts";
import { plainOf } from "../../src/base/plain.ts";
import type {
  Caller,
  Decision,
  Event,
  EventType,
  SessionState,
} from "../../src/workflow/types.ts";
import { act, actAll, assertRefused, typesOf } from "./act.ts";
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
import { assertEquals } from "@std/assert";

const workflow = workflowOf([
  phaseOf("PLAN", [itemOf("a"), itemOf("opt", { required: false })]),
  phaseOf("EXECUTE", [itemOf("b")], { exitGate: "human_approval" }),
  phaseOf("LEARN", [itemOf("c")]),
]);
const ADVANCE = { type: "advance", force: false } as const;
const FORCE = { type: "advance", force: true } as const;
const APPROVE = { type: "approve_phase", phaseId: null } as const;

const BY_AGENT = { agent: "claude-code:5f0c" };

/** An event of a phase, as the log tells it. */
function eventOf(
  type: EventType,
  phaseId: string | null,
  message: string,
  details: Parameters<typeof jsonObject>[0] = {},
): Event {
  const about = { type, phaseId, itemId: null, message };
  return { ...about, details: jsonObject(details), actor: "system" };
}

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
  assertEquals(events, [
    eventOf("phase_completed", "PLAN", "Completed phase: PLAN", {
      skipped_items: [],
      forced: false,
      ...BY_AGENT,
    }),
    eventOf("phase_started", "EXECUTE", "Started phase: Name of EXECUTE"),
  ]);
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
  const attempt = () => act(workflow, started, ADVANCE, HUMAN);
  assertRefused(attempt, "refused blocked", {
    message: 'Cannot leave phase "PLAN": Item "a" is pending',
    hint: 'orc complete a --notes "<what you did>"',
  });
});

Deno.test("decide() refuses to leave a phase that awaits a human's approval", () => {
  const attempt = () => act(workflow, executed, ADVANCE, AGENT);
  assertRefused(attempt, "refused blocked", {
    message:
      'Cannot leave phase "EXECUTE": Phase "EXECUTE" awaits a human\'s approval',
    hint: "a human runs, in a terminal: orc approve",
  });
  const approved = act(workflow, executed, APPROVE, HUMAN).state;
  const { state } = act(workflow, approved, ADVANCE, AGENT);
  assertEquals(state.currentPhaseId, "LEARN");
});

/** A setting asks nobody: what it lets pass no human stands for. */
function actorOf({ approval }: Caller): Event["actor"] {
  return approval === "setting" ? "system" : "human";
}

Deno.test("decide() leaves a phase by force only for a human, and logs it", () => {
  for (const state of [started, planned]) {
    for (const caller of [AGENT, NOBODY]) {
      const attempt = () => act(workflow, state, FORCE, caller);
      assertRefused(attempt, "denied approval_required");
    }
  }
  for (const caller of [HUMAN, SETTING]) {
    const { state, events } = act(workflow, started, FORCE, caller);
    assertEquals(state.currentPhaseId, "EXECUTE");
    const [left] = events;
    assertEquals(left?.actor, actorOf(caller));
    assertEquals(left?.details.get("forced"), true);
    assertEquals(left?.details.get("origin"), caller.approval);
    const [done] = act(workflow, planned, FORCE, caller).events;
    assertEquals([done?.actor, done?.details.get("forced")], ["system", false]);
  }
});

Deno.test("decide() never leaves the last phase by advancing", () => {
  const last = inPhase(workflow, started, "LEARN");
  const done = act(workflow, last, complete("c"), AGENT).state;
  for (const action of [ADVANCE, FORCE]) {
    assertRefused(() => act(workflow, last, action, HUMAN), "refused blocked");
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
  const approved = eventOf(
    "human_override",
    "EXECUTE",
    "Human approved phase: EXECUTE",
    { origin: "terminal" },
  );
  assertEquals(events, [{ ...approved, actor: "human" }]);
  assertEquals(act(workflow, state, APPROVE, AGENT).events, []);
});

Deno.test("decide() lets only a human approve a phase, and only one that has an exit gate", () => {
  for (const caller of [AGENT, NOBODY]) {
    const attempt = () => act(workflow, executed, APPROVE, caller);
    assertRefused(attempt, "denied approval_required");
    assertEquals(act(workflow, started, APPROVE, caller).events, []);
  }
  assertEquals(act(workflow, started, APPROVE, HUMAN).events, []);
});

Deno.test("decide() approves a phase by its id, before and after the session is in it", () => {
  const action = { ...APPROVE, phaseId: "EXECUTE" };
  for (const phaseId of ["PLAN", "LEARN"]) {
    const state = inPhase(workflow, started, phaseId);
    const { events } = act(workflow, state, action, HUMAN);
    assertEquals(typesOf(events), ["human_override"]);
  }
});

Deno.test("decide() finds no phase the workflow does not define", () => {
  for (const phaseId of ["plan", ""]) {
    const action = { ...APPROVE, phaseId };
    const attempt = () => act(workflow, started, action, HUMAN);
    const details = { phaseIds: ["PLAN", "EXECUTE", "LEARN"] };
    assertRefused(attempt, "not_found no_such_phase", { details });
  }
});

const twoPhases = workflowOf([
  phaseOf("PLAN", [itemOf("a")]),
  phaseOf("LEARN", [itemOf("b")]),
]);
const FINISH = { type: "finish", notes: null, force: false } as const;
const begun = sessionOf(twoPhases);
const worked = actAll(
  twoPhases,
  begun,
  [complete("a"), ADVANCE, complete("b")],
  AGENT,
).state;

/** Finishes a session of two phases. */
function finishing(
  state: SessionState,
  fields: Partial<ActionOf<"finish">> = {},
  caller: Caller = AGENT,
): Decision {
  return act(twoPhases, state, { ...FINISH, ...fields }, caller);
}

Deno.test("decide() finishes a session whose phases are all done", () => {
  const { state, events } = finishing(worked, { notes: "Released" });
  assertEquals([state.status, state.completedAt], ["completed", AT]);
  assertEquals(
    state.phases.map(({ status, completedAt }) => [status, completedAt]),
    [["completed", AT], ["completed", AT]],
  );
  assertEquals(state.metadata, jsonObject({ completion_notes: "Released" }));
  assertEquals(typesOf(events), ["phase_completed", "workflow_completed"]);
  const details = { notes: "Released", ...BY_AGENT };
  assertEquals(
    events[1],
    eventOf("workflow_completed", "LEARN", "Workflow completed", details),
  );
});

Deno.test("decide() finishes without notes and leaves the metadata alone", () => {
  for (const notes of [null, ""]) {
    assertEquals(finishing(worked, { notes }).state.metadata, jsonObject({}));
  }
});

Deno.test("decide() refuses to finish while anything is open in any phase", () => {
  const planned = act(twoPhases, begun, complete("a"), AGENT).state;
  const forced = actAll(twoPhases, begun, [FORCE, complete("b")], HUMAN).state;
  const last = inPhase(twoPhases, begun, "LEARN");
  const phases = last.phases.map((phase) => ({ ...phase, items: [] }));
  const both = 'Item "a" is pending, Item "b" is pending';
  const force = "a human runs, in a terminal: orc finish --force";
  const work = 'orc complete b --notes "<what you did>"';
  const table = [
    [planned, 'Item "b" is pending', "orc advance"],
    [forced, 'Item "a" is pending', force],
    // An item that was taken out of the state is not forgotten.
    [{ ...last, phases }, both, work],
    [{ ...last, phases: [] }, both, work],
  ] as const;
  for (const [state, what, hint] of table) {
    const message = `Cannot finish the session: ${what}`;
    assertRefused(() => finishing(state), "refused blocked", { message, hint });
  }
});

Deno.test("decide() refuses to finish without the approval of every phase", () => {
  const gated = workflowOf([
    phaseOf("PLAN", [], { exitGate: "human_approval" }),
    phaseOf("LEARN", []),
  ]);
  const state = inPhase(gated, sessionOf(gated), "LEARN");
  assertRefused(() => act(gated, state, FINISH, AGENT), "refused blocked", {
    message:
      'Cannot finish the session: Phase "PLAN" awaits a human\'s approval',
    hint: "a human runs, in a terminal: orc approve --phase PLAN",
  });
});

Deno.test("decide() finishes by force only for a human, and logs it", () => {
  for (const state of [begun, worked]) {
    for (const caller of [AGENT, NOBODY]) {
      const attempt = () => finishing(state, { force: true }, caller);
      assertRefused(attempt, "denied approval_required", {
        message:
          "Cannot finish the session by force: only a human may, at a terminal",
      });
    }
  }
  for (const caller of [HUMAN, SETTING]) {
    const { state, events } = finishing(begun, { force: true }, caller);
    assertEquals(state.status, "completed");
    for (const { actor, details } of events) {
      assertEquals(actor, actorOf(caller));
      assertEquals(details.get("forced"), true);
      assertEquals(details.get("origin"), caller.approval);
    }
  }
  const [, finished] = finishing(worked, { force: true }, HUMAN).events;
  assertEquals(finished?.details.get("forced"), undefined);
});

Deno.test("decide() counts optional items as no reason to stay", () => {
  const optional = workflowWith(itemOf("a", { required: false }));
  const failed = withItemFields(optional, sessionOf(optional), "a", {
    status: "failed",
  });
  const { state } = act(optional, failed, FINISH, AGENT);
  assertEquals(state.status, "completed");
});

Deno.test("decide() starts a session in the first phase", () => {
  const definition = jsonObject({ name: "Tiny" });
  const action = {
    ...START,
    project: "shop",
    constraints: ["No new packages"],
    metadata: jsonObject({ workflow_yaml_path: "/repo/workflow.yaml" }),
    definition,
  };
  const { state, events } = act(twoPhases, undefined, action, AGENT);
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
  assertEquals(events, [
    eventOf("workflow_started", null, "Started workflow: Add login", {
      project: "shop",
      workflow_type: "Tiny",
      constraints: action.constraints,
      metadata: action.metadata,
      ...BY_AGENT,
    }),
    eventOf("phase_started", "PLAN", "Started phase: Name of PLAN"),
  ]);
});

const ABANDON = { type: "abandon", notes: null } as const;

Deno.test("decide() abandons a session for a reason, with what came of it", () => {
  const reason = " The feature was dropped ";
  const abandon_reason = "The feature was dropped";
  for (const notes of [null, "A sketch"]) {
    const action = { ...ABANDON, reason, notes };
    const { state, events } = act(twoPhases, begun, action, AGENT);
    assertEquals([state.status, state.completedAt], ["abandoned", null]);
    assertEquals(plainOf(state.metadata), {
      abandon_reason,
      ...(notes === null ? {} : { completion_notes: notes }),
    });
    assertEquals(typesOf(events), ["workflow_abandoned"]);
    const [event] = events;
    assertEquals(event?.message, `Workflow abandoned: ${abandon_reason}`);
    assertEquals(event?.details.get("notes"), notes ?? undefined);
  }
});

Deno.test("decide() abandons a session whose phase its workflow does not define", () => {
  const lost = { ...begun, currentPhaseId: "GONE" };
  const action = { ...ABANDON, reason: "Cannot go on" };
  const { state } = act(twoPhases, lost, action, AGENT);
  assertEquals(state.status, "abandoned");
});

Deno.test("decide() keeps notes in their order", () => {
  const { state, events } = actAll(twoPhases, begun, [
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

const TOO_LONG = "x".repeat(2001);

/** Texts that nobody could use, and what they are refused with. */
const BAD_TEXTS: readonly (readonly [Action, string])[] = [
  [{ ...FINISH, notes: TOO_LONG }, "usage notes_too_long"],
  [{ ...FINISH, notes: " - " }, "usage notes_not_read"],
  [
    { type: "abandon", reason: "Dropped", notes: TOO_LONG },
    "usage notes_too_long",
  ],
  [{ ...ABANDON, reason: " \n" }, "usage reason_missing"],
  [{ type: "note", text: " \t", itemId: null }, "usage note_empty"],
  [{ type: "note", text: TOO_LONG, itemId: null }, "usage notes_too_long"],
  [{ type: "note", text: "Fine", itemId: "z" }, "not_found no_such_item"],
];

Deno.test("decide() refuses texts that are empty, too long or about no item", () => {
  for (const [action, expected] of BAD_TEXTS) {
    assertRefused(() => act(twoPhases, worked, action, HUMAN), expected);
  }
});

Deno.test("decide() logs that somebody tried what only a human may", () => {
  const request = 'approve item "a"';
  const action = { type: "refuse_approval", request, itemId: "a" } as const;
  const { state, events } = act(twoPhases, begun, action, AGENT);
  assertEquals(state, begun);
  const refused = eventOf(
    "error",
    "PLAN",
    'Refused without a human: approve item "a"',
    { code: "approval_required", request, ...BY_AGENT },
  );
  assertEquals(events, [{ ...refused, itemId: "a" }]);
});

Deno.test("decide() names five of many blockers, and all in its details", () => {
  const ids = ["a", "b", "c", "d", "e", "f", "g"];
  const crowded = workflowOf([phaseOf("PLAN", ids.map((id) => itemOf(id)))]);
  const state = sessionOf(crowded);
  const blockers = ids.map((itemId) => ({
    code: "item_open",
    phaseId: "PLAN",
    itemId,
    message: `Item "${itemId}" is pending`,
  }));
  const named = blockers.slice(0, 5).map(({ message }) => message);
  assertRefused(() => act(crowded, state, FINISH, AGENT), "refused blocked", {
    message: `Cannot finish the session: ${named.join(", ")} and 2 more`,
    details: { blockers },
  });
});
