import { refused } from "../base/error.ts";
import { lengthOf, uncapitalised } from "../base/text.ts";
import { problemOfSkipReason } from "../workflow/evidence.ts";
import {
  approvalRequired,
  forcedSkip,
  isHumanOnly,
} from "../workflow/supervision.ts";
import type { Caller, Decision, Event, Item } from "../workflow/types.ts";
import {
  hintOf,
  isFreedByPhase,
  isLeftOutAtWill,
  reasonRuleOf,
  stepFor,
} from "./next.ts";
import {
  type ActionOf,
  assertInOrder,
  findItem,
  humanEvent,
  itemChanged,
  refusal,
  requireHuman,
  type Situation,
  subjectOf,
  systemEvent,
  unchanged,
} from "./situation.ts";
import { missingReviewOf, type OpenItem } from "./state.ts";

type Skip = ActionOf<"skip">;

/** Leaves an item out, for a reason that is one. */
export function skipItem(situation: Situation, action: Skip): Decision {
  const { workflow, state, at, caller } = situation;
  const { itemId, reason, force } = action;
  const open = findItem(workflow, state, itemId);
  const { status } = open.itemState;
  if (status === "skipped") return unchanged(state);
  if (status === "completed") {
    throw refusal("skip", itemId, "it is completed already");
  }
  assertInOrder("skip", situation, open);
  assertSkippable(situation, open, force);
  if (force) requireHuman(caller, `skip item "${itemId}" by force`);
  assertReason(open, action);
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
        forcedSkip(item.id)
      }`
      : "";
    throw refusal("skip", item.id, obstacleOf(item), hint + help);
  }
  if (force) return;
  // A reason that would only lead to a dead end, or past a human, does not count.
  if (isHumanOnly(workflow, item)) throw approvalRequired("skip", item);
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

function assertReason(open: OpenItem, { reason, force }: Skip): void {
  const { id, skipConditions } = open.item;
  const problem = problemOfSkipReason(reason, reasonRuleOf(open));
  if (problem === undefined) return;
  const command = force ? forcedSkip(id) : `orc skip ${id} --reason "<why>"`;
  const advice = skipConditions.length === 0
    ? "say what makes it unnecessary here"
    : `say which of these holds, and why (${skipConditions.join("; ")})`;
  throw refused(
    "skip_reason",
    `Cannot skip item "${id}": ${uncapitalised(problem)}`,
    {
      hint: `${advice}: ${command}`,
      details: { item: id, skipConditions },
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
