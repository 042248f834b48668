import type { Host } from "../host/host.ts";
import { openRepository } from "../repository/open.ts";
import {
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import { type Place, placeOf } from "../repository/place.ts";
import {
  allCheckpoints,
  type CheckpointLine,
  checkpointsOf,
  type FoundCheckpoints,
} from "./session_checkpoints.ts";

/** Whose checkpoints. */
export interface CheckpointListOptions extends SessionOptions {
  /** Those of all sessions of the repository. */
  readonly all?: boolean;
}

/** Checkpoints of a session, or of all. */
export interface CheckpointList {
  /** Where they are; no session where they are those of all. */
  readonly place: Place;
  /** Newest first. */
  readonly checkpoints: readonly CheckpointLine[];
  /** Why others cannot be read, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Lists checkpoints, newest first. A damaged one is named and hides no other.
 * Takes no lock and writes nothing. Reads every file, so that its time grows
 * with their number.
 *
 * Requires `--allow-read`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as orc from "@orc/cli";
 *
 * const host = { ...orc.denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await orc.startSession(host, { root, task: "Add login" });
 * await orc.saveCheckpoint(host, { root, message: "Before the merge" });
 * const { checkpoints } = await orc.listCheckpoints(host, { root });
 * assertEquals(checkpoints[0]?.message, "Before the merge");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function listCheckpoints(
  host: Host,
  options: CheckpointListOptions = {},
): Promise<CheckpointList> {
  if (options.all === true) {
    const repository = openRepository(host, options);
    return listOf(placeOf(repository, null), allCheckpoints(repository));
  }
  const { repository, session, place } = await openSession(host, options);
  return listOf(place, checkpointsOf(repository, session));
}

function listOf(
  place: Place,
  { checkpoints, problems }: FoundCheckpoints,
): CheckpointList {
  return { place, checkpoints: checkpoints.toReversed(), warnings: problems };
}
