import type { CheckResult, Decision, Event } from "../workflow/types.ts";
import { assertVerifiable } from "../workflow/unverifiable.ts";
import { assertNotSkipped, refusal, subjectOf } from "./decide_item.ts";
import { checkEvent, countFailure, withResult } from "./decide_item_check.ts";
import { completeManualGate } from "./decide_item_manual.ts";
import { withEvidence } from "./item.ts";
import {
  type ActionOf,
  assertNotesFit,
  humanEvent,
  requireHuman,
  type Situation,
  systemEvent,
  unchanged,
} from "./situation.ts";
import { assertInOrder } from "./skip.ts";
import { findItem, type OpenItem, withItem } from "./state.ts";

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
  assertInOrder("complete", situation, open);
  assertVerifiable(open.item);
  if (open.item.verification.type === "manual_gate") {
    return completeManualGate(situation, open, action);
  }
  const supported = withEvidence(situation, open, action.evidence);
  const decision = completeSupported(situation, supported.open, action);
  return { ...decision, events: [...supported.events, ...decision.events] };
}

function completeSupported(
  situation: Situation,
  open: OpenItem,
  action: Complete,
): Decision {
  const { verification } = open.item;
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
