/** How a working tree differs from the start of its session: what makes a task grow, and what an item asks for. */
import { orElse } from "../base/error.ts";
import { type JsonObject, jsonObject, textAt } from "../base/json.ts";
import { repositoryLayout } from "../base/layout.ts";
import { joinPath } from "../base/path.ts";
import { type Change, outgrown } from "../engine/size.ts";
import { findGit, GIT_MAY_NOT_RUN, mayAskGit } from "../files/git_index.ts";
import { readRegularFile } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";
import type { PinnedSizing } from "../workflow/sizes.ts";
import type { SessionState, Sizing } from "../workflow/types.ts";
import {
  keepEntries,
  keptEntries,
  readEntries,
  type TreeSite,
} from "./tree.ts";
import { hashOfIds, objectHash } from "./tree_content.ts";
import { decodeNames, gitOutput, NoTree } from "./tree_files.ts";
import {
  changedPaths,
  isSameContent,
  matcherOf,
  parseEntries,
  type TreeEntry,
} from "./tree_rules.ts";

/** Keys under which a session keeps in its metadata where it began. */
const START_TREE = "start_tree";
const START_COMMIT = "start_commit";

/** Where a session begins, as far as anything in its workflow asks for it. */
export interface Start {
  /** What the session keeps of it. */
  readonly metadata: JsonObject;
  /** Why changes cannot be told, as a sentence; null where they can. */
  readonly problem: string | null;
  /** How what was not committed is more than the size may change; null where it is not, or nobody can tell. */
  readonly uncommitted: string | null;
  /** The earlier session whose work this one goes on with; null for none. */
  readonly continued: string | null;
  /** Remembers the files, so that later ones can be compared; nothing rests on it but precision. */
  keep(): void;
}

/** What is known of a session that begins. */
export interface Beginner {
  readonly commit: string | null;
  readonly sizing: PinnedSizing | undefined;
  /** Its workflow file, absolute, of which is said elsewhere whether it is committed. */
  readonly workflowPath: string | null;
  /** Sessions that were given up. */
  readonly abandoned: readonly GivenUp[];
}

/** A session that somebody gave up, as it stands. */
export interface GivenUp {
  readonly session: string;
  readonly state: Pick<SessionState, "createdAt" | "metadata">;
}

/** The first session that was given up at a commit, and the files that it began with. */
function earliestAt(
  commit: string | null,
  abandoned: readonly GivenUp[],
): { readonly session: string; readonly tree: string } | undefined {
  const begun = abandoned.flatMap(({ session, state }) => {
    const { createdAt: at, metadata } = state;
    const tree = textAt(metadata, START_TREE);
    return tree !== null && commit !== null &&
        textAt(metadata, START_COMMIT) === commit
      ? [{ session, tree, at }]
      : [];
  });
  return begun.toSorted((one, other) => one.at < other.at ? -1 : 1)[0];
}

/**
 * Reads what lies there when a session begins; writes nothing. Where an earlier session was given up and its
 * work still lies there, the change is measured from where that one began: a second start makes no work smaller.
 */
