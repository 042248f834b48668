import { refused, usage } from "../base/error.ts";
import { canonicalJson } from "../base/json_print.ts";
import { countOf } from "../base/text.ts";
import type { ActionOf } from "../engine/action.ts";
import { decide } from "../engine/decide.ts";
import { encodePhases } from "../engine/progress.ts";
import {
  planRestore,
  proposalSentence,
  type RestoreChange,
} from "../engine/restore.ts";
import { MAX_UNDONE } from "../engine/undo.ts";
import type { Host } from "../host/host.ts";
import {
  assertChangeable,
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import type { SessionState } from "../workflow/types.ts";
import { applyAction, type Changed, unchanged } from "./change.ts";
import { traceEarned } from "./earned.ts";

/** What is taken back, and how sure that is. */
export interface UndoOptions extends SessionOptions {
  /** How many of the last updates: 1 to 100; 1 without it. */
  readonly updates?: number;
  /** Why; at most 2000 characters. */
  readonly reason?: string;
  /**
   * Also brings back what those updates took back, such as an item that was opened again, and opens
   * a session again whose last update ended it: an act of a human, who types `undo`.
   */
  readonly force?: boolean;
  /** Changes nothing. */
  readonly dryRun?: boolean;
}

/** What was taken back, and where the session stands now. */
export interface Undone extends Changed {
  /** How many updates. */
  readonly updates: number;
  /** The update after which the session stood as it does now again; notes were kept. */
  readonly to: number;
  /** What was changed; in a dry run, what would be. */
  readonly changes: readonly RestoreChange[];
  /** Whether nothing was changed because only the plan was asked for. */
  readonly dryRun: boolean;
}

/**
 * Takes back the last updates of a session, in one further update that is logged like any other: items,
 * phases and approvals are as before them, which is found by a replay of the events. Notes, the log
 * and what checks printed stay, and failed tries go on counting.
 *
 * Whoever may do an update may take it back, an agent also a human's approval: the event tells. What
 * goes forward by it only a human may do, as {@linkcode UndoOptions.force} says. An undo can be
 * taken back too. Not safe to repeat: a second call takes back the first one.
 *
 * Requires `--allow-read`, and `--allow-write` to change something.
 *
 * @throws {OrcError} `invalid_number` (usage) if it is no number of updates from 1 to 100, or
 *   `notes_too_long` (usage) if the reason is too long
 * @throws {OrcError} `cannot_undo` (refused) if there are not so many updates, another tool changed
 *   the session among them, no chain of events covers them, or the session had ended before them
 * @throws {OrcError} `undo_forward` (refused) if it brings back what those updates took back; only a
 *   human may force it
 * @throws {OrcError} `session_closed` (refused) if the session has ended, and more is to be taken back
 *   than its end
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if it is forced and no
 *   human says yes; a try without a human is logged
 * @throws {OrcError} `session_changed` (conflict) if it changes meanwhile
 * @throws {OrcError} `state_not_earned` (corrupt) if state or log were changed by anything but orc
 *   and the older tool
 */
export async function undoUpdates(
  host: Host,
  options: UndoOptions = {},
): Promise<Undone> {
  const { updates = 1, reason = null, force = false, dryRun = false } = options;
  assertCount(updates);
  const opened = await openSession(host, options, {
    updates: true,
    reason: true,
    force: true,
    dryRun: true,
  });
  const { session, workflow } = opened;
  const { state, serial } = session;
  const stored = await stateBefore(opened, updates);
  const action: ActionOf<"undo"> = {
    ...{ type: "undo", updates, stored, reason },
    // In a dry run it is shown what only a human may do.
    force: force || dryRun,
  };
  assertChangeable(opened);
  const asHuman = { ...host.caller(), approval: "terminal" } as const;
  decide(workflow, state, action, { at: host.now(), caller: asHuman });
  const isReplayed = true;
  const { changes } = planRestore(workflow, state, stored, { isReplayed });
  const act = {
    request: `undo ${countOf(updates, "update")} by force`,
    confirmation: "undo",
    lines: changes.map((change) => `  ${proposalSentence(change)}`),
  };
  const changed = dryRun || changes.length === 0
    ? unchanged(opened)
    : await applyAction(host, opened, action, force ? act : undefined);
  return { ...changed, updates, to: serial - updates, changes, dryRun };
}

function assertCount(updates: number): void {
  const isCount = Number.isInteger(updates) && updates > 0;
  if (isCount && updates <= MAX_UNDONE) return;
  throw usage(
    "invalid_number",
    `The number of updates must be a whole number from 1 to ${MAX_UNDONE}`,
    "the last two: orc undo 2",
  );
}

/** How the session stood before its last updates. */
async function stateBefore(
  opened: OpenedSession,
  updates: number,
): Promise<SessionState> {
  const { serial, state } = opened.session;
  const traced = await traceEarned(opened, "undo anything");
  if (traced === undefined) {
    throw cannotUndo(
      updates,
      "what was done so far was not logged by this orc, which begins with its next update",
    );
  }
  const { earlier, isShared, state: told } = traced.replayed;
  const isTold = !isShared || isSameProgress(state, told);
  const stored = earlier.get(serial - updates);
  if (stored !== undefined && isTold) return stored;
  const first = Math.min(serial, ...earlier.keys());
  const most = isTold ? serial - first : 0;
  const count = most === 0 ? "none" : `no more than ${most}`;
  const all = most === 0
    ? undefined
    : `see what these change: orc undo ${most} --dry-run`;
  if (isShared) {
    const because = "since another tool changed the session";
    throw cannotUndo(updates, `${count} can be undone, ${because}`, all);
  }
  if (first !== traced.coveredFrom) {
    const because = "what was done before was not logged by this orc";
    throw cannotUndo(updates, `${count} can be undone: ${because}`, all);
  }
  throw cannotUndo(
    updates,
    most === 0
      ? "nothing was done since the session began"
      : `the session has had only ${countOf(most, "update")} since it began`,
    all ?? "orc next",
  );
}

/** Whether the events of another tool tell all that it did to items and phases. */
function isSameProgress(
  state: SessionState,
  replayed: SessionState | undefined,
): boolean {
  const [now, told] = [state, replayed ?? state].map(({ phases }) =>
    canonicalJson(encodePhases(phases))
  );
  return now === told;
}

function cannotUndo(
  updates: number,
  because: string,
  hint =
    "take up an item again: orc reopen ITEM; go back to a checkpoint: orc resume",
): Error {
  const what = countOf(updates, "update");
  return refused("cannot_undo", `Cannot undo ${what}: ${because}`, hint);
}
