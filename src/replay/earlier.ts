/** How a session stood after its last updates: what can be gone back to, and shown. */
import { numberOf } from "../base/json.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { MAX_UNDONE } from "../engine/undo.ts";
import type { SessionState } from "../workflow/types.ts";
import type { Elsewhere } from "./elsewhere.ts";

/** How it stood after an update, and what of that orc did not see. */
interface Standing {
  readonly serial: number;
  readonly state: SessionState;
  readonly elsewhere: ReadonlyMap<string, Elsewhere>;
}

/** Those of the last updates, and the one before them. */
const KEPT = MAX_UNDONE + 1;

/** Keeps the last of them, and the one that was asked for. */
export class EarlierStates {
  readonly #asked: number | undefined;
  #standing: Standing | undefined;
  /** By turns in the same places: a map that entries are taken from keeps them alive for longer. */
  #last: Standing[] = [];
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
    const standing = { serial, state, elsewhere: new Map(elsewhere) };
    this.#last[serial % KEPT] = standing;
    if (serial === this.#asked) this.#standing = standing;
  }

  /** Nobody goes back behind what another tool did, or a chain that begins anew. */
  forget(): void {
    this.#last = [];
  }

  /** How it stood before what these events take back; undefined where they are no undo. */
  before([first]: readonly RecordedEvent[]): Standing | undefined {
    const undone = numberOf(first?.details.get("undone"));
    if (first === undefined || undone === undefined) return undefined;
    const serial = first.serial - 1 - undone;
    const standing = this.#last[serial % KEPT];
    return standing?.serial === serial ? standing : undefined;
  }

  states(): ReadonlyMap<number, SessionState> {
    const asked = this.#standing === undefined ? [] : [this.#standing];
    const standings = [...asked, ...this.#last.filter((one) => one)]
      .sort((one, other) => one.serial - other.serial);
    return new Map(standings.map(({ serial, state }) => [serial, state]));
  }
}
