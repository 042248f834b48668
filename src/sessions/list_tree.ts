import { OrcError } from "../base/error.ts";
import { sessionLayout } from "../base/layout.ts";
import { isClosed } from "../engine/cleanup.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { readLegacyState } from "../session/legacy.ts";
import { readEntry } from "../session/store.ts";
import type { SessionState, SessionStatus } from "../workflow/types.ts";
import { searchTree, type TreeOptions } from "./search_tree.ts";

/** What to list. */
export interface ListTreeOptions extends TreeOptions {
  /** Leaves out the closed ones. */
  readonly activeOnly?: boolean;
}

/**
 * A session somewhere in a directory tree. What cannot be read of it is null,
 * and `problem` says why.
 */
export interface TreeSession {
  /** Its state file. */
  readonly path: string;
  /** The root of its repository. */
  readonly directory: string;
  /** What commands take; null where a legacy file cannot be read. */
  readonly session: string | null;
  readonly workflowId: string | null;
  readonly task: string | null;
  readonly status: SessionStatus | null;
  /** Id of the current phase; after the end, of the one it ended in. */
  readonly phase: string | null;
  readonly project: string | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  /** Whether it lies in the older tool's `.workflow_state.json`. */
  readonly legacy: boolean;
  /** Why its state cannot be read; null when it can. */
  readonly problem: string | null;
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
 * Lists the sessions of all repositories in a directory tree. Takes no lock and
 * writes nothing; a damaged session is listed with its problem, also where only
 * active ones are asked for, since it may be one.
 *
 * Requires `--allow-read`.
 */
export async function listTree(
  host: Host,
  options: ListTreeOptions = {},
): Promise<TreeList> {
  const { directory, repositories, warnings } = searchTree(host, options);
  const lists: (readonly TreeSession[])[] = [];
  const problems: string[] = [...warnings];
  for (const repository of repositories) {
    try {
      lists.push((await sessionsIn(repository)).toSorted(newestFirst));
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      problems.push(error.message);
    }
  }
  const sessions = lists.flat().filter(({ status }) =>
    !options.activeOnly || status === null || !isClosed(status)
  );
  return { directory, sessions, warnings: problems };
}

/** All sessions of a repository; an adopted one only in its new place. */
export async function sessionsIn(
  repository: Repository,
): Promise<readonly TreeSession[]> {
  const { layout, store } = repository;
  const ids = store.ids();
  const sessions: TreeSession[] = [];
  for (const id of ids) {
    const { state, problem } = await readEntry(layout, id);
    const path = sessionLayout(layout.root, id).state;
    const place = { path, directory: layout.root, session: id, legacy: false };
    sessions.push({ ...place, ...factsOf(state), problem });
  }
  const legacy = await legacySession(repository);
  const isAdopted = legacy?.session && ids.includes(legacy.session);
  return legacy && !isAdopted ? [...sessions, legacy] : sessions;
}

async function legacySession(
  { layout }: Repository,
): Promise<TreeSession | undefined> {
  const path = layout.legacyState;
  const place = { path, directory: layout.root, legacy: true };
  try {
    const found = await readLegacyState(layout);
    if (found === undefined) return undefined;
    const { id, state } = found.session;
    return { ...place, session: id, ...factsOf(state), problem: null };
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    const problem = error.message;
    return { ...place, session: null, ...factsOf(null), problem };
  }
}

type Facts = Omit<
  TreeSession,
  "path" | "directory" | "session" | "legacy" | "problem"
>;

function factsOf(state: SessionState | null): Facts {
  return {
    workflowId: state?.workflowId ?? null,
    task: state?.task ?? null,
    status: state?.status ?? null,
    phase: state?.currentPhaseId ?? null,
    project: state?.project ?? null,
    createdAt: state?.createdAt ?? null,
    updatedAt: state?.updatedAt ?? null,
  };
}

function newestFirst(one: TreeSession, other: TreeSession): number {
  const [a, b] = [one.createdAt ?? "", other.createdAt ?? ""];
  if (a !== b) return a < b ? 1 : -1;
  return one.path < other.path ? -1 : 1;
}
