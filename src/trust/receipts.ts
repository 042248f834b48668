/** Whether what checks saw is still there. */
import { sessionLayout } from "../base/layout.ts";
import { countOf, listOf, quoted } from "../base/text.ts";
import { changedFiles } from "../checks/tree.ts";
import { parseReceipt, type Receipt } from "../engine/receipt.ts";
import { itemStateOf } from "../engine/state.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";
import { readLogBackwards } from "../session/log_read.ts";

/** An item whose check saw other files than there are now. */
export interface Stale {
  readonly itemId: string;
  /** One sentence without its period, with the names of some files. */
  readonly message: string;
}

const PASSED: readonly string[] = ["verification_passed", "gate_passed"];

const MAX_NAMES = 5;

/**
 * Finds the completed items whose check saw other files. Of a command that several items run, the
 * last run counts. What a check saw that left no identity cannot be judged, and is not stale.
 */
export async function findStale(
  host: Host,
  opened: OpenedSession,
): Promise<readonly Stale[]> {
  const { found, layout: { root } } = opened.repository;
  const site = { root, workingTree: found.workingTree };
  const stale: Stale[] = [];
  for (const [itemId, { tree }] of lastReceipts(opened)) {
    if (tree === null) continue;
    const { inputs } = tree;
    const options = { inputs, limit: MAX_NAMES };
    const change = await changedFiles(host, site, tree.id, options);
    if (change.isSame !== false) continue;
    const { names, count } = change;
    const files = names.length === 0
      ? "its files are not as they were"
      : `${countOf(count ?? names.length, "file")} changed since: ${
        listOf(names.map(quoted), MAX_NAMES)
      }`;
    const message = `The check of item ${
      quoted(itemId)
    } saw other files: ${files}`;
    stale.push({ itemId, message });
  }
  return stale;
}

/** The newest receipt of each command, with the item that it completed. */
function lastReceipts(
  { repository, session, workflow }: OpenedSession,
): readonly (readonly [string, Receipt])[] {
  const { root } = repository.layout;
  const { state, id, lastEvents } = session;
  const done = new Set(
    workflow.phases.flatMap((phase) => {
      const phaseState = state.phases.find(({ id }) => id === phase.id);
      return phase.items.filter((item) =>
        phaseState !== undefined &&
        itemStateOf(phaseState, item.id).status === "completed"
      ).map((item) => item.id);
    }),
  );
  const { log: path } = sessionLayout(root, id);
  const { workflowId } = state;
  const source = { root, path, workflowId, lastEvents };
  const seen = new Set<string>();
  const found: (readonly [string, Receipt])[] = [];
  for (const { type, itemId, details } of readLogBackwards(source).events) {
    if (itemId === null || !done.has(itemId) || !PASSED.includes(type)) {
      continue;
    }
    done.delete(itemId);
    const receipt = parseReceipt(details.get("receipt"));
    const command = receipt?.command;
    if (receipt !== undefined && command && !seen.has(command)) {
      seen.add(command);
      found.push([itemId, receipt]);
    }
    if (done.size === 0) break;
  }
  return found;
}
