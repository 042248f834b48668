import { OrcError } from "../base/error.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import type { Clock } from "../base/local_time.ts";
import { quoted } from "../base/text.ts";
import { parseWholeNumber } from "../base/whole_number.ts";
import {
  type CleanupRule,
  type ClosedStatus,
  isClosed,
  isRemovable,
  restingDays,
} from "../engine/cleanup.ts";
import { treeSizeBytes } from "../files/tree_size.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { readLegacyState } from "../session/legacy.ts";
import { assertWritable } from "../session/read.ts";
import { findRemoved } from "../session/session_remove.ts";
import type { Session } from "../session/session_store.ts";
import { clockOf } from "../settings/clock.ts";

/** Which sessions to remove, and how sure that is. */
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
export interface Leftover {
  readonly path: string;
  readonly sizeBytes: number;
}

/** State that stays although somebody may have expected otherwise, and why. */
export interface KeptState {
  readonly path: string;
  readonly problem: string;
}

/** What a cleanup of one repository would do. */
export interface CleanupPlan {
  readonly repository: Repository;
  readonly sessions: readonly RemovableSession[];
  readonly leftovers: readonly Leftover[];
  readonly kept: readonly KeptState[];
}

const MAX_DAYS = 36_500;

/** A log may tell what an agent tried; it must not be able to remove that at once. */
const AGENT_DAYS = 1;

/** Reads what may be removed from what was typed. */
export function ruleOf(
  host: Host,
  { olderThan, status = "all" }: CleanupOptions,
  defaultDays: number,
): CleanupRule {
  if (status !== "all" && status !== "completed" && status !== "abandoned") {
    throw new OrcError(
      "usage",
      "invalid_status",
      `--status is ${quoted(status)}, not completed, abandoned or all`,
    );
  }
  const text = olderThan ?? String(defaultDays);
  const limits = { flag: "--older-than", max: MAX_DAYS };
  const olderThanDays = parseWholeNumber(text, limits);
  if (host.caller().agent !== null && olderThanDays < AGENT_DAYS) {
    throw new OrcError(
      "denied",
      "approval_required",
      "Cannot remove sessions of today: only a human may",
      { hint: "take --older-than 1, or ask a human to run the same command" },
    );
  }
  return { status, olderThanDays };
}

/** Finds out what may be removed. Reads only. */
export async function planCleanup(
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
