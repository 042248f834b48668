/** What must hold whatever the rules say in detail. */
import { sessionBlockers } from "../../src/engine/state.ts";
import type { Action } from "../../src/engine/action.ts";
import type {
  Caller,
  Decision,
  Item,
  SessionState,
  Workflow,
} from "../../src/workflow/types.ts";
import { assert, assertStrictEquals } from "@std/assert";

/** A change of a session that was allowed. */
export interface Step {
  readonly workflow: Workflow;
  readonly before: SessionState;
  readonly action: Action;
  readonly caller: Caller;
  readonly decision: Decision;
}

export function assertInvariants(step: Step): void {
  assertOpenBefore(step);
  assertEventsTell(step);
  assertHumansStandForThemselves(step);
  assertGatesEarned(step);
  assertFinishEarned(step);
}

/** A closed session never changes, but that its end is taken back by a human. */
function assertOpenBefore({ before, action, caller }: Step): void {
  const isEndUndone = action.type === "undo" && action.updates === 1 &&
    caller.approval !== null;
  if (isEndUndone) return;
  assert(before.status === "active" || before.status === "paused");
}

/** No events if, and but for a refused approval only if, nothing changed. */
function assertEventsTell({ before, action, decision }: Step): void {
  if (decision.events.length === 0 || action.type === "refuse_approval") {
    assertStrictEquals(decision.state, before);
    return;
  }
  assert(decision.state !== before, "events without a change");
}

function assertHumansStandForThemselves({ caller, decision }: Step): void {
  const byHuman = decision.events.filter(({ actor }) => actor === "human");
  assert(byHuman.length === 0 || caller.approval !== null);
  for (const { details } of byHuman) assert(details.get("origin"));
}

/** A gate, like all that has a check, is never completed but by that check or by a human. */
function assertGatesEarned(step: Step): void {
  for (const item of step.workflow.phases.flatMap(({ items }) => items)) {
    const before = statusOf(step.before, item.id);
    const after = statusOf(step.decision.state, item.id);
    if (after !== "completed" || before === after) continue;
    assert(isEarned(step, item), `${item.id} was completed for nothing`);
  }
}

function isEarned({ action, caller }: Step, item: Item): boolean {
  const isHuman = caller.approval !== null;
  const { type } = item.verification;
  const isGate = item.stepType === "gate";
  if (action.type === "restore" || action.type === "undo") return isHuman;
  const isManual = type === "manual_gate" || isGate && type === "none";
  if (action.type === "approve_item") return isHuman && isManual;
  if (action.type !== "complete" || isManual) return false;
  const isPassed = action.result?.type === type && action.result.passed;
  if (isGate) return isPassed && !action.skipVerify;
  return action.skipVerify ? isHuman : type === "none" || isPassed;
}

function statusOf({ phases }: SessionState, itemId: string): string {
  return phases.flatMap(({ items }) => items)
    .find(({ id }) => id === itemId)?.status ?? "pending";
}

/** A session is completed when all required items are done, or by a human's force. */
function assertFinishEarned({ workflow, before, decision, ...step }: Step) {
  if (decision.state.status !== "completed") return;
  const { action, caller } = step;
  assert(action.type === "finish");
  const isForced = action.force && caller.approval !== null;
  const open = workflow.phases.flatMap(({ items }) => items).filter((item) =>
    item.required &&
    !["completed", "skipped"].includes(statusOf(before, item.id))
  );
  assert(isForced || open.length === 0, "finished with open items");
  assert(isForced || sessionBlockers(workflow, before).length === 0);
}