export async function readStart(
  host: Host,
  site: TreeSite,
  { commit, sizing, abandoned, workflowPath }: Beginner,
): Promise<Start> {
  const layout = repositoryLayout(site.root);
  const nothing = {
    metadata: new Map(),
    uncommitted: null,
    continued: null,
    keep: () => {},
  };
  const git = mayAskGit()
    ? orElse(() => findGit(site.workingTree), ({ message }) => message)
    : GIT_MAY_NOT_RUN;
  if (typeof git === "string") {
    return { ...nothing, problem: `What changes is not measured: ${git}` };
  }
  if (git === undefined) {
    const problem =
      "Without git nobody measures what changes: neither does the task grow, nor is a change asked for";
    return { ...nothing, problem };
  }
  const [tree, committed] = await Promise.all([
    readEntries(host, site),
    committedEntries(host, site, commit, undefined),
  ]);
  if (typeof tree === "string") {
    // An empty directory is a beginning, too.
    if (commit !== null) {
      const problem = `What changes is not measured: ${tree}`;
      return { ...nothing, problem };
    }
    return {
      ...nothing,
      metadata: jsonObject({ [START_TREE]: EMPTY }),
      problem: null,
    };
  }
  const paths = typeof committed === "string"
    ? []
    : changedPaths(committed, tree.entries)
      .filter((path) => joinPath(site.workingTree, path) !== workflowPath);
  const before = typeof committed === "string" ? [] : committed;
  const change = sizing && paths.length > 0
    ? await measure(host, changedFrom(before, paths, site), sizing, true)
    : undefined;
  const earlier = paths.length > 0 ? earliestAt(commit, abandoned) : undefined;
  const goesOn = earlier !== undefined && earlier.tree !== tree.id;
  return {
    metadata: jsonObject({
      [START_TREE]: goesOn ? earlier.tree : tree.id,
      ...commit === null ? {} : { [START_COMMIT]: commit },
    }),
    problem: null,
    uncommitted: sizing && change
      ? outgrown(sizing, change)?.reason ?? null
      : null,
    continued: goesOn ? earlier.session : null,
    keep: () => keepEntries(host, layout, tree),
  };
}

/** Stands for a directory without files. */
const EMPTY = "empty";

/** The files that differ from the start of a session, or why they cannot be told. */
export async function changedSince(
  host: Host,
  opened: OpenedSession,
  signal?: AbortSignal,
): Promise<ChangedFiles | string> {
  const { repository: { found, layout }, session: { state } } = opened;
  const site = { root: layout.root, workingTree: found.workingTree };
  const start = textAt(state.metadata, START_TREE);
  if (start === null) return "where the session began is not known";
  if (!mayAskGit()) return GIT_MAY_NOT_RUN;
  const now = await readEntries(host, site, { signal });
  // Where every file is gone, all have changed.
  const entries = typeof now === "string" ? [] : now.entries;
  if (typeof now !== "string" && now.id === start) {
    return { paths: [], before: new Map(), site };
  }
  const commit = textAt(state.metadata, START_COMMIT);
  const before = start === EMPTY ? [] : await keptEntries(layout, start) ??
    await committedEntries(host, site, commit, signal);
  if (typeof before === "string") return before;
  return changedFrom(before, changedPaths(before, entries), site);
}

function changedFrom(
  before: readonly TreeEntry[],
  paths: readonly string[],
  site: TreeSite,
): ChangedFiles {
  const entries = before.map((entry) => [entry.path, entry] as const);
  return { paths, before: new Map(entries), site };
}

/** Files that differ, and what they were. */
export interface ChangedFiles {
  readonly paths: readonly string[];
  readonly before: ReadonlyMap<string, TreeEntry>;
  readonly site: TreeSite;
}

/** The files of the commit that a session began at; what was not committed then counts as changed. */
async function committedEntries(
  host: Host,
  { workingTree }: TreeSite,
  commit: string | null,
  signal: AbortSignal | undefined,
): Promise<readonly TreeEntry[] | string> {
  const git = findGit(workingTree);
  // It comes from the session's state, and becomes an argument.
  if (!git || commit === null || !/^[0-9a-f]{40,64}$/.test(commit)) {
    return "which files there were is not kept any more";
  }
  try {
    const args = ["ls-tree", "-r", "-z", commit];
    const bytes = await gitOutput(host, workingTree, git, args, signal);
    return parseEntries(decodeNames(bytes)) ??
      "git lists the files in a form that orc does not know";
  } catch (error) {
    if (error instanceof NoTree) return error.message;
    throw error;
  }
}

/**
 * Measures a change by what the workflow says of sizes. From a commit, a file counts only where its text
 * differs: a checkout may have other ends of lines than git stores, or what a pointer stands for.
 */
