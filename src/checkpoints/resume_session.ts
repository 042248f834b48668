import type { RestoreChange } from "../engine/restore_change.ts";
import type { ActionOf } from "../engine/situation.ts";
import { summarize } from "../engine/summary.ts";
import type { Host } from "../host/host.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import { applyHumanAction } from "../work/approval.ts";
import { applyAction, type Changed } from "../work/change.ts";
import { chooseCheckpoint } from "./choose_checkpoint.ts";
import { assertAgreed } from "./restore.ts";
import { type CheckpointLine, checkpointsOf } from "./session_checkpoints.ts";

/** Which checkpoint to return to, and how sure that is. */
export interface ResumeOptions extends SessionOptions {
  /**
   * Id of a checkpoint of the session, or a part of at least 4 characters that
   * no other has; without it, or with `latest`, the newest.
   */
  readonly checkpoint?: string;
  /** Changes nothing. */
  readonly dryRun?: boolean;
  /** Asks nobody. */
  readonly yes?: boolean;
  /**
   * Restores also what was not earned since, such as a gate that was passed back
   * then: an act of a human, who types `restore`.
   */
  readonly force?: boolean;
}

/** What a checkpoint says, what returning to it changed, and how to go on. */
export interface Resumed extends Changed {
  /** The checkpoint that is meant. */
  readonly checkpoint: CheckpointLine;
  /** What was changed; in a dry run, what would be. */
  readonly changes: readonly RestoreChange[];
  /** Whether nothing was changed because only the plan was asked for. */
  readonly dryRun: boolean;
  /** What was decided up to the checkpoint, oldest first. */
  readonly decisions: readonly string[];
}

/**
 * Returns to a checkpoint: items, phases and the current phase become what they
 * were, in one logged update, and approvals from after it are taken back. Notes
 * and the log go on. Where nothing has changed since, it only tells what an
 * agent has to know that lost its memory.
 *
 * Requires `--allow-read`, and `--allow-write` to change something.
 *
 * @throws {OrcError} `no_checkpoint` or `no_such_checkpoint` (not_found) if
 *   there is none
 * @throws {OrcError} `not_confirmed` (refused) if something would change, and
 *   nobody says yes
 * @throws {OrcError} `restore_forward` (refused) if it would bring back more
 *   than was done since; only a human may force it
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if it
 *   is forced and no human says yes; a try without a human is logged
 * @throws {OrcError} `session_changed` (conflict) if the session changes
 *   meanwhile
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as orc from "@orc/cli";
 *
 * const host = { ...orc.denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${root}/workflow.yaml`, `name: Tiny
 * phases: [{ id: PLAN, name: Plan, items: [{ id: idea, name: Idea }] }]`);
 * await orc.startSession(host, { root, task: "Add login" });
 * await orc.saveCheckpoint(host, { root });
 * await orc.completeItem(host, { root, itemId: "idea" });
 * const { summary } = await orc.resumeSession(host, { root, yes: true });
 * assertEquals(summary.items[0]?.status, "pending");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function resumeSession(
  host: Host,
  options: ResumeOptions = {},
): Promise<Resumed> {
  const opened = await openSession(host, options);
  const { repository, session } = opened;
  const { checkpoints, problems } = checkpointsOf(repository, session);
  const { checkpoint: named = "latest", force = false } = options;
  const { line, action, changes, passedOver } = chooseCheckpoint(
    opened,
    checkpoints,
    { named, force },
  );
  const isChange = changes.length > 0 && options.dryRun !== true;
  if (isChange) {
    assertAgreed(host, opened, { action, changes, yes: options.yes === true });
  }
  const changed = isChange
    ? await apply(host, opened, action)
    : unchanged(opened);
  return {
    ...changed,
    warnings: [...problems, ...passedOver, ...changed.warnings],
    checkpoint: line,
    changes,
    dryRun: options.dryRun === true,
    decisions: decisionsUpTo(checkpoints, line),
  };
}

async function apply(
  host: Host,
  opened: OpenedSession,
  action: ActionOf<"restore">,
): Promise<Changed> {
  if (!action.force) return await applyAction(host, opened, action);
  return await applyHumanAction(host, opened, action, {
    request: `restore all of checkpoint "${action.checkpointId}"`,
    confirmation: "restore",
    itemId: null,
  });
}

function unchanged({ place, session, workflow }: OpenedSession): Changed {
  return {
    place,
    changed: false,
    events: [],
    serial: session.serial,
    summary: summarize(workflow, session.state),
    warnings: [],
  };
}

/** Decisions hold until they are revised, so each checkpoint adds to those before it. */
function decisionsUpTo(
  checkpoints: readonly CheckpointLine[],
  last: CheckpointLine,
): readonly string[] {
  const before = checkpoints.slice(0, checkpoints.indexOf(last) + 1);
  return [...new Set(before.flatMap(({ decisions }) => decisions))];
}
