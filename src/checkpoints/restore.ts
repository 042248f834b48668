import { OrcError } from "../base/error.ts";
import { decide } from "../engine/decide.ts";
import {
  proposalSentence,
  type RestoreChange,
} from "../engine/restore_change.ts";
import type { ActionOf } from "../engine/situation.ts";
import type { Host } from "../host/host.ts";
import {
  assertChangeable,
  type OpenedSession,
} from "../repository/open_session.ts";
import { isConfirmed } from "../work/confirm.ts";

/** What returning to a checkpoint would change, and whether that is wanted. */
export interface RestoreProposal {
  readonly action: ActionOf<"restore">;
  readonly changes: readonly RestoreChange[];
  /** Asks nobody. */
  readonly yes: boolean;
}

/**
 * Refuses to restore what nobody agreed to. Whether it is possible at all is
 * decided before anybody is asked.
 */
export function assertAgreed(
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
  return new OrcError(
    "refused",
    "not_confirmed",
    `Checkpoint "${id}" was not restored: it makes ${count}, and nobody said yes`,
    {
      hint:
        `see them: orc resume ${id} --dry-run; --yes is the yes where nobody can be asked`,
      details: { checkpoint: id, changes },
    },
  );
}
