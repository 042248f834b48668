import { type Clock, momentOf } from "../base/local_time.ts";
import type { SessionState, SessionStatus } from "../workflow/types.ts";

/** How a session has ended. */
export type ClosedStatus = "completed" | "abandoned";

/** Which closed sessions may be removed. */
export interface CleanupRule {
  /** Whole days without any change. */
  readonly olderThanDays: number;
  readonly status: ClosedStatus | "all";
}

const DAY_MS = 86_400_000;

/** Whether a session has ended; only such a session may ever be removed. */
export function isClosed(status: SessionStatus): status is ClosedStatus {
  return status === "completed" || status === "abandoned";
}

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
