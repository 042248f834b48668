import type { Action } from "../engine/action.ts";
import type { Host } from "../host/host.ts";
import { openSession, type SessionOptions } from "../repository/select.ts";
import { inWaitingSession } from "./approvals.ts";
import { applyAction, type Changed } from "./change.ts";

/** An item that a human does not agree to. */
export interface RejectOptions extends SessionOptions {
  /** A manual gate, or a completed item, of the current phase; also what the human types. */
  readonly itemId: string;
  /** What has to become better, at most 2000 characters. */
  readonly reason: string;
}

/**
 * Says no to an item: an act of a human, who types its id, as with {@linkcode approveItem}. The item
 * is open again and counts one more failed try; the reason is shown until it is completed again.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `reason_missing` or `notes_too_long` (usage) if the reason has the wrong length
 * @throws {OrcError} `cannot_reject` (refused) if the item is neither completed nor a manual gate,
 *   or was skipped
 * @throws {OrcError} `approval_required` (denied) if no human is there, which is logged, or
 *   `approval_declined` if something else is typed
 * @throws {OrcError} `session_ambiguous` (refused) if it waits in several sessions, none is named
 *   and nobody can be asked
 * @throws {OrcError} `item_in_other_phase` (refused) or `no_such_item` (not_found)
 */
export async function rejectItem(
  host: Host,
  options: RejectOptions,
): Promise<Changed> {
  const { itemId, reason } = options;
  const meant = await inWaitingSession(host, options, { itemId });
  const opened = await openSession(host, meant, { itemId: true, reason: true });
  const act = { request: `reject item "${itemId}"`, confirmation: itemId };
  const action: Action = { type: "reject", itemId, reason };
  return await applyAction(host, opened, action, { ...act, itemId });
}

/** What is taken up again. */
export interface ReopenOptions extends SessionOptions {
  /** A completed or skipped item of the current phase, or an earlier phase. */
  readonly id: string;
  /** Why, at most 2000 characters. */
  readonly reason: string;
}

/**
 * Opens an item of the current phase again, whoever asks; or goes back to an earlier phase, an act
 * of a human, who types its id. Items of phases stay as they are; the approvals of that phase and
 * the later ones are taken back. An id that is both is the item's.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `reason_missing` or `notes_too_long` (usage) if the reason has the wrong length
 * @throws {OrcError} `cannot_reopen` (refused) if the item is open, or the phase was not left
 * @throws {OrcError} `approval_required` (denied) if no human is there to go back to a phase, which
 *   is logged, or `approval_declined` if something else is typed
 * @throws {OrcError} `item_in_other_phase` (refused) or `no_such_item` (not_found)
 */
export async function reopen(
  host: Host,
  options: ReopenOptions,
): Promise<Changed> {
  const { id, reason } = options;
  const opened = await openSession(host, options, { id: true, reason: true });
  const { phases } = opened.workflow;
  const isItem = phases.some(({ items }) =>
    items.some((item) => item.id === id)
  );
  if (isItem || !phases.some((phase) => phase.id === id)) {
    const action: Action = { type: "reopen_item", itemId: id, reason };
    return await applyAction(host, opened, action);
  }
  const act = { request: `reopen phase "${id}"`, confirmation: id };
  const action: Action = { type: "reopen_phase", phaseId: id, reason };
  return await applyAction(host, opened, action, act);
}
