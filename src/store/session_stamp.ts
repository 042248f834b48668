import { ORC_FORMAT } from "../core/session.ts";
import type { Decision, Event, LoggedEvent } from "../core/types.ts";
import type { Session } from "./session_store.ts";

/** Gives a decision its running number, its instant and the ids of its events. */
export function stamp(
  session: Session,
  decision: Decision,
  at: string,
  newId: () => string,
): Session {
  const serial = session.serial + 1;
  const { workflowId } = decision.state;
  return {
    ...session,
    format: ORC_FORMAT,
    serial,
    sessionId: session.id,
    state: { ...decision.state, updatedAt: at },
    lastEvents: decision.events.map((event) =>
      logged(event, { id: newId(), serial, at, workflowId })
    ),
    checksum: "valid",
  };
}

function logged(
  event: Event,
  stamps: Omit<LoggedEvent, keyof Event>,
): LoggedEvent {
  return { ...event, ...stamps };
}
