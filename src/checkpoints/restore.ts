import { type OrcError, refused } from "../base/error.ts";
import { decide } from "../engine/decide.ts";
import { proposalSentence, type RestoreChange } from "../engine/restore.ts";
import type { ActionOf } from "../engine/situation.ts";
import { summarize } from "../engine/summary.ts";
import type { Host } from "../host/host.ts";
import {
  assertChangeable,
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import {
  applyAction,
  applyHumanAction,
  type Changed,
  isConfirmed,
} from "../work/change.ts";
import { type CheckpointLine, checkpointsOf } from "./files.ts";
import { chooseCheckpoint } from "./use.ts";

/** What returning to a checkpoint would change, and whether that is wanted. */
interface RestoreProposal {
  readonly action: ActionOf<"restore">;
  readonly changes: readonly RestoreChange[];
  /** Asks nobody. */
  readonly yes: boolean;
}

/**
 * Refuses to restore what nobody agreed to. Whether it is possible at all is
 * decided before anybody is asked.
 */
function assertAgreed(
  host: Host,
  opened: OpenedSession,
  { action, changes, yes }: RestoreProposal,
): void {
  assertChangeable(opened);
  decide(opened.workflow, opened.session.state, action, {
    at: host.now(),
    caller: { ...host.caller(), approval: "terminal" },
  });
  const lines = changes.map((change) => `  ${proposalSentence(change)}\n`);
  const question = `Checkpoint ${action.checkpointId} changes:\n${
    lines.join("")
  }Restore it?`;
  if (yes || isConfirmed(host, question)) return;
  // What only a human may is refused, and logged, when that is asked for.
  const isHumanAct = action.force && changes.some(({ forward }) => forward);
  if (isHumanAct && !host.terminal.isInteractive) return;
  throw notConfirmed(action.checkpointId, changes);
}

function notConfirmed(
  id: string,
  changes: readonly RestoreChange[],
): OrcError {
  const count = changes.length === 1 ? "1 change" : `${changes.length} changes`;
  return refused(
    "not_confirmed",
    `Checkpoint "${id}" was not restored: it makes ${count}, and nobody said yes`,
    {
      hint:
        `see them: orc resume ${id} --dry-run; --yes is the yes where nobody can be asked`,
      details: { checkpoint: id, changes },
    },
  );
}

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
