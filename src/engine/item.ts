import { type OrcError, refused } from "../base/error.ts";
import { type JsonObject, jsonObject, type JsonValue } from "../base/json.ts";
import { limitText } from "../base/text.ts";
import { withOffset } from "../base/time.ts";
import {
  approvalRequired,
  assertVerifiable,
  hasCome,
  type Passage,
  passageOf,
  passesAt,
  supervisionMode,
} from "../workflow/supervision.ts";
import type { CheckResult, Decision, Event } from "../workflow/types.ts";
import {
  describeResult,
  encodeGateResult,
  encodeVerificationResult,
  withEvidence,
} from "./check.ts";
import {
  type ActionOf,
  assertNotesFit,
  humanEvent,
  requireHuman,
  type Situation,
  systemEvent,
  unchanged,
} from "./situation.ts";
import { assertInOrder, assertNotSkipped, refusal, subjectOf } from "./skip.ts";
import { findItem, isDone, type OpenItem, withItem } from "./state.ts";

/** A failed gate stays pending, any other item becomes failed: as the Python tool stores it. */
function countFailure(
  situation: Situation,
  open: OpenItem,
  result: CheckResult,
): Decision {
  const { itemState } = withResult(open, result, situation.at);
  return {
    state: withItem(situation.state, open.phase, {
      ...itemState,
      status: open.item.stepType === "gate" ? itemState.status : "failed",
      retryCount: itemState.retryCount + 1,
    }),
    events: [checkEvent(situation, open, result)],
  };
}

/** Returns the item with the result of its last check. */
function withResult(
  open: OpenItem,
  result: CheckResult,
  at: string,
): OpenItem {
  const stored = open.item.stepType === "gate" && result.type === "command"
    ? { gateResult: encodeGateResult(result) }
    : { verificationResult: encodeVerificationResult(result, at) };
  return { ...open, itemState: { ...open.itemState, ...stored } };
}

/** The event that tells how a check ended. */
function checkEvent(
  { at, caller }: Situation,
  open: OpenItem,
  result: CheckResult,
): Event {
  const ending = result.passed ? "passed" : "failed";
  if (open.item.stepType === "gate") {
    const stored = result.type === "command"
      ? encodeGateResult(result)
      : encodeVerificationResult(result, at);
    return systemEvent(`gate_${ending}`, subjectOf(open), {
      message: `Gate ${ending}: ${open.item.id}`,
      details: detailsOf(stored),
    }, caller);
  }
  return systemEvent(`verification_${ending}`, subjectOf(open), {
    message: `Verification ${ending}: ${describeResult(result)}`,
    details: detailsOf(encodeVerificationResult(result, at)),
  }, caller);
}

function detailsOf(stored: JsonObject): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(stored);
}

/** A human's yes on a manual gate. */
export function approveItem(
  situation: Situation,
  action: ActionOf<"approve_item">,
): Decision {
  const { workflow, state, at, caller } = situation;
  assertNotesFit(action.notes);
  const open = findItem(workflow, state, action.itemId);
  const { phase, item, itemState } = open;
  if (item.verification.type !== "manual_gate") {
    throw refusal("approve", item.id, "it is not a manual gate", {
      hint: `orc complete ${item.id}`,
    });
  }
  if (itemState.status === "completed") return unchanged(state);
  assertNotSkipped("approve", open);
  assertInOrder("approve", situation, open);
  requireHuman(caller, `approve item "${item.id}"`);
  return {
    state: withItem(state, phase, {
      ...itemState,
      status: "completed",
      completedAt: at,
      notes: action.notes || itemState.notes,
      verificationResult: jsonObject({
        approved: true,
        approved_at: withOffset(at),
        type: "manual_gate",
      }),
    }),
    events: [humanEvent("item_completed", subjectOf(open), {
      message: `Approved manual gate: ${item.id}`,
      details: { notes: action.notes, approved: true },
    }, caller)],
  };
}

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

/**
 * `complete` on a manual gate. Only a human's approval makes it completed; where the
 * supervision lets it pass without one, it is skipped, so that nobody takes it for approved.
 */
