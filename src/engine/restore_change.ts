import { quoted } from "../base/text.ts";

/** One thing that returning to a checkpoint changes. */
export interface RestoreChange {
  /**
   * - `current_phase`: the session goes to another phase
   * - `phase`: a phase gets another status, or other times
   * - `item`: an item gets another status, or other notes and results
   * - `approval`: a human's yes to leaving a phase
   * - `reviews`: reviews of a phase that the Python tool recorded
   */
  readonly what: "current_phase" | "phase" | "item" | "approval" | "reviews";
  /** The phase it is about; for `current_phase` the one to go to. */
  readonly phaseId: string;
  /** Null unless it is about an item. */
  readonly itemId: string | null;
  /**
   * What it is now: a status, a phase, or `given` or `missing`. Like `to` where
   * only details differ.
   */
  readonly from: string;
  /** What it becomes. */
  readonly to: string;
  /** Whether only a human may do it, because it does not take anything back. */
  readonly forward: boolean;
}

/** What becomes of a part of a state. */
export interface Restored<Part> {
  readonly next: Part;
  readonly changes: readonly RestoreChange[];
}

/** Says for people what changes. */
export function changeSentence(change: RestoreChange): string {
  const [from, to] = [change.from, change.to].map(word);
  const becomes = from === to
    ? `${to}, as it was back then`
    : `${from} -> ${to}`;
  return `${subjectOf(change)}: ${becomes}`;
}

/** The same before it is done, when it counts who may do it. */
export function proposalSentence(change: RestoreChange): string {
  return changeSentence(change) + (change.forward ? " (a human only)" : "");
}

function subjectOf({ what, phaseId, itemId }: RestoreChange): string {
  switch (what) {
    case "current_phase":
      return "current phase";
    case "phase":
      return `phase ${word(phaseId)}`;
    case "item":
      return `item ${word(itemId ?? "")}`;
    case "approval":
      return `approval of phase ${word(phaseId)}`;
    case "reviews":
      return `reviews of phase ${word(phaseId)}`;
  }
}

/** Ids of phases may hold blanks, and what moves a cursor. */
function word(id: string): string {
  return /^[\w./-]+$/.test(id) ? id : quoted(id);
}
