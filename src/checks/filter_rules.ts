/** What a filter of git may make of a file so that everybody can tell that nothing else was put in its place. */
import { sha256Hex } from "../base/checksum.ts";

/** A pointer of Git LFS is a few lines, and says what it stands for. */
const MAX_POINTER_BYTES = 1024;

const POINTER =
  /^version https:\/\/\S+\n(?:[a-z0-9.-]+ [^\n]*\n)*?oid sha256:([0-9a-f]{64})\nsize (\d+)\n$/;

/** Whether a file holds what was committed for it, with other ends of lines, or the file that a pointer of LFS names. */
export async function isSameContent(
  stored: Uint8Array,
  lying: Uint8Array,
): Promise<boolean> {
  const pointer = stored.length <= MAX_POINTER_BYTES
    ? POINTER.exec(new TextDecoder().decode(stored))
    : null;
  if (pointer !== null) {
    const [, sha256, size] = pointer;
    return lying.length === Number(size) && await sha256Hex(lying) === sha256;
  }
  return isSameText(stored, lying);
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Compares byte by byte: a text may be in any encoding. */
function isSameText(one: Uint8Array, other: Uint8Array): boolean {
  const isEnd = (bytes: Uint8Array, at: number): boolean =>
    bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED;
  let at = 0;
  let from = 0;
  while (at < one.length && from < other.length) {
    if (isEnd(one, at)) at++;
    if (isEnd(other, from)) from++;
    if (one[at++] !== other[from++]) return false;
  }
  return at === one.length && from === other.length;
}
