/** What a backend of your own has to do: keep texts under keys. */

/** A text as it is kept. */
export interface StoredDocument {
  /** As it was put. */
  readonly text: string;
  /** Another one for each text that this key ever had. */
  readonly version: string;
}

/**
 * Texts under keys, wherever they are kept. All that orc promises of its sessions rests on this:
 *
 * - What `put` and `delete` acknowledged is durable, and whoever asks later is told of it, `keys` too.
 * - Each of them happens wholly or not at all, and compares the version in the same moment.
 *
 * A key is at most 400 characters long, of `A`–`Z`, `a`–`z`, `0`–`9`, `_`, `.`, `-` and `/`. A text is JSON, of
 * some kilobytes mostly; a state may have 256 MiB. Whatever a method throws is taken for a failure of the way to
 * the backend: orc asks again, and finds out whether something was stored.
 */
export interface Documents {
  /** What it is called, for people: no password is in it. */
  readonly shown: string;
  /** Reads a document; undefined where there is none. */
  get(key: string): Promise<StoredDocument | undefined>;
  /**
   * Writes a document if it has this version still, undefined for one that is not there. Answers with its new
   * version; undefined where it is another by now, and nothing was written.
   */
  put(
    key: string,
    text: string,
    version: string | undefined,
  ): Promise<string | undefined>;
  /** Removes a document, if it has this version still where one is named; false where it has not. */
  delete(key: string, version?: string): Promise<boolean>;
  /** All keys that begin so, in any order. */
  keys(prefix: string): Promise<readonly string[]>;
  /** Calls back soon after a document was changed or removed; what it returns ends that. Without it orc looks again and again. */
  watch?(key: string, changed: () => void): () => void;
  /** Ends what it opened. */
  close?(): Promise<void>;
}
