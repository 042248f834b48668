/** A session as it was after an earlier update, which its events say. */
import { notFound, usage } from "../base/error.ts";
import type { Session } from "../session/store.ts";
import { seeAll, traceSession } from "../session/trace.ts";
import {
  type OpenedSession,
  type SessionOptions,
  workflowOf,
} from "./select.ts";

/** Which session is meant, where, and as it was when. */
export interface PastOptions extends SessionOptions {
  /** The update after which it is shown, or its digits: 1 is the start. Without it, as it is now. */
  readonly at?: number | string;
}

/** When it was as it is shown. */
export interface Past {
  /** The update after which it was so. */
  readonly serial: number;
  /** The number of its last update. */
  readonly latest: number;
  /** One sentence for people without its period. */
  readonly message: string;
}

/** A session that was opened, with the state of then in the place of its own. */
export interface PastSession {
  readonly opened: OpenedSession;
  readonly past: Past;
  /** What may make it differ from what it was, as sentences for people. */
  readonly doubts: readonly string[];
}

/**
 * Goes back to a session as it was, by a replay of its log. Reads only.
 *
 * @throws {OrcError} `invalid_number` (usage) if `at` is no update, `no_such_update` (not_found) if the
 *   session has none of that number, `not_covered` (not_found) if no chain of events covers it
 */
export async function asItWas(
  opened: OpenedSession,
  asked: number | string,
): Promise<PastSession> {
  const { repository, session, workflow } = opened;
  const at = updateIn(session, asked);
  if (session.legacyPath !== null) throw notCovered(at, null);
  const traced = await traceSession(repository, session, workflow, at);
  const { coveredFrom, replayed } = traced;
  const state = replayed.earlier.get(at);
  if (state === undefined) throw notCovered(at, coveredFrom);
  const then: Session = {
    ...session,
    state,
    serial: at,
    lastEvents: [],
    chain: null,
  };
  const doubts = [
    ...seeAll(traced),
    ...replayed.isShared
      ? [
        "Another tool changed the session, too: what it did is shown as far as the log tells",
      ]
      : [],
  ];
  // What a chain begins with has the instant of no event.
  const isDated = coveredFrom !== null && at >= coveredFrom;
  const past = pastOf(session, at, isDated ? state.updatedAt : null);
  // A session that grew since had a smaller workflow then.
  const isAsNow = state.definition === session.state.definition;
  const followed = isAsNow
    ? workflow
    : (await workflowOf(repository, then)).workflow;
  return {
    opened: { ...opened, session: then, workflow: followed },
    past,
    doubts,
  };
}

/** The number of an update that the session has. */
export function updateIn(
  { id, serial }: Session,
  asked: number | string,
): number {
  const at = /^\d+$/.test(String(asked)) ? Number(asked) : 0;
  if (at < 1) {
    throw usage(
      "invalid_number",
      "An update is named by a whole number, from 1 on",
      "orc history --json names those of the events: serial",
    );
  }
  if (at <= serial) return at;
  throw notFound(
    "no_such_update",
    `Session "${id}" has no update ${at}: its last one is ${serial}`,
    "orc history --json names those of the events: serial",
  );
}

export function pastOf(
  { serial: latest }: Session,
  serial: number,
  madeAt: string | null,
): Past {
  const when = madeAt === null ? "" : `, at ${madeAt}`;
  const message = `As it was after update ${serial} of ${latest}${when}`;
  return { serial, latest, message };
}

function notCovered(at: number, coveredFrom: number | null): Error {
  const covered = coveredFrom === null
    ? "no chain of events covers the session yet"
    : `the chain of its events begins with update ${coveredFrom}`;
  return notFound(
    "not_covered",
    `Cannot show the session as it was after update ${at}: ${covered}`,
    "what the log says of that time: orc history --all",
  );
}
