import type { RecordedEvent } from "../../engine/event.ts";
import type { EventsOptions, Session, SessionStore } from "../store.ts";

/** The events of a session one by one, for whoever looks for one, or for a few. */
export async function* eachEvent(
  store: SessionStore,
  session: Session,
  options?: EventsOptions,
): AsyncGenerator<RecordedEvent> {
  for await (const { events } of store.events(session, options)) yield* events;
}

/** The last one first. */
export function eachEventBackwards(
  { repository, session }: {
    readonly repository: { readonly store: SessionStore };
    readonly session: Session;
  },
): AsyncIterable<RecordedEvent> {
  return eachEvent(repository.store, session, { backwards: true });
}
