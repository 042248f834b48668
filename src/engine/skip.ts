import { type OrcError, refused } from "../base/error.ts";
import { lengthOf, uncapitalised } from "../base/text.ts";
import { problemOfSkipReason } from "../workflow/evidence.ts";
import {
  approvalRequired,
  forcedSkip,
  isHumanOnly,
} from "../workflow/supervision.ts";
import type {
  Caller,
  Decision,
  Event,
  Item,
  SessionState,
} from "../workflow/types.ts";
import {
  hintOf,
  isFreedByPhase,
  isLeftOutAtWill,
  nextStep,
  reasonRuleOf,
  stepFor,
} from "./next.ts";
import {
  type ActionOf,
  humanEvent,
  requireHuman,
  type Situation,
  type Subject,
  systemEvent,
  unchanged,
} from "./situation.ts";
import {
  findItem,
  isDone,
  itemStateOf,
  missingReviewOf,
  type OpenItem,
  phaseStateOf,
  withItem,
} from "./state.ts";

/** The required item whose turn it is before another one; optional ones may be left for later. */
export function itemBefore(
  state: SessionState,
  { phase, item }: Pick<OpenItem, "phase" | "item">,
): Item | undefined {
  if (phase.phaseType !== "strict") return undefined;
  const phaseState = phaseStateOf(state, phase);
  const index = phase.items.findIndex(({ id }) => id === item.id);
  return phase.items.slice(0, index).find(({ id, required }) =>
    required && !isDone(itemStateOf(phaseState, id))
  );
}

/** Refuses to touch an item of a strict phase before its turn. */
export function assertInOrder(
  verb: string,
  { workflow, state }: Pick<Situation, "workflow" | "state">,
  open: OpenItem,
): void {
  const { phase, item } = open;
  const first = itemBefore(state, open);
  if (first === undefined) return;
  throw refused(
    "out_of_order",
    `Cannot ${verb} item "${item.id}": in phase "${phase.id}" item "${first.id}" comes first`,
    {
      hint: hintOf(nextStep(workflow, state)),
      details: { item: item.id, first: first.id },
    },
  );
}

/** What the rules for items have in common. */

/** What an event about an item is about. */
export function subjectOf({ phase, item }: OpenItem): Subject {
  return { phaseId: phase.id, itemId: item.id };
}

/** Refuses to undo a decision that somebody gave a reason for. */
export function assertNotSkipped(
  verb: string,
  { item, itemState }: OpenItem,
): void {
  if (itemState.status !== "skipped") return;
  throw refusal(verb, item.id, "it was skipped");
}

/** The answer to an action that the rules do not allow on an item. */
export function refusal(
  verb: string,
  itemId: string,
  because: string,
  options: { hint?: string } = {},
): OrcError {
  return refused(
    `cannot_${verb}`,
    `Cannot ${verb} item "${itemId}": ${because}`,
    { hint: options.hint ?? "orc status", details: { item: itemId } },
  );
}

type Skip = ActionOf<"skip">;

/** Leaves an item out, for a reason that is one. */
export function skipItem(situation: Situation, action: Skip): Decision {
  const { workflow, state, at, caller } = situation;
  const open = findItem(workflow, state, action.itemId);
  const { phase, item, itemState } = open;
  if (itemState.status === "skipped") return unchanged(state);
  if (itemState.status === "completed") {
    throw refusal("skip", item.id, "it is completed already");
  }
  assertInOrder("skip", situation, open);
  assertSkippable(situation, open, action);
  if (action.force) requireHuman(caller, `skip item "${item.id}" by force`);
  assertReason(open, action);
  return {
    state: withItem(state, phase, {
      ...itemState,
      status: "skipped",
      skippedAt: at,
      skipReason: action.reason,
    }),
    events: skipEvents(open, action, caller),
  };
}

function assertSkippable(
  situation: Situation,
  open: OpenItem,
  { force }: Skip,
): void {
  const { item } = open;
  const isGate = item.stepType === "gate";
  const hint = hintOf(stepFor(situation.workflow, item));
  if (isGate ? force : isLeftOutAtWill(open)) {
    if (!force) assertReasonIsEnough(situation, item, hint);
    return;
  }
  throw refusal("skip", item.id, obstacleOf(open), {
    hint: isGate && item.skipConditions.length > 0
      ? `${hint}; where one of these holds (${
        item.skipConditions.join("; ")
      }), a human can do without it: ${forcedSkip(item.id)}`
      : hint,
  });
}

/** Where a reason would only lead to a dead end, or past a human, it does not count. */
function assertReasonIsEnough(
  { workflow, state }: Situation,
  item: Item,
  hint: string,
): void {
  if (isHumanOnly(workflow, item)) throw approvalRequired("skip", item);
  const review = missingReviewOf(workflow, state, item.id);
  if (review === undefined) return;
  throw refusal(
    "skip",
    item.id,
    `it carries the required review "${review}", which does not count when it is skipped`,
    { hint },
  );
}

function obstacleOf({ item }: OpenItem): string {
  if (item.stepType === "gate") return "it is a gate";
  return item.stepType === "required"
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
