import type { Action } from "../engine/action.ts";
import type { Host } from "../host/host.ts";
import { openSession, type SessionOptions } from "../repository/select.ts";
import { inWaitingSession } from "./approvals.ts";
import { type Ahead, withNext } from "./agent.ts";
import { apply, applyAction, type Changed, droppedBy } from "./change.ts";

/** An item to begin. */
export interface StartItemOptions extends SessionOptions {
  /** An item of the current phase. */
  readonly itemId: string;
}

/**
 * Marks an item of the current phase as being worked on. Several may be at once; repeating it does
 * nothing.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `cannot_start` (refused) if the item is completed or skipped
 * @throws {OrcError} `out_of_order`, `item_in_other_phase` (refused) or `no_such_item` (not_found)
 *   if it is not the turn of the item
 */
export async function startItem(
  host: Host,
  options: StartItemOptions,
): Promise<Changed> {
  const { itemId } = options;
  const opened = await openSession(host, options, { itemId: true });
  return await applyAction(host, opened, { type: "start_item", itemId });
}

/** An item to leave out, and why. */
export interface SkipOptions extends SessionOptions {
  /** An item of the current phase. */
  readonly itemId: string;
  /**
   * What makes the item unnecessary here: at least 10 characters, 50 for documented items, gates,
   * and what only its autonomous phase lets be skipped. Stock phrases are refused.
   */
  readonly reason: string;
  /** Skips a gate: an act of a human, who types the item's id. */
  readonly force?: boolean;
}

/** An item that was left out, and what comes next. */
export type Skipped = Changed & Ahead;

/**
 * Skips an item of the current phase for a reason that is one; one that is skipped stays so.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `cannot_skip` (refused) if the item is completed, required or not skippable,
 *   or a gate without `force`
 * @throws {OrcError} `skip_reason` (refused) if the reason is too short, a stock phrase or repeats
 *   itself
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if it is forced and no
 *   human says yes; a try without a human is logged
 * @throws {OrcError} `out_of_order`, `item_in_other_phase` (refused) or `no_such_item` (not_found)
 *   if it is not the turn of the item
 */
export async function skipItem(
  host: Host,
  options: SkipOptions,
): Promise<Skipped> {
  const { itemId, reason, force = false } = options;
  const opened = await openSession(host, options, {
    itemId: true,
    reason: true,
    force: true,
  });
  const request = `skip item "${itemId}" by force`;
  const act = force ? { request, confirmation: itemId, itemId } : undefined;
  const action: Action = { type: "skip", itemId, reason, force };
  const { changed, after } = await apply(host, opened, action, act);
  return await withNext(host, after, changed);
}

/** A manual gate, or a gate that names nothing to verify, to approve. */
export interface ApproveItemOptions extends SessionOptions {
  /** An item of the current phase that waits for a human; also what the human types. */
  readonly itemId: string;
  /** What the human says to it, at most 2000 characters. */
  readonly notes?: string;
  /** Approves it although required items before it are open; the log says so. */
  readonly early?: boolean;
}

/**
 * Passes a manual gate, or a gate that names nothing to verify: an act of a human, who types the
 * item's id in a terminal. With
 * `ORCHESTRATOR_APPROVALS=any`, for CI and tests, nobody is asked and the log says so. One that is
 * approved stays so, unless a file that it shows has changed since: then it is approved anew, in
 * whatever phase. What was shown is kept, with the identity of the working tree. Where no session is named, a human at a terminal means the one in which it
 * waits, and is asked where there are several.
 *
 * In a workflow with `approvals: signed` the yes has to be signed with the key of an approver, which
 * `ssh-keygen` does, and no setting stands in for it; so has all that is forced.
 *
 * Requires `--allow-read` and `--allow-write`, and `--allow-run` for the identity of the tree and for
 * signatures.
 *
 * @throws {OrcError} `cannot_approve` (refused) if the item has something to verify, or was skipped
 * @throws {OrcError} `too_early` (refused) while required items before it in its phase are open
 * @throws {OrcError} `shown_missing` (refused) if a file that the item shows is not there, leads out of
 *   the working tree, or has more than 16 MiB
 * @throws {OrcError} `approval_changed` (conflict) if such a file changed while the human was asked
 * @throws {OrcError} `approvers_missing` (refused), `signing_failed` (external) or `signature_invalid`
 *   (denied) if it has to be signed, and nobody can say by whom, no key signs, or it is no approver's
 * @throws {OrcError} `approval_required` (denied) if no human is there, which is logged, or
 *   `approval_declined` if something else is typed
 * @throws {OrcError} `session_ambiguous` (refused) if it waits in several sessions, none is named
 *   and nobody can be asked
 * @throws {OrcError} `out_of_order`, `item_in_other_phase` (refused) or `no_such_item` (not_found)
 *   if it is not the turn of the item
 */
export async function approveItem(
  host: Host,
  options: ApproveItemOptions,
): Promise<Changed> {
  const { itemId, notes = null, early = false } = options;
  const meant = await inWaitingSession(host, options, { itemId });
  const opened = await openSession(host, meant, {
    itemId: true,
    notes: true,
    early: true,
  });
  const request = `approve item "${itemId}"`;
  const act = { request, confirmation: itemId, itemId };
  const action: Action = { type: "approve_item", itemId, notes, early };
  const changed = await applyAction(host, opened, action, act);
  const dropped = droppedBy(opened, changed, itemId, { notes });
  return { ...changed, warnings: [...changed.warnings, ...dropped] };
}

/** A note, and the session it is for. */
export interface NoteOptions extends SessionOptions {
  /** 1 to 2000 characters; the blanks around them are not kept. */
  readonly text: string;
  /** The item of the current phase it is about; without it the session. */
  readonly itemId?: string;
}

/**
 * Keeps a note in the session, for whoever goes on with it. Every call adds one.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `note_empty` or `notes_too_long` (usage) if the text has the wrong length
 * @throws {OrcError} `no_such_item` (not_found) or `item_in_other_phase` (refused)
 */
export async function addNote(
  host: Host,
  options: NoteOptions,
): Promise<Changed> {
  const { text, itemId = null } = options;
  const opened = await openSession(host, options, { text: true, itemId: true });
  return await applyAction(host, opened, { type: "note", text, itemId });
}
