import type { Host } from "../host/host.ts";
import {
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import { applyHumanAction } from "./approval.ts";
import type { Changed } from "./change.ts";

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
