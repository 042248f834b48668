import { OrcError } from "../base/error.ts";
import { quoted } from "../base/text.ts";
import type {
  ItemState,
  Phase,
  PhaseState,
  SessionState,
  Workflow,
} from "../workflow/types.ts";
import type { RestoreChange, Restored } from "./restore_change.ts";
import { restoreItem } from "./restore_item.ts";
import { restoreMetadata } from "./restore_metadata.ts";
import { type Move, restorePhase } from "./restore_phase.ts";
import { currentPhase, itemStateOf, phaseStateOf, withPhase } from "./state.ts";

/** What returning to a checkpoint leads to. */
export interface RestorePlan {
  /** The state itself when there is nothing to change. */
  readonly next: SessionState;
  /** Where the session goes first, then phase by phase; none when all is as it was. */
  readonly changes: readonly RestoreChange[];
}

/**
 * Plans the way back to the state in a checkpoint: items and the current phase,
 * from which follows where the phases stand. Notes and constraints stay.
 * Approvals and reviews from after the checkpoint are taken back: they were
 * given for what is taken back too.
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
  const move = moveBetween(workflow, now, then);
  const changes = [...changeOfPhase(workflow, move), ...metadata.changes];
  let next = {
    ...now,
    currentPhaseId: then.currentPhaseId,
    metadata: metadata.next,
  };
  for (const [index, phase] of workflow.phases.entries()) {
    const [from, to] = [phaseStateOf(now, phase), phaseStateOf(then, phase)];
    const moved = restorePhase({ index, ...move }, from, to);
    const items = restoreItems(phase, from, to);
    if (moved.changes.length + items.changes.length === 0) continue;
    changes.push(...moved.changes, ...items.changes);
    next = withPhase(next, { ...moved.next, items: items.next });
  }
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
      `The checkpoint belongs to another session: its workflow id is ${
        quoted(then.workflowId)
      }, not "${now.workflowId}"`,
      { hint: "orc checkpoints" },
    );
  }
  const { currentPhaseId } = then;
  if (workflow.phases.some(({ id }) => id === currentPhaseId)) return;
  throw new OrcError(
    "corrupt",
    "unknown_phase",
    `The checkpoint is in phase ${
      quoted(currentPhaseId)
    }, which the workflow of the session does not define`,
    { hint: "orc checkpoints" },
  );
}

function moveBetween(
  workflow: Workflow,
  now: SessionState,
  then: SessionState,
): Move {
  const indexOf = (state: SessionState) =>
    workflow.phases.indexOf(currentPhase(workflow, state));
  return { from: indexOf(now), to: indexOf(then) };
}

/** A session goes on by advancing; a checkpoint takes it there for a human only. */
function changeOfPhase(
  { phases }: Workflow,
  move: Move,
): readonly RestoreChange[] {
  const [from, to] = [phases[move.from], phases[move.to]];
  if (from === undefined || to === undefined || from === to) return [];
  const forward = move.to > move.from;
  const ids = { phaseId: to.id, itemId: null, from: from.id, to: to.id };
  return [{ what: "current_phase", ...ids, forward }];
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
