import type { Decision, SessionState, Workflow } from "../workflow/types.ts";
import type { Action } from "./action.ts";
import { approveItem } from "./approval.ts";
import { completeItem, skipItem, startItem } from "./item.ts";
import {
  abandon,
  addNote,
  advance,
  approvePhase,
  finish,
  refuseApproval,
  start,
} from "./phase.ts";
import { restore } from "./restore.ts";
import { rejectItem, reopenItem, reopenPhase } from "./rework.ts";
import { assertOpen, type Circumstances } from "./situation.ts";
import { grow } from "./size.ts";
import { undo } from "./undo.ts";

/**
 * Decides what an action does to a session: the next state and the events that led there.
 *
 * Pure: the same arguments give the same answer, and no argument is changed. No events means that
 * nothing has to be written, as for an item that is completed already. A check that failed is not
 * an error: it gives an event and a counted attempt. What a caller must not do, such as starting
 * with a state or completing without the result of a check that is needed, throws a plain `Error`.
 *
 * @throws {OrcError} `session_closed` (refused) if the session has ended
 * @throws {OrcError} `cannot_start`, `cannot_complete`, `cannot_skip`, `cannot_approve`,
 *   `cannot_reject` or `cannot_reopen` (refused) if the rules do not allow it on the item
 * @throws {OrcError} `cannot_undo` (refused) if the session had ended before the updates, or
 *   `undo_forward` (refused) if taking them back brings back what they took back
 * @throws {OrcError} `out_of_order` or `item_in_other_phase` (refused) if it is not the turn of the
 *   item
 * @throws {OrcError} `too_early` (refused) if what a human approves is not done yet
 * @throws {OrcError} `approval_pending` (refused) if a human may still answer before a manual gate
 *   passes by itself; `details.passesAt` says for how long
 * @throws {OrcError} `skip_reason` (refused) if a reason for skipping says nothing
 * @throws {OrcError} `blocked` (refused) if something keeps the session from going on or being
 *   finished; `details.blockers` holds all
 * @throws {OrcError} `approval_required` if it is an act of a human and the caller is not known to
 *   be one (denied), or on completing a manual gate (refused)
 * @throws {OrcError} `signature_required` (denied) if its workflow says `approvals: signed`, and a yes has
 *   no signature
 * @throws {OrcError} `cannot_grow` (refused) if a session has no larger size of that name
 * @throws {OrcError} `grown_since` (refused) if what is gone back to lies before the session grew
 * @throws {OrcError} `no_such_item` or `no_such_phase` (not_found) if the workflow does not define
 *   it
 * @throws {OrcError} `notes_too_long`, `note_empty` or `reason_missing` (usage) if a text has the
 *   wrong length
 * @throws {OrcError} `restore_forward` or `foreign_checkpoint` (refused) if a checkpoint holds more
 *   than was earned, or belongs to another session
 * @throws {OrcError} `unknown_phase` (corrupt) if the workflow does not define the phase the
 *   session, or a checkpoint, is in
 */
export function decide(
  workflow: Workflow,
  state: SessionState | undefined,
  action: Action,
  circumstances: Circumstances,
): Decision {
  if (action.type === "start") {
    if (state) throw new Error("a session starts without a state");
    return start(workflow, action, circumstances);
  }
  if (!state) throw new Error(`action "${action.type}" needs a session`);
  // What ended a session is the one thing that can be taken back in it.
  if (action.type !== "undo") assertOpen(state);
  const situation = { workflow, state, ...circumstances };
  switch (action.type) {
    case "start_item":
      return startItem(situation, action);
    case "complete":
      return completeItem(situation, action);
    case "skip":
      return skipItem(situation, action);
    case "approve_item":
      return approveItem(situation, action);
    case "reject":
      return rejectItem(situation, action);
    case "reopen_item":
      return reopenItem(situation, action);
    case "reopen_phase":
      return reopenPhase(situation, action);
    case "advance":
      return advance(situation, action);
    case "approve_phase":
      return approvePhase(situation, action);
    case "finish":
      return finish(situation, action);
    case "abandon":
      return abandon(situation, action);
    case "note":
      return addNote(situation, action);
    case "restore":
      return restore(situation, action);
    case "undo":
      return undo(situation, action);
    case "grow":
      return grow(situation, action);
    case "refuse_approval":
      return refuseApproval(situation, action);
  }
}
