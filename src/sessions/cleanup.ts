import { conflict, denied, OrcError, usage } from "../base/error.ts";
import { shortSessionId } from "../base/ids.ts";
import { sessionLayout } from "../base/layout.ts";
import { countOf, parseWholeNumber, quoted, sizeText } from "../base/text.ts";
import { type Clock, DAY_MS, momentOf } from "../base/time.ts";
import { type ClosedStatus, isClosed } from "../engine/state.ts";
import { treeSizeBytes } from "../files/tree.ts";
import { assertRemovalWanted } from "../host/confirm.ts";
import { clockOf, type Host } from "../host/host.ts";
import {
  assertKnown,
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import {
  deleteRemoved,
  findRemoved,
  unbindSessions,
} from "../session/create.ts";
import { readLegacyState } from "../session/legacy.ts";
import { assertWritable } from "../session/encode.ts";
import type { Session } from "../session/store.ts";
import type { SessionState } from "../workflow/types.ts";
import { searchTree, type TreeOptions } from "./list.ts";

/** What is old enough to be removed. */
export interface CleanupOptions {
  /** Whole days without any change, as typed. */
  readonly olderThan?: string;
  /** `completed`, `abandoned` or `all`; without it all closed ones. */
  readonly status?: string;
  /** Removes nothing. */
  readonly dryRun?: boolean;
  /** Asks nobody. */
  readonly yes?: boolean;
}

/** A closed session, old enough to be removed. */
export interface RemovableSession {
  /** Its id. */
  readonly session: string;
  /** The root of its repository. */
  readonly directory: string;
  /** What is removed. */
  readonly path: string;
  /** What was to be done in it. */
  readonly task: string;
  /** How it ended. */
  readonly status: ClosedStatus;
  /** Whole days since it last changed. */
  readonly unchangedDays: number;
  /** Bytes of all its files. */
  readonly sizeBytes: number;
}

/** What a removal left behind that was cut short. */
export interface Leftover {
  /** What is removed. */
  readonly path: string;
  /** Bytes of all that is in it. */
  readonly sizeBytes: number;
}

/** State that stays although somebody may have expected otherwise, and why. */
export interface KeptState {
  /** Where it lies. */
  readonly path: string;
  /** Why it stays, as a sentence for people. */
  readonly problem: string;
}

/** What a cleanup did, or would do. */
export interface Cleanup {
  /** Whether nothing was removed because only the plan was asked for. */
  readonly dryRun: boolean;
  /** Sessions that were removed; in a dry run, that would be. */
  readonly sessions: readonly RemovableSession[];
  /** What earlier removals left behind, removed in the same way. */
  readonly leftovers: readonly Leftover[];
  /** Bytes of all of them. */
  readonly sizeBytes: number;
  /** State that stays although it may have been expected to go. */
  readonly kept: readonly KeptState[];
}

/** A repository, and what of it is old enough to be removed. */
export type CleanupSessionsOptions = RepositoryOptions & CleanupOptions;

const DAYS_OF_SESSIONS = "30";

/**
 * Removes closed sessions of a repository that have not changed for a while, with `current` and
 * bindings that name them. Never an active one, nor one that is damaged or was changed outside.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `not_confirmed` (refused) if nobody says yes
 */
export async function cleanupSessions(
  host: Host,
  options: CleanupSessionsOptions = {},
): Promise<Cleanup & { readonly place: Place }> {
  const rule = ruleOf(host, options, DAYS_OF_SESSIONS);
  const repository = openRepository(host, options, {
    status: true,
    dryRun: true,
    yes: true,
    olderThan: true,
  });
  const plan = await planCleanup(host, repository, rule);
  const cleanup = await applyCleanup(host, [plan], options, rule);
  return { place: placeOf(repository, null), ...cleanup };
}

/** What was done in a directory tree. */
export interface TreeCleanup extends Cleanup {
  /** Where the search began, absolute. */
  readonly directory: string;
  /** What could not be looked at, as sentences for people. */
  readonly warnings: readonly string[];
}

const DAYS_OF_TREE = "7";

/**
 * As {@linkcode cleanupSessions}, in all repositories of a directory tree.
 *
 * Requires `--allow-read` and `--allow-write`.
 */
export async function cleanupTree(
  host: Host,
  options: TreeOptions & CleanupOptions = {},
): Promise<TreeCleanup> {
  assertKnown(options, {
    directory: true,
    depth: true,
    status: true,
    dryRun: true,
    yes: true,
    olderThan: true,
  });
  const rule = ruleOf(host, options, DAYS_OF_TREE);
  const { directory, found: plans, warnings } = await searchTree(
    host,
    options,
    (repository) => planCleanup(host, repository, rule),
  );
  const cleanup = await applyCleanup(host, plans, options, rule);
  return { directory, ...cleanup, warnings };
}

interface CleanupPlan extends Pick<Cleanup, "sessions" | "leftovers" | "kept"> {
  readonly repository: Repository;
}

const MAX_DAYS = 36_500;

/** A log may tell what an agent tried; it must not be able to remove that at once. */
const AGENT_DAYS = 1;

interface CleanupRule {
  /** Whole days without any change. */
  readonly olderThanDays: number;
  readonly status: ClosedStatus | "all";
}

function ruleOf(
  host: Host,
  { olderThan, status = "all" }: CleanupOptions,
  defaultDays: string,
): CleanupRule {
  if (status !== "all" && status !== "completed" && status !== "abandoned") {
    throw usage(
      "invalid_status",
      `--status is ${quoted(status)}, not completed, abandoned or all`,
    );
  }
  const limits = { flag: "--older-than", max: MAX_DAYS };
  const olderThanDays = parseWholeNumber(olderThan ?? defaultDays, limits);
  if (host.caller().agent !== null && olderThanDays < AGENT_DAYS) {
    throw denied(
      "approval_required",
      "Cannot remove sessions of today: only a human may",
      "take --older-than 1, or ask a human to run the same command",
    );
  }
  return { status, olderThanDays };
}

/** Does something at each of these places; where it cannot be done, the others are not kept from it. */
async function attempt<Target extends { readonly path: string }>(
  targets: readonly Target[],
  act: (target: Target) => unknown,
  fail: (error: OrcError, path: string) => void,
): Promise<readonly Target[]> {
  const done: Target[] = [];
  for (const target of targets) {
    try {
      await act(target);
      done.push(target);
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      fail(error, target.path);
    }
  }
  return done;
}

/** Finds out what may be removed. Reads only. */
async function planCleanup(
  host: Host,
  repository: Repository,
  rule: CleanupRule,
): Promise<CleanupPlan> {
  const { layout, store } = repository;
  const clock = clockOf(host);
  const sessions: RemovableSession[] = [];
  const kept: KeptState[] = [];
  const keep = ({ code, message }: OrcError, path: string) => {
    const isUnfinished = code === "no_such_session";
    kept.push({
      path,
      problem: isUnfinished ? `"${path}" is missing` : message,
    });
  };
  const places = (await store.ids()).map((id) => {
    const { state: path, directory } = sessionLayout(layout.root, id);
    return { id, path, directory };
  });
  await attempt(places, async ({ id, path, directory }) => {
    const session = await store.read(id);
    assertWritable(session, path);
    const { task, status } = session.state;
    if (!isClosed(status) || !isRemovable(session.state, rule, clock)) return;
    sessions.push({
      session: id,
      directory: layout.root,
      path: directory,
      task,
      status,
      unchangedDays: restingDays(session.state, clock) ?? 0,
      sizeBytes: treeSizeBytes(directory),
    });
  }, keep);
  await attempt([{ path: layout.legacyState }], async () => {
    const legacy = await readLegacyState(layout);
    const status = legacy?.session.state.status;
    if (status === undefined || !isClosed(status)) return;
    const path = legacy?.session.legacyPath ?? layout.legacyState;
    // The older tool's file is not for a cleanup to remove, however old it is.
    const problem =
      `"${path}" is ${status}, but only a migration removes files of the older tool`;
    kept.push({ path, problem });
  }, keep);
  const leftovers = findRemoved(layout)
    .map((path) => ({ path, sizeBytes: treeSizeBytes(path) }));
  return { repository, sessions, leftovers, kept };
}

/** Removes what the plans name, after a yes; nothing in a dry run. */
async function applyCleanup(
  host: Host,
  plans: readonly CleanupPlan[],
  { dryRun = false, yes = false }: CleanupOptions,
  rule: CleanupRule,
): Promise<Cleanup> {
  const planned = summed(plans, dryRun);
  if (dryRun || isEmpty(planned)) return planned;
  if (!yes) {
    assertRemovalWanted(host, {
      lines: planned.sessions.map(lineOf),
      amount: amountOf(planned),
      details: { sessions: planned.sessions.map(({ session }) => session) },
    });
  }
  const failures: OrcError[] = [];
  const done: CleanupPlan[] = [];
  for (const plan of plans) {
    done.push(await applyPlan(host, plan, rule, failures));
  }
  const removed = summed(done, false);
  // Where all went wrong, saying "done, but" would hide it.
  if (isEmpty(removed) && failures.length > 0) throw failures[0];
  return removed;
}

function isEmpty({ sessions, leftovers }: Cleanup): boolean {
  return sessions.length + leftovers.length === 0;
}

function summed(plans: readonly CleanupPlan[], dryRun: boolean): Cleanup {
  const sessions = plans.flatMap((plan) => plan.sessions);
  const leftovers = plans.flatMap((plan) => plan.leftovers);
  return {
    dryRun,
    sessions,
    leftovers,
    sizeBytes: [...sessions, ...leftovers]
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    kept: plans.flatMap((plan) => plan.kept),
  };
}

function lineOf(
  { session, status, unchangedDays, sizeBytes, directory }: RemovableSession,
): string {
  return `${shortSessionId(session)}  ${status} ${unchangedDays} days ago  ${
    sizeText(sizeBytes)
  }  ${quoted(directory)}`;
}

function amountOf({ sessions, leftovers, sizeBytes }: Cleanup): string {
  const parts = [
    countOf(sessions.length, "session"),
    countOf(leftovers.length, "leftover"),
  ].filter((part) => !part.startsWith("0 "));
  return `${parts.join(" and ")} (${sizeText(sizeBytes)})`;
}

/** Carries out a plan as far as that is possible; returns what was done, and what stays. */
async function applyPlan(
  host: Host,
  plan: CleanupPlan,
  rule: CleanupRule,
  failures: OrcError[],
): Promise<CleanupPlan> {
  const { layout, store, context } = plan.repository;
  const clock = clockOf(host);
  const kept = [...plan.kept];
  const fail = (error: OrcError, path: string) => {
    failures.push(error);
    kept.push({ path, problem: error.message });
  };
  const finish = ({ path }: Leftover) => deleteRemoved(path);
  const leftovers = await attempt(plan.leftovers, finish, fail);
  // Nobody is left in a session that goes: that comes first, so that a crash leaves no dead end.
  const ids = new Set(plan.sessions.map(({ session }) => session));
  const unbind = () => unbindSessions(layout, context, ids);
  const unbound = await attempt([{ path: layout.directory }], unbind, fail);
  if (unbound.length === 0) return { ...plan, sessions: [], leftovers, kept };
  const sessions = await attempt(plan.sessions, async ({ session, path }) => {
    const mayRemove = ({ state }: Session) => isRemovable(state, rule, clock);
    if (await store.remove(session, mayRemove)) return;
    throw conflict(
      "session_changed",
      `Cannot remove "${path}": it was changed or removed meanwhile`,
      { path, hint: "orc session list" },
    );
  }, fail);
  return { ...plan, sessions, leftovers, kept };
}

/**
 * Whole days since the latest instant a session knows, never negative; undefined when it knows
 * none. A clock that once went wrong must not make a session old that began after it.
 */
export function restingDays(
  { updatedAt, completedAt, createdAt }: SessionState,
  clock: Clock,
): number | undefined {
  const known = [updatedAt, completedAt, createdAt]
    .flatMap((text) => momentOf(text, clock) ?? []);
  const now = momentOf(clock.now, clock);
  if (known.length === 0 || now === undefined) return undefined;
  return Math.max(0, Math.floor((now - Math.max(...known)) / DAY_MS));
}

/** Whether a session may be removed. One whose age nobody can tell may not. */
export function isRemovable(
  state: SessionState,
  { olderThanDays, status }: CleanupRule,
  clock: Clock,
): boolean {
  if (!isClosed(state.status)) return false;
  if (status !== "all" && status !== state.status) return false;
  const days = restingDays(state, clock);
  return days !== undefined && days >= olderThanDays;
}
