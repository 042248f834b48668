/** When a session leaves a machine that vanishes. */
import { epochMsOf } from "../base/time.ts";
import type { PersistSettings } from "./settings.ts";

/** How a session stood at some time. */
export interface Sight {
  readonly phase: string;
  readonly status: string;
}

/** What was sent last of a session, and when it was tried last. */
export interface LastSending {
  /** Null where nothing was sent yet. */
  readonly sent: Sight | null;
  readonly tried: Sight;
  readonly triedAt: string;
}

/** Whether a session is to be sent after it changed. */
export function isDue(
  { after, intervalMs }: Pick<PersistSettings, "after" | "intervalMs">,
  last: LastSending | undefined,
  current: Sight,
  now: string,
): boolean {
  if (after === "never") return false;
  const isNews = (before: Sight | null): boolean =>
    before === null || before.status !== current.status ||
    after !== "finish" && before.phase !== current.phase;
  const isWanted = after === "update" ||
    isNews(
      last?.sent ??
        (after === "finish" ? { ...current, status: "active" } : null),
    );
  if (!isWanted) return false;
  // What failed a moment ago is not waited for again, but where a phase or the session has ended since.
  if (last === undefined || isNews(last.tried)) return true;
  const passedMs = (epochMsOf(now) ?? 0) - (epochMsOf(last.triedAt) ?? 0);
  return passedMs >= intervalMs || passedMs < 0;
}
