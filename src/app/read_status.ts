import { summarize, type Summary } from "../core/summary.ts";
import type { Host } from "../host/host.ts";
import { fileKind } from "../store/read_file.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "./open_session.ts";
import type { Repository } from "./open_repository.ts";
import type { Place } from "./place.ts";
import type { SessionSource } from "./select_session.ts";
import { workflowDrift } from "./workflow_drift.ts";

/** Where a session stands. */
export interface Status extends Summary {
  /** Which session it is, and where. */
  readonly place: Place;
  /** Id of the session. */
  readonly session: string;
  /** How it was decided that this session is meant. */
  readonly sessionSource: SessionSource;
  /**
   * Number of the session's last update; 0 when only the Python tool wrote it.
   */
  readonly serial: number;
  /** Whether the session still lies in the older tool's file. */
  readonly legacy: boolean;
  /** Now, an instant in UTC, so that the age of things can be shown. */
  readonly at: string;
  /**
   * What to know before going on, as sentences for people: a state changed
   * outside orc, a second state, a workflow file that has changed.
   */
  readonly warnings: readonly string[];
}

/**
 * Reads where a session stands. Takes no lock, writes nothing, and works in a
 * read-only directory.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} `no_session` or `no_such_session` (not_found) if there is
 *   none
 * @throws {OrcError} `invalid_json` or `invalid_state` (corrupt) if its state
 *   cannot be read
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, readStatus, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await startSession(host, { root, task: "Add login" });
 * const { task, active, serial } = await readStatus(host, { root });
 * assertEquals([task, active, serial], ["Add login", true, 1]);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function readStatus(
  host: Host,
  options: SessionOptions = {},
): Promise<Status> {
  const opened = await openSession(host, options);
  const { session, source, workflow, place } = opened;
  return {
    ...summarize(workflow, session.state),
    place,
    session: session.id,
    sessionSource: source,
    serial: session.serial,
    legacy: session.legacyPath !== null,
    at: host.now(),
    warnings: await warningsOf(opened),
  };
}

async function warningsOf(opened: OpenedSession): Promise<readonly string[]> {
  const { session, repository } = opened;
  const warnings: string[] = [];
  if (session.checksum === "changed") {
    warnings.push(
      "state.json was changed outside orc; it is shown, and updates are refused",
    );
  }
  if (!session.legacyPath && hasLegacyState(repository)) {
    const { legacyConflict } = await import("./legacy_conflict.ts");
    warnings.push(...await legacyConflict(repository));
  }
  warnings.push(...await workflowDrift(opened));
  return warnings;
}

function hasLegacyState({ layout }: Repository): boolean {
  return fileKind(layout.legacyState) !== "absent";
}
