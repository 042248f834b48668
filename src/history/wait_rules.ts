/** How long humans were waited for, as the events of a session tell it. */
import { epochMsOf } from "../base/time.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { originIn } from "../replay/account.ts";

/** Whether an event tells that the work went on: what is noted, refused or answered does not. */
export function isWork(event: RecordedEvent): boolean {
  return /^(item|phase|verification|gate|workflow|evidence)_/.test(
    event.type,
  ) && originIn(event.details) === null;
}

/** How long a yes was waited for since somebody last did something; undefined where an event is no yes of a human. */
export function waitedFor(
  { type, details, at }: RecordedEvent,
  workedMs: number | undefined,
): number | undefined {
  const isYes = type === "human_override" && !details.has("repair") &&
      details.get("reopened") !== true || details.get("approved") === true;
  const origin = originIn(details);
  const atMs = epochMsOf(at);
  const isAnswer = isYes && origin !== null && origin !== "setting";
  if (!isAnswer || atMs === undefined || workedMs === undefined) {
    return undefined;
  }
  return Math.max(0, atMs - workedMs);
}
