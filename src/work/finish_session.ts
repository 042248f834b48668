import type { Host } from "../host/host.ts";
import {
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import type { Action } from "../workflow/types.ts";
import { applyHumanAction } from "./approval.ts";
import { applyAction, type Changed } from "./change.ts";

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
