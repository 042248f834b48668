/** How a working tree differs from the start of its session: what makes a task grow, and what an item asks for. */
import { orElse } from "../base/error.ts";
import { isObjectId } from "../base/ids.ts";
import { type JsonObject, jsonObject, textAt } from "../base/json.ts";
import { repositoryLayout } from "../base/layout.ts";
import { compareCodePoints } from "../base/json_print.ts";
import { joinPath } from "../base/path.ts";
import { countOf } from "../base/text.ts";
import { type Change, outgrown } from "../engine/size.ts";
import { epochMsOf } from "../base/time.ts";
import { readHead } from "../files/git_head.ts";
import { findGit, GIT_MAY_NOT_RUN, mayAskGit } from "../files/git_index.ts";
import { readRegularFile, sizeOf } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";
import type { PinnedSizing } from "../workflow/sizes.ts";
import type { SessionState, Sizing } from "../workflow/types.ts";
import { findIncoming, type Incoming, mergeBaseOf } from "./base.ts";
import {
  keepEntries,
  keptEntries,
  readEntries,
  type TreeSite,
} from "./tree.ts";
import { hashOfIds, objectHash } from "./tree_content.ts";
import {
  decodeNames,
  gitOutput,
  isOwn,
  NoTree,
  unrecorded,
} from "./tree_files.ts";
import {
  type Before,
  byPath,
  type Came,
  changedPaths,
  differingLines,
  type Entries,
  expectedWith,
  isSame,
  isSameContent,
  linesIn,
  matcherOf,
  MODES,
  parseEntries,
  riskMatcherOf,
  sizePointedTo,
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
  const differing = typeof committed === "string"
    ? []
    : changedPaths(committed, tree.entries)
      .filter((path) => joinPath(site.workingTree, path) !== workflowPath);
  const { entries } = tree;
  const lying = { paths: differing, entries };
  const paths = await unrecorded(host, site, [commit], lying);
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

/**
 * The files that a session changed, or why they cannot be told: those that differ from its start, but for what
 * others did on the default branch and a merge, a pull or a rebase brought.
 */
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
  const commit = textAt(state.metadata, START_COMMIT);
  const [now, incoming] = await Promise.all([
    readEntries(host, site, { signal }),
    incomingSince(host, site, { commit, at: state.createdAt }, signal),
  ]);
  // Where every file is gone, all have changed.
  const entries = typeof now === "string" ? [] : now.entries;
  const tree = typeof now === "string" ? null : now.id;
  if (!incoming && tree === start) {
    return { paths: [], before: new Map(), site, tree };
  }
  const own = start === EMPTY ? [] : await keptEntries(layout, start) ??
    await committedEntries(host, site, commit, signal);
  if (typeof own === "string") return own;
  if (!incoming) {
    const lying = { paths: changedPaths(own, entries), entries };
    const paths = await unrecorded(host, site, [commit], lying);
    return { ...changedFrom(own, paths, site), tree };
  }
  const ids = [commit, incoming.before, incoming.commit];
  const sides = await entriesOf(host, site, ids, signal);
  if (typeof sides === "string") return sides;
  const [committed = [], before = [], others = []] = sides;
  const beside = await changedBeside(host, site, entries, {
    own,
    came: { committed, before, others },
  });
  const known = [commit, incoming.commit];
  const lying = { paths: beside.paths, entries };
  const paths = await unrecorded(host, site, known, lying);
  return { ...beside, paths, tree, others: incoming.commit };
}

/**
 * The files that a commit changed since a session began, where the work of others is a commit that somebody
 * else names; where the start is not known there, the work of others is all that there was.
 */
export async function changedUntil(
  host: Host,
  site: TreeSite,
  { commit, start, base }: {
    readonly commit: string;
    readonly start: string | null;
    readonly base: string;
  },
  signal: AbortSignal | undefined,
): Promise<ChangedFiles | string> {
  const git = findGit(site.workingTree);
  const merged = git && start !== null && isObjectId(start)
    ? await mergeBaseOf(host, git, [start, base], signal)
    : undefined;
  const ids = [commit, base, ...merged && start ? [start, merged] : []];
  const sides = await entriesOf(host, site, ids, signal);
  if (typeof sides === "string") return sides;
  const [entries = [], others = [], own = others, before = others] = sides;
  return await changedBeside(host, site, entries, {
    own,
    came: { committed: own, before, others },
    now: byPath(entries),
  });
}

