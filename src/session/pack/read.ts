/** A pack that is read in place: one block at a time, wherever it is entered. */
import { corrupt } from "../../base/error.ts";
import type { NewHash } from "../../files/tree.ts";
import {
  openRegular,
  type ReadableFile,
  readAt,
  regularFileAt,
} from "../../files/write.ts";
import {
  blockBytes,
  damagedPack,
  decodeEnd,
  decodeIndex,
  END_BYTES,
  PACK_BLOCK_BYTES,
  type PackedFile,
  type PackIndex,
  startOf,
} from "./format.ts";

/** A pack as it was looked at; each file in it is opened by itself. */
export interface Pack {
  readonly path: string;
  readonly index: PackIndex;
  find(name: string): PackedFile | undefined;
  open(file: PackedFile): ReadableFile;
}

/** The pack that was read last: state, meta and log of one session are asked for one after the other. */
let last: { readonly stamp: string; readonly pack: Pack } | undefined;

/**
 * Reads the index of a pack; undefined where there is none.
 *
 * @throws {OrcError} `pack_damaged` or `newer_format` (corrupt)
 */
export function openPack(path: string): Pack | undefined {
  const seen = regularFileAt(path, "read");
  if (seen === undefined) return undefined;
  const { dev, ino, size, mtime, ctime } = seen;
  const times = [mtime, ctime].map((time) => time?.getTime());
  const stamp = [path, dev, ino, size, ...times].join("/");
  if (ino !== null && last?.stamp === stamp) return last.pack;
  const file = openRegular(path, seen, "read", { read: true });
  try {
    const index = readIndex(file, path, size);
    const pack: Pack = {
      path,
      index,
      find: (name) => index.files.find((each) => each.name === name),
      open: (packed) =>
        new PackedReader(
          openRegular(path, seen, "read", { read: true }),
          { path, file: packed, start: startOf(index, packed) },
        ),
    };
    last = { stamp, pack };
    return pack;
  } finally {
    file.close();
  }
}

function readIndex(
  file: ReadableFile,
  path: string,
  sizeBytes: number,
): PackIndex {
  const end = readAt(file, Math.max(0, sizeBytes - END_BYTES), END_BYTES);
  const { indexStart, indexBytes, textBytes, ...place } = decodeEnd(
    new TextDecoder().decode(end),
    path,
    sizeBytes,
  );
  const bytes = readAt(file, indexStart, indexBytes);
  const text = inflated(bytes, textBytes, path);
  return decodeIndex(new TextDecoder().decode(text), path, {
    ...{ indexStart, indexBytes, textBytes },
    ...place,
  });
}

/** All of a file in a pack, which may have no more bytes than that. */
export function packedBytes(
  pack: Pack,
  packed: PackedFile,
  maxBytes: number,
): Uint8Array {
  const { sizeBytes, name } = packed;
  if (sizeBytes > maxBytes) {
    throw corrupt(
      "file_too_large",
      `Cannot read "${name}" in "${pack.path}": it is larger than ${maxBytes} bytes`,
      {
        path: pack.path,
        hint: "see what it is; orc writes no file of that size",
        details: { maxBytes },
      },
    );
  }
  const file = pack.open(packed);
  try {
    return readAt(file, 0, sizeBytes);
  } finally {
    file.close();
  }
}

/** Gives a file in a pack to a reader piece by piece. */
export function readPacked(
  pack: Pack,
  packed: PackedFile,
  take: (piece: Uint8Array) => void,
): void {
  const file = pack.open(packed);
  const buffer = new Uint8Array(PACK_BLOCK_BYTES);
  try {
    for (;;) {
      const count = file.readSync(buffer);
      if (!count) return;
      take(buffer.subarray(0, count));
    }
  } finally {
    file.close();
  }
}

/** SHA-256 of a file in a pack, of what it holds and not of what the index says. */
export function hashPacked(
  pack: Pack,
  packed: PackedFile,
  newHash: NewHash,
): string {
  const hash = newHash();
  readPacked(pack, packed, (piece) => hash.update(piece));
  return hash.digest("hex");
}

/** A file in a pack as if it lay by itself. */
class PackedReader implements ReadableFile {
  readonly #file: ReadableFile;
  readonly #place: {
    readonly path: string;
    readonly file: PackedFile;
    readonly start: number;
  };
  /** Where each block begins; made when the first is read. */
  #starts: readonly number[] | undefined;
  #offset = 0;
  /** Whoever takes a line may read elsewhere in between. */
  #recent: { readonly block: number; readonly bytes: Uint8Array }[] = [];

  constructor(
    file: ReadableFile,
    place: { path: string; file: PackedFile; start: number },
  ) {
    this.#file = file;
    this.#place = place;
  }

  statSync(): { readonly size: number } {
    return { size: this.#place.file.sizeBytes };
  }

  seekSync(offset: number): number {
    return this.#offset = offset;
  }

  readSync(buffer: Uint8Array): number | null {
    if (this.#offset >= this.#place.file.sizeBytes) return null;
    const block = Math.floor(this.#offset / PACK_BLOCK_BYTES);
    const bytes = this.#read(block);
    const from = this.#offset - block * PACK_BLOCK_BYTES;
    const piece = bytes.subarray(from, from + buffer.length);
    buffer.set(piece);
    this.#offset += piece.length;
    return piece.length;
  }

  close(): void {
    this.#file.close();
  }

  #read(block: number): Uint8Array {
    const known = this.#recent.find((each) => each.block === block);
    if (known !== undefined) return known.bytes;
    const { path, file, start } = this.#place;
    const starts = this.#starts ??= startsOf(file, start);
    const packed = readAt(
      this.#file,
      starts[block] ?? 0,
      file.blocks[block] ?? 0,
    );
    const bytes = inflated(packed, blockBytes(file, block), path);
    this.#recent = [{ block, bytes }, ...this.#recent.slice(0, 1)];
    return bytes;
  }
}

function startsOf({ blocks }: PackedFile, start: number): readonly number[] {
  let next = start;
  return blocks.map((length) => (next += length) - length);
}

/** What is there of Node's without an import, which would take longer to load than most commands run. */
interface NodeGlobals {
  readonly process: {
    getBuiltinModule(name: "node:zlib"): {
      gunzipSync(
        bytes: Uint8Array,
        options: { readonly maxOutputLength: number },
      ): Uint8Array;
    };
  };
}

/** Takes gzip off bytes of which so many come out, and neither more nor less. */
function inflated(
  bytes: Uint8Array,
  lengthBytes: number,
  path: string,
): Uint8Array {
  const { process } = globalThis as unknown as NodeGlobals;
  // Who reads lines cannot wait for an import.
  const { gunzipSync } = process.getBuiltinModule("node:zlib");
  try {
    const text = gunzipSync(bytes, { maxOutputLength: lengthBytes });
    if (text.length === lengthBytes) return text;
  } catch (error) {
    // Each runtime names in its own way what zlib says of bytes that are none of its own.
    if (error instanceof TypeError) throw error;
  }
  throw damagedPack(path, "a block in it is damaged");
}
