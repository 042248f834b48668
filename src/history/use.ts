import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import type { RecordedEvent } from "../engine/event.ts";
import type { Session } from "../session/session_store.ts";
import type { LogReading, LogSource } from "../session/store_log_read.ts";

/** Where the events of a session are; the last ones are safe in its state too. */
export function logOf(layout: RepositoryLayout, session: Session): LogSource {
  return {
    root: layout.root,
    path: session.legacyPath === null
      ? sessionLayout(layout.root, session.id).log
      : layout.legacyLog,
    workflowId: session.state.workflowId,
    lastEvents: session.lastEvents,
  };
}

/** Says that a log was read around what is damaged in it; nothing when all is well. */
export function damageWarnings(
  path: string,
  count: number,
): readonly string[] {
  if (count === 0) return [];
  const lines = count === 1 ? "1 line that is" : `${count} lines that are`;
  return [`"${path}" holds ${lines} no event; the rest was read`];
}

/** Told how much of a long reading is done: from 0 to 1. */
export type OnProgress = (fraction: number) => void;

/** Events between two reports: some milliseconds of reading. */
const EVENTS_PER_REPORT = 4096;

/** Passes the events of a reading on and tells how far it is. */
export function* withProgress(
  reading: LogReading,
  onProgress: OnProgress | undefined,
): Generator<RecordedEvent> {
  let count = 0;
  for (const event of reading.events) {
    if (onProgress && ++count % EVENTS_PER_REPORT === 0) {
      onProgress(reading.endBytes() / Math.max(1, reading.sizeBytes()));
    }
    yield event;
  }
}
