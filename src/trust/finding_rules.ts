import type { Contradiction } from "../session/trace.ts";

/** Why nobody should rely on what a session says: those of {@linkcode Contradiction}, and of its checks and its end. */
export interface TrustFinding {
  /** Stable name of what it is. */
  readonly code:
    | Contradiction["code"]
    | "approval_stale"
    | "approval_unsigned"
    | "approved_by_setting"
    | "clock_backwards"
    | "done_elsewhere"
    | "loosened"
    | "signature_invalid"
    | "other_workflow"
    | "stale"
    | "vouched"
    | "session_abandoned"
    | "session_open"
    | "definition_differs"
    | "include_unreviewed"
    | "uncommitted"
    | "rerun_failed"
    | "checkout_differs"
    | "base_differs"
    | "outgrown"
    | "tree_differs"
    | "tree_unknown"
    | "unproven"
    | "signature_missing";
  /** One sentence without its period. */
  readonly message: string;
  /** The update it is about; null where it is about the state. */
  readonly serial: number | null;
  /** The item it is about; null where it is about no item. */
  readonly itemId: string | null;
}

/** One that is about the state or an item of it. */
export function finding(
  code: TrustFinding["code"],
  message: string,
  itemId: string | null = null,
): TrustFinding {
  return { code, message, serial: null, itemId };
}
