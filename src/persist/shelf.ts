/** Where copies of sessions are kept: whatever that is, one copy takes the place of the one that was seen. */
import { OrcError } from "../base/error.ts";
import type { Captured } from "./capture.ts";
import { type Label, unreadable } from "./label_rules.ts";
import type { PushEnd } from "./remote_rules.ts";

/** A copy as it was seen last. */
export interface Found {
  readonly label: Label | OrcError;
  /** Reads the copy, or the one that took its place meanwhile. */
  read(): Promise<StoredCopy>;
}

/** A copy as it lies there. */
export interface StoredCopy {
  readonly label: Label;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A copy that is to take the place of the one that was seen, or of none. */
export interface Outgoing {
  readonly id: string;
  /** Undefined to remove it. */
  readonly captured: Captured | undefined;
}

/** A copy that is here too now. */
export interface Arrived {
  readonly label: Label;
  /** Its log, which all that comes after it begins with. */
  readonly log: LogPart;
}

/** What a log begins with, or all of it. */
export interface LogPart {
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface Shelf {
  /** What it is called. */
  readonly remote: string;
  /** The branch that all copies are on; null where there is none. */
  readonly branch: string | null;
  /** Where copies are kept here before anybody is asked; null where they are not. */
  readonly keptHere: string | null;
  /** Whether an earlier run may have seen what is known of it before somebody looks. */
  readonly isRemembered: boolean;
  /** Where it lies, without user and password. */
  address(): Promise<string>;
  /** Bytes of the copies that count together, by the ids of their sessions. */
  sizes(): Promise<ReadonlyMap<string, number>>;
  /** Keeps copies here, where there is room for that. */
  keep(
    captured: readonly Captured[],
    how: { readonly scratch: string; readonly dryRun: boolean },
  ): Promise<void>;
  /** Finds out where it is, and whether copies may be sent there; whoever does not look first calls it. */
  open(): Promise<void>;
  /** Sees what is there now, of some sessions or of all. */
  look(ids?: readonly string[]): Promise<void>;
  /** The copies for this root, as they were seen last; asks nobody. */
  copies(): Promise<ReadonlyMap<string, Found>>;
  /** What tells a change of what is there, for each session; undefined for nothing. */
  expected(): Promise<(id: string) => string | undefined>;
  /** Ids of sessions that were removed there on purpose. */
  removed(): Promise<ReadonlySet<string>>;
  /** Ids of those whose copy there is the very one that was sent from here or brought last, whatever its label says. */
  own(): Promise<ReadonlySet<string>>;
  /** Whether the state in a copy is this one, to the byte, as far as that is known without reading it. */
  hasState(id: string, bytes: Uint8Array): Promise<boolean>;
  /** Ids of those of which certainly is there what the session here was before; of others it has to be read. */
  following(captured: readonly Captured[]): Promise<ReadonlySet<string>>;
  /** Says which copies are read next, in this order, so that some can be read at the same time. */
  willRead(ids: readonly string[]): void;
  /** Puts copies there, or removes them; how that ended for each. */
  put(outgoing: readonly Outgoing[]): Promise<ReadonlyMap<string, PushEnd>>;
  /** Notes that copies were brought: what is sent from now on follows them. */
  note(arrived: readonly Arrived[], scratch: string): Promise<void>;
  /** Removes what is left of copies that were removed there. */
  forget(ids: readonly string[]): Promise<void>;
  /** Why it does not take what is sent, however often that is tried. */
  refusal(reason: string): OrcError;
}

/** So many copies are read at the same time; how many of them fit into memory is for the shelf to say. */
const MAX_AT_ONCE = 50;

/** Reads copies in the order that was announced, some before they are asked for. */
export class ReadAhead {
  #order: readonly string[] = [];
  readonly #ready = new Map<string, StoredCopy | OrcError>();

  /** @param readSome Reads as many of these as fit into memory, the first in any case. */
  constructor(
    readonly readSome: (
      ids: readonly string[],
    ) => Promise<ReadonlyMap<string, StoredCopy | OrcError>>,
  ) {}

  expect(ids: readonly string[]): void {
    this.#order = ids;
    this.#ready.clear();
  }

  async read(id: string): Promise<StoredCopy> {
    if (!this.#ready.has(id)) {
      const at = this.#order.indexOf(id);
      const next = this.#order.slice(at, at + MAX_AT_ONCE);
      const read = await this.readSome(at < 0 ? [id] : next);
      for (const [each, copy] of read) this.#ready.set(each, copy);
    }
    const copy = this.#ready.get(id);
    // Who asks again wants what is there by then.
    this.#ready.delete(id);
    if (copy === undefined) throw unreadable(id, "it is gone");
    if (copy instanceof OrcError) throw copy;
    return copy;
  }
}
