import { asObject } from "../base/json.ts";
import { isManual, passageOf, passesAt } from "../workflow/supervision.ts";
import { subjectOfCheck } from "../workflow/template.ts";
import type {
  Item,
  ItemState,
  ItemStatus,
  Phase,
  PhaseStatus,
  SessionState,
  SessionStatus,
  StepType,
  Verification,
  Workflow,
} from "../workflow/types.ts";
import { isSkippable, nextStep, type Step } from "./next.ts";
import {
  type Blocker,
  isClosed,
  isDone,
  itemStateOf,
  nextPhase,
  phaseBlockers,
  phaseStateOf,
  sessionBlockers,
} from "./state.ts";

/** How many items of a phase or a session are done. */
export interface Progress {
  /** Items that are completed or approved; skipped ones do not count. */
  readonly completed: number;
  /** Items that were left out for a reason. */
  readonly skipped: number;
  /** All items, optional ones too. */
  readonly total: number;
}

/** A phase in one line. */
export interface PhaseSummary extends Progress {
  /** What commands take, such as `PLAN`. */
  readonly id: string;
  /** Shown to people; ids are what commands take. */
  readonly name: string;
  /** `pending` for a phase that the state does not know. */
  readonly status: PhaseStatus;
}

/** The evidence an item asks for. */
export interface EvidenceSummary {
  /** Name of the schema it has to follow; null where any will do, also none. */
  readonly schema: string | null;
  /** What to collect, in the words of the workflow; null without any. */
  readonly prompt: string | null;
  /** Whether some was handed in before, as with a try that failed. */
  readonly given: boolean;
}

/** An item of the current phase, as `status` and `next` show it. */
export interface ItemSummary {
  /** What commands take. */
  readonly id: string;
  /** Shown to people; ids are what commands take. */
  readonly name: string;
  /** `pending` for an item that the state does not know. */
  readonly status: ItemStatus;
  /** Whether it keeps the session in its phase until it is completed or skipped. */
  readonly required: boolean;
  /** How strictly it is enforced. */
  readonly stepType: StepType;
  /** What is needed to complete it: nothing, a human, a file or a program. */
  readonly verification: Verification["type"];
  /** What to do, in the words of the workflow; null where the name says it all. */
  readonly description: string | null;
  /**
   * What is checked, in the workflow's words; else its path or command, with settings filled in.
   * Null where nothing is checked or described.
   */
  readonly check: string | null;
  /** Advice from the workflow; may begin with a tag such as `[tip]`. */
  readonly notes: readonly string[];
  /**
   * When skipping is fine, in the words of the workflow; empty where it names nothing, or where the
   * item cannot be skipped without force.
   */
  readonly skipConditions: readonly string[];
  /**
   * What gets an open manual gate, or a gate that names nothing to verify, out of the way: a `human`, `nobody` (`complete` skips it), or a
   * `clock` that gives a human time to answer and that the first `complete` or `start-item` starts.
   * Null for everything else.
   */
  readonly approval: "human" | "nobody" | "clock" | null;
  /**
   * From when on `complete` skips a manual gate whose clock runs, an instant in UTC; null while
   * none runs.
   */
  readonly passesAt: string | null;
  /** What evidence it asks for; null for none, and for manual gates. */
  readonly evidence: EvidenceSummary | null;
  /** When somebody first said they work on it, an instant in UTC; null when nobody did. */
  readonly startedAt: string | null;
  /** How many of its checks failed so far. */
  readonly tries: number;
  /** Why it was skipped, as given; null while it is not skipped. */
  readonly skipReason: string | null;
  /** Why the last try failed, in a few words; null when none did, or when it is completed. */
  readonly failure: string | null;
}

/** What to do next: one command, and for programs the action that it is, with what that is about. */
export type NextStep =
  & {
    /** A command line for a POSIX shell; what stands in it as `<…>` is to be filled in. */
    readonly command: string;
    /** Whether only a human can do it. */
    readonly human: boolean;
  }
  & (
    | {
      /** The type of an {@linkcode Action}; `finish` by a human needs force. */
      readonly action: "complete" | "approve_item";
      /** The item of the current phase it is about; null for a step of a phase or the session. */
      readonly item: ItemSummary;
    }
    | {
      readonly action: "approve_phase";
      readonly item: null;
      /** The phase whose leaving awaits a yes: the current one, or in the last phase any. */
      readonly phaseId: string;
    }
    | { readonly action: "advance" | "finish"; readonly item: null }
  );

