/** Whether what checks saw is still there. */
import { refused } from "../base/error.ts";
import { sessionLayout } from "../base/layout.ts";
import {
  countOf,
  listOf,
  quoted,
  shellWord,
  uncapitalised,
} from "../base/text.ts";
import { isLasting } from "../engine/check.ts";
import { parseReceipt, type TreeReceipt } from "../engine/receipt.ts";
import { isGranted } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";
import { readLogBackwards } from "../session/log_read.ts";
import type { Item } from "../workflow/types.ts";
import { compareTree, type TreeChange } from "./tree.ts";

/** An item whose check saw other files than there are now. */
export interface Stale {
  readonly itemId: string;
  /** One sentence without its period, with the names of some files. */
  readonly message: string;
  /** Some of the files that changed, at most five. */
  readonly paths: readonly string[];
}

/** What changed since checks ran. */
export interface Freshness {
  readonly stale: readonly Stale[];
  /** Why it cannot be told; null where it can. */
  readonly unknown: string | null;
}

const MAX_NAMES = 5;

/** Why no tree can be told where git is not to be run. */
export const GIT_MAY_NOT_RUN = "Git lists the files, and may not run";

/** Whether orc may ask git without somebody being asked first. */
export function mayAskGit(): boolean {
  return isGranted({ name: "run", command: "git" });
}

/**
 * Finds the completed items whose check saw other files. Of a command that several items run, the
 * last run counts. What a check saw that left no identity cannot be judged, and is not stale.
 */
export async function findStale(
  host: Host,
  opened: OpenedSession,
  isAsked: (item: Item) => boolean = () => true,
): Promise<Freshness> {
  const { found, layout: { root } } = opened.repository;
  const site = { root, workingTree: found.workingTree };
  const seen = lastTrees(opened, isAsked);
  if (seen.length > 0 && !mayAskGit()) {
    return { stale: [], unknown: GIT_MAY_NOT_RUN };
  }
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
  const unknown = [...changes.values()].find(({ isSame }) => isSame === null);
  return {
    stale: seen.flatMap(({ itemId }) => {
      const change = changes.get(itemId);
      return change?.isSame === false ? [staleItem(itemId, change)] : [];
    }),
    unknown: unknown?.reason ?? null,
  };
}

/**
 * Refuses to go on from required items whose check saw other files; returns what is worth knowing
 * where that cannot be told.
 */
export async function assertFresh(
  host: Host,
  opened: OpenedSession,
  act: string,
  asked: readonly Item[],
): Promise<readonly string[]> {
  const isAsked = (item: Item) => item.required && asked.includes(item);
  const { stale, unknown } = await findStale(host, opened, isAsked);
  if (stale.length === 0) return unknownTexts(unknown);
  const messages = stale.map(({ message }) => uncapitalised(message));
  throw refused("check_stale", `Cannot ${act}: ${messages.join("; ")}`, {
    hint: `run again: ${stale.map(renewalOf).join("; ")}`,
    details: { stale: stale.map(({ itemId, paths }) => ({ itemId, paths })) },
  });
}

/** The command that runs the check of a stale item again. */
export function renewalOf({ itemId }: Pick<Stale, "itemId">): string {
  return `orc complete ${shellWord(itemId)}`;
}

function unknownTexts(unknown: string | null): readonly string[] {
  return unknown === null
    ? []
    : [`Whether files changed since checks saw them is not known: ${unknown}`];
}

/** What is worth knowing of the checks of a session: which saw other files, or that nobody can tell. */
export async function staleWarnings(
  host: Host,
  opened: OpenedSession,
): Promise<readonly string[]> {
  const { stale, unknown } = await findStale(host, opened);
  return [...stale.map(staleWarning), ...unknownTexts(unknown)];
}

/** What is to be known of a session whose checks saw other files, with the way on. */
export function staleWarning(stale: Stale): string {
  return `${stale.message}; run it again: ${renewalOf(stale)}`;
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
  return { itemId, message, paths: names };
}

interface Seen {
  readonly itemId: string;
  readonly tree: TreeReceipt;
}

/** What the last run of each command saw, with the item that it completed. */
function lastTrees(
  { repository, session, workflow }: OpenedSession,
  isAsked: (item: Item) => boolean,
): readonly Seen[] {
  const { root } = repository.layout;
  const { state, id, lastEvents } = session;
  const done = new Set(
    state.phases.flatMap(({ items }) => items)
      .filter(({ status }) => status === "completed").map(({ id }) => id),
  );
  const checked = new Map(
    workflow.phases.flatMap(({ items }) => items)
      .filter((item) => done.has(item.id) && isLasting(item))
      .map((item) => [item.id, item]),
  );
  if (![...checked.values()].some(isAsked)) return [];
  const { log: path } = sessionLayout(root, id);
  const { workflowId } = state;
  const source = { root, path, workflowId, lastEvents };
  const commands = new Set<string>();
  const found: Seen[] = [];
  for (const { type, itemId, details } of readLogBackwards(source).events) {
    if (checked.size === 0) break;
    const isPassed = type === "verification_passed" || type === "gate_passed";
    const item = checked.get(itemId ?? "");
    if (!isPassed || item === undefined) continue;
    checked.delete(item.id);
    const { command, tree } = parseReceipt(details.get("receipt")) ?? {};
    if (!command) continue;
    const { workingDir, inputs } = item;
    const key = JSON.stringify([command, workingDir, inputs]);
    const isFirst = !commands.has(key);
    commands.add(key);
    if (isFirst && tree && isAsked(item)) found.push({ itemId: item.id, tree });
  }
  return found;
}
