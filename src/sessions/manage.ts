import { matchSessionId } from "../base/ids.ts";
import type { Host } from "../host/host.ts";
import { openRepository, type RepositoryOptions } from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { ownersOf } from "../repository/select.ts";
import { writeBinding, writeCurrent } from "../session/bind.ts";

/** The session to go on with. */
export interface SwitchOptions extends RepositoryOptions {
  /**
   * Its id, an unambiguous beginning of it, or an end of at least 4 characters.
   */
  readonly id: string;
}

/** The session a caller is in now. */
export interface Switched {
  /** Where the session is. */
  readonly place: Place;
  /** Its id, whole. */
  readonly session: string;
  /** What is to be done in it. */
  readonly task: string;
  /**
   * Who was bound: the agent or worktree alone, or everybody who has no session
   * of their own.
   */
  readonly bound: "agent" | "worktree" | "current";
  /** What went wrong after the switch counted. */
  readonly warnings: readonly string[];
}

/**
 * Makes a session the caller's own. An agent or a linked worktree is bound to
 * it and nobody else is moved; any other caller moves `current`. Closed
 * sessions can be switched to as well.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `no_such_session` (not_found) if there is no such session
 * @throws {OrcError} `ambiguous_session_id` (usage) if the id fits several; the
 *   first are in `details.candidates`
 * @throws {OrcError} `invalid_session_id` (usage) if the text cannot be part of
 *   an id
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, startSession, switchSession } from "@orc/cli";
 *
 * const host = denoHost();
 * const root = await Deno.makeTempDir();
 * const { place } = await startSession(host, { root, task: "Add login" });
 * await startSession(host, { root, task: "Fix search", beside: true });
 * const id = place.session ?? "";
 * const { task } = await switchSession(host, { root, id });
 * assertEquals(task, "Add login");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function switchSession(
  host: Host,
  options: SwitchOptions,
): Promise<Switched> {
  const repository = openRepository(host, options);
  const { layout, store } = repository;
  const session = matchSessionId(options.id, store.ids());
  const { task } = (await store.read(session)).state;
  const [owner] = ownersOf(host, repository);
  const warnings: string[] = [];
  const bind = async ({ token }: { token: string }): Promise<void> => {
    const warning = owner
      ? await writeBinding(layout, owner, { session, at: host.now() }, token)
      : writeCurrent(layout, session, token);
    if (warning !== undefined) warnings.push(warning);
  };
  const preparation = { portable: false, warnings };
  await withPreparedRepository(host, repository, preparation, bind);
  return {
    place: placeOf(repository, session),
    session,
    task,
    bound: owner?.kind ?? "current",
    warnings,
  };
}
