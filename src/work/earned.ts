/** What may only be done to a session whose state is what its events lead to. */
import { corrupt } from "../base/error.ts";
import { sessionLayout } from "../base/layout.ts";
import { uncapitalised } from "../base/text.ts";
import type { OpenedSession } from "../repository/select.ts";
import {
  contradictionText,
  type Traced,
  traceSession,
} from "../session/trace.ts";

/**
 * Compares the state of a session with its log; undefined where no chain of events covers it yet, as
 * before orc's first update of a session of the older tool.
 *
 * @throws {OrcError} `state_not_earned` (corrupt) if they contradict each other; `doing` says what
 *   cannot be done then
 */
export async function traceEarned(
  { repository, session, workflow }: OpenedSession,
  doing: string,
): Promise<Traced | undefined> {
  if (session.legacyPath !== null) return undefined;
  const { root } = repository.layout;
  const traced = await traceSession(repository, session, workflow);
  // One that was taken out has left its events.
  if (session.chain === null && traced.coveredFrom === null) return undefined;
  const [text] = contradictionText(traced, uncapitalised);
  if (text === undefined) return traced;
  const { contradictions } = traced;
  throw corrupt(
    "state_not_earned",
    `Cannot ${doing}: ${text}`,
    {
      path: sessionLayout(root, session.id).state,
      hint:
        `see all of it: orc verify; undo the change, or let a human vouch for the state as it is: orc doctor --resign ${session.id}`,
      details: { contradictions },
    },
  );
}
