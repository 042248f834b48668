import { onRefusal, refused } from "../base/error.ts";
import { asObject, type JsonObject } from "../base/json.ts";
import { countOf, listOf, minutesBetween } from "../base/text.ts";
import { assertFresh } from "../checks/stale.ts";
import type { Action } from "../engine/action.ts";
import {
  currentPhase,
  isDone,
  nextPhase,
  phaseBlockers,
  phaseStateOf,
  sessionBlockers,
} from "../engine/state.ts";
import { type LeftOut, leftOutIn } from "../engine/phase.ts";
import type { Host } from "../host/host.ts";
import type { GivenApproval } from "../replay/account.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { inWaitingSession } from "./approvals.ts";
import { type Ahead, withNext } from "./agent.ts";
import { apply, applyAction, type Changed } from "./change.ts";
import { overrideWarnings } from "./status.ts";

/** How the current phase is left. */
export interface AdvanceOptions extends SessionOptions {
  /**
   * Leaves it in spite of open items and missing approval: an act of a human. Without effect in the
   * last phase.
   */
  readonly force?: boolean;
}

/** What came to an end: a phase, or the session. */
export interface Ended extends Changed {
  /** What was left out in it, and why. */
  readonly skipped: readonly LeftOut[];
  /** Whole minutes that it took; null where its beginning is not known. */
  readonly durationMinutes: number | null;
}

/** The phase that was left, and the one that was entered. */
export interface Advanced extends Ended, Ahead {
  /** Id of the phase the session was in when the call began. */
  readonly from: string;
  /** Id of the phase after it; null when there is none, as the last phase is left by finishing. */
  readonly to: string | null;
}

/**
 * Leaves the current phase and enters the next. In a last phase that is done it does nothing. Not
 * safe to repeat: a second call leaves the next phase too, if nothing in it is open.
 *
 * Requires `--allow-read`, `--allow-write` and, where checks ran commands, `--allow-run` of git: without
 * it files are not compared, and a warning says so.
 *
 * @throws {OrcError} `blocked` (refused) if something is still open; `details.blockers` says what
 * @throws {OrcError} `check_stale` (refused) if the check of a required item saw other files than
 *   there are now: {@linkcode completeItem} runs it again; `details.stale` says which files
 * @throws {OrcError} `approval_stale` (refused) if a file changed since a human approved it in this phase
 * @throws {OrcError} `outgrown` (refused) if the change has outgrown the size of the session, which has grown by then
 * @throws {OrcError} `phase_left` (conflict) if another process left the phase meanwhile
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if it is forced and no
 *   human says yes; a try without a human is logged
 */
export async function advancePhase(
  host: Host,
  options: AdvanceOptions = {},
): Promise<Advanced> {
  const { force = false } = options;
  const opened = await openSession(host, options, { force: true });
  const { workflow, session } = opened;
  const unmeasured: string[] = [];
  const from = session.state.currentPhaseId;
  const request = `leave phase "${from}" by force`;
  const act = force ? { request, confirmation: from } : undefined;
  const action: Action = { type: "advance", force };
  const { state } = session;
  const to = nextPhase(workflow, state)?.id ?? null;
  const phase = currentPhase(workflow, state);
  const isDone = phaseBlockers(state, phase).length === 0;
  const unknown = !force && isDone && to !== null
    ? await assertFresh(host, opened, `leave phase "${from}"`, phase.items)
    : [];
  // What is open is said first: it may ask for the same approval.
  if (!force && isDone) {
    const { assertApprovalsFresh } = await import("../trust/approvals.ts");
    await assertApprovalsFresh(opened, `leave phase "${from}"`, [from]);
  }
  if (!force && isDone && to !== null) {
    const fit = await assertFits(host, opened, `leave phase "${from}"`);
    unmeasured.push(...fit.warnings);
  }
  const { changed, after } = await apply(host, opened, action, act);
  const { startedAt } = phaseStateOf(state, phase);
  return await withNext(host, after, {
    ...changed,
    warnings: [...changed.warnings, ...unknown, ...unmeasured],
    from,
    to,
    skipped: leftOutIn(state, [phase]),
    durationMinutes: minutesBetween(startedAt, host.now()) ?? null,
  });
}

/** A phase whose exit gate asks for a human. */
export interface ApprovePhaseOptions extends SessionOptions {
  /** Any phase of the workflow; the current one without it. Also what the human types. */
  readonly phaseId?: string;
}

