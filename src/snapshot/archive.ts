/** The layers of a snapshot, each of which takes pieces and gives pieces: tar, gzip, age. */
import type { Transform } from "node:stream";
import { type EntryHeader, unfit } from "./rules.ts";

/** Bytes of any number, in pieces that are not used again by who gives them. */
export type Pieces = AsyncIterable<Uint8Array>;

/** What a snapshot is encrypted to. */
export type Key =
  | { readonly recipients: readonly string[] }
  | { readonly passphrase: string };

/** A file on its way into an archive. */
export interface Packed {
  readonly name: string;
  /** Exactly so many bytes follow. */
  readonly sizeBytes: number;
  readonly pieces: Iterable<Uint8Array> | Pieces;
}

/** Fast, and nearly as small as slower levels: a log is text. */
const GZIP_LEVEL = 1;

/** Each guess at a passphrase takes a moment, and 32 MB. */
const SCRYPT_WORK_FACTOR = 15;

/** Packs files as they come. */
export async function* pack(
  files: AsyncIterable<Packed>,
  key: Key | undefined,
): AsyncGenerator<Uint8Array> {
  const { createGzip } = await import("node:zlib");
  const packed = through(tarOf(files), createGzip({ level: GZIP_LEVEL }));
  if (key === undefined) return yield* packed;
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  if ("passphrase" in key) {
    encrypter.setPassphrase(key.passphrase);
    encrypter.setScryptWorkFactor(SCRYPT_WORK_FACTOR);
  } else for (const each of key.recipients) encrypter.addRecipient(each);
  yield* piecesOf(await encrypter.encrypt(streamOf(packed)));
}

async function* tarOf(files: AsyncIterable<Packed>): Pieces {
  const { createTarPacker } = await import("modern-tar");
  const { readable, controller } = createTarPacker();
  const feed = async (): Promise<void> => {
    try {
      for await (const { name, sizeBytes, pieces } of files) {
        // One time for all: what a file is does not depend on when it was written.
        const header = { name, size: sizeBytes, mtime: new Date(0) };
        const writer = controller.add(header).getWriter();
        for await (const piece of pieces) await writer.write(piece);
        await writer.close();
      }
      controller.finalize();
    } catch (error) {
      controller.error(error);
    }
  };
  const fed = feed();
  yield* piecesOf(readable);
  await fed;
}

/** A file in an archive. */
export interface Entry {
  readonly header: EntryHeader;
  /** To be taken to their end before the next entry. */
  readonly pieces: Pieces;
}

/** What opens an encrypted snapshot. */
export type Opener =
  | { readonly identities: readonly string[] }
  | { readonly passphrase: string };

/** Takes age off. */
export async function* decrypted(
  pieces: Pieces,
  opener: Opener,
): AsyncGenerator<Uint8Array> {
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  if ("passphrase" in opener) decrypter.addPassphrase(opener.passphrase);
  else for (const each of opener.identities) decrypter.addIdentity(each);
  yield* piecesOf(await decrypter.decrypt(streamOf(pieces)));
}

/** Takes gzip off, and gives no more bytes than that: a few may stand for any number. */
export async function* unzipped(
  pieces: Pieces,
  limit: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const { createGunzip } = await import("node:zlib");
  let end: readonly number[] = [];
  const noted = async function* (): Pieces {
    for await (const piece of pieces) {
      end = [...end, ...piece.subarray(-LENGTH_BYTES)].slice(-LENGTH_BYTES);
      yield piece;
    }
  };
  let total = 0;
  for await (const piece of through(noted(), createGunzip())) {
    total += piece.length;
    limit(total);
    yield piece;
  }
  // What stands behind its end is ignored by the library, and not by us.
  const length = end.reduceRight((sum, byte) => sum * 256 + byte, 0);
  if (length !== total % 2 ** 32) throw unfit("more follows behind its end");
}

/** At the end of a gzip file its length before, modulo 2^32. */
const LENGTH_BYTES = 4;

/** Takes an archive apart; damage of any kind throws. */
export async function* entriesOf(pieces: Pieces): AsyncGenerator<Entry> {
  const { createTarDecoder } = await import("modern-tar");
  // Without "strict" a cut archive looks whole.
  const decoder = createTarDecoder({ strict: true });
  const entries = streamOf(pieces).pipeThrough(decoder);
  for await (const { header, body } of chunksOf(entries)) {
    yield { header, pieces: piecesOf(body) };
  }
}

/** Sends pieces through a stream of Node. */
async function* through(pieces: Pieces, transform: Transform): Pieces {
  const { pipeline, Readable } = await import("node:stream");
  // Whoever reads hears of an error, and nobody else has to.
  pipeline(Readable.from(pieces, { objectMode: false }), transform, () => {});
  for await (const piece of transform) yield piece;
}

function streamOf(pieces: Pieces): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

function piecesOf(stream: ReadableStream<Uint8Array>): Pieces {
  return chunksOf(stream);
}

/** Who stops before the end lets go of what the stream comes from. */
async function* chunksOf<Chunk>(
  stream: ReadableStream<Chunk>,
): AsyncGenerator<Chunk> {
  const reader = stream.getReader();
  let isEnded = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        isEnded = true;
        return;
      }
      yield value;
    }
  } catch (error) {
    isEnded = true;
    throw error;
  } finally {
    if (!isEnded) await reader.cancel().catch(() => {});
  }
}
