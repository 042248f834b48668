import type { Host } from "../host/host.ts";
import {
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import { applyAction, type Changed } from "./change.ts";

/** An item to begin. */
export interface StartItemOptions extends SessionOptions {
  /** An item of the current phase. */
  readonly itemId: string;
}

/**
 * Marks an item of the current phase as being worked on. Several may be at
 * once; repeating it does nothing.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `cannot_start` (refused) if the item is completed or
 *   skipped
 * @throws {OrcError} `out_of_order` (refused) if another item of a strict phase
 *   comes first
 * @throws {OrcError} `no_such_item` (not_found) or `item_in_other_phase`
 *   (refused) if the item is not in the current phase
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, startItem, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${root}/workflow.yaml`, `name: Tiny
 * phases: [{ id: PLAN, name: Plan, items: [{ id: idea, name: Idea }] }]`);
 * await startSession(host, { root, task: "Add login" });
 * const { summary } = await startItem(host, { root, itemId: "idea" });
 * assertEquals(summary.items[0]?.status, "in_progress");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function startItem(
  host: Host,
  options: StartItemOptions,
): Promise<Changed> {
  const opened = await openSession(host, options);
  return await applyAction(host, opened, {
    type: "start_item",
    itemId: options.itemId,
  });
}