/**
 * Approves that a phase is left: an act of a human, who types the phase's id; see {@linkcode
 * approveItem} for CI and tests, and for the session. Nothing happens for a phase that awaits no approval.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `approval_required` (denied) if no human is there, which is logged, or
 *   `approval_declined` if something else is typed
 * @throws {OrcError} `approvers_missing` (refused), `signing_failed` (external) or `signature_invalid`
 *   (denied) as with {@linkcode approveItem}
 * @throws {OrcError} `no_such_phase` (not_found) if the workflow does not define the phase
 */
export async function approvePhase(
  host: Host,
  options: ApprovePhaseOptions = {},
): Promise<Changed> {
  const wanted = { phaseId: options.phaseId };
  const meant = await inWaitingSession(host, options, wanted);
  const opened = await openSession(host, meant, { phaseId: true });
  const { phaseId = opened.session.state.currentPhaseId } = options;
  const act = { request: `approve phase "${phaseId}"`, confirmation: phaseId };
  const action: Action = { type: "approve_phase", phaseId };
  return await applyAction(host, opened, action, act);
}

/** How a session is ended. */
export interface FinishOptions extends SessionOptions {
  /** What came of it; at most 2000 characters. */
  readonly notes?: string;
  /** Ends it although something is open: an act of a human, who types `finish`. */
  readonly force?: boolean;
}

/** Why a session will not be finished. */
export interface AbandonOptions extends SessionOptions {
  /** Kept with the session and in its log; the blanks around it are not. */
  readonly reason: string;
  /** What came of it all the same; at most 2000 characters. */
  readonly notes?: string;
}

/** A session that is closed now, and how its approvals were given. */
export interface Closed extends Ended {
  /** Each yes that counts in it, forced steps among them, in the order in which they were given. */
  readonly approvals: readonly GivenApproval[];
}

/**
 * Ends a session whose phases, all of them, are done, and whose state is what its events lead to. A
 * closed session does not change again, but that a human takes its end back: `undoUpdates()`.
 *
 * Requires `--allow-read`, `--allow-write` and, for sessions whose checks ran commands, `--allow-run` of
 * git: without it files are not compared, and a warning says so.
 *
 * @throws {OrcError} `blocked` (refused) if something is still open in any phase;
 *   `details.blockers` says what
 * @throws {OrcError} `check_stale` (refused) if the check of a required item saw other files than
 *   there are now: {@linkcode completeItem} runs it again; `details.stale` says which files
 * @throws {OrcError} `approval_stale` (refused) if a file changed since a human approved it
 * @throws {OrcError} `outgrown` (refused) if the change has outgrown the size of the session, which has grown by then
 * @throws {OrcError} `approval_unsigned` or `signature_invalid` (refused) if the workflow says
 *   `approvals: signed`, and an approval is not signed by an approver as it stands
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if it is forced and no
 *   human says yes; a try without a human is logged
 * @throws {OrcError} `notes_too_long` (usage), or `session_closed` (refused) if it was ended before
 * @throws {OrcError} `state_not_earned` (corrupt) if state or log were changed by anything but orc
 *   and the older tool; `details.contradictions` names the first 20
 */
export async function finishSession(
  host: Host,
  options: FinishOptions = {},
): Promise<Closed> {
  const { notes = null, force = false } = options;
  const opened = await openSession(host, options, { notes: true, force: true });
  const unseen = await assertEarned(opened);
  const { workflow, session: { state } } = opened;
  const isJudged = !force && sessionBlockers(workflow, state).length === 0;
  const items = workflow.phases.flatMap((phase) => phase.items);
  const unknown = isJudged
    ? [...await assertFresh(host, opened, "finish the session", items)]
    : [];
  const { measured, warnings: unmeasured } = isJudged
    ? await assertFits(host, opened, "finish the session")
    : UNMEASURED;
  // What is open is said first: it may ask for the same approval.
  if (isJudged) {
    const { assertApprovalsFresh } = await import("../trust/approvals.ts");
    await assertApprovalsFresh(opened, "finish the session");
    const { assertSigned } = await import("../trust/signing.ts");
    await assertSigned(host, opened);
  }
  const request = "finish an incomplete session";
  const act = force ? { request, confirmation: "finish" } : undefined;
  const action: Action = { type: "finish", notes, force, measured };
  const done = await closed(
    host,
    opened,
    await applyAction(host, opened, action, act),
  );
  const others = await overrideWarnings(state.metadata);
  const warnings = [
    ...done.warnings,
    ...unseen,
    ...unknown,
    ...unmeasured,
    ...others,
  ];
  return { ...done, warnings };
}

