import type { RecordedEvent } from "../engine/event.ts";
import type { Decision, Event, LoggedEvent } from "../workflow/types.ts";
import { ORC_FORMAT } from "./codec.ts";
import type { Session } from "./session_store.ts";

/** A session after an update, and what the update recorded. */
export interface Stamped {
  readonly session: Session;
  readonly events: readonly RecordedEvent[];
}

/** Gives a decision its running number, its instant and the ids of its events. */
export function stamp(
  session: Session,
  decision: Decision,
  at: string,
  newId: () => string,
): Stamped {
  const serial = session.serial + 1;
  const { workflowId } = decision.state;
  const events = decision.events.map((event) =>
    logged(event, { id: newId(), serial, at, workflowId })
  );
  return {
    session: {
      ...session,
      format: ORC_FORMAT,
      serial,
      sessionId: session.id,
      state: { ...decision.state, updatedAt: at },
      lastEvents: [...session.lastEvents, ...events],
      checksum: "valid",
    },
    events,
  };
}

function logged(
  event: Event,
  stamps: Omit<LoggedEvent, keyof Event>,
): LoggedEvent {
  return { ...event, ...stamps };
}
