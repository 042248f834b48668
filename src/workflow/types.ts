import type { JsonObject, JsonValue } from "../base/json.ts";

/**
 * How strictly an item is enforced: the key `step_type` of workflow.yaml.
 *
 * - `gate`: not passed without its verification; a human may skip it by force
 * - `required`: cannot be skipped
 * - `documented`: skipped for a reason of at least 50 characters
 * - `flexible`: the default; skipped for a reason of at least 10 characters
 */
export type StepType = "gate" | "required" | "documented" | "flexible";

/**
 * How much freedom a phase leaves to the agent: the key `phase_type` of workflow.yaml.
 *
 * - `strict`: items are worked on in their order; one that comes after an open required
 *   item cannot be started, completed, approved or skipped
 * - `guided`: the default; items are worked on in any order
 * - `autonomous`: as `guided`, and what is neither a gate nor a manual gate can be skipped
 *   for a reason of at least 50 characters, even if it is required
 */
export type PhaseType = "strict" | "guided" | "autonomous";

/**
 * What is at stake when nobody looks at a manual gate: the key `risk` of an item. It counts
 * with the setting `supervision_mode: hybrid`, and never for gates.
 *
 * - `low`: nobody has to look; `complete` skips the manual gate
 * - `medium`: the default; a human may approve for `approval_timeout_minutes`, then
 *   `complete` skips it; without that setting a human has to approve
 * - `high`: a human has to approve, and no reason for skipping gets past it
 */
export type Risk = "low" | "medium" | "high";

/**
 * How an item is verified. `{{name}}` in a path or command stands for the setting of that
 * name and is filled in when the check runs.
 *
 * - `none`: the agent's word is enough
 * - `manual_gate`: a human has to approve the item
 * - `file_exists`: a file that is not empty has to be there, or what its two keys ask for
 * - `command`: a program has to end with the exit code expected
 */
export type Verification =
  & {
    /** Worded to follow "its check expects that"; null where path or command are shown instead. */
    readonly description: string | null;
  }
  & (
    | { readonly type: "none" }
    | { readonly type: "manual_gate" }
    | {
      readonly type: "file_exists";
      /** Relative to the working tree. Links are followed, but only what lies in the tree counts. */
      readonly path: string;
      /** True where an empty file passes too: the key `may_be_empty`. */
      readonly mayBeEmpty?: boolean;
      /** True where a directory, empty or not, passes and a file does not. */
      readonly directory?: boolean;
    }
    | {
      readonly type: "command";
      /** Run without a shell, unless it holds an unquoted operator of the shell. */
      readonly command: string;
      /** Exit code that passes; 0 where the workflow names none. */
      readonly expectExitCode: number;
      /**
       * The key `expect_tests`. A run in which no test ran fails the check where a test runner says so;
       * where it is true, at the least sign of it, and where it is false, never.
       */
      readonly expectTests?: boolean;
      /** The key `prove`: a green result counts only if the command is red on the base. */
      readonly prove?: BaseCheck;
    }
  );

/**
 * How a check is proved able to fail: the command runs on the base, too, in a throw-away tree, with the
 * tests as they are now, and has to be red there. With the base's own tests it has to work there.
 */
export interface BaseCheck {
  /**
   * What the base is the merge base of `HEAD` with; null for the default branch, and on that branch itself
   * for the commit that the session started from.
   */
  readonly base: string | null;
  /**
   * Patterns of the files that are taken as they are now, by their paths below the working tree; empty
   * for what looks like tests.
   */
  readonly with: readonly string[];
}

