import { notFound, onRefusal, orElse, usage } from "../base/error.ts";
import {
  repositoryLayout,
  sessionLayout,
  UNSEARCHED_DIRECTORIES,
} from "../base/layout.ts";
import { isAbsolutePath, joinPath, resolvePath } from "../base/path.ts";
import type { JsonObject } from "../base/json.ts";
import { headOf, oneLine } from "../base/markdown.ts";
import { parseWholeNumber, titleOf } from "../base/text.ts";
import {
  currentPhase,
  isClosed,
  isDone,
  itemStateOf,
  phaseStateOf,
} from "../engine/state.ts";
import type { Progress } from "../engine/standing.ts";
import { summarize } from "../engine/summary.ts";
import { entriesIn, fileKind, isThere, realOrGiven } from "../files/read.ts";
import { isMarked, isOfNoRepository } from "../files/root.ts";
import { type Host, variableOf } from "../host/host.ts";
import {
  assertKnown,
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { readEntry, unlessDamaged } from "../session/entries.ts";
import { readLegacyState } from "../session/legacy.ts";
import { readCurrent, saidIn } from "../session/read.ts";
import type { SessionEntry, SessionStore } from "../session/store.ts";
import { decodeDefinition } from "../workflow/definition.ts";
import type {
  Item,
  Phase,
  SessionState,
  SessionStatus,
} from "../workflow/types.ts";

/** A session in one line. What cannot be read of it is null, and `problem` says why. */
export interface SessionLine {
  /** What commands take; any beginning that fits no other will do. */
  readonly id: string;
  /** Whether everybody who has no session of their own is in it. */
  readonly current: boolean;
  /** What people call it; null when nobody gave it a name. */
  readonly name: string | null;
  /** The agent that it belongs to; null where it is everybody's. */
  readonly owner: string | null;
  /** The machine that it began on, where a database keeps it. */
  readonly host: string | null;
  /** What is to be done, as given at start. */
  readonly task: string | null;
  /** How far it is. */
  readonly status: SessionStatus | null;
  /** Id of the current phase; after the end, of the one it ended in. */
  readonly phaseId: string | null;
  /** Sums over all phases; null also in the oldest sessions, which carry no workflow. */
  readonly progress: Progress | null;
  /** When it started, an instant in UTC; empty when its file does not say. */
  readonly createdAt: string | null;
  /** When its last update was made; empty when its file does not say. */
  readonly updatedAt: string | null;
  /** Whether it still lies in the older tool's `.workflow_state.json`. */
  readonly legacy: boolean;
  /** Why its state or its workflow cannot be read; null when both can. */
  readonly problem: string | null;
}

/** All sessions of a repository. */
export interface SessionList {
  /** Where they are; its session is the one that `current` names. */
  readonly place: Place;
  /** Newest first, closed ones too; those without a start come last. */
  readonly sessions: readonly SessionLine[];
  /** How many more there are, which were changed earlier. */
  readonly more: number;
  /** Whether a session can start here, as nowhere in the user's own directory. */
  readonly isProject: boolean;
  /** Why `current` or the older tool's file cannot be read. */
  readonly warnings: readonly string[];
}

/** Sessions that are listed unless all are asked for: what a person looks through. */
const LISTED_SESSIONS = 100;

/** Which sessions are listed. */
export interface SessionListOptions extends RepositoryOptions {
  /** How many, those that were changed last: 100 without it, `Infinity` for all. */
  readonly limit?: number;
}

/**
 * Lists the sessions of a repository that were changed last, newest first; a
 * damaged one is listed with its problem. Takes no lock and writes nothing.
 *
 * Requires `--allow-read`.
 */
export async function listSessions(
  host: Host,
  options: SessionListOptions = {},
): Promise<SessionList> {
  const repository = openRepository(host, options, { limit: true });
  const { layout, store } = repository;
  const { limit = LISTED_SESSIONS } = options;
  const warnings: string[] = [];
  const current = await unlessDamaged(() => readCurrent(layout), warnings);
  const entries = await store.list({ limit });
  const named = entries.filter(({ state }) => state !== null);
  const metas = await store.metas(named.map(({ id }) => id), warnings);
  const lines = entries.map((entry) => ({
    ...lineOf(entry, current, false),
    ...said(metas.get(entry.id)),
  }));
  const legacy = await unlessDamaged(() => readLegacyState(layout), warnings);
  if (legacy && !lines.some(({ id }) => id === legacy.session.id)) {
    const { id, state } = legacy.session;
    lines.push(lineOf({ id, state, problem: null }, current, true));
  }
  return {
    place: placeOf(repository, current ?? null),
    sessions: lines.sort(newestFirst),
    more: await store.count() - entries.length,
    isProject: !isOfNoRepository(layout.root, host.homeDirectory()),
    warnings,
  };
}

/** Which sessions are gone through. */
export interface EachSessionOptions extends RepositoryOptions {
  /** Only those that are so far; one that cannot be read may be any, and is never left out. */
  readonly status?: SessionStatus | readonly SessionStatus[];
}

/**
 * Goes through the sessions of a repository, the newest first, and reads each when its turn comes:
 * in constant memory, however many there are. Takes no lock and writes nothing.
 *
 * Requires `--allow-read`.
 */
export async function* eachSession(
  host: Host,
  options: EachSessionOptions = {},
): AsyncGenerator<SessionLine> {
  const { layout, store } = openRepository(host, options, { status: true });
  const current = await unlessDamaged(() => readCurrent(layout), []);
  const wanted = [options.status ?? []].flat();
  const isWanted = ({ status }: SessionLine): boolean =>
    wanted.length === 0 || status === null || wanted.includes(status);
  const ids = await store.ids();
  for (const id of ids.toReversed()) {
    options.signal?.throwIfAborted();
    const entry = await readEntry(store, id);
    const metas = await store.metas(entry.state ? [id] : [], []);
    const line = { ...lineOf(entry, current, false), ...said(metas.get(id)) };
    if (isWanted(line)) yield line;
  }
  const legacy = await unlessDamaged(() => readLegacyState(layout), []);
  if (legacy === undefined || ids.includes(legacy.session.id)) return;
  const { id, state } = legacy.session;
  const line = lineOf({ id, state, problem: null }, current, true);
  if (isWanted(line)) yield line;
}

/** A session in one line, with its name; whether it is the current one is for the caller to know. */
export async function sessionLine(
  store: SessionStore,
  entry: SessionEntry,
  isLegacy = false,
): Promise<SessionLine> {
  const line = lineOf(entry, undefined, isLegacy);
  const isNamed = entry.state !== null && !isLegacy;
  const metas = await store.metas(isNamed ? [entry.id] : [], []);
  return { ...line, ...said(metas.get(entry.id)) };
}

function said(
  meta: JsonObject | undefined,
): Pick<SessionLine, "name" | "owner" | "host"> {
  return {
    name: saidIn("name", meta),
    owner: saidIn("owner", meta),
    host: saidIn("host", meta),
  };
}

/** A session of any repository in a shared database. */
export interface SharedSession extends SessionLine {
  /** What its repository is called where it began; null where that is not known. */
  readonly repository: string | null;
  /** The same for all clones of a remote. */
  readonly repoId: string;
}

/** Sessions of all repositories in a shared database. */
export interface SharedList {
  /** From where it was asked; its session is the one that `current` names. */
  readonly place: Place;
  /** Those that were changed last come first. */
  readonly sessions: readonly SharedSession[];
  /** How many more there are, which were changed earlier. */
  readonly more: number;
  /** What cannot be read of them, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Lists the sessions of all repositories in the database that the settings name, those changed last first.
 * None of them is taken for one of this repository. Writes nothing.
 *
 * Requires `--allow-read`, `--allow-env` and `--allow-net` of the database.
 *
 * @throws {OrcError} `store_url_missing` (config) where the settings name none
 * @throws {OrcError} `store_unreachable` or `store_tls` (external), `store_auth` (denied)
 */
export async function listSharedSessions(
  host: Host,
  options: SessionListOptions = {},
): Promise<SharedList> {
  const repository = openRepository(host, options, { limit: true });
  const { limit = LISTED_SESSIONS } = options;
  const warnings: string[] = [];
  const current = await unlessDamaged(
    () => readCurrent(repository.layout),
    warnings,
  );
  const { sessionRowsOf } = await import("../repository/store.ts");
  const { listEverywhere } = await import("../postgres/list.ts");
  const rows = await sessionRowsOf(host, repository);
  const own = await rows.repo();
  const { entries, count } = await listEverywhere(rows, limit, warnings);
  return {
    place: placeOf(repository, current ?? null),
    sessions: entries.map((entry) => ({
      ...lineOf(entry, entry.repoId === own ? current : undefined, false),
      ...said(entry.meta),
      repository: saidIn("repository", entry.meta),
      repoId: entry.repoId,
    })),
    more: count - entries.length,
    warnings,
  };
}

function lineOf(
  { id, state, problem }: SessionEntry,
  current: string | undefined,
  legacy: boolean,
): SessionLine {
  const unsaid = { name: null, owner: null, host: null };
  const common = { id, current: id === current, ...unsaid, legacy };
  if (!state) return { ...common, ...UNKNOWN, problem };
  return { ...common, ...factsOf(state), ...progressOf(state) };
}

function factsOf(state: SessionState) {
  const { task, status, currentPhaseId, createdAt, updatedAt } = state;
  return { task, status, phaseId: currentPhaseId, createdAt, updatedAt };
}

function progressOf(
  state: SessionState,
): Pick<SessionLine, "progress" | "problem"> {
  if (state.definition === null) return { progress: null, problem: null };
  const { definition } = state;
  return orElse(() => {
    const workflow = decodeDefinition(definition);
    return { progress: summarize(workflow, state).progress, problem: null };
  }, ({ message }) => ({ progress: null, problem: message }));
}

const UNKNOWN = {
  task: null,
  status: null,
  phaseId: null,
  progress: null,
  createdAt: null,
  updatedAt: null,
} as const;

function newestFirst(one: SessionLine, other: SessionLine): number {
  const [a, b] = [one.createdAt ?? "", other.createdAt ?? ""];
  return a === b ? one.id.localeCompare(other.id) : a < b ? 1 : -1;
}

/** Which sessions of a directory tree are listed. */
export interface ListTreeOptions extends TreeOptions {
  /** Leaves out the closed ones. */
  readonly activeOnly?: boolean;
}

/** A session somewhere in a directory tree. What cannot be read of it is null, and `problem` says why. */
export interface TreeSession extends
  Omit<
    SessionLine,
    "id" | "current" | "name" | "owner" | "host" | "progress"
  > {
  /** Its state file. */
  readonly path: string;
  /** The root of its repository. */
  readonly directory: string;
  /** What commands take; null where a legacy file cannot be read. */
  readonly session: string | null;
  /** `wf_` and eight hex digits; null where it cannot be read. */
  readonly workflowId: string | null;
  /** Name of the project the task belongs to; null without one. */
  readonly project: string | null;
}

/** The sessions of a directory tree. */
export interface TreeList {
  /** Where the search began, absolute. */
  readonly directory: string;
  /** By directory, the newest first in each. */
  readonly sessions: readonly TreeSession[];
  /** What could not be looked at, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Lists the sessions of all repositories in a directory tree. A damaged one is listed with its
 * problem, also where only active ones are asked for: it may be one. Takes no lock and writes nothing.
 *
 * Requires `--allow-read`.
 */
export async function listTree(
  host: Host,
  options: ListTreeOptions = {},
): Promise<TreeList> {
  assertKnown(options, { directory: true, depth: true, activeOnly: true });
  const { directory, found, warnings } = await searchTree(
    host,
    options,
    async (repository) => (await sessionsIn(repository)).sort(newestInTree),
  );
  const sessions = found.flat().filter(({ status }) =>
    !options.activeOnly || status === null || !isClosed(status)
  );
  return { directory, sessions, warnings };
}

/** All sessions of a repository; an adopted one only in its new place. */
async function sessionsIn(
  { layout, store }: Repository,
): Promise<TreeSession[]> {
  const directory = layout.root;
  const ids = await store.ids();
  const sessions: TreeSession[] = [];
  for (const session of ids) {
    const { state, problem } = await readEntry(store, session);
    const path = sessionLayout(directory, session).state;
    const place = { path, directory, session, legacy: false };
    sessions.push({ ...place, ...treeFactsOf(state), problem });
  }
  const problems: string[] = [];
  const legacy = await unlessDamaged(() => readLegacyState(layout), problems);
  const { id: session = null, state = null } = legacy?.session ?? {};
  const [problem = null] = problems;
  const isShown = session === null ? problem !== null : !ids.includes(session);
  if (isShown) {
    const path = legacy?.session.legacyPath ?? layout.legacyState;
    const place = { path, directory, session };
    sessions.push({ ...place, legacy: true, ...treeFactsOf(state), problem });
  }
  return sessions;
}

function treeFactsOf(state: SessionState | null) {
  const { workflowId = null, project = null } = state ?? {};
  const { progress: _progress, ...unknown } = UNKNOWN;
  return { workflowId, project, ...state ? factsOf(state) : unknown };
}

function newestInTree(one: TreeSession, other: TreeSession): number {
  const [a, b] = [one.createdAt ?? "", other.createdAt ?? ""];
  if (a !== b) return a < b ? 1 : -1;
  return one.path < other.path ? -1 : 1;
}

/** A directory tree to search. */
export interface TreeOptions extends RepositoryOptions {
  /** Where it begins; without it at `root`, `ORCHESTRATOR_ROOT` or the working directory. */
  readonly directory?: string;
  /** Levels of directories below it, as typed: 0 to 64; without it 3. */
  readonly depth?: string;
}

const DEFAULT_DEPTH = "3";
const MAX_DEPTH_SEARCHED = 64;

/** Looks at every repository of a directory tree; one that cannot be looked at hides no other. */
export async function searchTree<Found>(
  host: Host,
  options: TreeOptions,
  look: (repository: Repository) => Promise<Found>,
): Promise<Omit<TreeList, "sessions"> & { readonly found: readonly Found[] }> {
  const directory = startOf(host, options);
  const limits = { flag: "--depth", max: MAX_DEPTH_SEARCHED };
  const depth = parseWholeNumber(options.depth ?? DEFAULT_DEPTH, limits);
  const home = host.homeDirectory();
  const found = findRepositories(directory, { depth, home });
  const warnings = found.problems;
  const all: Found[] = [];
  for (const root of found.directories) {
    const place = { root, workingTree: root, worktree: null };
    const found = { ...place, source: "marker" } as const;
    const repository = openRepository(host, { ...options, found });
    const seen = await unlessDamaged(() => look(repository), warnings);
    if (seen !== undefined) all.push(seen);
  }
  return { directory, found: all, warnings };
}

function startOf(host: Host, { directory, root }: TreeOptions): string {
  const named = directory ?? root ??
    (variableOf(host, "ORCHESTRATOR_ROOT") || ".");
  // A directory that stands by itself does without a working directory, which may be gone.
  const given = isAbsolutePath(named)
    ? named
    : resolvePath(host.workingDirectory, named);
  const start = realOrGiven(given);
  const kind = fileKind(start);
  if (kind === "directory") return start;
  if (kind === "absent") {
    throw notFound(
      "no_such_directory",
      `Cannot search "${start}": it does not exist`,
      { path: start, hint: "name a directory that exists" },
    );
  }
  throw usage(
    "not_a_directory",
    `Cannot search "${start}": it is not a directory`,
    { path: start, hint: "name a directory" },
  );
}

/**
 * Finds the directories of a tree that hold sessions; parents come before what they hold.
 * Follows no link, so that it ends everywhere. The `.orchestrator` of the user's home belongs to
 * no repository.
 */
export function findRepositories(
  start: string,
  { depth, home }: { readonly depth: number; readonly home?: string },
): { readonly directories: string[]; readonly problems: string[] } {
  const directories: string[] = [];
  const problems: string[] = [];
  const unlessHidden = <Value>(look: () => Value): Value | undefined =>
    orElse(look, ({ message }) => {
      problems.push(message);
      return undefined;
    });
  const visit = (directory: string, levels: number): void => {
    if (unlessHidden(() => holdsSessions(directory, home))) {
      directories.push(directory);
    }
    if (levels === 0) return;
    for (const name of unlessHidden(() => directoriesIn(directory)) ?? []) {
      visit(joinPath(directory, name), levels - 1);
    }
  };
  visit(start, depth);
  return { directories, problems };
}

function holdsSessions(directory: string, home: string | undefined): boolean {
  if (isMarked(directory, home)) return true;
  const { sessions, legacyState } = repositoryLayout(directory);
  // Sessions that may not be looked at must not count as none.
  fileKind(sessions);
  return isThere(legacyState);
}

function directoriesIn(directory: string): readonly string[] {
  // None where it was removed since its name was read.
  return entriesIn(directory, "search")
    .filter(({ name, isDirectory }) =>
      isDirectory && !UNSEARCHED_DIRECTORIES.has(name)
    )
    .map(({ name }) => name)
    .sort();
}

/** What of a repository a word on a command line can name. */
export type CandidateKind =
  | "item"
  | "open-item"
  | "phase"
  | "session"
  | "checkpoint";

/** A word that could stand on a command line. */
export interface Candidate {
  readonly word: string;
  /** What it stands for, in one line. */
  readonly summary: string;
}

/** A shell takes these as they are: what a file says must not become a program. */
const SAFE_WORD = /^[\w.@%+/-]+$/;

/** Shells show words and summaries side by side. */
const MAX_SUMMARY_LENGTH = 60;

/** Lists what a word could name, and nothing where nothing can be read: nobody wants an error while they type. */
export async function listCandidates(
  host: Host,
  kind: CandidateKind,
  options: SessionOptions = {},
): Promise<readonly Candidate[]> {
  const candidates = await candidatesOf(host, kind, options)
    .catch(onRefusal(() => []));
  return candidates
    .filter(({ word }) => SAFE_WORD.test(word))
    .map(({ word, summary }) => ({
      word,
      summary: headOf(oneLine(summary), MAX_SUMMARY_LENGTH),
    }));
}

async function candidatesOf(
  host: Host,
  kind: CandidateKind,
  options: SessionOptions,
): Promise<readonly Candidate[]> {
  if (kind === "session") {
    const { sessions } = await listSessions(host, { root: options.root });
    return sessions.map(({ id, name, task, status }) => ({
      word: id,
      summary: `${status ?? "damaged"}: ${titleOf(name, task ?? "")}`,
    }));
  }
  if (kind === "checkpoint") {
    const { listCheckpoints } = await import("../checkpoints/use.ts");
    const { checkpoints } = await listCheckpoints(host, options);
    return checkpoints.map(({ id, phaseId, message }) => ({
      word: id,
      summary: message ?? phaseId,
    }));
  }
  const named = namedIn(await openSession(host, options), kind);
  return named.map(({ id, name }) => ({ word: id, summary: name }));
}

function namedIn(
  { workflow, session }: OpenedSession,
  kind: "phase" | "item" | "open-item",
): readonly (Item | Phase)[] {
  if (kind === "phase") return workflow.phases;
  if (kind === "item") return workflow.phases.flatMap(({ items }) => items);
  const phase = currentPhase(workflow, session.state);
  const phaseState = phaseStateOf(session.state, phase);
  return phase.items.filter(({ id }) => !isDone(itemStateOf(phaseState, id)));
}
