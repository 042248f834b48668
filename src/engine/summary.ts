import { asObject } from "../base/json.ts";
import { isManual, passageOf, passesAt } from "../workflow/supervision.ts";
import { subjectOfCheck } from "../workflow/template.ts";
import type {
  Item,
  ItemState,
  ItemStatus,
  Phase,
  SessionState,
  Workflow,
} from "../workflow/types.ts";
import { isSkippable, nextStep, type Step } from "./next.ts";
import type {
  EvidenceSummary,
  ItemSummary,
  NextStep,
  PhaseSummary,
  Progress,
  Rejection,
  Summary,
} from "./standing.ts";
import {
  type Blocker,
  isClosed,
  isDone,
  itemStateOf,
  nextPhase,
  phaseBlockers,
  phaseStateOf,
  rejectionOf,
  sessionBlockers,
} from "./state.ts";

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
    rejections: active && phase ? rejectionsIn(state, phase) : [],
    next: step && shownStep(step, items, { workflow, state }),
  };
}

function rejectionsIn(
  state: SessionState,
  phase: Phase,
): readonly Rejection[] {
  const phaseState = phaseStateOf(state, phase);
  return phase.items.flatMap(({ id: itemId }) => {
    const reason = rejectionOf(itemStateOf(phaseState, itemId));
    return reason === null ? [] : [{ itemId, reason }];
  });
}

function shownStep(
  step: Step,
  items: readonly ItemSummary[],
  { workflow, state }: { workflow: Workflow; state: SessionState },
): NextStep | null {
  if (!("itemId" in step)) return { ...step, item: null };
  const { itemId, ...rest } = step;
  const isMeant = ({ id }: ItemSummary) => id === itemId;
  const item = items.find(isMeant) ??
    workflow.phases.flatMap((phase) => summarizeItems(workflow, state, phase))
      .find(isMeant);
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
  const all = phase.items.map(({ id }) => itemStateOf(phaseState, id).status);
  const count = (status: ItemStatus) =>
    all.filter((one) => one === status).length;
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