/** One thing to be done in a phase. In workflow.yaml the keys are these names in snake case. */
export interface Item {
  /** Letters, digits and underscores of any script, at most 100; unique in the workflow. */
  readonly id: string;
  /** Shown to people. */
  readonly name: string;
  /** What to do, in the words of the workflow; null where the name says it all. */
  readonly description: string | null;
  /** Whether the phase stays blocked until it is done. Always true for gates and required items. */
  readonly required: boolean;
  /** False for gates, required items and manual gates without skip conditions. See {@linkcode PhaseType}. */
  readonly skippable: boolean;
  /** When skipping is fine, in words that orc shows and does not judge. They make a manual gate skippable. */
  readonly skipConditions: readonly string[];
  /** What has to be found out before the item can be completed. */
  readonly verification: Verification;
  /** Advice, perhaps with a tag such as `[tip]`; the first is the hint after a check with a description. */
  readonly notes: readonly string[];
  /** How strictly it is enforced; `flexible` where the workflow says nothing. */
  readonly stepType: StepType;
  /** Schema of the evidence it is not completed without; an unknown one only refuses empty evidence. */
  readonly evidenceSchema: string | null;
  /** What evidence to collect; null when the workflow does not say. No rule depends on it. */
  readonly evidencePrompt: string | null;
  /** Which agent the author had in mind; null for any. No rule depends on it. */
  readonly agent: string | null;
  /** Time limit of the check in whole seconds, 1 to 86,400; undefined means 300. */
  readonly timeoutSeconds: number | undefined;
  /** What is at stake; `medium` where the workflow says nothing. */
  readonly risk: Risk;
  /** Where its check's program runs: a directory below the working tree; null for the tree itself. */
  readonly workingDir: string | null;
  /** Names of the secrets that the program of its check finds in its environment, and no others. */
  readonly secrets: readonly string[];
  /** Names of variables that its check gets although they change what a command means. */
  readonly env: readonly string[];
  /** Patterns of the files that its check depends on, none where there are none; undefined means the whole working tree. */
  readonly inputs: readonly string[] | undefined;
  /** Files below the working tree that a human is shown before they approve it, with `{{name}}` in them. */
  readonly shows: readonly string[];
  /** Patterns of files of which some must differ from the start before it is completed; empty where nothing is asked. */
  readonly changes: readonly string[];
  /** The smallest size that needs it; undefined for all. Only in what a file defines: see {@linkcode Sizing}. */
  readonly from?: string;
  /** The largest size that needs it; undefined for all. */
  readonly to?: string;
}

/** One stage of a workflow. In workflow.yaml the keys are these names in snake case. */
export interface Phase {
  /** What commands take: some capital letter and no lower-case one, such as `PLAN`; unique. */
  readonly id: string;
  /** Shown to people. */
  readonly name: string;
  /** What the phase is for; null where the name says it all. */
  readonly description: string | null;
  /** What is to be done, in the order it is shown. May be empty. */
  readonly items: readonly Item[];
  /** `human_approval` when a human has to approve that the phase is left; any other text asks for nothing. */
  readonly exitGate: string | null;
  /** Advice shown with the phase; may begin with a tag such as `[tip]`. */
  readonly notes: readonly string[];
  /**
   * Reviews without which the session cannot be finished: `security` counts once an item `security`
   * or `security_review` is completed, or the Python tool recorded one by a model as successful.
   */
  readonly requiredReviews: readonly string[];
  /** `guided` where the workflow says nothing. */
  readonly phaseType: PhaseType;
  /** Tools the author had in mind for this phase. No rule depends on them. */
  readonly intendedTools: readonly string[];
  /** Which agent the author had in mind; null for any. No rule depends on it. */
  readonly agent: string | null;
  /** What the author wants it carried out with; null for anything. No rule depends on it. */
  readonly executor: string | null;
  /** Patterns of the files that may be changed in it, none where there are none; undefined says nothing. */
  readonly allowWrite?: readonly string[];
  /** See {@linkcode Item.from}. */
  readonly from?: string;
  /** See {@linkcode Item.to}. */
  readonly to?: string;
}

/** How much a task of some size may change. */
export interface SizeLimits {
  /** Files that differ from the start; null for any number. */
  readonly files: number | null;
  /** Lines added and removed; null for any number. */
  readonly lines: number | null;
}

/** The sizes of a workflow: a task of some size needs only the items that apply to it. */
export interface Sizing {
  /** Words of the author, the smallest first; at least one. */
  readonly sizes: readonly string[];
  /** What each size may change, where the file says so. */
  readonly limits: ReadonlyMap<string, Partial<SizeLimits>>;
  /** Patterns of files whose change needs the largest size but one, or the larger of two. */
  readonly riskPaths: readonly string[];
  /** Patterns of the files that count as change; all without them. */
  readonly measuredPaths: readonly string[];
}

/** What workflow.yaml defines. A session follows the copy pinned when it started, whatever becomes of the file. */
export interface Workflow {
  /** Shown to people; sessions keep it as `workflow_type`. */
  readonly name: string;
  /** The author's own numbering, any text; `1.0` where the file names none. */
  readonly version: string;
  /** What the workflow is for; null where the file does not say. */
  readonly description: string | null;
  /** Versions of orc that may work with it, as in npm: `>=0.1 <2`; null for all. Any can read. */
  readonly orc: string | null;
  /** Gone through in this order, one at a time. At least one. */
  readonly phases: readonly Phase[];
  /**
   * Values for `{{name}}`, and keys orc knows. `check_environment` says what of orc's environment
   * checks get; `supervision_mode` who passes manual gates
   * that are no gates: `supervised`, the default, a human; `zero_human` nobody; `hybrid` goes by
   * {@linkcode Risk}, and at medium risk by `approval_timeout_minutes`, a number above 0.
   */
  readonly settings: JsonObject;
  /** Names of secrets the work needs besides those of its items; no check gets them. */
  readonly secrets: readonly string[];
  /** What a file says of sizes; undefined where it says nothing, and in what a session pinned. */
  readonly sizing?: Sizing;
  /** Id of the session that pinned it, which commands for people name; undefined outside of one. */
  readonly session?: string;
}