export async function measure(
  host: Host,
  { paths, before, site }: ChangedFiles,
  { measuredPaths, riskPaths }: Sizing,
  isFromCommit = false,
): Promise<Change> {
  const counted = paths.filter(matcherOf(measuredPaths));
  const isRisky = matcherOf(riskPaths);
  const counts = counted.length > MAX_COUNTED
    ? null
    : await linesChanged(host, site, counted, before);
  const isSame = (path: string) =>
    isFromCommit && counts?.get(path) === 0 && before.has(path);
  const lines = [...counts?.values() ?? []].reduce((sum, one) => sum + one, 0);
  return {
    files: counted.filter((path) => !isSame(path)).length,
    lines: counts && lines,
    risky: riskPaths.length === 0
      ? []
      : paths.filter((path) => isRisky(path) && !isSame(path)),
  };
}

/** Of more files nobody counts lines: their number tells enough. */
const MAX_COUNTED = 500;

/** A larger file was made by a program. */
const MAX_COUNTED_BYTES = 1024 * 1024;

/**
 * Lines that are in one of two states of the files alone. They are counted here: what git counts, attributes
 * and filters of the repository decide, and whoever works in it can set those.
 */
async function linesChanged(
  host: Host,
  { workingTree }: TreeSite,
  paths: readonly string[],
  before: ReadonlyMap<string, TreeEntry>,
): Promise<ReadonlyMap<string, number>> {
  const ids = new Set(paths.flatMap((path) => before.get(path)?.id ?? []));
  const texts = await blobsOf(host, workingTree, [...ids]);
  const counts = new Map<string, number>();
  for (const path of paths) {
    const was = texts.get(before.get(path)?.id ?? "") ?? "";
    const bytes = orElse(
      () => readRegularFile(joinPath(workingTree, path), MAX_COUNTED_BYTES),
      () => undefined,
    );
    const isSame = bytes !== undefined &&
      await isSameContent(new TextEncoder().encode(was), bytes);
    const is = new TextDecoder().decode(bytes);
    counts.set(path, isSame ? 0 : differingLines(was, is));
  }
  return counts;
}

/** How many lines are in one of two texts alone; where a line stands does not count. */
export function differingLines(was: string, is: string): number {
  const counts = new Map<string, number>();
  const add = (text: string, step: number): void => {
    const lines = text.split(/\r?\n/);
    if (lines.at(-1) === "") lines.pop();
    for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + step);
  };
  add(was, -1);
  add(is, 1);
  return [...counts.values()].reduce((sum, one) => sum + Math.abs(one), 0);
}

/**
 * What git has of some contents; those that were never committed are not among them, nor those that are not
 * what their ids say, which git itself does not look at: a forged one would hide what was changed.
 */
async function blobsOf(
  host: Host,
  workingTree: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const git = findGit(workingTree);
  const texts = new Map<string, string>();
  if (git === undefined || ids.length === 0) return texts;
  const args = ["cat-file", "--batch"];
  const input = `${ids.join("\n")}\n`;
  const streams = { input };
  let bytes: Uint8Array;
  try {
    bytes = await gitOutput(host, workingTree, git, args, undefined, streams);
  } catch (error) {
    if (error instanceof NoTree) return texts;
    throw error;
  }
  const hash = objectHash(await hashOfIds(ids[0] ?? ""));
  const decoder = new TextDecoder();
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(LINE_FEED, at);
    const head = decoder.decode(bytes.subarray(at, end));
    const [, id = "", size = ""] = /^(\w+) blob (\d+)$/.exec(head) ?? [];
    at = end + 1;
    if (end < 0) break;
    if (id === "") continue;
    const content = bytes.subarray(at, at + Number(size));
    if (hash("blob", content) === id) texts.set(id, decoder.decode(content));
    at += Number(size) + 1;
  }
  return texts;
}

const LINE_FEED = 10;

/** Whether some of the changed files match the patterns of an item. */
export function hasChanged(
  { paths }: ChangedFiles,
  patterns: readonly string[],
): boolean {
  return paths.some(matcherOf(patterns));
}
