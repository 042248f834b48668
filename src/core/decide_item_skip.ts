import { refusal, subjectOf } from "./decide_item.ts";
import { OrcError } from "./error.ts";
import {
  type ActionOf,
  humanEvent,
  requireHuman,
  type Situation,
  systemEvent,
  unchanged,
} from "./situation.ts";
import { problemOfSkipReason } from "./skip_reason.ts";
import { findItem, type OpenItem, withItem } from "./state.ts";
import { lengthOf, uncapitalised } from "./text.ts";
import type { Caller, Decision, Event, Item } from "./types.ts";

type Skip = ActionOf<"skip">;

/** Leaves an item out, for a reason that is one. */
export function skipItem(situation: Situation, action: Skip): Decision {
  const { workflow, state, at, caller } = situation;
  const open = findItem(workflow, state, action.itemId);
  const { phase, item, itemState } = open;
  if (itemState.status === "skipped") return unchanged(state);
  assertSkippable(open, action);
  if (action.force) requireHuman(caller, `skip item "${item.id}" by force`);
  assertReason(item, action.reason);
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
  { item, itemState }: OpenItem,
  { force }: Skip,
): void {
  if (itemState.status === "completed") {
    throw refusal("skip", item.id, "it is completed already");
  }
  if (item.stepType === "required") {
    throw refusal("skip", item.id, "it is required");
  }
  if (item.stepType === "gate" && !force) {
    throw refusal("skip", item.id, "it is a gate");
  }
  if (item.stepType !== "gate" && !item.skippable) {
    throw refusal("skip", item.id, "its workflow does not let it be skipped");
  }
}

function assertReason({ id, stepType }: Item, reason: string): void {
  const problem = problemOfSkipReason(reason, stepType);
  if (problem === undefined) return;
  throw new OrcError(
    "refused",
    "skip_reason",
    `Cannot skip item "${id}": ${uncapitalised(problem)}`,
    {
      hint:
        `say what makes it unnecessary here: orc skip ${id} --reason "<why>"`,
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
    },
  };
  const eventOf = action.force ? humanEvent : systemEvent;
  const skipped = eventOf("item_skipped", subjectOf(open), text, caller);
  if (item.stepType !== "documented") return [skipped];
  const validated = systemEvent("skip_validated", subjectOf(open), {
    message: "Skip reasoning validated",
    details: { reason_length: lengthOf(action.reason) },
  });
  return [validated, skipped];
}
