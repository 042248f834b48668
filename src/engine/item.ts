import { type OrcError, refused } from "../base/error.ts";
import { asObject, type JsonValue, withFields } from "../base/json.ts";
import { lengthOf, limitText, quoted, uncapitalised } from "../base/text.ts";
import { problemOfSkipReason } from "../workflow/evidence.ts";
import {
  approvalCommand,
  approvalRequired,
  forcedSkip,
  hasCome,
  isHumanOnly,
  isManual,
  passageOf,
  passesAt,
  supervisionMode,
} from "../workflow/supervision.ts";
import type {
  Caller,
  CheckResult,
  Decision,
  Event,
  Item,
  ItemState,
  Workflow,
} from "../workflow/types.ts";
import type { ActionOf } from "./action.ts";
import {
  describeResult,
  encodeGateResult,
  encodeVerificationResult,
  handedIn,
  isToRenew,
  withEvidence,
} from "./check.ts";
import {
  hintOf,
  isFreedByPhase,
  isLeftOutAtWill,
  reasonRuleOf,
  stepFor,
} from "./next.ts";
import {
  assertInOrder,
  assertNotesFit,
  findChecked,
  findItem,
  humanEvent,
  requireYes,
  type Situation,
  subjectOf,
  systemEvent,
  unchanged,
  withItem,
} from "./situation.ts";
import {
  isDone,
  missingReviewOf,
  type OpenItem,
  rejectionOf,
} from "./state.ts";

export function startItem(
  situation: Situation,
  { itemId }: ActionOf<"start_item">,
): Decision {
  const { workflow, state } = situation;
  const open = findItem(workflow, state, itemId);
  const { status, startedAt } = open.itemState;
  if (status === "in_progress") return unchanged(state);
  if (isDone(open.itemState)) {
    throw refusal("start", itemId, `it is ${status} already`);
  }
  assertInOrder("start", situation, open);
  return started(situation, open, startedAt ?? waitingFrom(situation, open));
}

/**
 * When an item begins: where a human is given time to answer, not before the session's last update,
 * whatever the clock says by then.
 */
function waitingFrom(
  { workflow, state, at }: Situation,
  { item }: OpenItem,
): string {
  const isTimed = passageOf(workflow, item)?.type === "clock";
  return isTimed && !hasCome(state.updatedAt, at) ? state.updatedAt : at;
}

function started(
  situation: Situation,
  open: OpenItem,
  startedAt: string,
): Decision {
  return itemChanged(situation, open, { status: "in_progress", startedAt }, [
    systemEvent("item_started", subjectOf(open), {
      message: `Started item: ${open.item.id}`,
    }, situation.caller),
  ]);
}

type Complete = ActionOf<"complete">;

/** Completes an item, or counts a failed attempt, by the result of its check. */
export function completeItem(
  situation: Situation,
  action: Complete,
): Decision {
  const { workflow, state } = situation;
  assertNotesFit(action.notes);
  const open = findChecked(workflow, state, action.itemId);
  if (isRenewal(open) && !isToRenew(open, action)) return unchanged(state);
  assertNotSkipped("complete", open);
  assertInOrder("complete", situation, open);
  if (isManual(open.item)) {
    const supported = handedIn(open, action.evidence);
    const gate = noted(supported, action.notes);
    const { notes, evidence } = action;
    return handedInWith(passManualGate(situation, gate), {
      ...(notes ? { notes } : {}),
      ...(evidence ? { evidence } : {}),
    });
  }
  const supported = withEvidence(situation, open, action.evidence);
  const { state: next, events } = completeSupported(
    situation,
    supported.open,
    action,
  );
  const { evidence } = action;
  return handedInWith(
    { state: next, events: [...supported.events, ...events] },
    evidence ? { evidence } : {},
  );
}

