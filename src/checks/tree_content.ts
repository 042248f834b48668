/** What the files of a working tree hold: each is read once, and again when it looks changed. */
import { joinPath } from "../base/path.ts";
import { asOrcError, codeOf, isAbsent } from "../files/errors.ts";
import { openSame } from "../files/read.ts";
import { loadHash, type NewHash } from "../files/tree.ts";
import { NoTree } from "./tree_files.ts";
import { type HashObject, MODES, type TreeEntry } from "./tree_rules.ts";

const SHA1_DIGITS = 40;

/** Loads the hash of a repository whose ids are as long as this one. */
export function hashOfIds({ length }: string): Promise<NewHash> {
  return loadHash(length === SHA1_DIGITS ? "sha1" : "sha256");
}

/** Hashes an object of git whose content is at hand. */
export function objectHash(newHash: NewHash): HashObject {
  return (type, content) => {
    const hash = newHash();
    hash.update(header(type, content.length));
    hash.update(content);
    return hash.digest("hex");
  };
}

/** What git puts before the content of an object. */
export function header(type: "blob" | "tree", sizeBytes: number): Uint8Array {
  return new TextEncoder().encode(`${type} ${sizeBytes}\0`);
}

/** Larger trees take minutes to read, and are no source code. */
const MAX_TREE_BYTES = 16 * 1024 * 1024 * 1024;

/** After so much, whoever waits may say that they do no longer. */
const BYTES_IN_A_ROW = 16 * 1024 * 1024;

/** To open a file takes as long as to read so much. */
const BYTES_OF_OPENING = 16 * 1024;

const BLOCK_BYTES = 1024 * 1024;

/** A file that is written all the time cannot be said to be anything. */
const MAX_ATTEMPTS = 3;

/** Coarser than the clock of any file system: what changed within a tick may change again and look the same. */
const TICK_MS = 2_000;

const RUN_BIT = 0o100;

/** Ids of files by their path, each with how the file looked. */
export type KnownFiles = ReadonlyMap<string, string>;

/** So many files are looked at before others get a turn. */
const FILES_IN_A_ROW = 4096;

/** Lets others have a turn, such as whoever says that nobody waits any more. */
async function turn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  signal?.throwIfAborted();
}

/** Reads the files of a working tree. */
export class TreeReader {
  readonly #top: string;
  readonly #known: KnownFiles;
  readonly #lastsUntilMs: number;
  readonly #lasting = new Map<string, string>();
  /** The entries of files that look as they are known. */
  readonly #seen = new Map<string, TreeEntry>();
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #readBytes = 0;
  #pausedAtBytes = 0;

  /**
   * @param startedAtMs by the clock of the file system; undefined where nothing is remembered
   */
  constructor(
    top: string,
    known: KnownFiles,
    startedAtMs: number | undefined,
  ) {
    this.#top = top;
    this.#known = known;
    this.#lastsUntilMs = (startedAtMs ?? -Infinity) - TICK_MS;
  }

