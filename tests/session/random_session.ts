import { nextStep } from "../../src/engine/next.ts";
import type { OpenItem } from "../../src/engine/state.ts";
import type {
  Action,
  Caller,
  Event,
  Item,
  ItemState,
  Phase,
  SessionState,
  StepType,
  Verification,
  Workflow,
} from "../../src/workflow/types.ts";
import { oneOf, type Pick } from "../base/random.ts";
import {
  COMMAND,
  complete,
  FILE,
  GOOD_REASON,
  itemIn,
  itemOf,
  MANUAL,
  NONE,
  phaseOf,
  resultFor,
  workflowOf,
} from "../engine/fixtures.ts";
import { assert } from "@std/assert";

const STEP_TYPES: readonly StepType[] = [
  "gate",
  "required",
  "documented",
  "flexible",
];
const VERIFICATIONS: readonly Verification[] = [NONE, MANUAL, FILE, COMMAND];
const PHASE_TYPES = ["guided", "strict", "autonomous"] as const;
const RISKS = ["low", "medium", "high"] as const;
const MODES = ["supervised", "zero_human", "hybrid"] as const;

/** A workflow of one to three phases with up to three items each. */
export function randomWorkflow(pick: Pick): Workflow {
  const ids = ["PLAN", "REVIEW", "LEARN"].slice(0, 1 + pick(3));
  const phases = ids.map((id) => randomPhase(pick, id));
  return workflowOf(phases, {
    supervision_mode: oneOf(pick, MODES),
    ...(pick(3) > 0 ? { approval_timeout_minutes: 30 } : {}),
  });
}

function randomPhase(pick: Pick, id: string): Phase {
  const items = Array.from(
    { length: pick(4) },
    (_, index) => randomItem(pick, `${id.toLowerCase()}_${index}`),
  );
  return phaseOf(id, items, {
    exitGate: pick(4) === 0 ? "human_approval" : null,
    requiredReviews: pick(4) === 0 ? ["review_0"] : [],
    phaseType: oneOf(pick, PHASE_TYPES),
  });
}

function randomItem(pick: Pick, id: string): Item {
  return itemOf(id, {
    stepType: oneOf(pick, STEP_TYPES),
    verification: oneOf(pick, VERIFICATIONS),
    required: pick(4) > 0,
    skippable: pick(4) > 0,
    skipConditions: pick(2) === 0 ? ["hotfix"] : [],
    risk: oneOf(pick, RISKS),
  });
}

/** A session that somebody acts on, and who that may be. */
export interface Game {
  readonly workflow: Workflow;
  readonly state: SessionState;
  readonly callers: readonly Caller[];
}

/** An action of somebody who does as told now and then, and anything else otherwise. */
export function randomAction(
  pick: Pick,
  { workflow, state, callers }: Game,
): { readonly action: Action; readonly caller: Caller } {
  const { command, itemId } = nextStep(workflow, state);
  const items = workflow.phases.flatMap(({ items }) => items);
  const isObedient = pick(3) === 0;
  const item = isObedient
    ? items.find(({ id }) => id === itemId)
    : items[pick(items.length + 1)];
  const actions = item
    ? itemActions(pick, item)
    : sessionActions(pick, workflow);
  const obeying = actions.filter(({ type }) =>
    type.startsWith(command.split(/[ -]/)[1] ?? "")
  );
  const action = isObedient && obeying.length > 0
    ? oneOf(pick, obeying)
    : oneOf(pick, actions);
  return { action, caller: oneOf(pick, callers) };
}

function itemActions(pick: Pick, item: Item): readonly Action[] {
  const itemId = item.id;
  return [
    { type: "start_item", itemId },
    complete(itemId, {
      notes: pick(2) === 0 ? "Done" : null,
      result: resultFor(item, pick(3) > 0),
      skipVerify: pick(4) === 0,
    }),
    {
      type: "skip",
      itemId,
      reason: oneOf(pick, [GOOD_REASON, "n/a", "a".repeat(60)]),
      force: pick(2) === 0,
    },
    { type: "approve_item", itemId, notes: null },
    { type: "note", text: "Remember", itemId },
    { type: "refuse_approval", request: "approve", itemId },
  ];
}

function sessionActions(pick: Pick, { phases }: Workflow): readonly Action[] {
  const { id: phaseId } = oneOf(pick, phases);
  const force = pick(4) === 0;
  return [
    { type: "advance", force },
    { type: "approve_phase", phaseId },
    { type: "approve_phase", phaseId: null },
    { type: "finish", notes: null, force },
    { type: "abandon", reason: pick(4) === 0 ? "Dropped" : "", notes: null },
    { type: "note", text: "Remember", itemId: null },
    complete("nothing"),
  ];
}