/** The first event tells what was handed in: without it nobody could say later what an item was completed on. */
function handedInWith(
  { state, events: [first, ...rest] }: Decision,
  given: Readonly<Record<string, JsonValue>>,
): Decision {
  if (first === undefined) return { state, events: [] };
  const details = withFields(first.details, given);
  return { state, events: [{ ...first, details }, ...rest] };
}

function completeSupported(
  situation: Situation,
  open: OpenItem,
  action: Complete,
): Decision {
  const { id, stepType, verification } = open.item;
  if (action.skipVerify) {
    if (stepType === "gate") {
      const because = "nobody passes a gate without its verification";
      throw refusal("complete", id, because);
    }
    requireYes(situation, `complete item "${id}" unverified`);
  } else if (verification.type !== "none") {
    if (action.result?.type !== verification.type) {
      throw new Error(`the check of item "${id}" was not run`);
    }
    return judged(situation, open, action, action.result);
  }
  return completed(situation, open, action);
}

function judged(
  situation: Situation,
  open: OpenItem,
  action: Complete,
  result: CheckResult,
): Decision {
  const { fields, event } = recordOf(situation, open, result, action);
  const rejection = rejectionOf(open.itemState);
  if (result.passed) {
    const itemState = { ...open.itemState, ...fields };
    if (isRenewal(open)) {
      return itemChanged(situation, noted(open, action.notes), fields, [event]);
    }
    const done = completed(situation, { ...open, itemState }, action);
    return { ...done, events: [event, ...done.events] };
  }
  const isGate = open.item.stepType === "gate";
  const status = isGate ? "pending" as const : "failed" as const;
  // What a human asked for is shown until it is done, and not only until the next try fails.
  const found = asObject(fields.verificationResult);
  const kept = rejection === null || found === undefined
    ? fields
    : { ...fields, verificationResult: withFields(found, { rejection }) };
  // A failed gate stays as it was, any other item becomes failed: as the Python tool stores it. What a
  // human had asked for before it was done is not asked for again.
  const changed = isRenewal(open)
    ? { status, completedAt: null, verificationResult: null, ...fields }
    : isGate
    ? kept
    : { ...kept, status };
  const retryCount = open.itemState.retryCount + 1;
  return itemChanged(situation, open, { ...changed, retryCount }, [event]);
}

/** Whether the check of an item runs again that it had passed before. */
function isRenewal({ itemState }: OpenItem): boolean {
  return itemState.status === "completed";
}

/** How a check ended, as the item keeps it and as the log tells it. */
function recordOf(
  { at, caller }: Situation,
  open: OpenItem,
  result: CheckResult,
  { receipt, notes }: Pick<Complete, "receipt" | "notes">,
): { readonly fields: Partial<ItemState>; readonly event: Event } {
  const isGate = open.item.stepType === "gate";
  const isGateRun = isGate && result.type === "command";
  const stored = isGateRun
    ? encodeGateResult(result)
    : encodeVerificationResult(result, at);
  const ending = result.passed ? "passed" : "failed";
  const message = isGate
    ? `Gate ${ending}: ${open.item.id}`
    : `Verification ${ending}: ${describeResult(result)}`;
  const type = `${isGate ? "gate" : "verification"}_${ending}` as const;
  const details = {
    ...Object.fromEntries(stored),
    ...receipt && { receipt },
    ...isRenewal(open) && { renewed: true, ...notes && { notes } },
  };
  return {
    fields: isGateRun ? { gateResult: stored } : { verificationResult: stored },
    event: systemEvent(type, subjectOf(open), { message, details }, caller),
  };
}

function completed(
  situation: Situation,
  open: OpenItem,
  { notes, skipVerify }: Complete,
): Decision {
  const { item, itemState } = noted(open, notes);
  const text = {
    message: `Completed item: ${item.id}`,
    details: {
      notes,
      step_type: item.stepType,
      has_evidence: itemState.evidence !== null,
      ...(skipVerify ? { verification_skipped: true } : {}),
    },
  };
  const eventOf = skipVerify ? humanEvent : systemEvent;
  return itemChanged(situation, open, {
    status: "completed",
    completedAt: situation.at,
    notes: itemState.notes,
  }, [eventOf("item_completed", subjectOf(open), text, situation.caller)]);
}