  /** Looks at the files that are known, in the time in which git lists those that are there. */
  async lookAhead(
    isMeant: (path: string) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let count = 0;
    for (const [path, known] of this.#known) {
      if (count++ % FILES_IN_A_ROW === 0) await turn(signal);
      if (!isMeant(path)) continue;
      try {
        const seen = Deno.lstatSync(joinPath(this.#top, path));
        const end = known.indexOf(" ");
        if (!seen.isFile || known.slice(end + 1) !== lookOf(seen)) continue;
        const id = known.slice(0, end);
        this.#seen.set(path, { path, mode: modeOf(seen), id });
      } catch {
        // Whoever needs it looks again.
      }
    }
  }

  /** What is known of files that are sure to look otherwise once they change again. */
  lasting(): KnownFiles {
    return this.#lasting;
  }

  /** Leaves a path out of this tree, and remembers what is known of it. */
  pass(path: string): void {
    const known = this.#known.get(path);
    if (known !== undefined) this.#lasting.set(path, known);
  }

  /** The entry of a file that was known, and looked the same when it was looked at ahead. */
  entrySeen(path: string, digits: number): TreeEntry | undefined {
    const entry = this.#seen.get(path);
    // Ids may be of another hash: a directory may have become a repository.
    if (entry?.id.length !== digits) return undefined;
    this.pass(path);
    return entry;
  }

  /**
   * The entry of a path as it is now; undefined where no file and no link is. A link counts for its text,
   * and is not followed.
   */
  async entryAt(
    path: string,
    newHash: NewHash,
    signal: AbortSignal | undefined,
  ): Promise<TreeEntry | undefined> {
    const absolute = joinPath(this.#top, path);
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const seen = Deno.lstatSync(absolute);
        if (seen.isSymlink) {
          const text = new TextEncoder().encode(Deno.readLinkSync(absolute));
          const id = objectHash(newHash)("blob", text);
          return { path, mode: MODES.link, id };
        }
        if (!seen.isFile) return undefined;
        const id = await this.#read(path, seen, newHash, signal);
        if (id !== undefined) return { path, mode: modeOf(seen), id };
      }
    } catch (error) {
      if (isAbsent(error) || codeOf(error) === "ENOTDIR") return undefined;
      throw asOrcError(error, "read", absolute);
    }
    throw new NoTree(`The file "${path}" changes while it is read`);
  }

  /** Undefined where the file was changed or replaced meanwhile. */
  async #read(
    path: string,
    seen: Deno.FileInfo,
    newHash: NewHash,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const file = openSame(joinPath(this.#top, path), seen, { read: true });
    if (file === undefined) return undefined;
    try {
      const hash = newHash();
      hash.update(header("blob", seen.size));
      let sizeBytes = 0;
      this.#readBytes += BYTES_OF_OPENING;
      for (;;) {
        const count = file.readSync(this.#block) ?? 0;
        if (count === 0 || sizeBytes > seen.size) break;
        hash.update(this.#block.subarray(0, count));
        sizeBytes += count;
        this.#readBytes += count;
        await this.#pause(signal);
      }
      const look = lookOf(seen);
      if (sizeBytes !== seen.size || lookOf(file.statSync()) !== look) {
        return undefined;
      }
      const id = hash.digest("hex");
      const changedAtMs = seen.ctime?.getTime() ?? Infinity;
      if (changedAtMs <= this.#lastsUntilMs) {
        this.#lasting.set(path, `${id} ${look}`);
      }
      return id;
    } finally {
      file.close();
    }
  }

  /** Lets a signal reach orc now and then, since files are read without a pause. */
  async #pause(signal: AbortSignal | undefined): Promise<void> {
    if (this.#readBytes > MAX_TREE_BYTES) {
      throw new NoTree(`The files are larger than ${MAX_TREE_BYTES} bytes`);
    }
    if (this.#readBytes - this.#pausedAtBytes < BYTES_IN_A_ROW) return;
    this.#pausedAtBytes = this.#readBytes;
    await turn(signal);
  }
}

/**
 * What stays the same only as long as the content does: nobody but the system sets the time of the last
 * change of anything. The other time is finer in some runtimes, and shows what happens during a second.
 */
function lookOf({ size, mtime, ctime, ino, dev }: Deno.FileInfo): string {
  return `${size}/${mtime?.getTime()}/${ctime?.getTime()}/${ino}/${dev}`;
}

function modeOf({ mode }: Deno.FileInfo): string {
  return ((mode ?? 0) & RUN_BIT) === 0 ? MODES.file : MODES.executable;
}

/** Reads what {@linkcode printKnown} made. */
export function parseKnown(text: string): KnownFiles {
  const known = new Map<string, string>();
  for (const row of text.split("\0")) {
    const middle = row.indexOf(" ");
    const end = row.indexOf(" ", middle + 1);
    if (middle > 0 && end > 0) known.set(row.slice(end + 1), row.slice(0, end));
  }
  return known;
}

export function printKnown(known: KnownFiles): string {
  return Array.from(known, ([path, look]) => `${look} ${path}\0`).join("");
}