/** All that people and agents want to know of a session at a glance. */
export interface Summary {
  /** Whether anything can still change: neither finished nor abandoned. */
  readonly active: boolean;
  /** How far the session is. */
  readonly status: SessionStatus;
  /** What is to be done, as given at start. */
  readonly task: string;
  /** Name of the project the task belongs to; null without one. */
  readonly project: string | null;
  /** `wf_` and eight hex digits, part of every line of the log. Not the id of the session. */
  readonly workflowId: string;
  /** Name of the workflow. */
  readonly workflow: string;
  /** Id of the current phase; after the end, of the one it ended in. */
  readonly phaseId: string;
  /** All phases in the order of the workflow. */
  readonly phases: readonly PhaseSummary[];
  /** Sums over all phases. */
  readonly progress: Progress;
  /**
   * Items of the current phase in the order of the workflow; empty if the workflow does not define
   * that phase.
   */
  readonly items: readonly ItemSummary[];
  /** Advice for the current phase; may begin with a tag such as `[tip]`. */
  readonly phaseNotes: readonly string[];
  /** What must hold throughout, as given at start. */
  readonly constraints: readonly string[];
  /** What somebody said was worth remembering, oldest first. */
  readonly notes: readonly string[];
  /**
   * What keeps the session from going on; in the last phase, from being finished. Empty after the
   * end.
   */
  readonly blockers: readonly Blocker[];
  /** What to do now; null after the end, or if the workflow does not define the current phase. */
  readonly next: NextStep | null;
}

/**
 * Sums up a session. Works on any session that can be read, whatever its workflow lacks; never
 * throws.
 */
export function summarize(workflow: Workflow, state: SessionState): Summary {
  const active = !isClosed(state.status);
  const phases = workflow.phases.map((phase) => summarizePhase(phase, state));
  const phase = workflow.phases.find(({ id }) => id === state.currentPhaseId);
  const items = phase ? summarizeItems(workflow, state, phase) : [];
  const step = active && phase ? nextStep(workflow, state) : null;
  return {
    active,
    status: state.status,
    task: state.task,
    project: state.project,
    workflowId: state.workflowId,
    workflow: workflow.name,
    phaseId: state.currentPhaseId,
    phases,
    progress: {
      completed: sumOf(phases, "completed"),
      skipped: sumOf(phases, "skipped"),
      total: sumOf(phases, "total"),
    },
    items,
    phaseNotes: phase?.notes ?? [],
    constraints: state.constraints,
    notes: state.notes.map(({ text }) => text),
    blockers: active && phase ? blockersOf(workflow, state, phase) : [],
    next: step && shownStep(step, items),
  };
}

function shownStep(
  step: Step,
  items: readonly ItemSummary[],
): NextStep | null {
  if (!("itemId" in step)) return { ...step, item: null };
  const { itemId, ...rest } = step;
  const item = items.find(({ id }) => id === itemId);
  return item ? { ...rest, item } : null;
}

/** The last phase is left by finishing, which everything still open in any phase keeps from. */
function blockersOf(
  workflow: Workflow,
  state: SessionState,
  phase: Phase,
): readonly Blocker[] {
  return nextPhase(workflow, state)
    ? phaseBlockers(state, phase)
    : sessionBlockers(workflow, state);
}

function summarizePhase(phase: Phase, state: SessionState): PhaseSummary {
  const phaseState = phaseStateOf(state, phase);
  const count = (status: ItemStatus) =>
    phase.items.filter(({ id }) =>
      itemStateOf(phaseState, id).status === status
    )
      .length;
  return {
    id: phase.id,
    name: phase.name,
    status: phaseState.status,
    completed: count("completed"),
    skipped: count("skipped"),
    total: phase.items.length,
  };
}

function sumOf(phases: readonly Progress[], key: keyof Progress): number {
  return phases.reduce((total, phase) => total + phase[key], 0);
}

/** The items of a phase, in the order of the workflow. */
export function summarizeItems(
  workflow: Workflow,
  state: SessionState,
  phase: Phase,
): readonly ItemSummary[] {
  const phaseState = phaseStateOf(state, phase);
  return phase.items.map((item) => {
    const itemState = itemStateOf(phaseState, item.id);
    const isLeftOut = isSkippable({ workflow, state }, { phase, item });
    const passage = isDone(itemState) ? undefined : passageOf(workflow, item);
    const { status, startedAt, retryCount, skipReason } = itemState;
    return {
      id: item.id,
      name: item.name,
      status,
      required: item.required,
      stepType: item.stepType,
      verification: item.verification.type,
      description: item.description,
      check: item.verification.description ??
        subjectOfCheck(item.verification, workflow.settings),
      notes: item.notes,
      skipConditions: isLeftOut ? item.skipConditions : [],
      approval: passage?.type ?? null,
      passesAt: passage?.type === "clock" ? passesAt(passage, itemState) : null,
      evidence: evidenceOf(item, itemState),
      startedAt,
      tries: retryCount,
      skipReason,
      failure: status === "completed" ? null : failureOf(itemState),
    };
  });
}

function evidenceOf(
  item: Item,
  { evidence }: ItemState,
): EvidenceSummary | null {
  const { evidenceSchema: schema, evidencePrompt: prompt } = item;
  const isAsked = schema !== null || prompt !== null;
  if (!isAsked || isManual(item)) return null;
  return { schema, prompt, given: evidence !== null };
}

function failureOf(item: ItemState): string | null {
  if (item.retryCount === 0) return null;
  const result = asObject(item.gateResult) ?? asObject(item.verificationResult);
  const error = result?.get("error");
  if (typeof error === "string" && error !== "") return error;
  const path = result?.get("path");
  if (typeof path === "string" && path !== "") return `${path} not found`;
  const exitCode = result?.get("exit_code");
  return typeof exitCode === "number" ? `exit code ${exitCode}` : null;
}