/** New notes replace the ones before. */
export function noted(open: OpenItem, notes: string | null): OpenItem {
  const { itemState } = open;
  return {
    ...open,
    itemState: { ...itemState, notes: notes || itemState.notes },
  };
}

/**
 * `complete` on a manual gate. Only a human's approval makes it completed; where the
 * supervision lets it pass without one, it is skipped, so that nobody takes it for approved.
 */
function passManualGate(situation: Situation, open: OpenItem): Decision {
  const { workflow, at } = situation;
  const { id, risk } = open.item;
  const passage = passageOf(workflow, open.item);
  if (passage?.type === "nobody") {
    return supervisionMode(workflow) === "hybrid"
      ? autoSkipped(situation, open, "hybrid mode, low risk", { risk: "low" })
      : autoSkipped(situation, open, "zero_human mode");
  }
  if (passage?.type !== "clock") {
    throw approvalRequired(workflow, "complete", open.item);
  }
  const instant = passesAt(passage, open.itemState);
  // The first call starts the clock, and is reported as a refusal once it is stored.
  if (instant === null) {
    return started(situation, open, waitingFrom(situation, open));
  }
  if (!hasCome(instant, at)) {
    throw approvalPending(workflow, id, instant);
  }
  const { minutes } = passage;
  const because = `hybrid mode, not answered within ${limitText(minutes)}`;
  const details = { risk, approval_timeout_minutes: minutes };
  return autoSkipped(situation, open, because, details);
}

function autoSkipped(
  situation: Situation,
  open: OpenItem,
  because: string,
  details: Readonly<Record<string, JsonValue>> = {},
): Decision {
  const { id, name } = open.item;
  return itemChanged(situation, open, {
    status: "skipped",
    skippedAt: situation.at,
    skipReason: `Auto-skipped (${because})`,
  }, [
    systemEvent("item_skipped", subjectOf(open), {
      message: `Manual gate auto-skipped (${because}): ${id}`,
      details: {
        supervision_mode: supervisionMode(situation.workflow),
        ...details,
        gate_name: name,
      },
    }, situation.caller),
  ]);
}

/** The answer while a human may still say something. */
export function approvalPending(
  workflow: Workflow,
  itemId: string,
  passesAt: string,
): OrcError {
  return refused(
    "approval_pending",
    `Cannot complete item "${itemId}" yet: it passes by itself at ${passesAt}, unless a human approves it before`,
    {
      hint: `a human runs, in a terminal: ${
        approvalCommand(workflow, itemId)
      }; from then on anybody: orc complete ${itemId}`,
      details: { itemId, passesAt },
    },
  );
}

type Skip = ActionOf<"skip">;

export function skipItem(situation: Situation, action: Skip): Decision {
  const { workflow, state, at, caller } = situation;
  const { itemId, reason, force } = action;
  const open = findItem(workflow, state, itemId);
  const { status, skipReason } = open.itemState;
  if (status === "skipped") {
    // A second reason would be dropped; one that was not given is none.
    if (reason === "" || reason === skipReason) return unchanged(state);
    const because = skipReason === null
      ? "it was skipped already"
      : `it was skipped for another reason: ${quoted(skipReason)}`;
    const hint = `orc note "<what else speaks for it>" --item ${itemId}`;
    throw refusal("skip", itemId, because, hint);
  }
  if (status === "completed") {
    throw refusal("skip", itemId, "it is completed already");
  }
  assertInOrder("skip", situation, open);
  assertSkippable(situation, open, force);
  if (force) requireYes(situation, `skip item "${itemId}" by force`);
  assertReason(workflow, open, action);
  return itemChanged(situation, open, {
    status: "skipped",
    skippedAt: at,
    skipReason: reason,
  }, skipEvents(open, action, caller));
}

