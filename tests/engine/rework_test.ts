import { asObject } from "../../src/base/json.ts";
import { nextStep } from "../../src/engine/next.ts";
import { summarize } from "../../src/engine/summary.ts";
import { act, actAll, actOn, assertRefused } from "./act.ts";
import {
  AGENT,
  COMMAND,
  commandResult,
  complete,
  HUMAN,
  inPhase,
  itemIn,
  itemOf,
  MANUAL,
  NOBODY,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
  workflowWith,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const WHY = "The way back is missing";
const REJECT = { type: "reject", itemId: "x", reason: WHY } as const;
const REOPEN = { type: "reopen_item", itemId: "x", reason: WHY } as const;
const GATE = { stepType: "gate", verification: COMMAND } as const;

Deno.test("decide() opens a completed item again when a human rejects it, and counts a failed try", () => {
  const before = { status: "completed", completedAt: "2026-01-02T03:04:05Z" };
  for (
    const [fields, status, type] of [
      [{ verification: COMMAND }, "failed", "verification_failed"],
      [{ verification: MANUAL }, "failed", "verification_failed"],
      [GATE, "pending", "gate_failed"],
    ] as const
  ) {
    const { state, events } = actOn(fields, REJECT, {
      caller: HUMAN,
      before: { ...before, status: "completed", retryCount: 2 },
    });
    const item = itemIn(state, "x");
    assertEquals(
      [item.status, item.completedAt, item.retryCount],
      [status, null, 3],
    );
    const [event] = events;
    assertEquals([events.length, event?.type, event?.actor], [
      1,
      type,
      "human",
    ]);
    assertEquals(event?.details.get("rejected"), true);
    assertEquals(event?.details.get("reason"), WHY);
    assertEquals(event?.details.get("origin"), "terminal");
  }
});

Deno.test("decide() lets a human say no to a manual gate that waits, and its clock begins anew", () => {
  const settings = { supervision_mode: "hybrid", approval_timeout_minutes: 30 };
  const { state } = actOn({ verification: MANUAL }, REJECT, {
    caller: HUMAN,
    settings,
    before: { status: "in_progress", startedAt: "2026-01-02T03:04:05Z" },
  });
  const { status, startedAt } = itemIn(state, "x");
  assertEquals([status, startedAt], ["failed", null]);
});

Deno.test("decide() rejects nothing for who is no human, for no reason, or what is open or skipped", () => {
  const done = { before: { status: "completed" } } as const;
  assertRefused(
    () => actOn(GATE, REJECT, { ...done, caller: NOBODY }),
    "denied approval_required",
  );
  assertRefused(
    () => actOn(GATE, { ...REJECT, reason: " \n" }, done),
    "usage reason_missing",
  );
  assertRefused(
    () => actOn(GATE, { ...REJECT, reason: "x".repeat(2001) }, done),
    "usage notes_too_long",
  );
  assertRefused(
    () => actOn(GATE, REJECT, { caller: HUMAN }),
    "refused cannot_reject",
  );
  const skipped = { before: { status: "skipped" }, caller: HUMAN } as const;
  assertRefused(
    () => actOn({ verification: MANUAL }, REJECT, skipped),
    "refused cannot_reject",
  );
});

Deno.test("summarize() tells why an item was rejected until it is completed again, whatever fails meanwhile", () => {
  for (const fields of [{ verification: COMMAND }, GATE]) {
    const workflow = workflowWith(itemOf("x", fields));
    const rejections = (state: Parameters<typeof summarize>[1]) =>
      summarize(workflow, state).rejections;
    const done = withItemFields(workflow, sessionOf(workflow), "x", {
      status: "completed",
    });
    const { state: rejected } = act(workflow, done, REJECT, HUMAN);
    assertEquals(rejections(rejected), [{ itemId: "x", reason: WHY }]);
    const failed = actAll(workflow, rejected, [
      { type: "start_item", itemId: "x" },
      complete("x", { result: commandResult(false) }),
      complete("x", { result: commandResult(false) }),
    ], AGENT);
    assertEquals(rejections(failed.state), [{ itemId: "x", reason: WHY }]);
    const failure = summarize(workflow, failed.state).items[0]?.failure;
    assertEquals(failure, "exit code 2");
    const passing = complete("x", { result: commandResult(true) });
    const passed = act(workflow, failed.state, passing, AGENT);
    assertEquals(rejections(passed.state), []);
  }
});

Deno.test("decide() takes a completed or skipped item of the phase up again for anybody, and logs why", () => {
  for (const status of ["completed", "skipped"] as const) {
    const { state, events } = actOn(GATE, REOPEN, {
      before: {
        status,
        completedAt: "2026-01-02T03:04:05Z",
        skippedAt: "2026-01-02T03:04:05Z",
        skipReason: "No",
        gateResult: new Map([["passed", true]]),
        retryCount: 1,
        notes: "Kept",
      },
    });
    const { source: _source, ...item } = itemIn(state, "x");
    assertEquals(item, {
      id: "x",
      status: "pending",
      startedAt: null,
      completedAt: null,
      skippedAt: null,
      skipReason: null,
      notes: "Kept",
      retryCount: 1,
      verificationResult: null,
      gateResult: null,
      evidence: null,
    });
    const [event] = events;
    assertEquals([event?.type, event?.actor], ["note_added", "system"]);
    assertEquals(event?.details.get("reason"), WHY);
  }
  assertRefused(() => actOn(GATE, REOPEN), "refused cannot_reopen");
  assertRefused(
    () => actOn(GATE, { ...REOPEN, reason: "" }),
    "usage reason_missing",
  );
});

const GATED = { exitGate: "human_approval" };
const workflow = workflowOf([
  phaseOf("ONE", [itemOf("a")], GATED),
  phaseOf("TWO", [itemOf("b")], GATED),
  phaseOf("THREE", [itemOf("c")]),
]);

Deno.test("decide() goes back to an earlier phase for a human: items stay, approvals are taken back", () => {
  const done = withItemFields(workflow, sessionOf(workflow), "b", {
    status: "completed",
  });
  const approved = actAll(workflow, inPhase(workflow, done, "THREE"), [
    { type: "approve_phase", phaseId: "ONE" },
    { type: "approve_phase", phaseId: "TWO" },
  ], HUMAN).state;
  const back = { type: "reopen_phase", phaseId: "TWO", reason: WHY } as const;
  assertRefused(
    () => act(workflow, approved, back, AGENT),
    "denied approval_required",
  );
  const { state, events } = act(workflow, approved, back, HUMAN);
  assertEquals(state.currentPhaseId, "TWO");
  assertEquals(state.phases.map(({ status }) => status), [
    "completed",
    "active",
    "pending",
  ]);
  assertEquals([...state.metadata.keys()].sort(), [
    "phase_ONE_approved",
    "phase_ONE_approved_at",
  ]);
  assertEquals(itemIn(state, "b").status, "completed");
  assertEquals([events[0]?.type, events[0]?.actor], [
    "human_override",
    "human",
  ]);
  assertEquals(nextStep(workflow, state).command, "orc approve");
});

Deno.test("decide() reopens no phase that was not left, and none that is unknown", () => {
  const state = inPhase(workflow, sessionOf(workflow), "TWO");
  for (const phaseId of ["TWO", "THREE"]) {
    const back = { type: "reopen_phase", phaseId, reason: WHY } as const;
    assertRefused(
      () => act(workflow, state, back, HUMAN),
      "refused cannot_reopen",
    );
  }
  const nowhere = { type: "reopen_phase", phaseId: "X", reason: WHY } as const;
  assertRefused(
    () => act(workflow, state, nowhere, HUMAN),
    "not_found no_such_phase",
  );
});

Deno.test("a no is not undone by going back to a checkpoint from before it", () => {
  const workflow = workflowWith(itemOf("x", { verification: MANUAL }));
  const stored = sessionOf(workflow);
  const { state } = act(workflow, stored, REJECT, HUMAN);
  const restore = {
    type: "restore",
    checkpointId: "cp_1",
    stored,
    force: false,
  } as const;
  assertEquals(act(workflow, state, restore, AGENT).events, []);
  const result = asObject(itemIn(state, "x").verificationResult);
  assertEquals(result?.get("rejection"), WHY);
});