/** How a change was measured. */
interface Fit {
  /** By which files, and what was taken for the work of others; undefined where nothing was. */
  readonly measured: JsonObject | undefined;
  /** What is worth knowing where nothing can be measured. */
  readonly warnings: readonly string[];
}

const UNMEASURED: Fit = { measured: undefined, warnings: [] };

/**
 * Lets a session grow whose change has outgrown its size, and refuses what was asked for: other items are
 * open by then.
 */
async function assertFits(
  host: Host,
  opened: OpenedSession,
  act: string,
): Promise<Fit> {
  const { definition, metadata } = opened.session.state;
  if (!asObject(definition)?.has("sizing")) return UNMEASURED;
  const { atSize, sizingIn } = await import("../workflow/sizes.ts");
  const sizing = sizingIn(definition);
  // Where nothing was measured at the start, that was said then.
  if (sizing === undefined || !metadata.has("start_tree")) return UNMEASURED;
  const { changedSince, measure, measuredBy } = await import(
    "../checks/change.ts"
  );
  const { outgrown } = await import("../engine/size.ts");
  const changed = await changedSince(host, opened);
  if (typeof changed === "string") {
    const warning =
      `Whether the task has outgrown its size is not known: ${changed}`;
    return { ...UNMEASURED, warnings: [warning] };
  }
  const larger = outgrown(sizing, await measure(host, changed, sizing));
  if (larger === undefined) {
    return { ...UNMEASURED, measured: measuredBy(changed) };
  }
  const { size, reason } = larger;
  await applyAction(host, opened, { type: "grow", size, reason });
  // What was opened here follows the smaller size.
  const { decodeDefinition } = await import("../workflow/definition.ts");
  const grown = decodeDefinition(atSize(definition, size));
  const done = new Set(
    opened.session.state.phases.flatMap(({ items }) => items).filter(isDone)
      .map(({ id }) => id),
  );
  const open = grown.phases.flatMap(({ items }) => items)
    .filter(({ id, required }) => required && !done.has(id));
  throw refused(
    "outgrown",
    `Cannot ${act}: it has outgrown size "${sizing.size}" (${reason}), and is "${size}" now: ${
      countOf(open.length, "item")
    } open`,
    { hint: "orc next", details: { from: sizing.size, size, reason } },
  );
}

/** Things that count and orc did not see, named at once; orc verify names all. */
const MAX_UNSEEN = 3;

/** Nobody is told that all is done because a file says so. Returns what counts and orc did not see. */
async function assertEarned(
  opened: OpenedSession,
): Promise<readonly string[]> {
  const { traceEarned } = await import("./earned.ts");
  const traced = await traceEarned(opened, "finish the session");
  if (traced === undefined) return [];
  const { doneElsewhere } = await import("../replay/elsewhere.ts");
  const { elsewhere } = traced.replayed;
  const unseen = doneElsewhere(opened.session.state, elsewhere);
  const messages = unseen.map(({ message }) => message);
  return messages.length === 0 ? [] : [listOf(messages, MAX_UNSEEN)];
}

async function closed(
  host: Host,
  { repository: { store }, workflow, session: { id, state } }: OpenedSession,
  changed: Changed,
): Promise<Closed> {
  const { readAccount } = await import("../session/account.ts");
  // It is closed by now, whatever comes of reading its log once more.
  const { approvals, unread } = await store.read(id)
    .then((session) => readAccount(store, session))
    .then((account) => ({ ...account, unread: [] }))
    .catch(onRefusal(({ message }) => ({
      approvals: [],
      unread: [`How its approvals were given cannot be told: ${message}`],
    })));
  return {
    ...changed,
    warnings: [...changed.warnings, ...unread],
    skipped: leftOutIn(state, workflow.phases),
    durationMinutes: minutesBetween(state.createdAt, host.now()) ?? null,
    approvals,
  };
}

/**
 * Ends a session that will not be finished, for a reason that is kept.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `reason_missing` or `notes_too_long` (usage), or `session_closed` (refused) if
 *   it was ended before
 */
export async function abandonSession(
  host: Host,
  options: AbandonOptions,
): Promise<Closed> {
  const { reason, notes = null } = options;
  const opened = await openSession(host, options, {
    reason: true,
    notes: true,
  });
  const action: Action = { type: "abandon", reason, notes };
  return await closed(host, opened, await applyAction(host, opened, action));
}
