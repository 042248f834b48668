import { OrcError } from "./error.ts";

/**
 * Decodes UTF-8 and skips a byte order mark. Broken bytes are refused: replacing
 * them would destroy data at the next write.
 *
 * @throws {OrcError} `invalid_utf8`, naming the first bad byte, or UTF-16
 */
export function decodeUtf8(
  bytes: Uint8Array,
  source: string,
  hint?: string,
): string {
  if (looksLikeUtf16(bytes)) {
    const sentence = `${source} looks like UTF-16; save it as UTF-8`;
    throw new OrcError("corrupt", "invalid_utf8", sentence, {
      hint,
      path: source,
    });
  }
  const text = decodeOrUndefined(bytes);
  if (text !== undefined) return text;
  const offsetBytes = validLengthOf(bytes);
  throw new OrcError(
    "corrupt",
    "invalid_utf8",
    `${source} is not UTF-8: byte ${offsetBytes} is not part of a character`,
    { hint, path: source, details: { offsetBytes } },
  );
}

/** A byte order mark of UTF-16, or an ASCII character in two bytes. */
function looksLikeUtf16([first, second]: Uint8Array): boolean {
  if (second === undefined) return false;
  const isMark = first === 0xff && second === 0xfe ||
    first === 0xfe && second === 0xff;
  return isMark || (first === 0) !== (second === 0);
}

function decodeOrUndefined(
  bytes: Uint8Array,
  isPart = false,
): string | undefined {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    return decoder.decode(bytes, { stream: isPart });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Bytes up to the first that cannot follow, found by halving the search. */
function validLengthOf(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    const isValid =
      decodeOrUndefined(bytes.subarray(0, middle), true) !== undefined;
    if (isValid) valid = middle;
    else invalid = middle;
  }
  return valid;
}