/** What a session that ends keeps of how it was measured. */
export function measuredBy({ tree, others }: ChangedFiles): JsonObject {
  return jsonObject({ ...tree && { tree }, ...others && { others } });
}

/** What came in since a session began; where git cannot tell, all that differs is its work. */
async function incomingSince(
  host: Host,
  { workingTree }: TreeSite,
  { commit, at }: {
    readonly commit: string | null;
    readonly at: string | null;
  },
  signal: AbortSignal | undefined,
): Promise<Incoming | undefined> {
  const git = orElse(() => findGit(workingTree), () => undefined);
  const sinceMs = epochMsOf(at);
  // Where nothing was committed, nothing came in: that is told without running git.
  if (!git || commit === null || sinceMs === undefined) return undefined;
  if (!isObjectId(commit) || readHead(workingTree) === commit) return undefined;
  try {
    return await findIncoming(host, git, { start: commit, sinceMs, signal });
  } catch (error) {
    if (error instanceof NoTree) return undefined;
    throw error;
  }
}

/** The files that differ from what the start of a session and the work of others together make. */
async function changedBeside(
  host: Host,
  site: TreeSite,
  entries: readonly TreeEntry[],
  { own, came, now }: {
    readonly own: readonly TreeEntry[];
    readonly came: Came<readonly TreeEntry[]>;
    readonly now?: ReadonlyMap<string, TreeEntry>;
  },
): Promise<ChangedFiles> {
  const before = expectedWith(own, came);
  const lying = byPath(entries);
  const isAlike = (path: string) =>
    !before.get(path)?.came && isSame(before.get(path)?.own, lying.get(path));
  const paths = [...new Set([...before.keys(), ...lying.keys()])]
    .filter((path) => !isAlike(path)).toSorted(compareCodePoints);
  const found = { paths, before, site, ...now && { now } };
  const unsure = paths.filter((path) => {
    const { came, isCommitted } = before.get(path) ?? {};
    return lying.has(path) ? came ?? isCommitted : came && !came.others;
  });
  if (unsure.length > MAX_COUNTED) return found;
  const counts = await linesChanged(host, found, unsure);
  const settled = new Set(
    unsure.filter((path) => {
      const { isSame = false, lines } = counts.get(path) ?? {};
      return isSame || before.get(path)?.came && lines === 0;
    }),
  );
  return { ...found, paths: paths.filter((path) => !settled.has(path)) };
}

function changedFrom(
  before: readonly TreeEntry[],
  paths: readonly string[],
  site: TreeSite,
): ChangedFiles {
  const entries = before.map((own) => [own.path, { own }] as const);
  return { paths, before: new Map(entries), site };
}

/** Files that differ, and what they were. */
export interface ChangedFiles {
  readonly paths: readonly string[];
  readonly before: ReadonlyMap<string, Before>;
  readonly site: TreeSite;
  /** What they are in a commit; without it, they lie in the working tree. */
  readonly now?: Entries;
  /** Identity of the working tree. */
  readonly tree?: string | null;
  /** The commit up to which the work of others came in. */
  readonly others?: string;
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
  if (!git || commit === null || !isObjectId(commit)) {
    return "which files there were is not kept any more";
  }
  try {
    const args = ["ls-tree", "-r", "-z", commit];
    const bytes = await gitOutput(host, workingTree, git, args, signal);
    return parseEntries(decodeNames(bytes))?.filter(({ path, mode }) =>
      // What lies in another repository is listed by its files.
      !isOwn(path) && mode !== MODES.repository
    ) ?? "git lists the files in a form that orc does not know";
  } catch (error) {
    if (error instanceof NoTree) return error.message;
    throw error;
  }
}

