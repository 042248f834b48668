import { phaseBlockers } from "./blockers.ts";
import { OrcError } from "./error.ts";
import type { RestoreChange, Restored } from "./restore_change.ts";
import { restoreItem } from "./restore_item.ts";
import { restoreMetadata } from "./restore_metadata.ts";
import { currentPhase, itemStateOf, phaseStateOf, withPhase } from "./state.ts";
import type {
  ItemState,
  Phase,
  PhaseState,
  SessionState,
  Workflow,
} from "./types.ts";

/** What returning to a checkpoint leads to. */
export interface RestorePlan {
  /** The state itself when there is nothing to change. */
  readonly next: SessionState;
  /** Where the session goes first, then phase by phase; none when all is as it was. */
  readonly changes: readonly RestoreChange[];
}

/**
 * Plans the way back to the state in a checkpoint: items, phases and the current
 * phase. Notes and constraints stay. Approvals and reviews from after the
 * checkpoint are taken back: they were given for what is taken back too.
 *
 * @throws {OrcError} `foreign_checkpoint` (refused) if the state is that of
 *   another session
 * @throws {OrcError} `unknown_phase` (corrupt) if the workflow does not define
 *   the phase of either state
 */
export function planRestore(
  workflow: Workflow,
  now: SessionState,
  then: SessionState,
): RestorePlan {
  assertRelated(workflow, now, then);
  const metadata = restoreMetadata(workflow, now, then);
  const changes = [...metadata.changes];
  let next = {
    ...now,
    currentPhaseId: then.currentPhaseId,
    metadata: metadata.next,
  };
  for (const phase of workflow.phases) {
    const restored = restorePhase(
      phase,
      phaseStateOf(now, phase),
      phaseStateOf(then, phase),
    );
    changes.push(...restored.changes);
    if (restored.changes.length > 0) next = withPhase(next, restored.next);
  }
  changes.unshift(...changeOfPhase(workflow, now, next));
  return { next: changes.length === 0 ? now : next, changes };
}

function assertRelated(
  workflow: Workflow,
  now: SessionState,
  then: SessionState,
): void {
  if (then.workflowId !== now.workflowId) {
    throw new OrcError(
      "refused",
      "foreign_checkpoint",
      `The checkpoint belongs to another session: its workflow id is "${then.workflowId}", not "${now.workflowId}"`,
      { hint: "orc checkpoints" },
    );
  }
  const { currentPhaseId } = then;
  if (workflow.phases.some(({ id }) => id === currentPhaseId)) return;
  throw new OrcError(
    "corrupt",
    "unknown_phase",
    `The checkpoint is in phase "${currentPhaseId}", which the workflow of the session does not define`,
    { hint: "orc checkpoints" },
  );
}

/** A phase in which something is open is passed by nobody but a human. */
function changeOfPhase(
  workflow: Workflow,
  now: SessionState,
  next: SessionState,
): readonly RestoreChange[] {
  const from = currentPhase(workflow, now);
  const to = currentPhase(workflow, next);
  if (from === to) return [];
  const { phases } = workflow;
  const passed = phases.slice(phases.indexOf(from), phases.indexOf(to));
  const forward = passed.some((phase) => phaseBlockers(next, phase).length > 0);
  const ids = { phaseId: to.id, itemId: null, from: from.id, to: to.id };
  return [{ what: "current_phase", ...ids, forward }];
}

function restorePhase(
  phase: Phase,
  now: PhaseState,
  then: PhaseState,
): Restored<PhaseState> {
  const items = restoreItems(phase, now, then);
  const { status, startedAt, completedAt } = then;
  const next = { ...now, status, startedAt, completedAt, items: items.next };
  const isSame = now.status === status && now.startedAt === startedAt &&
    now.completedAt === completedAt;
  if (isSame) return { next, changes: items.changes };
  const change: RestoreChange = {
    what: "phase",
    phaseId: phase.id,
    itemId: null,
    from: now.status,
    to: status,
    forward: false,
  };
  return { next, changes: [change, ...items.changes] };
}

function restoreItems(
  phase: Phase,
  now: PhaseState,
  then: PhaseState,
): Restored<readonly ItemState[]> {
  const targets = new Map(now.items.map((item) => [item.id, item]));
  const changes: RestoreChange[] = [];
  for (const item of phase.items) {
    const from = itemStateOf(now, item.id);
    const { target, forward } = restoreItem(
      item,
      from,
      itemStateOf(then, item.id),
    );
    if (target === from) continue;
    targets.set(item.id, target);
    changes.push({
      what: "item",
      phaseId: phase.id,
      itemId: item.id,
      from: from.status,
      to: target.status,
      forward,
    });
  }
  return { next: [...targets.values()], changes };
}