/**
 * Fails unless the log accounts for what the state claims: everything done was checked, said or
 * approved by whoever may, and a completed session left nothing out but by a human's force.
 */
export function assertEarned(
  workflow: Workflow,
  state: SessionState,
  events: readonly Event[],
): void {
  for (const phase of workflow.phases) {
    for (const item of phase.items) {
      const itemState = itemIn(state, item.id);
      const own = events.filter(({ itemId }) => itemId === item.id);
      assert(
        isAccountedFor(workflow, { phase, item, itemState }, own),
        `${item.id} is ${itemState.status} without a reason`,
      );
    }
    const left = events.find(({ type, phaseId }) =>
      type === "phase_completed" && phaseId === phase.id
    );
    if (left && !isForced(left)) assertPhaseDone(phase, state, events);
  }
  if (state.status !== "completed") return;
  const end = events.findLast(({ type }) => type === "workflow_completed");
  assert(end, "completed, but the log does not say so");
  if (isForced(end)) return;
  for (const phase of workflow.phases) assertPhaseDone(phase, state, events);
  assertReviewsDone(workflow, state);
}

function isAccountedFor(
  workflow: Workflow,
  open: OpenItem,
  own: readonly Event[],
): boolean {
  const { status } = open.itemState;
  if (status === "completed") return isRightlyCompleted(open.item, own);
  return status !== "skipped" || isRightlySkipped(workflow, open, own);
}

function isRightlyCompleted(item: Item, own: readonly Event[]): boolean {
  const said = own.some(({ type }) => type === "item_completed");
  const byHuman = own.some(({ type, actor, details }) =>
    type === "item_completed" && actor === "human" && details.has("origin")
  );
  switch (item.verification.type) {
    case "none":
      return said && item.stepType !== "gate";
    case "manual_gate":
      return byHuman;
    default:
      return item.stepType === "gate"
        ? own.some(({ type }) => type === "gate_passed")
        : byHuman || own.some(({ type }) => type === "verification_passed");
  }
}

function isRightlySkipped(
  { settings }: Workflow,
  { phase, item, itemState }: OpenItem,
  own: readonly Event[],
): boolean {
  const event = own.find(({ type }) => type === "item_skipped");
  if (!event) return false;
  const isGate = item.stepType === "gate";
  if (event.details.has("supervision_mode")) {
    const mode = settings.get("supervision_mode");
    const isIgnored = mode === "hybrid" && item.risk === "medium" &&
      hasWaited(itemState);
    return !isGate && item.verification.type === "manual_gate" &&
      (mode === "zero_human" || isIgnored ||
        (mode === "hybrid" && item.risk === "low"));
  }
  const hasReason = event.details.get("reason") === GOOD_REASON;
  const byHuman = event.actor === "human" && event.details.has("origin");
  const isFree = phase.phaseType === "autonomous" &&
    item.verification.type !== "manual_gate";
  return hasReason && (isGate ? byHuman : item.skippable || isFree);
}

/** Whether a human had the time to answer that random workflows give. */
function hasWaited({ startedAt, skippedAt }: ItemState): boolean {
  const [startMs, endMs] = [startedAt, skippedAt].map((at) =>
    Date.parse(at ?? "")
  );
  return (endMs ?? 0) - (startMs ?? 0) >= 30 * 60_000;
}

function assertPhaseDone(
  phase: Phase,
  state: SessionState,
  events: readonly Event[],
): void {
  for (const { id } of phase.items.filter(({ required }) => required)) {
    const { status } = itemIn(state, id);
    assert(
      status === "completed" || status === "skipped",
      `${id} is ${status}`,
    );
  }
  const isApproved = events.some(({ type, phaseId, actor }) =>
    type === "human_override" && phaseId === phase.id && actor === "human"
  );
  assert(phase.exitGate === null || isApproved, `${phase.id} is not approved`);
}

function assertReviewsDone(workflow: Workflow, state: SessionState): void {
  const reviews = workflow.phases.flatMap(({ requiredReviews }) =>
    requiredReviews
  );
  for (const id of reviews) {
    assert(itemIn(state, id).status === "completed", `${id} is missing`);
  }
}

function isForced({ actor, details }: Event): boolean {
  return actor === "human" && details.get("forced") === true;
}
