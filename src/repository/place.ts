import type { RootSource } from "../files/root.ts";

/** Where something was done or read; part of every answer. */
export interface Place {
  /** The directory that holds, or will hold, `.orchestrator/`; absolute, with `/` between its parts. */
  readonly root: string;
  /**
   * How it was found: `flag` (named by the caller), `environment`, `marker` (it holds state of
   * orc), `git`, `worktree` (the main one of a linked worktree), `workflow` (it holds
   * workflow.yaml) or `cwd` (nothing was found).
   */
  readonly rootSource: RootSource;
  /** Id of the session; null when the answer is not about one. */
  readonly session: string | null;
}

/** Where a session is: part of every answer about one. */
export interface SessionPlace extends Place {
  /** Its id. */
  readonly session: string;
}