/** How far an item is. A failed check leaves a gate as it was; orc reads `blocked`, but never sets it. */
export type ItemStatus =
  | "pending"
  | "in_progress"
  | "completed"
  | "skipped"
  | "blocked"
  | "failed";

/** How far a phase is; one phase of an open session is `active`. orc reads `blocked`, but never sets it. */
export type PhaseStatus = "pending" | "active" | "completed" | "blocked";

/** How far a session is. `completed` and `abandoned` are final; orc never sets `paused`, which is like `active`. */
export type SessionStatus = "active" | "completed" | "abandoned" | "paused";

/** Progress of one item in one session. */
export interface ItemState {
  /** Key of the item in state.json; the same as in the workflow. */
  readonly id: string;
  /** `pending` in a new session. */
  readonly status: ItemStatus;
  /** When work on it, or the clock of a manual gate, was first said to start; else null, even when done. */
  readonly startedAt: string | null;
  /** When it was completed or approved. */
  readonly completedAt: string | null;
  /** When it was skipped. */
  readonly skippedAt: string | null;
  /** Why it was skipped, as given; null while it is not skipped. */
  readonly skipReason: string | null;
  /** What was done, as whoever completed it says; at most 2000 characters. */
  readonly notes: string | null;
  /** How many of its checks failed so far. */
  readonly retryCount: number;
  /** How the last check ended, or that a human approved: an object as the Python tool's, or null. */
  readonly verificationResult: JsonValue;
  /** How the last command of a gate ended, in the same form. */
  readonly gateResult: JsonValue;
  /** What was handed in to support the item: an object, exactly as it was given, or null. */
  readonly evidence: JsonValue;
  /** The object this was read from, so that what orc does not know survives. Empty for what is new. */
  readonly source: JsonObject;
}

/** Progress of one phase in one session. */
export interface PhaseState {
  /** Key of the phase in state.json; the same as in the workflow. */
  readonly id: string;
  /** In a new session `active` for the first phase, `pending` for all others. */
  readonly status: PhaseStatus;
  /** When the session entered the phase; null before. */
  readonly startedAt: string | null;
  /** When the session left the phase; null before. */
  readonly completedAt: string | null;
  /** In the order of state.json, which need not be that of the workflow. */
  readonly items: readonly ItemState[];
  /** See {@linkcode ItemState.source}. */
  readonly source: JsonObject;
}

/** Something worth remembering that was said during a session; kept in `metadata.orc.notes`. */
export interface Note {
  /** When it was said: an instant as in {@linkcode SessionState}. */
  readonly at: string;
  /** At most 2000 characters, none of them blanks at either end. */
  readonly text: string;
  /** The item it is about; null when it is about the session. */
  readonly itemId: string | null;
}

/**
 * One run of a workflow for one task, as state.json holds it. There the keys are these names
 * in snake case, unless a field says otherwise.
 *
 * Instants are RFC 3339 strings in UTC with six fraction digits or none, such as
 * `2026-11-20T07:34:57.231000Z`; other writers may have used an offset.
 */
export interface SessionState {
  /** `wf_` and eight hex digits, in every line of the log; not the id of the session's directory. */
  readonly workflowId: string;
  /** Name of the workflow at start. */
  readonly workflowType: string;
  /** Version of the workflow at start. */
  readonly workflowVersion: string;
  /** What is to be done, as given at start; `task_description` in state.json. */
  readonly task: string;
  /** Name of the project the task belongs to, as given at start; null without one. */
  readonly project: string | null;
  /** Only an open session, `active` or `paused`, can change. */
  readonly status: SessionStatus;
  /** The phase whose items can be worked on. After the end: the one it ended in. */
  readonly currentPhaseId: string;
  /** In the order of state.json, normally that of the workflow. */
  readonly phases: readonly PhaseState[];
  /** When the session started; empty when a file of the Python tool does not say. */
  readonly createdAt: string;
  /** When the last update was made; empty in the same case. */
  readonly updatedAt: string;
  /** When the session was finished; null before, and in an abandoned one. */
  readonly completedAt: string | null;
  /** What must hold throughout, as given at start; each at most 1000 characters. */
  readonly constraints: readonly string[];
  /** What was worth remembering, oldest first; `metadata.orc.notes` in state.json. */
  readonly notes: readonly Note[];
  /** The Python tool's `metadata` without `orc`: approvals of phases, closing notes, and anything else. */
  readonly metadata: JsonObject;
  /** The workflow pinned at start, exactly as in `workflow_definition`; null in the oldest sessions. */
  readonly definition: JsonValue;
  /** See {@linkcode ItemState.source}. */
  readonly source: JsonObject;
}

