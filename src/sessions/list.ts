import { OrcError } from "../base/error.ts";
import { type Progress, summarize } from "../engine/summary.ts";
import type { Host } from "../host/host.ts";
import { openRepository, type RepositoryOptions } from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { readCurrent } from "../session/binding.ts";
import { readLegacyState } from "../session/legacy.ts";
import { shownName } from "../session/session_meta.ts";
import type { SessionEntry } from "../session/session_store.ts";
import { unlessDamaged } from "../session/unless_damaged.ts";
import { decodeDefinition } from "../workflow/definition.ts";
import type { SessionState, SessionStatus } from "../workflow/types.ts";

/**
 * A session in one line. What cannot be read of it is null, and `problem` says
 * why.
 */
export interface SessionLine {
  /** What commands take; any beginning that fits no other will do. */
  readonly id: string;
  /** Whether everybody who has no session of their own is in it. */
  readonly current: boolean;
  /** What people call it; null when nobody gave it a name. */
  readonly name: string | null;
  /** What is to be done, as given at start. */
  readonly task: string | null;
  /** How far it is. */
  readonly status: SessionStatus | null;
  /** Id of the current phase; after the end, of the one it ended in. */
  readonly phase: string | null;
  /**
   * Sums over all phases; null also in the oldest sessions, which carry no
   * workflow.
   */
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
  /** Why `current` or the older tool's file cannot be read. */
  readonly warnings: readonly string[];
}

/** Sessions that are listed unless all are asked for: what a person looks through. */
const LISTED_SESSIONS = 100;

/** Which sessions are listed. */
export interface SessionListOptions extends RepositoryOptions {
  /** All of them, instead of the 100 that were changed last. */
  readonly all?: boolean;
}

/**
 * Lists the sessions of a repository that were changed last, newest first; a
 * damaged one is listed with its problem. Takes no lock and writes nothing.
 *
 * Requires `--allow-read`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, listSessions, startSession } from "@orc/cli";
 *
 * const host = denoHost();
 * const root = await Deno.makeTempDir();
 * await startSession(host, { root, task: "Add login" });
 * const { sessions } = await listSessions(host, { root });
 * assertEquals(sessions.map(({ task }) => task), ["Add login"]);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function listSessions(
  host: Host,
  options: SessionListOptions = {},
): Promise<SessionList> {
  const repository = openRepository(host, options);
  const { layout, store } = repository;
  const warnings: string[] = [];
  const current = await unlessDamaged(() => readCurrent(layout), warnings);
  const entries = await store.list(options.all ? undefined : LISTED_SESSIONS);
  const lines = entries.map((entry) => ({
    ...lineOf(entry, current, false),
    name: entry.state && shownName(layout, entry.id, warnings),
  }));
  const legacy = await unlessDamaged(() => readLegacyState(layout), warnings);
  if (legacy && !lines.some(({ id }) => id === legacy.session.id)) {
    const { id, state } = legacy.session;
    lines.push(lineOf({ id, state, problem: null }, current, true));
  }
  return {
    place: placeOf(repository, current ?? null),
    sessions: lines.sort(newestFirst),
    more: store.ids().length - entries.length,
    warnings,
  };
}

function lineOf(
  { id, state, problem }: SessionEntry,
  current: string | undefined,
  legacy: boolean,
): SessionLine {
  const common = { id, current: id === current, name: null, legacy };
  if (!state) return { ...common, ...UNKNOWN, problem };
  const { task, status, currentPhaseId, createdAt, updatedAt } = state;
  return {
    ...common,
    task,
    status,
    phase: currentPhaseId,
    createdAt,
    updatedAt,
    ...progressOf(state),
  };
}

function progressOf(
  state: SessionState,
): Pick<SessionLine, "progress" | "problem"> {
  if (state.definition === null) return { progress: null, problem: null };
  try {
    const workflow = decodeDefinition(state.definition);
    return { progress: summarize(workflow, state).progress, problem: null };
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return { progress: null, problem: error.message };
  }
}

const UNKNOWN = {
  task: null,
  status: null,
  phase: null,
  progress: null,
  createdAt: null,
  updatedAt: null,
} as const;

function newestFirst(one: SessionLine, other: SessionLine): number {
  const [a, b] = [one.createdAt ?? "", other.createdAt ?? ""];
  return a === b ? one.id.localeCompare(other.id) : a < b ? 1 : -1;
}
