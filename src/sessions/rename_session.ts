import { matchSessionId } from "../base/ids.ts";
import { localTimeOf, momentOf } from "../base/local_time.ts";
import { parseSessionTitle } from "../base/session_title.ts";
import type { Host } from "../host/host.ts";
import { openRepository, type RepositoryOptions } from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { workflowOf } from "../repository/session_workflow.ts";
import { sessionMasker } from "../secrets/masker.ts";
import { writeSessionName } from "../session/session_rename.ts";
import { clockOf } from "../settings/clock.ts";

/** A session and its new name. */
export interface RenameOptions extends RepositoryOptions {
  /**
   * Its id, an unambiguous beginning of it, or an end of at least 4 characters.
   */
  readonly id: string;
  /** 1 to 80 characters on one line; the blanks around them are not kept. */
  readonly name: string;
}

/** A session that has a name. */
export interface Renamed {
  readonly place: Place;
  /** Its id, which stays. */
  readonly session: string;
  readonly name: string;
  /** What went wrong after the name counted, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Gives a session a name that is shown with its task; its id stays. A closed
 * session can be named too.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `invalid_name` (usage) if the name is blank or too long
 */
export async function renameSession(
  host: Host,
  options: RenameOptions,
): Promise<Renamed> {
  const title = parseSessionTitle(options.name);
  const repository = openRepository(host, options);
  const { layout, store, context } = repository;
  const id = matchSessionId(options.id, store.ids());
  const session = await store.read(id);
  const { createdAt } = session.state;
  const { workflow } = await workflowOf(repository, session);
  const { mask } = await sessionMasker(host, { repository, workflow });
  const clock = clockOf(host);
  const startedAtMs = momentOf(createdAt, clock);
  const startedAtLocal = startedAtMs === undefined
    ? clock.localNow
    : localTimeOf(startedAtMs, clock);
  const name = mask(title);
  const naming = { id, name, startedAtLocal };
  const warnings = await writeSessionName(layout, context, naming);
  return { place: placeOf(repository, id), session: id, name, warnings };
}
