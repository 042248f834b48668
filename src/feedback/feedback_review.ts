import type { JsonObject } from "../base/json.ts";
import { type Clock, momentOf } from "../base/local_time.ts";
import { type FeedbackKind, textIn } from "./feedback_line.ts";
import {
  type FeedbackReport,
  reportOn,
  type SessionFeedback,
} from "./feedback_report.ts";

/** A line of feedback, and where it belongs. */
export interface FeedbackLine {
  readonly kind: FeedbackKind;
  readonly entry: JsonObject;
  /** The session whose file it is in; null for the older tool's files, which all share. */
  readonly session: string | null;
  /** Hash of the workflow it is about. */
  readonly workflowHash: string;
}

/** Which feedback counts. */
export interface ReviewRule {
  /** Null for all there ever was. */
  readonly days: number | null;
  readonly clock: Clock;
  /** Hash that stands for no workflow: the Python tool often did not know which one it was. */
  readonly unknownHash: string;
}

/** Feedback while it is being read. */
export interface FeedbackReview {
  /** Files of sessions come first: they tell which session a workflow is. */
  add(line: FeedbackLine): void;
  report(): FeedbackReport;
}

const DAY_MS = 86_400_000;

/** Begins a review; keeps the latest feedback of each session, and nothing of those before. */
export function newReview(rule: ReviewRule): FeedbackReview {
  const sessions = new Map<string, SessionFeedback>();
  const sessionOfHash = new Map<string, string>();
  const keyOf = ({ session, workflowHash, entry }: FeedbackLine): string => {
    if (session !== null) {
      sessionOfHash.set(workflowHash, session);
      return session;
    }
    // Its two files carry the same instant; that is all there is to tell them by.
    return workflowHash === rule.unknownHash
      ? `${workflowHash} ${textIn(entry, "timestamp") ?? ""}`
      : sessionOfHash.get(workflowHash) ?? workflowHash;
  };
  return {
    add: (line) => {
      const key = keyOf(line);
      const atMs = momentOf(textIn(line.entry, "timestamp"), rule.clock);
      if (!counts(atMs, rule)) return;
      const known = sessions.get(key) ?? { tool: null, process: null };
      sessions.set(key, latest(known, line, atMs ?? 0));
    },
    report: () => reportOn([...sessions.values()]),
  };
}

/** What does not say when it was counts only where everything does. */
function counts(
  atMs: number | undefined,
  { days, clock }: ReviewRule,
): boolean {
  if (days === null) return true;
  const nowMs = momentOf(clock.now, clock) ?? 0;
  return atMs !== undefined && atMs >= nowMs - days * DAY_MS;
}

function latest(
  known: SessionFeedback,
  { kind, entry }: FeedbackLine,
  atMs: number,
): SessionFeedback {
  const dated = { entry, atMs };
  const newer = (other: SessionFeedback["tool"]) =>
    other === null || other.atMs <= atMs ? dated : other;
  return {
    tool: kind === "process" ? known.tool : newer(known.tool),
    process: kind === "tool" ? known.process : newer(known.process),
  };
}
