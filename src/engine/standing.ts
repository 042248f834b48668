/** Where a session stands, as people and programs are told: plain data, and no rule. */
import type {
  ItemStatus,
  PhaseStatus,
  SessionStatus,
  StepType,
  Verification,
} from "../workflow/types.ts";
import type { Blocker } from "./state.ts";

/** How many items of a phase or a session are done. */
export interface Progress {
  /** Items that are completed or approved; skipped ones do not count. */
  readonly completed: number;
  /** Items that were left out for a reason. */
  readonly skipped: number;
  /** All items, optional ones too. */
  readonly total: number;
}

/** A phase in one line. */
export interface PhaseSummary extends Progress {
  /** What commands take, such as `PLAN`. */
  readonly id: string;
  /** Shown to people; ids are what commands take. */
  readonly name: string;
  /** `pending` for a phase that the state does not know. */
  readonly status: PhaseStatus;
}

/** The evidence an item asks for. */
export interface EvidenceSummary {
  /** Name of the schema it has to follow; null where any will do, also none. */
  readonly schema: string | null;
  /** What to collect, in the words of the workflow; null without any. */
  readonly prompt: string | null;
  /** Whether some was handed in before, as with a try that failed. */
  readonly given: boolean;
}

/** An item of the current phase, as `status` and `next` show it. */
export interface ItemSummary {
  /** What commands take. */
  readonly id: string;
  /** Shown to people; ids are what commands take. */
  readonly name: string;
  /** `pending` for an item that the state does not know. */
  readonly status: ItemStatus;
  /** Whether it keeps the session in its phase until it is completed or skipped. */
  readonly required: boolean;
  /** How strictly it is enforced. */
  readonly stepType: StepType;
  /** What is needed to complete it: nothing, a human, a file or a program. */
  readonly verification: Verification["type"];
  /** What to do, in the words of the workflow; null where the name says it all. */
  readonly description: string | null;
  /**
   * What is checked, in the workflow's words; else its path or command, with settings filled in.
   * Null where nothing is checked or described.
   */
  readonly check: string | null;
  /** Advice from the workflow; may begin with a tag such as `[tip]`. */
  readonly notes: readonly string[];
  /**
   * When skipping is fine, in the words of the workflow; empty where it names nothing, or where the
   * item cannot be skipped without force.
   */
  readonly skipConditions: readonly string[];
  /**
   * What gets an open manual gate, or a gate that names nothing to verify, out of the way: a `human`, `nobody` (`complete` skips it), or a
   * `clock` that gives a human time to answer and that the first `complete` or `start-item` starts.
   * Null for everything else.
   */
  readonly approval: "human" | "nobody" | "clock" | null;
  /**
   * From when on `complete` skips a manual gate whose clock runs, an instant in UTC; null while
   * none runs.
   */
  readonly passesAt: string | null;
  /** What evidence it asks for; null for none, and for manual gates. */
  readonly evidence: EvidenceSummary | null;
  /** When somebody first said they work on it, an instant in UTC; null when nobody did. */
  readonly startedAt: string | null;
  /** How many of its checks failed so far. */
  readonly tries: number;
  /** Why it was skipped, as given; null while it is not skipped. */
  readonly skipReason: string | null;
  /** Why the last try failed, in a few words; null when none did, or when it is completed. */
  readonly failure: string | null;
}

/** A human's no that was not answered yet. */
export interface Rejection {
  /** Id of the item. */
  readonly itemId: string;
  /** What has to become better, as the human says it. */
  readonly reason: string;
}

/** What to do next: one command, and for programs the action that it is, with what that is about. */
export type NextStep =
  & {
    /** A command line for a POSIX shell; what stands in it as `<…>` is to be filled in. */
    readonly command: string;
    /** Whether only a human can do it. */
    readonly human: boolean;
    /** The command of a human before the item passes by itself; absent where it does not. */
    readonly answer?: string;
    /** With what an agent waits until a human has answered; absent where none is asked. */
    readonly wait?: string;
  }
  & (
    | {
      /**
       * The type of an {@linkcode Action}; `finish` by a human needs force. Only `orc next` knows `trust`: a
       * human has to let the commands of a session from elsewhere run before the item can be completed.
       */
      readonly action: "complete" | "approve_item" | "trust";
      /** The item of the current phase it is about; null for a step of a phase or the session. */
      readonly item: ItemSummary;
    }
    | {
      readonly action: "approve_phase";
      readonly item: null;
      /** The phase whose leaving awaits a yes: the current one, or in the last phase any. */
      readonly phaseId: string;
    }
    | { readonly action: "advance" | "finish"; readonly item: null }
  );

/** All that people and agents want to know of a session at a glance. */
export interface Summary {
  /** Whether anything can still change: neither finished nor abandoned. */
  readonly active: boolean;
  /** How far the session is. */
  readonly status: SessionStatus;
  /** What is to be done, as given at start. */
  readonly task: string;
  /** Name of the project the task belongs to; null without one. */
  readonly project: string | null;
  /** `wf_` and eight hex digits, part of every line of the log. Not the id of the session. */
  readonly workflowId: string;
  /** Name of the workflow. */
  readonly workflow: string;
  /** Id of the current phase; after the end, of the one it ended in. */
  readonly phaseId: string;
  /** All phases in the order of the workflow. */
  readonly phases: readonly PhaseSummary[];
  /** Sums over all phases. */
  readonly progress: Progress;
  /**
   * Items of the current phase in the order of the workflow; empty if the workflow does not define
   * that phase.
   */
  readonly items: readonly ItemSummary[];
  /** Advice for the current phase; may begin with a tag such as `[tip]`. */
  readonly phaseNotes: readonly string[];
  /** What must hold throughout, as given at start. */
  readonly constraints: readonly string[];
  /** What somebody said was worth remembering, oldest first. */
  readonly notes: readonly string[];
  /**
   * What keeps the session from going on; in the last phase, from being finished. Empty after the
   * end.
   */
  readonly blockers: readonly Blocker[];
  /** What a human said no to in the current phase; shown until it is done again. */
  readonly rejections: readonly Rejection[];
  /** What to do now; null after the end, or if the workflow does not define the current phase. */
  readonly next: NextStep | null;
}
