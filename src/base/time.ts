/**
 * Formats a moment the way the Python tool's models do: UTC, `Z`, six fraction digits or none.
 *
 * Source of the format: pydantic's JSON form of a datetime.
 */
export function instantOf(epochMs: number): string {
  const text = new Date(epochMs).toISOString();
  const milliseconds = text.slice(20, 23);
  return milliseconds === "000"
    ? `${text.slice(0, 19)}Z`
    : `${text.slice(0, 19)}.${milliseconds}000Z`;
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

/** Whether an instant says how far it is from UTC. */
export function hasOffset(instant: string): boolean {
  return /(?:Z|[+-]\d{2}:?\d{2})$/i.test(instant);
}
