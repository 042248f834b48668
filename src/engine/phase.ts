import { OrcError } from "../base/error.ts";
import { withFields } from "../base/json.ts";
import { withOffset } from "../base/time.ts";
import type {
  Decision,
  Event,
  Phase,
  SessionState,
} from "../workflow/types.ts";
import {
  approvalKey,
  awaitsApproval,
  blocked,
  phaseBlockers,
} from "./blockers.ts";
import { hintOf, nextStep } from "./next_step.ts";
import {
  type ActionOf,
  humanEvent,
  requireHuman,
  type Situation,
  systemEvent,
  unchanged,
} from "./situation.ts";
import { currentPhase, nextPhase, phaseStateOf, withPhase } from "./state.ts";

/** Leaves the current phase and enters the next. The last phase is left by finishing. */
export function advance(
  situation: Situation,
  action: ActionOf<"advance">,
): Decision {
  const { workflow, state, at, caller } = situation;
  const phase = currentPhase(workflow, state);
  const next = nextPhase(workflow, state);
  const blockers = phaseBlockers(state, phase);
  const forced = blockers.length > 0;
  // Behind the last phase there is nothing that force could lead to.
  if (forced && !(action.force && next)) {
    const hint = hintOf(nextStep(workflow, state));
    throw blocked(`Cannot leave phase "${phase.id}"`, blockers, hint);
  }
  if (!next) return unchanged(state);
  if (action.force) requireHuman(caller, `leave phase "${phase.id}" by force`);
  return {
    state: entered(left(state, phase, at), next, at),
    events: [
      phaseCompleted(situation, phase, forced),
      systemEvent(
        "phase_started",
        { phaseId: next.id },
        { message: `Started phase: ${next.name}` },
      ),
    ],
  };
}

/** The event that closes a phase, with what was skipped in it. */
export function phaseCompleted(
  { state, caller }: Situation,
  phase: Phase,
  forced: boolean,
): Event {
  const skipped = phaseStateOf(state, phase).items
    .filter((item) => item.status === "skipped")
    .map((item) => `${item.id}: ${item.skipReason ?? ""}`);
  const subject = { phaseId: phase.id };
  const text = {
    message: `Completed phase: ${phase.id}`,
    details: { skipped_items: skipped, forced },
  };
  return forced
    ? humanEvent("phase_completed", subject, text, caller)
    : systemEvent("phase_completed", subject, text, caller);
}

/** Returns the state with a phase marked as completed. */
export function left(
  state: SessionState,
  phase: Phase,
  at: string,
): SessionState {
  return withPhase(state, {
    ...phaseStateOf(state, phase),
    status: "completed",
    completedAt: at,
  });
}

function entered(state: SessionState, phase: Phase, at: string): SessionState {
  return withPhase({ ...state, currentPhaseId: phase.id }, {
    ...phaseStateOf(state, phase),
    status: "active",
    startedAt: at,
  });
}

/** A human's yes on leaving a phase. */
export function approvePhase(
  situation: Situation,
  action: ActionOf<"approve_phase">,
): Decision {
  const { workflow, state, at, caller } = situation;
  const phaseId = action.phaseId ?? state.currentPhaseId;
  const phase = workflow.phases.find(({ id }) => id === phaseId);
  if (!phase) {
    throw new OrcError(
      "not_found",
      "no_such_phase",
      `No phase "${phaseId}" in this workflow`,
      {
        hint: "orc status",
        details: { phases: workflow.phases.map(({ id }) => id) },
      },
    );
  }
  if (!awaitsApproval(state, phase)) return unchanged(state);
  requireHuman(caller, `approve phase "${phase.id}"`);
  const key = approvalKey(phase.id);
  return {
    state: {
      ...state,
      metadata: withFields(state.metadata, {
        [key]: true,
        [`${key}_at`]: withOffset(at),
      }),
    },
    events: [humanEvent("human_override", { phaseId: phase.id }, {
      message: `Human approved phase: ${phase.id}`,
    }, caller)],
  };
}
