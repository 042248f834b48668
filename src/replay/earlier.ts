/** How a session stood after its last updates: what can be gone back to, and shown. */
import { numberOf } from "../base/json.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { MAX_UNDONE } from "../engine/undo.ts";
import type { SessionState } from "../workflow/types.ts";
import type { Elsewhere } from "./elsewhere.ts";

/** How it stood after an update, and what of that orc did not see. */
interface Standing {
  readonly state: SessionState;
  readonly elsewhere: ReadonlyMap<string, Elsewhere>;
}

/** Keeps the last of them, and the one that was asked for. */
export class EarlierStates {
  readonly #asked: number | undefined;
  readonly #standings = new Map<number, Standing>();
  #serial = 0;

  constructor(asked: number | undefined) {
    this.#asked = asked;
  }

  /** How it stands now, after this update; without its number, after what another tool did since. */
  keep(
    state: SessionState | undefined,
    elsewhere: ReadonlyMap<string, Elsewhere>,
    serial = this.#serial,
  ): void {
    this.#serial = serial;
    if (state === undefined) return;
    this.#standings.set(serial, { state, elsewhere: new Map(elsewhere) });
    this.#drop(serial - MAX_UNDONE - 1);
  }

  /** Nobody goes back behind what another tool did, or a chain that begins anew. */
  forget(): void {
    for (const serial of this.#standings.keys()) this.#drop(serial);
  }

  #drop(serial: number): void {
    if (serial !== this.#asked) this.#standings.delete(serial);
  }

  /** How it stood before what these events take back; undefined where they are no undo. */
  before([first]: readonly RecordedEvent[]): Standing | undefined {
    const undone = numberOf(first?.details.get("undone"));
    if (first === undefined || undone === undefined) return undefined;
    return this.#standings.get(first.serial - 1 - undone);
  }

  states(): ReadonlyMap<number, SessionState> {
    return new Map(
      Array.from(this.#standings, ([serial, { state }]) => [serial, state]),
    );
  }
}
