import type { LogEnd } from "./log.ts";
import type { Session } from "./session_store.ts";

/** A session as this process wrote it. */
export interface Written {
  readonly session: Session;
  /** The text of its state.json. */
  readonly text: string;
  /** Undefined when the log could not be brought up to it. */
  readonly logEnd: LogEnd | undefined;
}

/**
 * What a long-lived process knows of the session it updated last. A state that reads as it was
 * written need not be decoded again; whatever anybody else wrote does not read so.
 */
export class SessionMemory {
  #last: Written | undefined;

  /** Returns what was written, if that is what the file still says. */
  recall(id: string, text: string): Written | undefined {
    const last = this.#last;
    return last?.session.id === id && last.text === text ? last : undefined;
  }

  remember(written: Written): void {
    this.#last = written;
  }
}
