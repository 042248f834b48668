import { checkToRun } from "../core/completion.ts";
import { findItem } from "../core/state.ts";
import type { Action, CheckResult } from "../core/types.ts";
import { failedCheck } from "../core/verification.ts";
import type { Host } from "../host/host.ts";
import { applyHumanAction } from "./approval.ts";
import { applyAction, type Changed } from "./change_session.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "./open_session.ts";
import { runCheck } from "./run_check.ts";

/** An item to complete. */
export interface CompleteOptions extends SessionOptions {
  /** An item of the current phase. */
  readonly itemId: string;
  /** What was done; at most 2000 characters. */
  readonly notes?: string;
  /**
   * Completes without the check: an act of a human, and never on a gate or a
   * manual gate.
   */
  readonly skipVerify?: boolean;
}

/** A completed item, and the check that allowed it. */
export interface Completed extends Changed {
  /** Id of the item. */
  readonly item: string;
  /**
   * The check orc ran; null when none was needed or the item was completed
   * before.
   */
  readonly check: CheckResult | null;
}

/**
 * Completes an item of the current phase, after running its check. The check
 * runs without any lock; then the rules are applied to the session as it is by
 * then. A failed check is counted and logged before the error is thrown.
 * Completing what is completed does nothing. With `supervision_mode: zero_human`
 * in its workflow, a manual gate is skipped, unless its step type is `gate`.
 *
 * A check may run as long as its item says, 300 seconds by default. When a
 * signal to end reaches this process meanwhile, the program is ended and an
 * error named `Interrupted` is thrown that holds the `exitCode` to end with.
 *
 * Requires `--allow-read`, `--allow-write` and, for items that run a program,
 * `--allow-run` and `--allow-env`.
 *
 * @throws {OrcError} `check_failed` (refused) if the check fails; `details`
 *   holds the item, the number of tries and the {@linkcode CheckResult}
 * @throws {OrcError} `cannot_complete` (refused) if the item was skipped, or is
 *   a gate to be passed without its check
 * @throws {OrcError} `approval_required` if the item is a manual gate
 *   (refused), or the check is to be left out and no human is there (denied)
 * @throws {OrcError} `approval_declined` (denied) if the human does not type
 *   the id
 * @throws {OrcError} `no_such_item` (not_found) or `item_in_other_phase`
 *   (refused) if the item is not in the current phase
 * @throws {OrcError} `notes_too_long` (usage) if the notes are
 * @throws {OrcError} `permission_missing` (denied) if the check may not run a
 *   program
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { completeItem, denoHost, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${root}/workflow.yaml`, `name: Tiny
 * phases: [{ id: PLAN, name: Plan, items: [{ id: plan, name: Written plan,
 *   verification: { type: file_exists, path: plan.md } }] }]`);
 * await startSession(host, { root, task: "Add login" });
 * await Deno.writeTextFile(`${root}/plan.md`, "# Plan");
 * const { check } = await completeItem(host, { root, itemId: "plan" });
 * assertEquals(check?.passed, true);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function completeItem(
  host: Host,
  options: CompleteOptions,
): Promise<Completed> {
  const opened = await openSession(host, options);
  const { workflow, session, repository } = opened;
  const { itemId, notes = null, skipVerify = false } = options;
  const check = checkToRun(workflow, session.state, {
    itemId,
    notes,
    skipVerify,
  });
  const result = await runCheck(host, check, repository.found.workingTree);
  const action: Action = {
    type: "complete",
    itemId,
    notes,
    result,
    skipVerify,
  };
  const changed = skipVerify
    ? await applyHumanAction(host, opened, action, {
      request: `complete item "${itemId}" without its check`,
      confirmation: itemId,
      itemId,
    })
    : await applyAction(host, opened, action);
  if (result && !result.passed && changed.changed) {
    throw refusalOf(opened, changed, itemId, result);
  }
  return { ...changed, item: itemId, check: result ?? null };
}

function refusalOf(
  { workflow, session }: OpenedSession,
  changed: Changed,
  itemId: string,
  result: CheckResult,
): Error {
  const { item } = findItem(workflow, session.state, itemId);
  const tries = changed.summary.items.find(({ id }) => id === itemId)?.tries;
  return failedCheck(item, result, tries ?? 1);
}