/** `event_type` in log.jsonl: what the Python tool knows too. orc never writes `skip_rejected`. */
export type EventType =
  | "workflow_started"
  | "phase_started"
  | "phase_completed"
  | "item_started"
  | "item_completed"
  | "item_skipped"
  | "verification_passed"
  | "verification_failed"
  | "gate_passed"
  | "gate_failed"
  | "evidence_validated"
  | "skip_validated"
  | "skip_rejected"
  | "human_override"
  | "workflow_completed"
  | "workflow_abandoned"
  | "note_added"
  | "error";

/** What happened, as {@linkcode decide} reports it. */
export interface Event {
  /** What the event is. */
  readonly type: EventType;
  /** The phase it happened in; null for the start of a session. */
  readonly phaseId: string | null;
  /** The item it is about; null when it is about a phase or the session. */
  readonly itemId: string | null;
  /** One sentence for people, such as `Completed item: plan`. */
  readonly message: string;
  /** Facts for programs, by type; `agent` names who asked, `origin` how a human was known to be one. */
  readonly details: JsonObject;
  /** Who stands for it: `human` only where a human gave a yes. */
  readonly actor: "system" | "human";
}

/** An event as a line of log.jsonl keeps it. */
export interface LoggedEvent extends Event {
  /** ULID in lower case, unique over all sessions. */
  readonly id: string;
  /** Number of the update that recorded it; the first that orc made to the session is 1. */
  readonly serial: number;
  /** When the update was made, as in {@linkcode SessionState}; `timestamp` in the log. */
  readonly at: string;
  /** {@linkcode SessionState.workflowId} of the event's session. */
  readonly workflowId: string;
}

/** Who asks. A human's yes counts only with an origin, and only a host can establish one. */
export interface Caller {
  /** The agent's name and id, such as `claude-code:5f0c…`; null when none was detected. */
  readonly agent: string | null;
  /**
   * How a human was known: by what was typed, by the host that asked them, or by
   * `ORCHESTRATOR_APPROVALS`; null if not.
   */
  readonly approval: "terminal" | "host" | "setting" | null;
  /** Who typed, where, and how long they were asked; only of a human at a terminal. */
  readonly presence?: JsonObject;
  /**
   * What a human approves: `shown`, a list of `path`, `bytes` and `sha256`, where the item names files,
   * and `tree`, the identity of the working tree, or null with `tree_reason`.
   */
  readonly sight?: JsonObject;
  /** What signs the act, in a workflow with `approvals: signed`; the host has verified it. */
  readonly signature?: JsonObject;
}

/** A stream of output of a program. */
export type OutputName = "stdout" | "stderr";

/** Result of one check that orc ran itself. */
export type CheckResult =
  | {
    readonly type: "file_exists";
    readonly passed: boolean;
    /** The path as the workflow names it, with settings filled in. */
    readonly name: string;
    /** Where it was looked for, or where it really lies: an absolute path. */
    readonly path: string;
    /** Why it does not count, as a sentence; null when it is there. */
    readonly problem: string | null;
  }
  | {
    readonly type: "command";
    /** Whether it ended by itself, with the exit code expected, and ran the tests it was to run. */
    readonly passed: boolean;
    /** With settings filled in. */
    readonly command: string;
    /** The command as the workflow spells it. */
    readonly originalCommand: string;
    /** Program and arguments; empty when a shell ran it or nothing could. */
    readonly words: readonly string[];
    /** Whether a shell ran it. */
    readonly shell: boolean;
    /** 128 plus the number of a signal that ended it; -1 when it never ran or orc ended it. */
    readonly exitCode: number;
    readonly expectExitCode: number;
    /** Its first 4 KiB and last 16 KiB, with a line between them that says how much was left out. */
    readonly stdout: string;
    readonly stderr: string;
    /** Which of the two held bytes that are no UTF-8; they are shown as U+FFFD. */
    readonly notUtf8: readonly OutputName[];
    /** How long it ran, to the millisecond; 0 when it never ran. */
    readonly durationSeconds: number;
    /** Why it could not run, did not end by itself or ran no test; else null. */
    readonly problem: string | null;
  };

/** What {@linkcode decide} answers. */
export interface Decision {
  /** The next state; the one before, itself, when nothing changed. */
  readonly state: SessionState;
  /** What led there, in order. Without any nothing is written; with some, even an unchanged state is. */
  readonly events: readonly Event[];
}
