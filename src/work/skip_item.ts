import type { Host } from "../host/host.ts";
import {
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import type { Action } from "../workflow/types.ts";
import { applyHumanAction } from "./approval.ts";
import { applyAction, type Changed } from "./change.ts";

/** An item to leave out, and why. */
export interface SkipOptions extends SessionOptions {
  /** An item of the current phase. */
  readonly itemId: string;
  /**
   * What makes the item unnecessary here: at least 10 characters, 50 for
   * documented items, gates, and what only its autonomous phase lets be skipped.
   * Stock phrases are refused.
   */
  readonly reason: string;
  /** Skips a gate: an act of a human, who types the item's id. */
  readonly force?: boolean;
}

/**
 * Skips an item of the current phase for a reason that is one. Skipping what is
 * skipped does nothing.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `cannot_skip` (refused) if the item is completed, required
 *   or not skippable, or a gate without `force`
 * @throws {OrcError} `skip_reason` (refused) if the reason is too short, a
 *   stock phrase or repeats itself
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if it
 *   is forced and no human says yes; a try without a human is logged
 * @throws {OrcError} `out_of_order` (refused) if another item of a strict phase
 *   comes first
 * @throws {OrcError} `no_such_item` (not_found) or `item_in_other_phase`
 *   (refused) if the item is not in the current phase
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, skipItem, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${root}/workflow.yaml`, `name: Tiny
 * phases: [{ id: PLAN, name: Plan, items: [{ id: idea, name: Idea }] }]`);
 * await startSession(host, { root, task: "Add login" });
 * const reason = "The design was settled last week";
 * const { summary } = await skipItem(host, { root, itemId: "idea", reason });
 * assertEquals(summary.items[0]?.status, "skipped");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function skipItem(
  host: Host,
  options: SkipOptions,
): Promise<Changed> {
  const opened = await openSession(host, options);
  const { itemId, reason, force = false } = options;
  const action: Action = { type: "skip", itemId, reason, force };
  if (!force) return await applyAction(host, opened, action);
  return await applyHumanAction(host, opened, action, {
    request: `skip item "${itemId}" by force`,
    confirmation: itemId,
    itemId,
  });
}