/** The files of several commits, or why those of one of them cannot be told. */
async function entriesOf(
  host: Host,
  site: TreeSite,
  commits: readonly (string | null)[],
  signal: AbortSignal | undefined,
): Promise<readonly (readonly TreeEntry[])[] | string> {
  const read = await Promise.all(
    commits.map((id) => committedEntries(host, site, id, signal)),
  );
  const problem = read.find((one) => typeof one === "string");
  return problem ?? read.filter((one) => typeof one !== "string");
}

/**
 * Measures a change by what the workflow says of sizes. From a commit, a file counts only where its text
 * differs: a checkout may have other ends of lines than git stores, or what a pointer stands for.
 */
export async function measure(
  host: Host,
  changed: ChangedFiles,
  { measuredPaths, riskPaths }: Sizing,
  isFromCommit = false,
): Promise<Change> {
  const { paths } = changed;
  const counted = paths.filter(matcherOf(measuredPaths));
  const isRisky = riskMatcherOf(riskPaths);
  const counts = counted.length > MAX_COUNTED
    ? null
    : await linesChanged(host, changed, counted);
  const isKept = (path: string) =>
    isFromCommit && counts?.get(path)?.isSame === true;
  const lines = [...counts?.values() ?? []]
    .reduce((sum, { lines }) => sum + lines, 0);
  return {
    files: counted.filter((path) => !isKept(path)).length,
    lines: counts && lines,
    risky: riskPaths.length === 0
      ? []
      : paths.filter((path) => isRisky(path) && !isKept(path)),
  };
}

/** Of more files nobody counts lines: their number tells enough. */
const MAX_COUNTED = 500;

/** A larger file was made by a program: it counts whole, by its size. */
const MAX_COUNTED_BYTES = 1024 * 1024;

/** How a file differs from what is expected of it, and whether it holds what was committed. */
type FileChange = { readonly lines: number; readonly isSame: boolean };

/**
 * Lines that are in one of two states of the files alone. They are counted here: what git counts, attributes
 * and filters of the repository decide, and whoever works in it can set those.
 */
async function linesChanged(
  host: Host,
  { before, now, site: { workingTree } }: ChangedFiles,
  paths: readonly string[],
): Promise<ReadonlyMap<string, FileChange>> {
  const statesOf = (path: string) => {
    const { own, came } = before.get(path) ?? {};
    return [own, ...Object.values(came ?? {}), now?.get(path)];
  };
  const ids = paths.flatMap(statesOf).flatMap((entry) => entry?.id ?? []);
  const texts = await blobsOf(host, workingTree, [...new Set(ids)]);
  const textOf = (entry: TreeEntry | undefined) => texts.get(entry?.id ?? "");
  const missing = now && ids.filter((id) => !texts.has(id)).length;
  if (missing) {
    throw new NoTree(
      `git has not got ${countOf(missing, "file")} here, as in a partial clone`,
    );
  }
  const encode = (text: string) => new TextEncoder().encode(text);
  const decode = (bytes?: Uint8Array) => new TextDecoder().decode(bytes);
  const read = (path: string) => {
    const stored = now && encode(textOf(now.get(path)) ?? "");
    const lying = joinPath(workingTree, path);
    const size = stored?.length ?? sizeOf(lying);
    if (size > MAX_COUNTED_BYTES) return { bytes: undefined, size };
    const read = () => readRegularFile(lying, MAX_COUNTED_BYTES);
    return { bytes: stored ?? orElse(read, () => undefined), size };
  };
  const counts = new Map<string, FileChange>();
  for (const path of paths) {
    const { own, came } = before.get(path) ?? {};
    const was = textOf(own) ?? textOf(came?.committed) ?? "";
    const { bytes, size } = read(path);
    // The hash of a large file that a pointer names is not worth the time: its size is looked at.
    const isSame = own !== undefined && !came &&
      (bytes === undefined
        ? sizePointedTo(encode(was)) === size
        : await isSameContent(encode(was), bytes));
    const sides = came && {
      before: textOf(came.before) ?? "",
      others: textOf(came.others) ?? "",
    };
    const unread = bytes === undefined && size > 0 ? linesIn(size) : 0;
    const lines = differingLines(was, decode(bytes), sides) + unread;
    counts.set(path, { lines: isSame ? 0 : lines, isSame });
  }
  return counts;
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
