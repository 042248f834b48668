/** Writes the files of a commit as git hands them out, one after the other. */
import type { NewHash } from "../files/tree.ts";
import { joinedBytes, writeAll } from "../files/write.ts";
import { header } from "./tree_content.ts";
import { NoTree } from "./tree_files.ts";
import { MODES, type TreeEntry } from "./tree_rules.ts";

/** Where files go. */
export interface BlobTarget {
  /** Makes the file of an entry. */
  open(entry: TreeEntry): Deno.FsFile;
  /** Takes a symbolic link. */
  link(entry: TreeEntry, text: string): void;
  /** Is told at once what goes wrong: the rest is of no use. */
  fail(error: unknown): void;
}

/** More is no source code, and fills the disk. */
const MAX_BASE_BYTES = 4 * 1024 * 1024 * 1024;

/** No system takes a longer path for a link. */
const MAX_LINK_BYTES = 4096;

const LINE_FEED = 10;

/**
 * Takes what `git cat-file --batch` prints for the ids of entries, in their order. Git does not look whether
 * an object is what its id says: this does.
 */
export class BlobWriter {
  readonly #entries: readonly TreeEntry[];
  readonly #target: BlobTarget;
  readonly #newHash: NewHash;
  #hash: ReturnType<NewHash>;
  #count = 0;
  #bytes = 0;
  #hasFailed = false;
  /** The beginning of a line that says what follows. */
  #head: Uint8Array[] = [];
  /** What is still to come of a file, with the line feed behind it; 0 between files. */
  #left = 0;
  #file: Deno.FsFile | undefined;
  #link: Uint8Array[] = [];

  constructor(
    entries: readonly TreeEntry[],
    target: BlobTarget,
    newHash: NewHash,
  ) {
    this.#entries = entries;
    this.#target = target;
    this.#newHash = newHash;
    this.#hash = newHash();
  }

  /** Takes the next piece; never throws, since nobody would catch it. */
  take(piece: Uint8Array): void {
    if (this.#hasFailed) return;
    try {
      for (let rest = piece; rest.length > 0;) {
        rest = this.#left > 0 ? this.#takeContent(rest) : this.#takeHead(rest);
      }
    } catch (error) {
      this.#hasFailed = true;
      this.#target.fail(error);
    }
  }

  /**
   * Makes sure that nothing is missing.
   *
   * @throws {NoTree} where git said less than it was asked for
   */
  assertComplete(): void {
    if (this.#count === this.#entries.length && this.#left === 0) return;
    throw new NoTree(
      "git ended before it had handed out all files of the base",
    );
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #takeHead(bytes: Uint8Array): Uint8Array {
    const end = bytes.indexOf(LINE_FEED);
    if (end < 0) {
      this.#head.push(bytes.slice());
      return new Uint8Array();
    }
    const head = new TextDecoder().decode(
      joinedBytes([...this.#head, bytes.subarray(0, end)]),
    );
    this.#head = [];
    const entry = this.#entries[this.#count++];
    const [, id, size = ""] = /^(\w+) blob (\d+)$/.exec(head) ?? [];
    if (entry === undefined || id !== entry.id) {
      const path = entry?.path ?? "";
      throw new NoTree(`git has not got the file "${path}" of the base here`);
    }
    this.#begin(entry, Number(size));
    return bytes.subarray(end + 1);
  }

  #begin(entry: TreeEntry, size: number): void {
    this.#bytes += size;
    const isLink = entry.mode === MODES.link;
    if (this.#bytes > MAX_BASE_BYTES || isLink && size > MAX_LINK_BYTES) {
      throw new NoTree(`the base has more than ${MAX_BASE_BYTES} bytes`);
    }
    this.#left = size + 1;
    this.#hash = this.#newHash();
    this.#hash.update(header("blob", size));
    this.#link = [];
    if (!isLink) this.#file = this.#target.open(entry);
  }

  #takeContent(bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, Math.min(bytes.length, this.#left - 1));
    this.#hash.update(part);
    if (this.#file === undefined) this.#link.push(part.slice());
    else writeAll(this.#file, part);
    this.#left -= part.length;
    const rest = bytes.subarray(part.length);
    if (this.#left > 1 || rest.length === 0) return rest;
    this.#left = 0;
    this.#end();
    return rest.subarray(1);
  }

  #end(): void {
    const entry = this.#entries[this.#count - 1];
    if (this.#hash.digest("hex") !== entry?.id) {
      throw new NoTree(
        `the file "${entry?.path}" of the base is damaged in git: git fsck`,
      );
    }
    if (this.#file !== undefined) return this.close();
    const text = new TextDecoder().decode(joinedBytes(this.#link));
    this.#target.link(entry, text);
  }
}
