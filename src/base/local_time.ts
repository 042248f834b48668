import { epochMsOf, hasOffset, instantOf } from "./time.ts";

/** One moment, told twice: in UTC and by the clock on the wall. */
export interface Clock {
  /** An instant in UTC. */
  readonly now: string;
  /** The same moment in local time, without offset. */
  readonly localNow: string;
}

const MINUTE_MS = 60_000;

/**
 * Milliseconds since 1970 of a text that may lack its offset; undefined when it is no instant.
 *
 * The Python tool writes local time where it leaves the offset out. Whoever reads that as UTC
 * takes what was made an hour ago for what is made in eight hours, or was made yesterday.
 */
export function momentOf(
  text: string | null,
  clock: Clock,
): number | undefined {
  const epochMs = epochMsOf(text);
  if (text === null || epochMs === undefined) return undefined;
  return hasOffset(text) ? epochMs : epochMs - aheadMs(clock);
}

/** Local time without offset of a moment, as the Python tool's `meta.json` wants it. */
export function localTimeOf(epochMs: number, clock: Clock): string {
  return instantOf(epochMs + aheadMs(clock)).replace("Z", "");
}

/** How far local time is ahead of UTC; the two were read a moment apart. */
function aheadMs({ now, localNow }: Clock): number {
  const apartMs = (epochMsOf(localNow) ?? 0) - (epochMsOf(now) ?? 0);
  return Math.round(apartMs / MINUTE_MS) * MINUTE_MS;
}
