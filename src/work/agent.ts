import { OrcError } from "../base/error.ts";
import { summarize } from "../engine/summary.ts";
import type { Host } from "../host/host.ts";
import { openRepository } from "../repository/open.ts";
import {
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import { type Place, placeOf } from "../repository/place.ts";

/** What an agent should not forget, short enough to be read at every turn. */
export type Reminder =
  | { readonly active: false }
  | {
    readonly active: true;
    /** What is to be done, as given at start. */
    readonly task: string;
    /** Id of the current phase. */
    readonly phase: string;
    /** Items of that phase that are completed or skipped, and all, as `2/5`. */
    readonly progress: string;
    /** What must hold throughout, as given at start. */
    readonly constraints: readonly string[];
  };

/** A reminder, and which session it is about. */
export interface Reminded {
  /** Which session it is, and where; no session where none is meant. */
  readonly place: Place;
  /** Inactive where there is no session, or a closed one. */
  readonly reminder: Reminder;
}

/**
 * Reads what an agent should be reminded of, in the shape that hooks of the
 * Python tool expect. Takes no lock and writes nothing.
 *
 * Requires `--allow-read`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, remindContext, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * const before = await remindContext(host, { root });
 * await startSession(host, { root, task: "Add login" });
 * const { reminder } = await remindContext(host, { root });
 * assertEquals(before.reminder, { active: false });
 * assertEquals(reminder.active && reminder.task, "Add login");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function remindContext(
  host: Host,
  options: SessionOptions = {},
): Promise<Reminded> {
  try {
    return await reminderOf(host, options);
  } catch (error) {
    const isNone = error instanceof OrcError && error.code === "no_session";
    if (!isNone) throw error;
    const place = placeOf(openRepository(host, options), null);
    return { place, reminder: { active: false } };
  }
}

async function reminderOf(
  host: Host,
  options: SessionOptions,
): Promise<Reminded> {
  const { session, workflow, place } = await openSession(host, options);
  const summary = summarize(workflow, session.state);
  if (!summary.active) return { place, reminder: { active: false } };
  const { task, phase, phases, constraints } = summary;
  const here = phases.find(({ id }) => id === phase);
  const done = (here?.completed ?? 0) + (here?.skipped ?? 0);
  const progress = `${done}/${here?.total ?? 0}`;
  return {
    place,
    reminder: { active: true, task, phase, progress, constraints },
  };
}
