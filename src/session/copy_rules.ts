/**
 * How two copies of one session stand to each other: whether one is what the other was before, or
 * both went on. A serial alone proves nothing, since both may have counted on: what proves it is the
 * end of one copy in the log of the other.
 */
import type { OrcError } from "../base/error.ts";
import { conflict, corrupt } from "../base/error.ts";
import {
  decodeLogLine,
  encodeLogLine,
  type RecordedEvent,
} from "../engine/event.ts";
import { linkedLine, withOther } from "../replay/chain.ts";

/** Where a copy ends. */
export interface CopyEnd {
  /**
   * What its last event is known by: its place in the chain, or its id where an orc without a chain
   * wrote it; null where only other tools wrote, whose lines have neither.
   */
  readonly mark: string | null;
  /** How many lines of other tools stand behind that event. */
  readonly others: number;
  /** The digest of them; empty without any. */
  readonly othersDigest: string;
}

/** One copy of a session. */
export interface SessionCopy {
  /** The run of a workflow that it is. */
  readonly workflowId: string;
  /** SHA-256 of the workflow that is pinned in it; null without one. */
  readonly definitionSha256: string | null;
  /** What this orc does not know of its format; undefined where it knows all. */
  readonly unknownVersion: string | undefined;
  /** SHA-256 of the bytes of its state. */
  readonly stateSha256: string;
  readonly serial: number;
  /** When it was changed last. */
  readonly updatedAt: string;
  /** The machine that it is on; null where nobody knows. */
  readonly machine: string | null;
  readonly end: CopyEnd;
}

/** Whether each copy ended in the log of the other one; {@linkcode Trail} tells. */
export interface Ancestry {
  readonly hereInThere: boolean;
  readonly thereInHere: boolean;
}

/**
 * What becomes of a copy from elsewhere:
 *
 * - `created`: there is none here yet
 * - `same`: both are at the same end, and nothing is to be done
 * - `fast_forward`: what is here is what the other one was before
 * - `older`: the other one is what this one was before, which stays
 * - `diverged`: both went on from where they parted, or share nothing
 * - `other_lineage`: under the same id another run, or another workflow
 * - `newer_format`: one of them is for a newer orc to judge
 */
export type Comparison =
  | "created"
  | "same"
  | "fast_forward"
  | "older"
  | "diverged"
  | "other_lineage"
  | "newer_format";

/** The one rule for everything that brings a copy of a session from elsewhere. There is never a merge. */
export function compareCopies(
  here: SessionCopy | undefined,
  there: SessionCopy,
  { hereInThere, thereInHere }: Ancestry,
): Comparison {
  if (there.unknownVersion !== undefined) return "newer_format";
  if (here === undefined) return "created";
  if (here.stateSha256 === there.stateSha256) return "same";
  if (here.unknownVersion !== undefined) return "newer_format";
  const isOther = here.workflowId !== there.workflowId ||
    here.definitionSha256 !== there.definitionSha256;
  if (isOther) return "other_lineage";
  if (hereInThere && thereInHere) {
    // One event with all before it is one state, however it is spelled; other tools keep no such promise.
    const isOne = here.end.mark !== null && here.end.others === 0 &&
      here.serial === there.serial;
    return isOne ? "same" : "diverged";
  }
  if (hereInThere && here.serial <= there.serial) return "fast_forward";
  return thereInHere && there.serial <= here.serial ? "older" : "diverged";
}

/** The comparisons that let nothing be written. */
type Refusal = "diverged" | "other_lineage" | "newer_format";

export function isRefusal(comparison: Comparison): comparison is Refusal {
  return comparison === "diverged" || comparison === "other_lineage" ||
    comparison === "newer_format";
}

/** Why a copy is not taken, with what both sides know of themselves. */
export function refusalOfCopy(
  comparison: Refusal,
  session: string,
  { here, there, hint }: {
    readonly here: SessionCopy | undefined;
    readonly there: SessionCopy;
    /** How to take it all the same. */
    readonly hint: string;
  },
): OrcError {
  const details = {
    session,
    here: here === undefined ? null : factsOf(here),
    there: factsOf(there),
  };
  if (comparison === "newer_format") {
    const version = there.unknownVersion ?? here?.unknownVersion;
    return corrupt(
      "newer_format",
      `Session "${session}" was made by a newer orc (${version})`,
      { hint: "update orc; nothing was changed", details },
    );
  }
  const sides = `here ${placeText(here)}, there ${placeText(there)}`;
  return comparison === "diverged"
    ? conflict(
      "session_diverged",
      `Session "${session}" went on in two places: ${sides}`,
      { hint, details },
    )
    : conflict(
      "other_lineage",
      `Session "${session}" is another one here than there: ${sides}`,
      { hint, details },
    );
}

function factsOf({ serial, updatedAt, machine, workflowId }: SessionCopy) {
  return { serial, updatedAt, machine, workflowId };
}

function placeText(copy: SessionCopy | undefined): string {
  if (copy === undefined) return "nothing";
  const { serial, updatedAt, machine } = copy;
  const where = machine ? ` on "${machine}"` : "";
  return `at update ${serial} of ${updatedAt}${where}`;
}

/** Goes through a log from its beginning: where it ends, and whether another copy ended in it. */
export class Trail {
  readonly #sought: CopyEnd | undefined;
  #end: CopyEnd = NOTHING;
  /** Whether the mark that is sought was the last one. */
  #isBehindMark: boolean;
  #isFound: boolean;

  constructor(sought?: CopyEnd) {
    this.#sought = sought;
    this.#isBehindMark = sought?.mark === null;
    this.#isFound = this.#isBehindMark && sought?.others === 0;
  }

  /** Takes the next line, without its end; one that nothing ends yet is no line. */
  take(text: string): void {
    if (text === "") return;
    const mark = markIn(text);
    const { othersDigest } = this.#end;
    this.#end = mark === undefined
      ? {
        ...this.#end,
        others: this.#end.others + 1,
        othersDigest: withOther(othersDigest, [encoder.encode(text)]),
      }
      : { mark, others: 0, othersDigest: "" };
    const sought = this.#sought;
    if (sought === undefined || this.#isFound) return;
    if (mark !== undefined) this.#isBehindMark = mark === sought.mark;
    this.#isFound = this.#isBehindMark &&
      this.#end.othersDigest === sought.othersDigest;
  }

  /** Takes the events that travel in a state, and which its log may lack. */
  takeCarried(events: readonly RecordedEvent[]): void {
    const last = events.at(-1);
    const mark = last && markIn(encodeLogLine(last).trimEnd());
    // Where the log has them, lines of other tools may stand behind them.
    if (mark === this.#end.mark) return;
    for (const event of events) this.take(encodeLogLine(event).trimEnd());
  }

  get end(): CopyEnd {
    return this.#end;
  }

  get isFound(): boolean {
    return this.#isFound;
  }
}

const NOTHING: CopyEnd = { mark: null, others: 0, othersDigest: "" };

const encoder = new TextEncoder();

function markIn(text: string): string | undefined {
  const linked = linkedLine(text);
  if (linked !== undefined) return linked.chain;
  // Only an orc that knew no chain wrote such a line.
  const event = text.includes('"id":') ? decodeLogLine(text) : undefined;
  return event === undefined || event.id === ""
    ? undefined
    : `${event.id} ${event.serial}`;
}
