/** What is taken back: a human's no, and items and phases that are opened again. */
import { refused, usage } from "../base/error.ts";
import { jsonObject } from "../base/json.ts";
import { withOffset } from "../base/time.ts";
import { isManual } from "../workflow/supervision.ts";
import type { Decision, PhaseState, SessionState } from "../workflow/types.ts";
import type { ActionOf } from "./action.ts";
import { itemChanged, refusal } from "./item.ts";
import {
  assertNotesFit,
  findItem,
  humanEvent,
  requireHuman,
  type Situation,
  subjectOf,
  systemEvent,
  unknownPhase,
  withPhase,
} from "./situation.ts";
import { approvalKey, isDone, phaseStateOf } from "./state.ts";

/** Nothing that was found out about an item before counts any more; a clock begins anew. */
const UNVERIFIED = {
  startedAt: null,
  completedAt: null,
  verificationResult: null,
  gateResult: null,
} as const;

/** A human's no: to a manual gate that waits, or to any item of the phase that is completed. */
export function rejectItem(
  situation: Situation,
  { itemId, reason }: ActionOf<"reject">,
): Decision {
  const { workflow, state, at, caller } = situation;
  const why = reasonOf(reason, `orc reject ${itemId} --reason "<why>"`);
  const open = findItem(workflow, state, itemId);
  const { item, itemState } = open;
  const waits = isManual(item) && itemState.status !== "skipped";
  if (!waits && itemState.status !== "completed") {
    throw refusal("reject", itemId, "it is neither completed nor for a human");
  }
  requireHuman(situation, `reject item "${itemId}"`);
  const isGate = item.stepType === "gate";
  return itemChanged(situation, open, {
    ...UNVERIFIED,
    status: isGate ? "pending" : "failed",
    retryCount: itemState.retryCount + 1,
    verificationResult: jsonObject({
      type: item.verification.type,
      rejection: why,
      rejected_at: withOffset(at),
      error: caller.approval === "setting"
        ? `rejected: ${why}`
        : `rejected by a human: ${why}`,
    }),
  }, [
    humanEvent(
      isGate ? "gate_failed" : "verification_failed",
      subjectOf(open),
      {
        message: `Rejected item: ${itemId}`,
        details: { rejected: true, reason: why },
      },
      caller,
    ),
  ]);
}

export function reopenItem(
  situation: Situation,
  { itemId, reason }: ActionOf<"reopen_item">,
): Decision {
  const { workflow, state, caller } = situation;
  const why = reasonOf(reason, `orc reopen ${itemId} --reason "<why>"`);
  const open = findItem(workflow, state, itemId);
  if (!isDone(open.itemState)) {
    throw refusal("reopen", itemId, "it is open");
  }
  return itemChanged(situation, open, {
    ...UNVERIFIED,
    status: "pending",
    skippedAt: null,
    skipReason: null,
  }, [
    systemEvent("note_added", subjectOf(open), {
      message: `Reopened item: ${itemId}`,
      details: { reopened: true, reason: why },
    }, caller),
  ]);
}

/** Goes back to an earlier phase: items stay as they are, approvals from there on are taken back. */
export function reopenPhase(
  situation: Situation,
  { phaseId, reason }: ActionOf<"reopen_phase">,
): Decision {
  const { workflow, state, caller } = situation;
  const { phases } = workflow;
  const why = reasonOf(reason, `orc reopen ${phaseId} --reason "<why>"`);
  const index = phases.findIndex(({ id }) => id === phaseId);
  if (index < 0) throw unknownPhase(workflow, phaseId);
  const now = phases.findIndex(({ id }) => id === state.currentPhaseId);
  if (index >= now) {
    throw refused(
      "cannot_reopen",
      `Cannot reopen phase "${phaseId}": ${
        index === now ? "the session is in it" : "it comes later"
      }`,
      { hint: "orc status", details: { itemId: null, phaseId } },
    );
  }
  requireHuman(situation, `reopen phase "${phaseId}"`);
  const [reopened, ...later] = phases.slice(index).map((phase) =>
    phaseStateOf(state, phase)
  );
  const changed: readonly PhaseState[] = [
    ...reopened
      ? [{ ...reopened, status: "active" as const, completedAt: null }]
      : [],
    ...later.map((phase) => ({
      ...phase,
      status: "pending" as const,
      startedAt: null,
      completedAt: null,
    })),
  ];
  const keys = phases.slice(index).map(({ id }) => approvalKey(id));
  const taken = new Set(keys.flatMap((key) => [key, `${key}_at`]));
  const moved: SessionState = {
    ...state,
    currentPhaseId: phaseId,
    metadata: new Map([...state.metadata].filter(([key]) => !taken.has(key))),
  };
  return {
    state: changed.reduce(withPhase, moved),
    events: [humanEvent("human_override", { phaseId }, {
      message: `Reopened phase: ${phaseId}`,
      details: { reopened: true, reason: why },
    }, caller)],
  };
}

function reasonOf(reason: string, hint: string): string {
  assertNotesFit(reason);
  const why = reason.trim();
  if (why !== "") return why;
  throw usage(
    "reason_missing",
    "Whoever goes on has to know why, and no reason was given",
    hint,
  );
}
