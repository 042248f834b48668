import type { Repository } from "./open.ts";

/** Where something was done or read; part of every answer. */
export interface Place {
  /**
   * The directory that holds, or will hold, `.orchestrator/`; absolute, with
   * `/` between its parts.
   */
  readonly root: string;
  /**
   * How it was found: `flag` (named by the caller), `environment`, `marker` (it
   * holds state of orc), `git`, `worktree` (the main one of a linked worktree),
   * `workflow` (it holds workflow.yaml) or `cwd` (nothing was found).
   */
  readonly rootSource: string;
  /** Id of the session; null when the answer is not about one. */
  readonly session: string | null;
}

/** Names a repository and, if the answer is about one, a session in it. */
export function placeOf({ found }: Repository, session: string | null): Place {
  return { root: found.root, rootSource: found.source, session };
}
