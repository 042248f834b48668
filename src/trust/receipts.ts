/** Whether what checks saw is still there. */
import { sessionLayout } from "../base/layout.ts";
import { countOf, listOf, quoted } from "../base/text.ts";
import { compareTree, type TreeChange } from "../checks/tree.ts";
import {
  parseReceipt,
  type Receipt,
  type TreeReceipt,
} from "../engine/receipt.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";
import { readLogBackwards } from "../session/log_read.ts";

/** An item whose check saw other files than there are now. */
export interface Stale {
  readonly itemId: string;
  /** One sentence without its period, with the names of some files. */
  readonly message: string;
}

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
  const seen = lastReceipts(opened).flatMap(([itemId, { tree }]) =>
    tree === null ? [] : [{ itemId, tree }]
  );
  const changes = new Map<string, TreeChange>();
  // What depends on the same files is compared with one reading of them.
  const dependingOn = new Map(seen.map(({ tree }) => [keyOf(tree), tree]));
  for (const [key, { inputs }] of dependingOn) {
    const same = seen.filter(({ tree }) => keyOf(tree) === key);
    const ids = same.map(({ tree }) => tree.id);
    const options = { inputs, limit: MAX_NAMES };
    const compared = await compareTree(host, site, ids, options);
    for (const [index, change] of compared.entries()) {
      changes.set(same[index]?.itemId ?? "", change);
    }
  }
  return seen.flatMap(({ itemId }) => {
    const change = changes.get(itemId);
    return change?.isSame === false ? [staleItem(itemId, change)] : [];
  });
}

function keyOf({ inputs = [] }: TreeReceipt): string {
  return JSON.stringify(inputs);
}

function staleItem(itemId: string, { names, count }: TreeChange): Stale {
  const files = names.length === 0
    ? "its files are not as they were"
    : `${countOf(count ?? names.length, "file")} changed since: ${
      listOf(names.map(quoted), MAX_NAMES)
    }`;
  const message = `The check of item ${
    quoted(itemId)
  } saw other files: ${files}`;
  return { itemId, message };
}

/** The newest receipt of each command, with the item that it completed. */
function lastReceipts(
  { repository, session }: OpenedSession,
): readonly (readonly [string, Receipt])[] {
  const { root } = repository.layout;
  const { state, id, lastEvents } = session;
  const done = new Set(
    state.phases.flatMap(({ items }) => items)
      .filter(({ status }) => status === "completed").map(({ id }) => id),
  );
  const { log: path } = sessionLayout(root, id);
  const { workflowId } = state;
  const source = { root, path, workflowId, lastEvents };
  const commands = new Set<string>();
  const found: (readonly [string, Receipt])[] = [];
  for (const { type, itemId, details } of readLogBackwards(source).events) {
    if (done.size === 0) break;
    const isPassed = type === "verification_passed" || type === "gate_passed";
    if (!isPassed || itemId === null || !done.delete(itemId)) continue;
    const receipt = parseReceipt(details.get("receipt"));
    const command = receipt?.command;
    if (receipt === undefined || !command || commands.has(command)) continue;
    commands.add(command);
    found.push([itemId, receipt]);
  }
  return found;
}
