import { notFound, usage } from "../base/error.ts";
import { type JsonValue, withFields } from "../base/json.ts";
import { withOffset } from "../base/time.ts";
import type {
  Decision,
  Event,
  Phase,
  SessionState,
  Workflow,
} from "../workflow/types.ts";
import { hintOf, nextStep } from "./next.ts";
import {
  type ActionOf,
  assertNotesFit,
  type Circumstances,
  humanEvent,
  requireHuman,
  type Situation,
  systemEvent,
  unchanged,
} from "./situation.ts";
import {
  approvalKey,
  awaitsApproval,
  blocked,
  currentPhase,
  findItem,
  nextPhase,
  pendingPhase,
  phaseBlockers,
  phaseStateOf,
  sessionBlockers,
  withPhase,
} from "./state.ts";

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
function phaseCompleted(
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
function left(
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
    throw notFound("no_such_phase", `No phase "${phaseId}" in this workflow`, {
      hint: "orc status",
      details: { phases: workflow.phases.map(({ id }) => id) },
    });
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

/** Begins a session in the workflow's first phase. */
export function start(
  workflow: Workflow,
  action: ActionOf<"start">,
  { at, caller }: Circumstances,
): Decision {
  const [first, ...rest] = workflow.phases;
  if (!first) throw new Error("a parsed workflow has a phase");
  const active = { ...pendingPhase(first), status: "active" as const };
  return {
    state: {
      workflowId: action.workflowId,
      workflowType: workflow.name,
      workflowVersion: workflow.version,
      task: action.task,
      project: action.project,
      status: "active",
      currentPhaseId: first.id,
      phases: [{ ...active, startedAt: at }, ...rest.map(pendingPhase)],
      createdAt: at,
      updatedAt: at,
      completedAt: null,
      constraints: action.constraints,
      notes: [],
      metadata: action.metadata,
      definition: action.definition,
      source: new Map(),
    },
    events: [
      systemEvent("workflow_started", { phaseId: null }, {
        message: `Started workflow: ${action.task}`,
        details: { project: action.project, workflow_type: workflow.name },
      }, caller),
      systemEvent("phase_started", { phaseId: first.id }, {
        message: `Started phase: ${first.name}`,
      }),
    ],
  };
}

/** Ends a session whose phases, all of them, are done. */
export function finish(
  situation: Situation,
  action: ActionOf<"finish">,
): Decision {
  const { workflow, state, at, caller } = situation;
  assertNotesFit(action.notes);
  const blockers = sessionBlockers(workflow, state);
  const forced = blockers.length > 0;
  if (forced && !action.force) {
    const hint = hintOf(nextStep(workflow, state));
    throw blocked("Cannot finish the session", blockers, hint);
  }
  if (action.force) requireHuman(caller, "finish the session by force");
  const phase = currentPhase(workflow, state);
  const text = {
    message: "Workflow completed",
    details: { notes: action.notes, ...(forced ? { forced } : {}) },
  };
  const subject = { phaseId: phase.id };
  return {
    state: {
      ...left(state, phase, at),
      status: "completed",
      completedAt: at,
      metadata: withFields(state.metadata, closingNotes(action.notes)),
    },
    events: [
      phaseCompleted(situation, phase, forced),
      forced
        ? humanEvent("workflow_completed", subject, text, caller)
        : systemEvent("workflow_completed", subject, text, caller),
    ],
  };
}

/** Where the Python tool keeps what came of a session. */
function closingNotes(
  notes: string | null,
): Readonly<Record<string, JsonValue>> {
  return notes ? { completion_notes: notes } : {};
}

/** Ends a session that will not be finished. */
export function abandon(
  { state, caller }: Situation,
  action: ActionOf<"abandon">,
): Decision {
  assertNotesFit(action.notes);
  const reason = action.reason.trim();
  if (reason === "") {
    throw usage(
      "reason_missing",
      "A session is abandoned for a reason, and none was given",
      'orc finish --abandon --reason "<why>"',
    );
  }
  return {
    state: {
      ...state,
      status: "abandoned",
      metadata: withFields(state.metadata, {
        abandon_reason: reason,
        ...closingNotes(action.notes),
      }),
    },
    events: [
      systemEvent("workflow_abandoned", { phaseId: state.currentPhaseId }, {
        message: `Workflow abandoned: ${reason}`,
        details: action.notes ? { notes: action.notes } : {},
      }, caller),
    ],
  };
}

/** Keeps something worth remembering. */
export function addNote(
  situation: Situation,
  action: ActionOf<"note">,
): Decision {
  const { workflow, state, at, caller } = situation;
  const text = action.text.trim();
  if (text === "") {
    throw usage(
      "note_empty",
      "The note is empty",
      'orc note "<what is worth remembering>"',
    );
  }
  assertNotesFit(text);
  const itemId = action.itemId === null
    ? undefined
    : findItem(workflow, state, action.itemId).item.id;
  return {
    state: {
      ...state,
      notes: [...state.notes, { at, text, itemId: itemId ?? null }],
    },
    events: [
      systemEvent("note_added", { phaseId: state.currentPhaseId, itemId }, {
        message: `Note: ${text}`,
        details: { note: text },
      }, caller),
    ],
  };
}

/** Records that somebody not known to be a human asked for what only a human may do. */
export function refuseApproval(
  { state, caller }: Situation,
  action: ActionOf<"refuse_approval">,
): Decision {
  const subject = {
    phaseId: state.currentPhaseId,
    itemId: action.itemId ?? undefined,
  };
  return {
    state,
    events: [systemEvent("error", subject, {
      message: `Refused without a human: ${action.request}`,
      details: { code: "approval_required", request: action.request },
    }, caller)],
  };
}
