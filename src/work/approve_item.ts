import type { Host } from "../host/host.ts";
import {
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import { applyHumanAction } from "./approval.ts";
import type { Changed } from "./change.ts";

/** A manual gate to approve. */
export interface ApproveItemOptions extends SessionOptions {
  /** A manual gate of the current phase; also what the human types. */
  readonly itemId: string;
  /** What the human says to it, at most 2000 characters. */
  readonly notes?: string;
}

/**
 * Passes a manual gate: an act of a human, who types the item's id in a
 * terminal. With the environment variable `ORCHESTRATOR_APPROVALS` set to
 * `any`, for CI and tests, nobody is asked and the log says so. Approving what
 * is approved does nothing. No lock is held while the human is asked.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `cannot_approve` (refused) if the item is no manual gate
 *   or was skipped
 * @throws {OrcError} `approval_required` (denied) if no human is there; the try
 *   is logged
 * @throws {OrcError} `approval_declined` (denied) if something else is typed
 * @throws {OrcError} `out_of_order` (refused) if another item of a strict phase
 *   comes first
 * @throws {OrcError} `no_such_item` (not_found) or `item_in_other_phase`
 *   (refused) if the item is not in the current phase
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { approveItem, denoHost, startSession } from "@orc/cli";
 *
 * const env = (name: string) =>
 *   name === "ORCHESTRATOR_APPROVALS" ? "any" : undefined;
 * const caller = () => ({ agent: null, approval: null });
 * const host = { ...denoHost(), env, caller };
 * const root = await Deno.makeTempDir();
 * await startSession(host, { root, task: "Add login" });
 * const itemId = "plan_approval";
 * const { changed } = await approveItem(host, { root, itemId });
 * assertEquals(changed, true);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function approveItem(
  host: Host,
  options: ApproveItemOptions,
): Promise<Changed> {
  const opened = await openSession(host, options);
  const { itemId, notes = null } = options;
  return await applyHumanAction(
    host,
    opened,
    { type: "approve_item", itemId, notes },
    {
      request: `approve item "${itemId}"`,
      confirmation: itemId,
      itemId,
    },
  );
}
