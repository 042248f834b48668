/** Where copies of sessions are kept: whatever that is, one copy takes the place of the one that was seen. */
import type { OrcError } from "../base/error.ts";
import type { Captured } from "./capture.ts";
import type { Label } from "./label_rules.ts";
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
  readonly log: Uint8Array;
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
  /** Whether what is there certainly is what the session here was before; false where it has to be read. */
  follows(captured: Captured): Promise<boolean>;
  /** Puts copies there, or removes them; how that ended for each. */
  put(outgoing: readonly Outgoing[]): Promise<ReadonlyMap<string, PushEnd>>;
  /** Notes that a copy was brought: what is sent from now on follows it. */
  note(arrived: Arrived): Promise<void>;
  /** Removes what is left of copies that were removed there. */
  forget(ids: readonly string[]): Promise<void>;
  /** Why it does not take what is sent, however often that is tried. */
  refusal(reason: string): OrcError;
}
