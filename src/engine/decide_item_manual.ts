import { limitText } from "../base/duration.ts";
import { OrcError } from "../base/error.ts";
import type { JsonValue } from "../base/json.ts";
import {
  approvalRequired,
  hasCome,
  type Passage,
  passageOf,
  passesAt,
  supervisionMode,
} from "../workflow/supervision.ts";
import type { Decision } from "../workflow/types.ts";
import { subjectOf } from "./decide_item.ts";
import { type ActionOf, type Situation, systemEvent } from "./situation.ts";
import { type OpenItem, withItem } from "./state.ts";

type Complete = ActionOf<"complete">;

/**
 * `complete` on a manual gate. Only a human's approval makes it completed; where the
 * supervision lets it pass without one, it is skipped, so that nobody takes it for approved.
 */
export function completeManualGate(
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
  return new OrcError(
    "refused",
    "approval_pending",
    `Cannot complete item "${itemId}" yet: it passes by itself at ${passesAt}, unless a human approves it before`,
    {
      hint:
        `a human runs, in a terminal: orc approve-item ${itemId}; from then on anybody: orc complete ${itemId}`,
      details: { item: itemId, passesAt },
    },
  );
}
