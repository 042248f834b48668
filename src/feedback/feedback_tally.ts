import type { RecordedEvent } from "../engine/event.ts";

/** What the log of a session says about how the work went. */
export interface FeedbackTally {
  /** Checks and reviews that failed, and errors. */
  readonly errors: number;
  /** What they said, each once, the first of them. */
  readonly errorTexts: readonly string[];
  readonly hasReviews: boolean;
  /** Different agents that took part; those without an id of their own count by their name. */
  readonly agents: number;
}

/** Types of events that tell of something that went wrong; the Python tool knows more than orc. */
const ERROR_TYPES: ReadonlySet<string> = new Set([
  "verification_failed",
  "gate_failed",
  "item_failed",
  "review_failed",
  "error",
]);

const MAX_ERROR_TEXTS = 20;

/** Counts what happened in a session; goes through its events once. */
export function tallyEvents(events: Iterable<RecordedEvent>): FeedbackTally {
  const errorTexts = new Set<string>();
  const agents = new Set<string>();
  let errors = 0;
  let hasReviews = false;
  for (const event of events) {
    if (ERROR_TYPES.has(event.type)) {
      errors++;
      if (errorTexts.size < MAX_ERROR_TEXTS) errorTexts.add(textOf(event));
    }
    hasReviews ||= event.type === "review_completed";
    const agent = event.details.get("agent");
    if (typeof agent === "string") agents.add(agent);
  }
  return {
    errors,
    errorTexts: [...errorTexts],
    hasReviews,
    agents: agents.size,
  };
}

function textOf({ itemId, message }: RecordedEvent): string {
  return itemId === null ? message : `${itemId}: ${message}`;
}
