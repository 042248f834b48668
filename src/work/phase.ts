import { nextPhase } from "../engine/state.ts";
import type { Host } from "../host/host.ts";
import { openSession, type SessionOptions } from "../repository/select.ts";
import type { Action } from "../workflow/types.ts";
import { applyAction, applyHumanAction, type Changed } from "./change.ts";

/** How the current phase is left. */
export interface AdvanceOptions extends SessionOptions {
  /**
   * Leaves it in spite of open items and missing approval: an act of a human.
   * Without effect in the last phase.
   */
  readonly force?: boolean;
}

/** The phase that was left, and the one that was entered. */
export interface Advanced extends Changed {
  /** Id of the phase the session was in when the call began. */
  readonly from: string;
  /**
   * Id of the phase after it; null when there is none, as the last phase is
   * left by finishing.
   */
  readonly to: string | null;
}

/**
 * Leaves the current phase and enters the next. In a last phase that is done it
 * does nothing. Not safe to repeat: a second call leaves the next phase too, if
 * nothing in it is open.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `blocked` (refused) if something is still open;
 *   `details.blockers` says what
 * @throws {OrcError} `phase_left` (conflict) if another process left the phase
 *   meanwhile
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if it
 *   is forced and no human says yes; a try without a human is logged
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { advancePhase, denoHost, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${root}/workflow.yaml`, `name: Tiny
 * phases: [{ id: PLAN, name: Plan }, { id: BUILD, name: Build }]`);
 * await startSession(host, { root, task: "Add login" });
 * const { from, to } = await advancePhase(host, { root });
 * assertEquals([from, to], ["PLAN", "BUILD"]);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function advancePhase(
  host: Host,
  options: AdvanceOptions = {},
): Promise<Advanced> {
  const opened = await openSession(host, options);
  const { workflow, session } = opened;
  const from = session.state.currentPhaseId;
  const action: Action = { type: "advance", force: options.force ?? false };
  const changed = action.force
    ? await applyHumanAction(host, opened, action, {
      request: `leave phase "${from}" by force`,
      confirmation: from,
      itemId: null,
    })
    : await applyAction(host, opened, action);
  const to = nextPhase(workflow, session.state)?.id ?? null;
  return { ...changed, from, to };
}

/** A phase whose exit gate asks for a human. */
export interface ApprovePhaseOptions extends SessionOptions {
  /**
   * Any phase of the workflow; the current one without it. Also what the human
   * types.
   */
  readonly phaseId?: string;
}

/**
 * Approves that a phase is left: an act of a human, who types the phase's id in
 * a terminal; see {@linkcode approveItem} for CI and tests. Nothing happens for
 * a phase that awaits no approval.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `approval_required` (denied) if no human is there; the try
 *   is logged
 * @throws {OrcError} `approval_declined` (denied) if something else is typed
 * @throws {OrcError} `no_such_phase` (not_found) if the workflow does not
 *   define the phase
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { approvePhase, denoHost, startSession } from "@orc/cli";
 *
 * const env = (name: string) =>
 *   name === "ORCHESTRATOR_APPROVALS" ? "any" : undefined;
 * const caller = () => ({ agent: null, approval: null });
 * const host = { ...denoHost(), env, caller };
 * const root = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${root}/workflow.yaml`, `name: Tiny
 * phases: [{ id: PLAN, name: Plan, exit_gate: human_approval }]`);
 * await startSession(host, { root, task: "Add login" });
 * const { changed, summary } = await approvePhase(host, { root });
 * assertEquals([changed, summary.next?.command], [true, "orc finish"]);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function approvePhase(
  host: Host,
  options: ApprovePhaseOptions = {},
): Promise<Changed> {
  const opened = await openSession(host, options);
  const phaseId = options.phaseId ?? opened.session.state.currentPhaseId;
  return await applyHumanAction(
    host,
    opened,
    { type: "approve_phase", phaseId },
    {
      request: `approve phase "${phaseId}"`,
      confirmation: phaseId,
      itemId: null,
    },
  );
}

/** How a session is ended. */
export interface FinishOptions extends SessionOptions {
  /** What came of it; at most 2000 characters. */
  readonly notes?: string;
  /**
   * Ends it although something is open: an act of a human, who types `finish`.
   */
  readonly force?: boolean;
}

/** Why a session will not be finished. */
export interface AbandonOptions extends SessionOptions {
  /** Kept with the session and in its log; the blanks around it are not. */
  readonly reason: string;
  /** What came of it all the same; at most 2000 characters. */
  readonly notes?: string;
}

/**
 * Ends a session whose phases, all of them, are done. A closed session never
 * changes again. Nothing is committed or pushed.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `blocked` (refused) if something is still open in any
 *   phase; `details.blockers` says what
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if it
 *   is forced and no human says yes; a try without a human is logged
 * @throws {OrcError} `notes_too_long` (usage) if the notes are
 * @throws {OrcError} `session_closed` (refused) if it was ended before
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, finishSession, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${root}/workflow.yaml`, `name: Tiny
 * phases: [{ id: PLAN, name: Plan }]`);
 * await startSession(host, { root, task: "Add login" });
 * const { summary } = await finishSession(host, { root, notes: "Released" });
 * assertEquals([summary.status, summary.active], ["completed", false]);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function finishSession(
  host: Host,
  options: FinishOptions = {},
): Promise<Changed> {
  const opened = await openSession(host, options);
  const { notes = null, force = false } = options;
  const action: Action = { type: "finish", notes, force };
  if (!force) return await applyAction(host, opened, action);
  return await applyHumanAction(host, opened, action, {
    request: "finish an incomplete session",
    confirmation: "finish",
    itemId: null,
  });
}

/**
 * Ends a session that will not be finished, for a reason that is kept.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `reason_missing` (usage) if the reason is blank,
 *   `notes_too_long` (usage) if the notes are
 * @throws {OrcError} `session_closed` (refused) if it was ended before
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { abandonSession, denoHost, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await startSession(host, { root, task: "Add login" });
 * const reason = "The old login stays";
 * const { summary } = await abandonSession(host, { root, reason });
 * assertEquals(summary.status, "abandoned");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function abandonSession(
  host: Host,
  options: AbandonOptions,
): Promise<Changed> {
  const opened = await openSession(host, options);
  return await applyAction(host, opened, {
    type: "abandon",
    reason: options.reason,
    notes: options.notes ?? null,
  });
}