function completeManualGate(
  situation: Situation,
  open: OpenItem,
  { notes }: Pick<Complete, "notes">,
): Decision {
  const passage = passageOf(situation.workflow, open.item);
  switch (passage?.type) {
    case "nobody":
      return skipped(situation, noted(open, notes), withoutAnybody(situation));
    case "clock":
      return byClock(situation, noted(open, notes), passage);
    default:
      throw approvalRequired("complete", open.item);
  }
}

/** New notes replace the ones before. */
function noted(open: OpenItem, notes: string | null): OpenItem {
  const { itemState } = open;
  return {
    ...open,
    itemState: { ...itemState, notes: notes || itemState.notes },
  };
}

/** The first call starts the clock, and is reported as a refusal once it is stored. */
function byClock(
  situation: Situation,
  open: OpenItem,
  passage: Passage & { readonly type: "clock" },
): Decision {
  const instant = passesAt(passage, open.itemState);
  if (instant === null) return waiting(situation, open);
  if (!hasCome(instant, situation.at)) {
    throw approvalPending(open.item.id, instant);
  }
  const { minutes } = passage;
  return skipped(situation, open, {
    because: `hybrid mode, not answered within ${limitText(minutes)}`,
    details: { risk: open.item.risk, approval_timeout_minutes: minutes },
  });
}

function waiting(
  { state, at, caller }: Situation,
  open: OpenItem,
): Decision {
  return {
    state: withItem(state, open.phase, {
      ...open.itemState,
      status: "in_progress",
      startedAt: at,
    }),
    events: [systemEvent("item_started", subjectOf(open), {
      message: `Started item: ${open.item.id}`,
    }, caller)],
  };
}

/** Why a manual gate is skipped without a human, in words and for programs. */
interface Ground {
  readonly because: string;
  readonly details?: Readonly<Record<string, JsonValue>>;
}

function withoutAnybody({ workflow }: Situation): Ground {
  return supervisionMode(workflow) === "hybrid"
    ? { because: "hybrid mode, low risk", details: { risk: "low" } }
    : { because: "zero_human mode" };
}

function skipped(
  { workflow, state, at, caller }: Situation,
  open: OpenItem,
  { because, details }: Ground,
): Decision {
  const { phase, item, itemState } = open;
  return {
    state: withItem(state, phase, {
      ...itemState,
      status: "skipped",
      skippedAt: at,
      skipReason: `Auto-skipped (${because})`,
    }),
    events: [systemEvent("item_skipped", subjectOf(open), {
      message: `Manual gate auto-skipped (${because}): ${item.id}`,
      details: {
        supervision_mode: supervisionMode(workflow),
        ...details,
        gate_name: item.name,
      },
    }, caller)],
  };
}

/** The answer while a human may still say something. */
export function approvalPending(itemId: string, passesAt: string): OrcError {
  return refused(
    "approval_pending",
    `Cannot complete item "${itemId}" yet: it passes by itself at ${passesAt}, unless a human approves it before`,
    {
      hint:
        `a human runs, in a terminal: orc approve-item ${itemId}; from then on anybody: orc complete ${itemId}`,
      details: { item: itemId, passesAt },
    },
  );
}

/** Marks an item as being worked on. */
export function startItem(
  situation: Situation,
  action: ActionOf<"start_item">,
): Decision {
  const { workflow, state, at, caller } = situation;
  const open = findItem(workflow, state, action.itemId);
  const { phase, item, itemState } = open;
  if (itemState.status === "in_progress") return unchanged(state);
  if (isDone(itemState)) {
    throw refusal("start", item.id, `it is ${itemState.status} already`);
  }
  assertInOrder("start", situation, open);
  return {
    state: withItem(state, phase, {
      ...itemState,
      status: "in_progress",
      startedAt: itemState.startedAt ?? at,
    }),
    events: [systemEvent("item_started", subjectOf(open), {
      message: `Started item: ${item.id}`,
    }, caller)],
  };
}
