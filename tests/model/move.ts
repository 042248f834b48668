/** Who makes a move, and how they were known. */
export type Player = "agent" | "nobody" | "human" | "setting";

/** What somebody does; texts and evidence by their place among the samples. */
export type Act =
  | { readonly type: "start_item"; readonly item: string }
  | {
    readonly type: "complete";
    readonly item: string;
    /** How the check ends, if there is one. */
    readonly passes: boolean;
    readonly skipVerify: boolean;
    readonly notes: number;
    readonly evidence: number | null;
    /** Because files changed since the check passed. */
    readonly renews: boolean;
  }
  | {
    readonly type: "skip";
    readonly item: string;
    readonly reason: number;
    readonly force: boolean;
  }
  | {
    readonly type: "approve_item";
    readonly item: string;
    readonly notes: number;
    readonly early: boolean;
  }
  | {
    readonly type: "reject" | "reopen_item";
    readonly item: string;
    readonly reason: string;
  }
  | {
    readonly type: "reopen_phase";
    readonly phase: string;
    readonly reason: string;
  }
  | { readonly type: "advance"; readonly force: boolean }
  | { readonly type: "approve_phase"; readonly phase: string | null }
  | {
    readonly type: "finish";
    readonly force: boolean;
    readonly notes: number;
  }
  | {
    readonly type: "abandon";
    readonly reason: string;
    readonly notes: number;
  }
  | {
    readonly type: "note";
    readonly text: string | null;
    readonly item: string | null;
  }
  /** Keeps the state as a checkpoint; no action of the session. */
  | { readonly type: "checkpoint" }
  | {
    readonly type: "restore";
    /** How many checkpoints back; more than there are is the first one. */
    readonly back: number;
    /** Of another session that looks the same. */
    readonly foreign: boolean;
    /** With everything in it completed by hand. */
    readonly forged: boolean;
    readonly force: boolean;
  }
  | {
    readonly type: "undo";
    /** How many updates; more than there are is all of them. */
    readonly updates: number;
    readonly force: boolean;
  }
  | { readonly type: "refuse_approval" };

export interface Move {
  readonly player: Player;
  /** Seconds since the move before. */
  readonly after: number;
  readonly act: Act;
}

/** A session to be: its workflow, what is odd about its state, and what is done. */
export interface Script {
  /** Reviews that models made, as the Python tool records them. */
  readonly modelReviews: readonly string[];
  /** Items that somebody took out of the state by hand. */
  readonly removed: readonly string[];
  readonly paused: boolean;
  readonly moves: readonly Move[];
}

export function mayApprove(player: Player): boolean {
  return player === "human" || player === "setting";
}
