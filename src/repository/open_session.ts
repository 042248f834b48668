import type { OrcError } from "../base/error.ts";
import type { Host } from "../host/host.ts";
import type { Session } from "../session/session_store.ts";
import type { Workflow } from "../workflow/types.ts";
import {
  openRepository,
  type Repository,
  type RepositoryOptions,
} from "./open.ts";
import { type Place, placeOf } from "./place.ts";
import { selectSession, type SessionSource } from "./select.ts";
import { workflowOf } from "./session_workflow.ts";

/** Which session is meant, and where. */
export interface SessionOptions extends RepositoryOptions {
  /**
   * Id of the session, an unambiguous beginning of it, or an end of at least 4
   * characters. Without it the session is chosen; {@linkcode SessionSource}
   * says how.
   */
  readonly session?: string;
}

/** A session, its workflow and the repository it is in. */
export interface OpenedSession {
  readonly repository: Repository;
  readonly session: Session;
  readonly source: SessionSource;
  readonly workflow: Workflow;
  /** Why nothing in the session may change, though it can be shown; null when it may. */
  readonly refusal: OrcError | null;
  readonly place: Place;
}

/** Opens the session a caller means. Reads only. */
export async function openSession(
  host: Host,
  options: SessionOptions = {},
): Promise<OpenedSession> {
  const repository = openRepository(host, options);
  const selected = await selectSession(host, repository, options.session);
  const { workflow, refusal } = await workflowOf(repository, selected.session);
  return {
    ...selected,
    repository,
    workflow,
    refusal,
    place: placeOf(repository, selected.session.id),
  };
}

/** Refuses to change a session whose rules are not known or not for this orc. */
export function assertChangeable({ refusal }: OpenedSession): void {
  if (refusal !== null) throw refusal;
}
