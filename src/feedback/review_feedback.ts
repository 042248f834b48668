import { OrcError } from "../base/error.ts";
import type { JsonObject } from "../base/json.ts";
import { sessionLayout } from "../base/layout.ts";
import { parseWholeNumber } from "../base/whole_number.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { clockOf } from "../settings/clock.ts";
import { saltOf } from "./capture_feedback.ts";
import { hashOfWorkflow } from "./feedback_anonymity.ts";
import {
  decodeFeedbackLine,
  type FeedbackKind,
  textIn,
} from "./feedback_line.ts";
import { type FeedbackReport, suggestionsFor } from "./feedback_report.ts";
import { type FeedbackReview, newReview } from "./feedback_review.ts";
import { readFeedbackLines } from "./use.ts";

/** Which feedback to sum up. */
export interface ReviewOptions extends RepositoryOptions {
  /** Of how many days, as typed; without it of 7. */
  readonly days?: string;
  /** Of all times. */
  readonly all?: boolean;
}

/** What the feedback of a repository comes to. */
export interface Reviewed extends FeedbackReport {
  readonly place: Place;
  /** Null where all there ever was is summed up. */
  readonly days: number | null;
  /** Lines that cannot be read; the others were. */
  readonly damagedLines: number;
  /** What could be changed, from what came up again and again. */
  readonly suggestions: readonly string[];
  /** Files that cannot be read, as sentences for people. */
  readonly warnings: readonly string[];
}

const DEFAULT_DAYS = "7";
const MAX_DAYS = 36_500;

/**
 * Sums up the feedback of all sessions, and what the older tool left in the
 * repository. Each session counts once. Takes no lock, writes nothing, and
 * moves no file of the older tool.
 *
 * Requires `--allow-read`.
 */
export async function reviewFeedback(
  host: Host,
  options: ReviewOptions = {},
): Promise<Reviewed> {
  const days = options.all
    ? null
    : parseWholeNumber(options.days ?? DEFAULT_DAYS, {
      flag: "--days",
      max: MAX_DAYS,
    });
  const repository = openRepository(host, options);
  const salt = saltOf(host);
  const unknownHash = await hashOfWorkflow("unknown", salt);
  const review = newReview({ days, clock: clockOf(host), unknownHash });
  let damagedLines = 0;
  const warnings: string[] = [];
  for (const source of sourcesIn(repository)) {
    try {
      damagedLines += await addFile(review, source, salt);
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      warnings.push(error.message);
    }
  }
  const report = review.report();
  return {
    place: placeOf(repository, null),
    days,
    ...report,
    damagedLines,
    suggestions: suggestionsFor(report),
    warnings,
  };
}

interface Source {
  readonly root: string;
  readonly path: string;
  readonly kind: FeedbackKind;
  readonly session: string | null;
}

/** Files of sessions first: they tell which session a workflow is. */
function sourcesIn({ layout, store }: Repository): readonly Source[] {
  const { root } = layout;
  const own = store.ids().flatMap((session): readonly Source[] => {
    const { toolFeedback, processFeedback } = sessionLayout(root, session);
    return [
      { root, path: toolFeedback, kind: "tool", session },
      { root, path: processFeedback, kind: "process", session },
    ];
  });
  const { legacyToolFeedback, legacyProcessFeedback, legacyFeedback } = layout;
  return [
    ...own,
    { root, path: legacyToolFeedback, kind: "tool", session: null },
    { root, path: legacyProcessFeedback, kind: "process", session: null },
    { root, path: legacyFeedback, kind: "both", session: null },
  ];
}

/** Returns how many lines cannot be read. */
async function addFile(
  review: FeedbackReview,
  { root, path, kind, session }: Source,
  salt: string,
): Promise<number> {
  let damagedLines = 0;
  for (const text of readFeedbackLines(root, path)) {
    const entry = text === undefined ? undefined : decodeFeedbackLine(text);
    if (entry === undefined) {
      damagedLines++;
      continue;
    }
    const workflowHash = await hashIn(entry, salt);
    review.add({ kind, entry, session, workflowHash });
  }
  return damagedLines;
}

async function hashIn(entry: JsonObject, salt: string): Promise<string> {
  return textIn(entry, "workflow_id_hash") ??
    await hashOfWorkflow(textIn(entry, "workflow_id") ?? "unknown", salt);
}