function assertSkippable(
  { workflow, state }: Situation,
  open: OpenItem,
  force: boolean,
): void {
  const { item } = open;
  const isGate = item.stepType === "gate";
  const hint = hintOf(stepFor(workflow, item));
  if (isGate ? !force : !isLeftOutAtWill(open)) {
    const conditions = item.skipConditions.join("; ");
    const help = isGate && item.skipConditions.length > 0
      ? `; where one of these holds (${conditions}), a human can do without it: ${
        forcedSkip(workflow, item.id)
      }`
      : "";
    throw refusal("skip", item.id, obstacleOf(item), hint + help);
  }
  if (force) return;
  // A reason that would only lead to a dead end, or past a human, does not count.
  if (isHumanOnly(workflow, item)) {
    throw approvalRequired(workflow, "skip", item);
  }
  const review = missingReviewOf(workflow, state, item.id);
  if (review === undefined) return;
  const because =
    `it carries the required review "${review}", which does not count when it is skipped`;
  throw refusal("skip", item.id, because, hint);
}

function obstacleOf({ stepType }: Item): string {
  if (stepType === "gate") return "it is a gate";
  return stepType === "required"
    ? "it is required"
    : "its workflow does not let it be skipped";
}

function assertReason(
  workflow: Workflow,
  open: OpenItem,
  { reason, force }: Skip,
): void {
  const { id, skipConditions } = open.item;
  const problem = problemOfSkipReason(reason, reasonRuleOf(open));
  if (problem === undefined) return;
  const command = force
    ? forcedSkip(workflow, id)
    : `orc skip ${id} --reason "<why>"`;
  const advice = skipConditions.length === 0
    ? "say what makes it unnecessary here"
    : `say which of these holds, and why (${skipConditions.join("; ")})`;
  throw refused(
    "skip_reason",
    `Cannot skip item "${id}": ${uncapitalised(problem)}`,
    {
      hint: `${advice}: ${command}`,
      details: { itemId: id, skipConditions },
    },
  );
}

function skipEvents(
  open: OpenItem,
  action: Skip,
  caller: Caller,
): readonly Event[] {
  const { item } = open;
  const text = {
    message: `${action.force ? "Force-skipped" : "Skipped"} item: ${item.id}`,
    details: {
      reason: action.reason,
      step_type: item.stepType,
      context_considered: null,
      force_skipped: action.force,
      ...(isFreedByPhase(open) ? { phase_type: open.phase.phaseType } : {}),
    },
  };
  const eventOf = action.force ? humanEvent : systemEvent;
  const skipped = eventOf("item_skipped", subjectOf(open), text, caller);
  if (reasonRuleOf(open) !== "documented") return [skipped];
  const validated = systemEvent("skip_validated", subjectOf(open), {
    message: "Skip reasoning validated",
    details: { reason_length: lengthOf(action.reason) },
  });
  return [validated, skipped];
}

/** Refuses to undo a decision that somebody gave a reason for. */
export function assertNotSkipped(
  verb: Verb,
  { item, itemState }: OpenItem,
): void {
  if (itemState.status !== "skipped") return;
  throw refusal(verb, item.id, "it was skipped");
}

/** What an item can refuse. */
type Verb = "start" | "complete" | "approve" | "skip" | "reject" | "reopen";

export function refusal(
  verb: Verb,
  itemId: string,
  because: string,
  hint = "orc status",
): OrcError {
  return refused(
    `cannot_${verb}`,
    `Cannot ${verb} item "${itemId}": ${because}`,
    { hint, details: { itemId } },
  );
}

export function itemChanged(
  { state }: Situation,
  { phase, itemState }: OpenItem,
  fields: Partial<ItemState>,
  events: readonly Event[],
): Decision {
  return { state: withItem(state, phase, { ...itemState, ...fields }), events };
}
