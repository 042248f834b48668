import { conflict, denied, OrcError, refused, usage } from "../base/error.ts";
import { shortSessionId } from "../base/ids.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { parseWholeNumber, quoted, sizeText } from "../base/text.ts";
import { type Clock, momentOf } from "../base/time.ts";
import { type ClosedStatus, isClosed } from "../engine/state.ts";
import { treeSizeBytes } from "../files/tree.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { unbindSessions } from "../session/bind.ts";
import {
  deleteRemoved,
  findRemoved,
  removeSession,
} from "../session/create.ts";
import { readLegacyState } from "../session/legacy.ts";
import { assertWritable, type Session } from "../session/read.ts";
import { clockOf } from "../settings/preferences.ts";
import type { SessionState } from "../workflow/types.ts";
import { searchTree, type TreeOptions } from "./list.ts";

/** Which sessions to remove, and how sure that is. */
interface CleanupOptions {
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
interface RemovableSession {
  readonly session: string;
  /** The root of its repository. */
  readonly directory: string;
  /** What is removed. */
  readonly path: string;
  readonly task: string;
  readonly status: ClosedStatus;
  /** Whole days since it last changed. */
  readonly days: number;
  readonly sizeBytes: number;
}

/** What a removal left behind that was cut short. */
interface Leftover {
  readonly path: string;
  readonly sizeBytes: number;
}

/** State that stays although somebody may have expected otherwise, and why. */
interface KeptState {
  readonly path: string;
  readonly problem: string;
}

/** What a cleanup of one repository would do. */
interface CleanupPlan {
  readonly repository: Repository;
  readonly sessions: readonly RemovableSession[];
  readonly leftovers: readonly Leftover[];
  readonly kept: readonly KeptState[];
}

const MAX_DAYS = 36_500;

/** A log may tell what an agent tried; it must not be able to remove that at once. */
const AGENT_DAYS = 1;

/** Reads what may be removed from what was typed. */
function ruleOf(
  host: Host,
  { olderThan, status = "all" }: CleanupOptions,
  defaultDays: number,
): CleanupRule {
  if (status !== "all" && status !== "completed" && status !== "abandoned") {
    throw usage(
      "invalid_status",
      `--status is ${quoted(status)}, not completed, abandoned or all`,
    );
  }
  const text = olderThan ?? String(defaultDays);
  const limits = { flag: "--older-than", max: MAX_DAYS };
  const olderThanDays = parseWholeNumber(text, limits);
  if (host.caller().agent !== null && olderThanDays < AGENT_DAYS) {
    throw denied(
      "approval_required",
      "Cannot remove sessions of today: only a human may",
      "take --older-than 1, or ask a human to run the same command",
    );
  }
  return { status, olderThanDays };
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
  for (const id of store.ids()) {
    const { state: path } = sessionLayout(layout.root, id);
    const seen = await unlessDamaged(path, async () => {
      const session = await store.read(id);
      assertWritable(session, path);
      const mayGo = isRemovable(session.state, rule, clock);
      return mayGo ? removable(layout, session, clock) : undefined;
    });
    if (seen === undefined) continue;
    if ("problem" in seen) kept.push(seen);
    else sessions.push(seen);
  }
  const legacy = await unlessDamaged(
    layout.legacyState,
    () => finishedLegacy(layout),
  );
  return {
    repository,
    sessions,
    leftovers: findRemoved(layout)
      .map((path) => ({ path, sizeBytes: treeSizeBytes(path) })),
    kept: legacy === undefined ? kept : [...kept, legacy],
  };
}

function removable(
  { root }: RepositoryLayout,
  { id, state }: Session,
  clock: Clock,
): RemovableSession | undefined {
  const { task, status } = state;
  if (!isClosed(status)) return undefined;
  const path = sessionLayout(root, id).directory;
  return {
    session: id,
    directory: root,
    path,
    task,
    status,
    days: restingDays(state, clock) ?? 0,
    sizeBytes: treeSizeBytes(path),
  };
}

/** The older tool's file is not for a cleanup to remove, however old it is. */
async function finishedLegacy(
  layout: RepositoryLayout,
): Promise<KeptState | undefined> {
  const legacy = await readLegacyState(layout);
  if (legacy === undefined) return undefined;
  const { status } = legacy.session.state;
  if (!isClosed(status)) return undefined;
  const problem =
    `"${layout.legacyState}" is ${status}, but only a migration removes files of the older tool`;
  return { path: layout.legacyState, problem };
}

async function unlessDamaged<Value>(
  path: string,
  read: () => Promise<Value>,
): Promise<Value | KeptState> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    const isUnfinished = error.code === "no_such_session";
    const problem = isUnfinished ? `"${path}" is missing` : error.message;
    return { path, problem };
  }
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

