/**
 * What a pack is: the files of one session as blocks that are compressed each for itself, behind them
 * an index, and a last line that tells where the index begins. Each block and the index are a gzip file
 * of their own, so that `zcat` shows all of it where there is no orc.
 */
import { corrupt, type OrcError, orElse } from "../../base/error.ts";
import { parseJson } from "../../base/json.ts";
import { LOCK_NAME, sessionLayoutAt } from "../../base/layout.ts";
import { nameOf } from "../../base/path.ts";
import {
  elements,
  field,
  openDocument,
  type Place,
  readCount,
  readText,
  readTexts,
  refuseProblems,
} from "../../base/shape.ts";

/** Number of the meaning of a pack; greater ones are for a newer orc. */
const PACK_FORMAT = 1;

/** Bytes of a file that are compressed together: small enough to be read for one line. */
export const PACK_BLOCK_BYTES = 256 * 1024;

/** An index of files with a terabyte in all. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;

/** Fewer bytes than any gzip file has. */
const MIN_BLOCK_BYTES = 20;

/** A file in a pack. */
export interface PackedFile {
  /** Seen from the directory of the session. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly mtimeMs: number;
  readonly sha256: string;
  /** Lengths of its compressed blocks; all but the last hold {@linkcode PACK_BLOCK_BYTES}. */
  readonly blocks: readonly number[];
}

export interface PackIndex {
  /** In the order in which their blocks follow each other. */
  readonly files: readonly PackedFile[];
  /** Directories, those above come first. */
  readonly directories: readonly string[];
}

export function encodeIndex({ files, directories }: PackIndex): string {
  return JSON.stringify({
    directories,
    files: files.map((file) => ({
      name: file.name,
      size_bytes: file.sizeBytes,
      mode: file.mode,
      mtime_ms: file.mtimeMs,
      sha256: file.sha256,
      blocks: file.blocks,
    })),
  });
}

/** Where the index of a pack lies. */
export interface PackEnd {
  readonly indexStart: number;
  /** Compressed, and as it is read. */
  readonly indexBytes: number;
  readonly textBytes: number;
}

const NUMBER_LENGTH = 10;

/** Length of the last line of every pack. */
export const END_BYTES =
  `orc-pack 001 ${"0".repeat(NUMBER_LENGTH)} ${"0".repeat(NUMBER_LENGTH)}\n`
    .length;

const END = /^orc-pack (\d{3}) (\d{10}) (\d{10})\n$/;

export function encodeEnd(
  { indexBytes, textBytes }: Pick<PackEnd, "indexBytes" | "textBytes">,
): string {
  const numbers = [indexBytes, textBytes].map((number) =>
    String(number).padStart(NUMBER_LENGTH, "0")
  );
  const format = String(PACK_FORMAT).padStart(3, "0");
  return `orc-pack ${format} ${numbers.join(" ")}\n`;
}

/** @throws {OrcError} `pack_damaged` or `newer_format` (corrupt) */
export function decodeEnd(
  text: string,
  path: string,
  sizeBytes: number,
): PackEnd {
  const [, format, indexBytes, textBytes] = (END.exec(text) ?? []).map(Number);
  if (format !== undefined && format > PACK_FORMAT) {
    throw corrupt(
      "newer_format",
      `"${path}" was packed by a newer orc (format ${format}, this one knows ${PACK_FORMAT})`,
      { path, hint: "update orc; nothing was changed" },
    );
  }
  if (format !== PACK_FORMAT || !indexBytes || !textBytes) {
    throw damagedPack(path, "its last line is none of a pack");
  }
  const indexStart = sizeBytes - END_BYTES - indexBytes;
  if (indexStart < 0 || textBytes > MAX_INDEX_BYTES) {
    throw damagedPack(path, "its last line tells of more than there is");
  }
  return { indexStart, indexBytes, textBytes };
}

/**
 * Reads an index, and believes nothing: what a pack says of itself leads to no path but those below its
 * session, and to no byte that is not there.
 *
 * @throws {OrcError} `pack_damaged` (corrupt)
 */
export function decodeIndex(
  text: string,
  path: string,
  { indexStart }: PackEnd,
): PackIndex {
  const index = orElse(() => indexIn(text, path), () => undefined);
  if (index === undefined) throw damagedPack(path, "its index cannot be read");
  const problem = problemOf(index, indexStart);
  if (problem !== undefined) throw damagedPack(path, problem);
  return index;
}

function indexIn(text: string, path: string): PackIndex {
  const document = openDocument(parseJson(text, path));
  const directories = readTexts(field(document, "directories"));
  const files = elements(field(document, "files")).map(fileIn);
  refuseProblems(document, path);
  return { files, directories };
}

function fileIn(place: Place): PackedFile {
  return {
    name: readText(field(place, "name")),
    sizeBytes: readCount(field(place, "size_bytes")),
    mode: readCount(field(place, "mode")),
    mtimeMs: readCount(field(place, "mtime_ms")),
    sha256: readText(field(place, "sha256")),
    blocks: elements(field(place, "blocks")).map((each) => readCount(each)),
  };
}

function problemOf(
  { files, directories }: PackIndex,
  indexStart: number,
): string | undefined {
  const known = new Set<string>();
  for (const name of [...directories, ...files.map(({ name }) => name)]) {
    if (!isPackable(name)) return "its index has a name that is none";
    if (known.has(name)) return "its index has a name twice";
    known.add(name);
  }
  const isHomeless = [...known].some((name) => {
    const above = name.slice(0, Math.max(0, name.lastIndexOf("/")));
    return above !== "" && !directories.includes(above);
  });
  if (isHomeless) return "its index has a file in no directory";
  let sum = 0;
  for (const { sizeBytes, mode, blocks } of files) {
    const isWhole = blocks.length === Math.ceil(sizeBytes / PACK_BLOCK_BYTES) &&
      blocks.every((length) => length >= MIN_BLOCK_BYTES) && mode <= 0o777;
    if (!isWhole) return "its index has a file that cannot be whole";
    sum += blocks.reduce((total, length) => total + length, 0);
  }
  return sum === indexStart ? undefined : "its index does not fit its blocks";
}

/** Deeper than anything that lies in the directory of a session. */
const MAX_PARTS = 8;

/** A part of a path that is plain on every file system. */
// deno-lint-ignore no-control-regex
const PART = /^(?!\.{1,2}$)[^/\\:*?"<>|\u0000-\u001f\u007f]{1,200}$/;

const RESERVED: readonly string[] = [
  LOCK_NAME,
  nameOf(sessionLayoutAt("").packed),
];

/** Whether a name, seen from the directory of a session, may stand in a pack. */
export function isPackable(name: string): boolean {
  const parts = name.split("/");
  return parts.length <= MAX_PARTS && parts.every((part) => PART.test(part)) &&
    !RESERVED.includes(name);
}

/** How many bytes a block of a file holds. */
export function blockBytes({ sizeBytes }: PackedFile, block: number): number {
  return Math.min(PACK_BLOCK_BYTES, sizeBytes - block * PACK_BLOCK_BYTES);
}

/** Where the first block of a file begins. */
export function startOf({ files }: PackIndex, file: PackedFile): number {
  let start = 0;
  for (const { name, blocks } of files) {
    if (name === file.name) break;
    start += blocks.reduce((sum, length) => sum + length, 0);
  }
  return start;
}

export function damagedPack(path: string, why: string): OrcError {
  return corrupt(
    "pack_damaged",
    `Cannot read "${path}": ${why}`,
    { path, hint: "put back a good copy of the file" },
  );
}
