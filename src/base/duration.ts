import { countOf } from "./text.ts";
import { epochMsOf } from "./time.ts";

/** Above this, minutes are more than anybody reads at a glance. */
const MAX_SHOWN_MINUTES = 90;
const MAX_SHOWN_HOURS = 48;

/** Whole minutes between two instants, never negative; undefined when either is no instant. */
export function minutesBetween(
  from: string | null,
  to: string,
): number | undefined {
  const start = epochMsOf(from);
  const end = epochMsOf(to);
  if (start === undefined || end === undefined) return undefined;
  return Math.max(0, Math.floor((end - start) / 60_000));
}

/** How long something took, in the unit that fits: `90 min`, `3 h`, `2 days`. */
export function durationText(minutes: number): string {
  if (minutes <= MAX_SHOWN_MINUTES) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours <= MAX_SHOWN_HOURS
    ? `${hours} h`
    : countOf(Math.floor(hours / 24), "day");
}

/** A time limit as it is said: `30 minutes`, and below one minute in seconds. */
export function limitText(minutes: number): string {
  return minutes < 1
    ? countOf(Number((minutes * 60).toPrecision(3)), "second")
    : countOf(minutes, "minute");
}
