import { notFound, OrcError, refused } from "../base/error.ts";
import { matchCheckpointId } from "../base/names.ts";
import { parentDirectory } from "../base/path.ts";
import { countOf, uncapitalised } from "../base/text.ts";
import { decide } from "../engine/decide.ts";
import {
  planRestore,
  proposalSentence,
  type RestoreChange,
} from "../engine/restore.ts";
import type { ActionOf } from "../engine/situation.ts";
import { summarize } from "../engine/summary.ts";
import type { Host } from "../host/host.ts";
import {
  assertChangeable,
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { applyAction, type Changed, isConfirmed } from "../work/change.ts";
import { checkpointsOf, readCheckpoint } from "./files.ts";
import { type CheckpointLine, stateIn } from "./rules.ts";

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
  const { checkpoint: named = "latest", dryRun = false, force = false } =
    options;
  const { checkpoints, problems } = checkpointsOf(
    opened.repository,
    opened.session,
  );
  const passedOver: string[] = [];
  const choice = named === "latest"
    ? latestChoice(opened, checkpoints, passedOver)
    : choiceOf(opened, lineNamed(named, checkpoints));
  const { line, changes } = choice;
  const isChange = changes.length > 0 && !dryRun;
  const action = { ...choice.action, force };
  if (isChange) {
    assertPossible(host, opened, action);
    if (!options.yes) assertAgreed(host, action, changes);
  }
  const changed = isChange
    ? await apply(host, opened, action)
    : unchanged(opened);
  // Decisions hold until they are revised, so each checkpoint adds to those before it.
  const before = checkpoints.slice(0, checkpoints.indexOf(line) + 1);
  return {
    ...changed,
    warnings: [...problems, ...passedOver, ...changed.warnings],
    checkpoint: line,
    changes,
    dryRun,
    decisions: [...new Set(before.flatMap(({ decisions }) => decisions))],
  };
}

type RestoreAction = ActionOf<"restore">;

/** A checkpoint that can be returned to, and what that changes. */
interface Choice {
  readonly line: CheckpointLine;
  readonly action: Omit<RestoreAction, "force">;
  readonly changes: readonly RestoreChange[];
}

function choiceOf(
  { repository, session, workflow }: OpenedSession,
  line: CheckpointLine,
): Choice {
  const { id, path } = line;
  const directory = parentDirectory(path) ?? path;
  const stored = stateIn(readCheckpoint(repository.layout, directory, id));
  const { changes } = planRestore(workflow, session.state, stored);
  const action = { type: "restore", checkpointId: id, stored } as const;
  return { line, action, changes };
}

function lineNamed(
  named: string,
  checkpoints: readonly CheckpointLine[],
): CheckpointLine {
  const id = matchCheckpointId(named, checkpoints.map(({ id }) => id));
  const line = checkpoints.find((line) => line.id === id);
  if (line === undefined) throw new Error(`no checkpoint "${id}"`);
  return line;
}

/**
 * Chooses the newest checkpoint that can be used. A damaged one does not stand in the way of
 * older ones, unless it is asked for by its name; it is passed over with a sentence.
 */
function latestChoice(
  opened: OpenedSession,
  checkpoints: readonly CheckpointLine[],
  passedOver: string[],
): Choice {
  let first: OrcError | undefined;
  for (const line of checkpoints.toReversed()) {
    try {
      return choiceOf(opened, line);
    } catch (error) {
      if (!isUnusable(error)) throw error;
      first ??= error;
      const reason = uncapitalised(error.message);
      passedOver.push(
        `Passed over checkpoint "${line.id}": ${reason}; all are listed by: orc checkpoints`,
      );
    }
  }
  throw first ?? notFound(
    "no_checkpoint",
    "The session has no checkpoint",
    "make one: orc checkpoint; where the session stands: orc status",
  );
}

/** Whether it is about one checkpoint: it is damaged, another session's, or gone by now. */
function isUnusable(error: unknown): error is OrcError {
  return error instanceof OrcError &&
    (error.kind === "corrupt" || error.code === "foreign_checkpoint" ||
      error.code === "no_such_checkpoint");
}

/** Whether a restoration is possible at all is decided before anybody is asked. */
function assertPossible(
  host: Host,
  opened: OpenedSession,
  action: RestoreAction,
): void {
  assertChangeable(opened);
  decide(opened.workflow, opened.session.state, action, {
    at: host.now(),
    caller: { ...host.caller(), approval: "terminal" },
  });
}

/** Refuses to restore what nobody agreed to. */
function assertAgreed(
  host: Host,
  { checkpointId: id, force }: RestoreAction,
  changes: readonly RestoreChange[],
): void {
  const lines = changes.map((change) => `  ${proposalSentence(change)}\n`);
  const question = `Checkpoint ${id} changes:\n${lines.join("")}Restore it?`;
  if (isConfirmed(host, question)) return;
  // What only a human may is refused, and logged, when that is asked for.
  const isHumanAct = force && changes.some(({ forward }) => forward);
  if (isHumanAct && !host.terminal.isInteractive) return;
  throw refused(
    "not_confirmed",
    `Checkpoint "${id}" was not restored: it makes ${
      countOf(changes.length, "change")
    }, and nobody said yes`,
    {
      hint:
        `see them: orc resume ${id} --dry-run; --yes is the yes where nobody can be asked`,
      details: { checkpoint: id, changes },
    },
  );
}

async function apply(
  host: Host,
  opened: OpenedSession,
  action: RestoreAction,
): Promise<Changed> {
  const request = `restore all of checkpoint "${action.checkpointId}"`;
  const act = action.force ? { request, confirmation: "restore" } : undefined;
  return await applyAction(host, opened, action, act);
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
