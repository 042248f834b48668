/** A moment in UTC as pydantic spells it: `Z`, and six fraction digits or none. */
export function instantOf(epochMs: number): string {
  // Counted from the end: a year beyond 9999 has a sign and six digits.
  return new Date(epochMs).toISOString()
    .replace(/\.(?:000|(\d{3}))Z$/, (_, ms) => ms ? `.${ms}000Z` : "Z");
}

/** Rewrites an instant ending in `Z` to Python's `isoformat()` spelling, used inside free-form objects. */
export function withOffset(instant: string): string {
  return instant.endsWith("Z") ? `${instant.slice(0, -1)}+00:00` : instant;
}

/** Milliseconds since 1970, or undefined when the text is no instant. A missing offset counts as UTC. */
export function epochMsOf(instant: string | null): number | undefined {
  if (instant === null) return undefined;
  const zoned = hasOffset(instant) ? instant : `${instant}Z`;
  const epochMs = Date.parse(zoned.replace(/(\.\d{3})\d+/, "$1"));
  return Number.isNaN(epochMs) ? undefined : epochMs;
}

function hasOffset(instant: string): boolean {
  return /(?:Z|[+-]\d{2}:?\d{2})$/i.test(instant);
}

/** One moment, told twice: in UTC and by the clock on the wall. */
export interface Clock {
  /** An instant in UTC. */
  readonly now: string;
  /** The same moment in local time, without offset. */
  readonly localNow: string;
}

const MINUTE_MS = 60_000;

export const DAY_MS = 86_400_000;

/** As {@linkcode epochMsOf}, but without offset it is local time, which the Python tool writes so. */
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
