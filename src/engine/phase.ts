import { refused, usage } from "../base/error.ts";
import { type JsonValue, withFields } from "../base/json.ts";
import { listOf } from "../base/text.ts";
import { withOffset } from "../base/time.ts";
import type {
  Decision,
  Event,
  Phase,
  SessionState,
  Workflow,
} from "../workflow/types.ts";
import type { ActionOf } from "./action.ts";
import { hintOf, nextStep } from "./next.ts";
import {
  assertNotesFit,
  type Circumstances,
  findItem,
  humanEvent,
  requireYes,
  type Situation,
  systemEvent,
  unchanged,
  unknownPhase,
  withPhase,
} from "./situation.ts";
import {
  approvalKey,
  awaitsApproval,
  type Blocker,
  currentPhase,
  itemStateOf,
  nextPhase,
  pendingPhase,
  phaseBlockers,
  phaseStateOf,
  sessionBlockers,
} from "./state.ts";

/** Leaves the current phase and enters the next. The last phase is left by finishing. */
export function advance(
  situation: Situation,
  { force }: ActionOf<"advance">,
): Decision {
  const { workflow, state, at } = situation;
  const phase = currentPhase(workflow, state);
  const next = nextPhase(workflow, state);
  const blockers = phaseBlockers(state, phase);
  const forced = blockers.length > 0;
  // Behind the last phase there is nothing that force could lead to.
  if (forced && !(force && next)) {
    throw blocked(situation, `Cannot leave phase "${phase.id}"`, blockers);
  }
  if (!next) return unchanged(state);
  if (force) requireYes(situation, `leave phase "${phase.id}" by force`);
  return {
    state: withPhase({ ...left(state, phase, at), currentPhaseId: next.id }, {
      ...phaseStateOf(state, next),
      status: "active",
      startedAt: at,
    }),
    events: [
      phaseCompleted(situation, phase, forced),
      phaseStarted(next),
    ],
  };
}

/** Blockers named in one message; the details hold all. */
const MAX_BLOCKERS = 5;

function blocked(
  { workflow, state }: Situation,
  message: string,
  blockers: readonly Blocker[],
): Error {
  const messages = blockers.map((blocker) => blocker.message);
  return refused("blocked", `${message}: ${listOf(messages, MAX_BLOCKERS)}`, {
    hint: hintOf(nextStep(workflow, state)),
    details: { blockers },
  });
}

function left(state: SessionState, phase: Phase, at: string): SessionState {
  return withPhase(state, {
    ...phaseStateOf(state, phase),
    status: "completed",
    completedAt: at,
  });
}

function phaseStarted({ id, name }: Phase): Event {
  const message = `Started phase: ${name}`;
  return systemEvent("phase_started", { phaseId: id }, { message });
}

/** The event that closes a phase, with the items that were skipped in it. */
function phaseCompleted(
  { state, caller }: Situation,
  phase: Phase,
  forced: boolean,
): Event {
  const skipped = phaseStateOf(state, phase).items
    .filter((item) => item.status === "skipped")
    .map((item) => `${item.id}: ${item.skipReason ?? ""}`);
  const eventOf = forced ? humanEvent : systemEvent;
  return eventOf("phase_completed", { phaseId: phase.id }, {
    message: `Completed phase: ${phase.id}`,
    details: { skipped_items: skipped, forced },
  }, caller);
}

export function approvePhase(
  situation: Situation,
  action: ActionOf<"approve_phase">,
): Decision {
  const { workflow, state, at, caller } = situation;
  const phaseId = action.phaseId ?? state.currentPhaseId;
  const phase = workflow.phases.find(({ id }) => id === phaseId);
  if (!phase) throw unknownPhase(workflow, phaseId);
  if (!awaitsApproval(state, phase)) return unchanged(state);
  requireYes(situation, `approve phase "${phase.id}"`);
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
      message: caller.approval === "setting"
        ? `Approved phase: ${phase.id}`
        : `Human approved phase: ${phase.id}`,
    }, caller)],
  };
}

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
        details: {
          project: action.project,
          workflow_type: workflow.name,
          ...(action.constraints.length > 0
            ? { constraints: action.constraints }
            : {}),
          ...(action.metadata.size > 0 ? { metadata: action.metadata } : {}),
          ...Object.fromEntries(action.facts ?? []),
        },
      }, caller),
      phaseStarted(first),
    ],
  };
}

export function finish(
  situation: Situation,
  { notes, force, measured }: ActionOf<"finish">,
): Decision {
  const { workflow, state, at, caller } = situation;
  assertNotesFit(notes);
  const blockers = sessionBlockers(workflow, state);
  const forced = blockers.length > 0;
  if (forced && !force) {
    throw blocked(situation, "Cannot finish the session", blockers);
  }
  if (force) requireYes(situation, "finish the session by force");
  const phase = currentPhase(workflow, state);
  const eventOf = forced ? humanEvent : systemEvent;
  return {
    state: {
      ...left(state, phase, at),
      status: "completed",
      completedAt: at,
      metadata: withFields(state.metadata, closingNotes(notes)),
    },
    events: [
      phaseCompleted(situation, phase, forced),
      eventOf("workflow_completed", { phaseId: phase.id }, {
        message: "Workflow completed",
        details: {
          notes,
          ...(forced ? { forced } : {}),
          ...(measured ? { measured } : {}),
        },
      }, caller),
    ],
  };
}

/** Where the Python tool keeps what came of a session. */
function closingNotes(
  notes: string | null,
): Readonly<Record<string, JsonValue>> {
  return notes ? { completion_notes: notes } : {};
}

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

export function addNote(
  { workflow, state, at, caller }: Situation,
  action: ActionOf<"note">,
): Decision {
  const { itemId } = action;
  const text = action.text.trim();
  if (text === "") {
    throw usage(
      "note_empty",
      "The note is empty",
      'orc note "<what is worth remembering>"',
    );
  }
  assertNotesFit(text);
  if (itemId !== null) findItem(workflow, state, itemId);
  const subject = { phaseId: state.currentPhaseId, itemId };
  return {
    state: { ...state, notes: [...state.notes, { at, text, itemId }] },
    events: [
      systemEvent("note_added", subject, {
        message: `Note: ${text}`,
        details: { note: text },
      }, caller),
    ],
  };
}

/** Records that somebody not known to be a human asked for what only a human may do. */
export function refuseApproval(
  { state, caller }: Situation,
  { request, itemId }: ActionOf<"refuse_approval">,
): Decision {
  const subject = { phaseId: state.currentPhaseId, itemId };
  return {
    state,
    events: [systemEvent("error", subject, {
      message: `Refused without a human: ${request}`,
      details: { code: "approval_required", request },
    }, caller)],
  };
}

/** An item that was left out, and why. */
export interface LeftOut {
  /** Id of its phase. */
  readonly phaseId: string;
  /** Its id. */
  readonly itemId: string;
  /** As given; null where the Python tool kept none. */
  readonly reason: string | null;
}

/** What was skipped in some phases, in the order of the workflow. */
export function leftOutIn(
  state: SessionState,
  phases: readonly Phase[],
): readonly LeftOut[] {
  return phases.flatMap((phase) => {
    const phaseState = phaseStateOf(state, phase);
    return phase.items.flatMap(({ id }) => {
      const { status, skipReason } = itemStateOf(phaseState, id);
      return status === "skipped"
        ? [{ phaseId: phase.id, itemId: id, reason: skipReason }]
        : [];
    });
  });
}