/** Removes what the plans name, after a yes; nothing in a dry run. */
async function applyCleanup(
  host: Host,
  plans: readonly CleanupPlan[],
  { dryRun = false, yes = false, rule }: CleanupOptions & {
    readonly rule: CleanupRule;
  },
): Promise<Cleanup> {
  const planned = summed(plans, dryRun);
  const isEmpty = planned.sessions.length + planned.leftovers.length === 0;
  if (dryRun || isEmpty) return planned;
  if (!yes) confirm(host, planned);
  const attempts: Attempt[] = [];
  for (const plan of plans) attempts.push(await applyPlan(host, plan, rule));
  const removed = summed(attempts.map(({ plan }) => plan), false);
  const isVain = removed.sessions.length + removed.leftovers.length === 0;
  const [failure] = attempts.flatMap(({ failures }) => failures);
  // Where all went wrong, saying "done, but" would hide it.
  if (isVain && failure !== undefined) throw failure.error;
  return removed;
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

/** Asks whoever sits at the terminal; the question shows all that will be gone. */
function confirm(host: Host, planned: Cleanup): void {
  if (host.terminal.isInteractive) {
    const answer = host.terminal.readLine(questionFor(planned));
    if (/^\s*y(?:es)?\s*$/i.test(answer ?? "")) return;
  }
  throw refused(
    "not_confirmed",
    `Nothing was removed: ${countOf(planned)} would be, but nobody said yes`,
    {
      hint:
        "look at them with --dry-run first; --yes is the yes where nobody can be asked",
      details: { sessions: planned.sessions.map(({ session }) => session) },
    },
  );
}

function questionFor(planned: Cleanup): string {
  const lines = planned.sessions.map((each) =>
    `  ${shortSessionId(each.session)}  ${each.status} ${each.days} days ago  ${
      sizeText(each.sizeBytes)
    }  ${quoted(each.directory)}`
  );
  return [...lines, `Remove ${countOf(planned)} for good? [y/N] `].join("\n");
}

function countOf({ sessions, leftovers, sizeBytes }: Cleanup): string {
  const parts = [
    ...plural(sessions.length, "session"),
    ...plural(leftovers.length, "leftover"),
  ];
  return `${parts.join(" and ")} (${sizeText(sizeBytes)})`;
}

function plural(count: number, noun: string): readonly string[] {
  if (count === 0) return [];
  return [`${count} ${noun}${count === 1 ? "" : "s"}`];
}

/** What came of a plan: the part that was carried out, and what went wrong. */
interface Attempt {
  readonly plan: CleanupPlan;
  readonly failures: readonly Failure[];
}

interface Failure {
  readonly path: string;
  readonly error: OrcError;
}

async function applyPlan(
  host: Host,
  plan: CleanupPlan,
  rule: CleanupRule,
): Promise<Attempt> {
  const leftovers = await tryEach(plan.leftovers, ({ path }) => {
    deleteRemoved(path);
    return Promise.resolve();
  });
  const sessions = await removeSessions(host, plan, rule);
  const failures = [...leftovers.failures, ...sessions.failures];
  const kept = failures.map(({ path, error: { message } }) => ({
    path,
    problem: message,
  }));
  return {
    plan: {
      ...plan,
      leftovers: leftovers.done,
      sessions: sessions.done,
      kept: [...plan.kept, ...kept],
    },
    failures,
  };
}

/** Nobody is left in a session that goes: that comes first, so that a crash leaves no dead end. */
async function removeSessions(
  host: Host,
  { repository, sessions }: CleanupPlan,
  rule: CleanupRule,
): Promise<Tried<RemovableSession>> {
  const { layout, context } = repository;
  const ids = new Set(sessions.map(({ session }) => session));
  const clock = clockOf(host);
  const unbound = await tryEach([{ path: layout.directory }], async () => {
    await unbindSessions(layout, context, ids);
  });
  if (unbound.failures.length > 0) return { ...unbound, done: [] };
  return await tryEach(sessions, async ({ session, path }) => {
    const mayRemove = ({ state }: Session) => isRemovable(state, rule, clock);
    const isGone = await removeSession(layout, context, session, mayRemove);
    if (!isGone) throw changedMeanwhile(path);
  });
}

interface Tried<Target> {
  readonly done: readonly Target[];
  readonly failures: readonly Failure[];
}

/** One that cannot be done keeps no other from being done. */
async function tryEach<Target extends { readonly path: string }>(
  targets: readonly Target[],
  act: (target: Target) => Promise<void>,
): Promise<Tried<Target>> {
  const done: Target[] = [];
  const failures: Failure[] = [];
  for (const target of targets) {
    try {
      await act(target);
      done.push(target);
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      failures.push({ path: target.path, error });
    }
  }
  return { done, failures };
}

function changedMeanwhile(path: string): OrcError {
  return conflict(
    "session_changed",
    `Cannot remove "${path}": it was changed or removed meanwhile`,
    { path, hint: "orc session list" },
  );
}

/** Sessions of one repository that may go. */
export type CleanupSessionsOptions = RepositoryOptions & CleanupOptions;

const DAYS_OF_SESSIONS = 30;

/**
 * Removes closed sessions of a repository that have not changed for a while. An
 * active one is never removed, nor one that is damaged or was changed outside
 * orc. `current` and bindings that name a removed session go with it.
 *
 * Requires `--allow-read` and `--allow-write`; a dry run only `--allow-read`.
 *
 * @throws {OrcError} `not_confirmed` (refused) if nobody says yes
 * @throws {OrcError} `approval_required` (denied) if an agent wants to remove
 *   what was closed less than a day ago
 */
export async function cleanupSessions(
  host: Host,
  options: CleanupSessionsOptions = {},
): Promise<Cleanup & { readonly place: Place }> {
  const rule = ruleOf(host, options, DAYS_OF_SESSIONS);
  const repository = openRepository(host, options);
  const plan = await planCleanup(host, repository, rule);
  const cleanup = await applyCleanup(host, [plan], { ...options, rule });
  return { place: placeOf(repository, null), ...cleanup };
}

/** Sessions of a directory tree that may go. */
type CleanupTreeOptions = TreeOptions & CleanupOptions;

/** What was done in a directory tree. */
export interface TreeCleanup extends Cleanup {
  /** Where the search began, absolute. */
  readonly directory: string;
  /** What could not be looked at, as sentences for people. */
  readonly warnings: readonly string[];
}

const DAYS_OF_TREE = 7;

/**
 * Removes closed sessions of all repositories in a directory tree, as
 * `cleanupSessions` does for one. What cannot be looked at is named and stays.
 *
 * Requires `--allow-read` and `--allow-write`; a dry run only `--allow-read`.
 *
 * @throws {OrcError} `not_confirmed` (refused) if nobody says yes
 * @throws {OrcError} `approval_required` (denied) if an agent wants to remove
 *   what was closed less than a day ago
 */
export async function cleanupTree(
  host: Host,
  options: CleanupTreeOptions = {},
): Promise<TreeCleanup> {
  const rule = ruleOf(host, options, DAYS_OF_TREE);
  const { directory, repositories, warnings } = searchTree(host, options);
  const plans: CleanupPlan[] = [];
  const problems = [...warnings];
  for (const repository of repositories) {
    try {
      plans.push(await planCleanup(host, repository, rule));
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      problems.push(error.message);
    }
  }
  const cleanup = await applyCleanup(host, plans, { ...options, rule });
  return { directory, ...cleanup, warnings: problems };
}

/** Which closed sessions may be removed. */
interface CleanupRule {
  /** Whole days without any change. */
  readonly olderThanDays: number;
  readonly status: ClosedStatus | "all";
}

const DAY_MS = 86_400_000;

/** Whole days since a session last changed, never negative; undefined when nobody can tell. */
export function restingDays(
  { updatedAt, completedAt, createdAt }: SessionState,
  clock: Clock,
): number | undefined {
  const changes = [updatedAt, completedAt]
    .flatMap((text) => momentOf(text, clock) ?? []);
  const last = changes.length > 0
    ? Math.max(...changes)
    : momentOf(createdAt, clock);
  const now = momentOf(clock.now, clock);
  if (last === undefined || now === undefined) return undefined;
  return Math.max(0, Math.floor((now - last) / DAY_MS));
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
