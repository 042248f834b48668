import { assertNotSkipped, refusal, subjectOf } from "./decide_item.ts";
import { checkEvent, countFailure, withResult } from "./decide_item_check.ts";
import { OrcError } from "./error.ts";
import {
  type ActionOf,
  assertNotesFit,
  humanEvent,
  requireHuman,
  type Situation,
  systemEvent,
  unchanged,
} from "./situation.ts";
import { findItem, needsHuman, type OpenItem, withItem } from "./state.ts";
import type { CheckResult, Decision, Event } from "./types.ts";

type Complete = ActionOf<"complete">;

/** Completes an item, or counts a failed attempt, by the result of its check. */
export function completeItem(
  situation: Situation,
  action: Complete,
): Decision {
  const { workflow, state } = situation;
  assertNotesFit(action.notes);
  const open = findItem(workflow, state, action.itemId);
  if (open.itemState.status === "completed") return unchanged(state);
  assertNotSkipped("complete", open);
  const { verification } = open.item;
  if (verification.type === "manual_gate") {
    if (needsHuman(workflow, open.item)) throw unapproved(open);
    return skipManualGate(situation, open, action);
  }
  if (action.skipVerify) return completeUnverified(situation, open, action);
  if (verification.type === "none") {
    return completed(situation, open, action, []);
  }
  if (action.result?.type !== verification.type) {
    throw new Error(`the check of item "${action.itemId}" was not run`);
  }
  return action.result.passed
    ? completeVerified(situation, open, action, action.result)
    : countFailure(situation, open, action.result);
}

function completeVerified(
  situation: Situation,
  open: OpenItem,
  action: Complete,
  result: CheckResult,
): Decision {
  return completed(situation, withResult(open, result, situation.at), action, [
    checkEvent(situation, open, result),
  ]);
}

function completeUnverified(
  situation: Situation,
  open: OpenItem,
  action: Complete,
): Decision {
  const { id, stepType } = open.item;
  if (stepType === "gate") {
    throw refusal(
      "complete",
      id,
      "nobody passes a gate without its verification",
    );
  }
  requireHuman(situation.caller, `complete item "${id}" unverified`);
  return completed(situation, open, action, []);
}

function completed(
  { state, at, caller }: Situation,
  open: OpenItem,
  action: Complete,
  earlier: readonly Event[],
): Decision {
  const { phase, item, itemState } = open;
  const text = {
    message: `Completed item: ${item.id}`,
    details: {
      notes: action.notes,
      step_type: item.stepType,
      has_evidence: itemState.evidence !== null,
      ...(action.skipVerify ? { verification_skipped: true } : {}),
    },
  };
  const eventOf = action.skipVerify ? humanEvent : systemEvent;
  return {
    state: withItem(state, phase, {
      ...itemState,
      status: "completed",
      completedAt: at,
      notes: action.notes || itemState.notes,
    }),
    events: [
      ...earlier,
      eventOf("item_completed", subjectOf(open), text, caller),
    ],
  };
}

function unapproved({ item }: OpenItem): OrcError {
  return new OrcError(
    "refused",
    "approval_required",
    `Cannot complete item "${item.id}": a human must approve it`,
    { hint: `a human runs, in a terminal: orc approve-item ${item.id}` },
  );
}

function skipManualGate(
  { state, at, caller }: Situation,
  open: OpenItem,
  action: Complete,
): Decision {
  const { phase, item, itemState } = open;
  return {
    state: withItem(state, phase, {
      ...itemState,
      status: "skipped",
      skippedAt: at,
      skipReason: "Auto-skipped (zero_human mode)",
      notes: action.notes || itemState.notes,
    }),
    events: [systemEvent("item_skipped", subjectOf(open), {
      message: `Manual gate auto-skipped (zero_human mode): ${item.id}`,
      details: { supervision_mode: "zero_human", gate_name: item.name },
    }, caller)],
  };
}
