import { nextPhase } from "../engine/state.ts";
import type { Host } from "../host/host.ts";
import {
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import type { Action } from "../workflow/types.ts";
import { applyHumanAction } from "./approval.ts";
import { applyAction, type Changed } from "./change.ts";

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
