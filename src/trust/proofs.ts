/** What stands behind what is done: the runs of commands, and the yes of humans. */
import { textAt } from "../base/json.ts";
import { sessionLayout } from "../base/layout.ts";
import { checkKey } from "../engine/check.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { parseReceipt, type Receipt } from "../engine/receipt.ts";
import { isDone, isPhaseApproved } from "../engine/state.ts";
import type { OpenedSession } from "../repository/select.ts";
import { readLogBackwards } from "../session/log_read.ts";

/** A command that ran, for one item or several. */
export interface Run {
  /** The item whose check ran it last comes first. */
  readonly itemIds: readonly string[];
  readonly receipt: Receipt;
}

/** What stands behind the items and phases that are done. */
export interface Proofs {
  /** The last run of each command first. */
  readonly runs: readonly Run[];
  /** The events in which a human said yes. */
  readonly approvals: readonly RecordedEvent[];
}

/** Reads from the log by what each item was completed, the last time it was. */
export function readProofs(opened: OpenedSession): Proofs {
  const { state, id, lastEvents } = opened.session;
  const { root } = opened.repository.layout;
  const { log: path } = sessionLayout(root, id);
  const { workflowId, phases } = state;
  const source = { root, path, workflowId, lastEvents };
  const items = new Set(
    phases.flatMap(({ items }) => items).filter(isDone).map(({ id }) => id),
  );
  const approved = new Set(
    phases.map(({ id }) => id).filter((id) => isPhaseApproved(state, id)),
  );
  const approvals: RecordedEvent[] = [];
  const runs = new Map<string, { itemIds: string[]; receipt: Receipt }>();
  const keyFor = commandKeys(opened);
  for (const event of readLogBackwards(source).events) {
    if (items.size + approved.size === 0) break;
    const { type, phaseId, itemId, details } = event;
    const isYes = event.actor === "human" ||
      textAt(details, "origin") === "setting";
    if (itemId === null) {
      const isApproval = type === "human_override" && isYes &&
        !details.has("reopened") && !details.has("repair");
      if (isApproval && approved.delete(phaseId ?? "")) approvals.push(event);
      continue;
    }
    // What was skipped, or completed without its check, was not completed by an earlier one.
    const isEnd = type === "item_skipped" || isYes && type === "item_completed";
    if (isEnd && items.delete(itemId) && isYes) approvals.push(event);
    if (!PASSED.has(type) || !items.delete(itemId)) continue;
    const receipt = parseReceipt(details.get("receipt"));
    if (!receipt?.command) continue;
    const key = keyFor(itemId, receipt.command);
    const run = runs.get(key);
    if (run === undefined) runs.set(key, { itemIds: [itemId], receipt });
    else run.itemIds.push(itemId);
  }
  return { runs: [...runs.values()], approvals };
}

const PASSED: ReadonlySet<string> = new Set([
  "verification_passed",
  "gate_passed",
]);

function commandKeys(
  { workflow }: OpenedSession,
): (itemId: string, command: string) => string {
  const items = new Map(
    workflow.phases.flatMap(({ items }) => items).map((
      item,
    ) => [item.id, item]),
  );
  return (itemId, command) => {
    const item = items.get(itemId);
    return item === undefined ? command : checkKey(item, command);
  };
}
