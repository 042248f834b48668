import type { JsonObject, JsonValue } from "../base/json.ts";
import type { CheckResult, SessionState } from "../workflow/types.ts";

/**
 * Input of {@linkcode decide}. Items are those of the current phase, and for `complete` those of earlier ones that
 * orc checks itself; notes have at most 2000 characters.
 * A human's are `approve_item`, `approve_phase`, `reject`, `reopen_phase`, all with `force`, and `complete` with `skipVerify`.
 */
export type Action =
  /** Begins a session in the first phase; the only action without a state. */
  | {
    readonly type: "start";
    /** {@linkcode SessionState.workflowId} of the new session. */
    readonly workflowId: string;
    readonly task: string;
    readonly project: string | null;
    readonly constraints: readonly string[];
    /** The first {@linkcode SessionState.metadata}. */
    readonly metadata: JsonObject;
    /** The workflow as it is pinned; `decide` stores it unread. */
    readonly definition: JsonValue;
    /** What the first event tells besides, such as the hash of the workflow. */
    readonly facts?: JsonObject;
  }
  /** Marks an item as being worked on. */
  | { readonly type: "start_item"; readonly itemId: string }
  /** Completes an item by the result of its check. */
  | {
    readonly type: "complete";
    readonly itemId: string;
    /** What was done; null keeps earlier notes. */
    readonly notes: string | null;
    /** What supports it; kept even when the check failed. Without it, what was handed in before counts. */
    readonly evidence?: JsonObject;
    /** Undefined when no check was run because the item needs none. */
    readonly result: CheckResult | undefined;
    /** What the check leaves in its event, as `encodeReceipt` in `engine` makes it. */
    readonly receipt?: JsonObject;
    /** Completes without the check; gates and manual gates stay closed. */
    readonly skipVerify: boolean;
    /** Judges a completed item again, of an earlier phase too: what its check saw has changed. */
    readonly renews?: boolean;
  }
  /** Leaves out an item. */
  | {
    readonly type: "skip";
    readonly itemId: string;
    /** What makes it unnecessary here; {@linkcode StepType} says how long. */
    readonly reason: string;
    /** Skips a gate. */
    readonly force: boolean;
  }
  /** Passes a manual gate, or a gate that names nothing to verify. */
  | {
    readonly type: "approve_item";
    readonly itemId: string;
    /** Null keeps earlier notes. */
    readonly notes: string | null;
    /** Also while required items before it are open, which the event tells. */
    readonly early?: boolean;
  }
  /** A human's no to a manual gate or a completed item, which is open again; says what must become better. */
  | {
    readonly type: "reject";
    readonly itemId: string;
    readonly reason: string;
  }
  /** Takes a completed or skipped item up again, for a reason that is not empty. */
  | {
    readonly type: "reopen_item";
    readonly itemId: string;
    readonly reason: string;
  }
  /** Goes back to an earlier phase for such a reason; approvals from there on are taken back. */
  | {
    readonly type: "reopen_phase";
    readonly phaseId: string;
    readonly reason: string;
  }
  /** Leaves the current phase and enters the next. */
  | {
    readonly type: "advance";
    /** Leaves it in spite of open items and a missing approval. */
    readonly force: boolean;
  }
  /** Approves that a phase is left, before or after its items are done. */
  | {
    readonly type: "approve_phase";
    /** Any phase of the workflow; null is the current one. */
    readonly phaseId: string | null;
  }
  /** Ends the session as completed. */
  | {
    readonly type: "finish";
    readonly notes: string | null;
    /** Ends it although something is open in some phase. */
    readonly force: boolean;
    /** What its change was measured by; where there is none, nothing was. */
    readonly measured?: JsonObject | undefined;
  }
  /** Ends the session as abandoned. */
  | {
    readonly type: "abandon";
    /** Why it will not be finished; not empty. */
    readonly reason: string;
    readonly notes: string | null;
  }
  /** Keeps something worth remembering. */
  | {
    readonly type: "note";
    /** 1 to 2000 characters, without the blanks around them. */
    readonly text: string;
    /** Null when it is about the session. */
    readonly itemId: string | null;
  }
  /** Goes back to where a checkpoint has items and phases. Later approvals are taken back; notes stay. */
  | {
    readonly type: "restore";
    readonly checkpointId: string;
    /** The state in the checkpoint; one of the same session. */
    readonly stored: SessionState;
    /** Also restores what was not earned since, such as a gate passed back then. */
    readonly force: boolean;
  }
  /** Takes back the last updates: items, phases and approvals are as before them. Notes stay. */
  | {
    readonly type: "undo";
    /** How many, 1 to 100. */
    readonly updates: number;
    /** The state before them, as the events up to there lead to it: none that was read from a file. */
    readonly stored: SessionState;
    /** Why; null without a reason. */
    readonly reason: string | null;
    /** Also brings back what they took back, and opens an ended session. */
    readonly force: boolean;
  }
  /** Takes the session to a larger size of its workflow: its change has outgrown the one it has. */
  | {
    readonly type: "grow";
    readonly size: string;
    /** What outgrew it. */
    readonly reason: string;
  }
  /** Records that an agent asked for what only a human may do. */
  | {
    readonly type: "refuse_approval";
    /** What was asked for, such as `approve item "plan"`. */
    readonly request: string;
    /** Null when it is about a phase or the session. */
    readonly itemId: string | null;
  };

/** An action of one type. */
export type ActionOf<Type extends Action["type"]> = Extract<
  Action,
  { type: Type }
>;
