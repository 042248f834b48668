/** Whether what checks saw is still there. */
import { refused } from "../base/error.ts";
import {
  countOf,
  listOf,
  quoted,
  shellWord,
  uncapitalised,
} from "../base/text.ts";
import {
  checkKey,
  describeResult,
  isLasting,
  requiredCheck,
} from "../engine/check.ts";
import { parseReceipt, type TreeReceipt } from "../engine/receipt.ts";
import { GIT_MAY_NOT_RUN, mayAskGit } from "../files/git_index.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";
import { eachEventBackwards } from "../session/kept/each.ts";
import type { CheckResult, Item } from "../workflow/types.ts";
import { runCheck } from "./run.ts";
import { compareTree, type TreeChange, type TreeSite } from "./tree.ts";

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
  /** What cannot be told, and why. */
  readonly unknown: readonly Unknown[];
}

/** Something that a check saw and nobody can compare. */
export interface Unknown {
  /** The item; null where nothing can be compared. */
  readonly itemId: string | null;
  /** One sentence without its period. */
  readonly message: string;
}

const MAX_NAMES = 5;

/**
 * Finds the completed items whose check saw other files. Of a command that several items run, the
 * last run counts for all of them. A look at a file is made again.
 */
export async function findStale(
  host: Host,
  opened: OpenedSession,
  isAsked: (item: Item) => boolean = () => true,
): Promise<Freshness> {
  const { found, layout: { root } } = opened.repository;
  const { workingTree } = found;
  const { runs, looks } = await lastResults(opened, isAsked);
  const stale: Stale[] = [];
  const unknown: Unknown[] = runs.flatMap(({ itemId, tree, reason }) =>
    tree === null
      ? [{
        itemId,
        message: `What the check of item ${
          quoted(itemId)
        } saw cannot be compared: ${
          uncapitalised(reason ?? "it is not known")
        }`,
      }]
      : []
  );
  for (const item of looks) {
    const check = requiredCheck(opened.workflow, item);
    const ran = await runCheck(host, check, { workingTree });
    if (ran?.result.passed === false) stale.push(staleLook(item, ran.result));
  }
  const seen = runs.filter(isSeen);
  const compared = seen.length > 0 && mayAskGit()
    ? await compare(host, { root, workingTree }, seen)
    : new Map<SeenRun, TreeChange>();
  for (const run of seen) {
    const change = compared.get(run);
    if (change?.isSame === false) stale.push(staleItem(run.itemId, change));
  }
  const why = seen.length === 0
    ? null
    : mayAskGit()
    ? [...compared.values()].find(({ isSame }) => isSame === null)?.reason ??
      null
    : GIT_MAY_NOT_RUN;
  if (why !== null) {
    const message =
      `Whether files changed since checks saw them is not known: ${why}`;
    unknown.push({ itemId: null, message });
  }
  return { stale, unknown };
}

/** What depends on the same files is compared with one reading of them. */
async function compare(
  host: Host,
  site: TreeSite,
  seen: readonly SeenRun[],
): Promise<ReadonlyMap<SeenRun, TreeChange>> {
  const compared = new Map<SeenRun, TreeChange>();
  const dependingOn = new Map(seen.map(({ tree }) => [keyOf(tree), tree]));
  for (const [key, { inputs }] of dependingOn) {
    const same = seen.filter(({ tree }) => keyOf(tree) === key);
    const ids = same.map(({ tree }) => tree.id);
    const options = { inputs, limit: MAX_NAMES };
    const changes = await compareTree(host, site, ids, options);
    for (const [index, run] of same.entries()) {
      const change = changes[index];
      if (change) compared.set(run, change);
    }
  }
  return compared;
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
  if (stale.length === 0) return unknown.map(({ message }) => message);
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

/** What is worth knowing of the checks of a session: which saw other files, and what nobody can tell. */
export async function staleWarnings(
  host: Host,
  opened: OpenedSession,
): Promise<readonly string[]> {
  const { stale, unknown } = await findStale(host, opened);
  return [
    ...stale.map(staleWarning),
    ...unknown.map(({ message }) => message),
  ];
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

function staleLook({ id }: Item, result: CheckResult): Stale {
  const message = `The check of item ${quoted(id)} would fail now: ${
    describeResult(result)
  }`;
  const paths = result.type === "file_exists" ? [result.name] : [];
  return { itemId: id, message, paths };
}

/** A command that ran, and an item that it completed. */
interface Run {
  readonly itemId: string;
  readonly tree: TreeReceipt | null;
  /** Why there is none. */
  readonly reason: string | null;
}

type SeenRun = Run & { readonly tree: TreeReceipt };

function isSeen(run: Run): run is SeenRun {
  return run.tree !== null;
}

/** The last run of each check that was asked about, and the items for which orc looked at a file. */
async function lastResults(
  opened: OpenedSession,
  isAsked: (item: Item) => boolean,
): Promise<{ readonly runs: readonly Run[]; readonly looks: readonly Item[] }> {
  const { workflow, session: { state } } = opened;
  const done = new Set(
    state.phases.flatMap(({ items }) => items)
      .filter(({ status }) => status === "completed").map(({ id }) => id),
  );
  const checked = new Map(
    workflow.phases.flatMap(({ items }) => items)
      .filter((item) => done.has(item.id) && isLasting(item))
      .map((item) => [item.id, item]),
  );
  if (![...checked.values()].some(isAsked)) return { runs: [], looks: [] };
  const last = new Map<string, Omit<Run, "itemId">>();
  const runs = new Map<string, Run>();
  const looks: Item[] = [];
  for await (const { type, itemId, details } of eachEventBackwards(opened)) {
    if (checked.size === 0) break;
    const isPassed = type === "verification_passed" || type === "gate_passed";
    const item = checked.get(itemId ?? "");
    if (!isPassed || item === undefined) continue;
    checked.delete(item.id);
    const receipt = parseReceipt(details.get("receipt"));
    if (receipt === undefined) continue;
    const { command, tree, treeReason: reason } = receipt;
    if (item.verification.type === "file_exists") {
      if (isAsked(item)) looks.push(item);
    } else if (command !== null) {
      const key = checkKey(item, command);
      const newest = last.get(key) ?? { tree, reason };
      last.set(key, newest);
      if (isAsked(item)) {
        runs.set(key, runs.get(key) ?? { ...newest, itemId: item.id });
      }
    }
  }
  return { runs: [...runs.values()], looks };
}
