import { OrcError } from "./error.ts";
import {
  JsonNumber,
  type JsonObject,
  type JsonValue,
  numberOfLiteral,
} from "./json.ts";
import {
  invalidJson,
  invalidJsonAt,
  type JsonInput,
  unexpected,
} from "./json_fault.ts";
import { parseNatively } from "./json_native.ts";
import { MAX_DEPTH } from "./limits.ts";

/** A text and how far it has been read. */
interface Cursor extends JsonInput {
  at: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const LIST_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const LIST_CLOSE = 0x5d;
const OBJECT_OPEN = 0x7b;
const OBJECT_CLOSE = 0x7d;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;

const WORDS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", new JsonNumber("NaN")],
  ["Infinity", new JsonNumber("Infinity")],
  ["-Infinity", new JsonNumber("-Infinity")],
]);

/**
 * Parses what Python's JSON reader accepts: also `NaN` and `Infinity`; of two
 * equal keys the last one counts. A byte order mark is skipped.
 *
 * An own parser, because `JSON.parse` loses the order of keys such as `10`,
 * the digits of large integers and the difference between `1` and `1.0`.
 *
 * @throws {OrcError} `invalid_json`, naming the source, line and column
 */
export function parseJson(
  text: string,
  source: string,
  hint?: string,
): JsonValue {
  return parseNatively(text) ?? parseCarefully({ text, source, hint, at: 0 });
}

function parseCarefully(cursor: Cursor): JsonValue {
  const { text } = cursor;
  refuseHollow(cursor);
  if (text.charCodeAt(0) === 0xfeff) cursor.at++;
  const value = parseValue(cursor, 0);
  skipSpace(cursor);
  if (cursor.at === text.length) return value;
  throw unexpected(cursor, cursor.at, "the end of the text");
}

function refuseHollow(input: JsonInput): void {
  if (input.text === "") throw invalidJson(input, " is empty (0 bytes)");
  if (/^\0+$/.test(input.text)) {
    const sentence = " is zero-filled, typical after a power cut";
    throw invalidJson(input, sentence);
  }
}

function parseValue(cursor: Cursor, depth: number): JsonValue {
  skipSpace(cursor);
  switch (cursor.text.charCodeAt(cursor.at)) {
    case QUOTE:
      return parseString(cursor);
    case OBJECT_OPEN:
      return parseObject(cursor, deeper(cursor, depth));
    case LIST_OPEN:
      return parseList(cursor, deeper(cursor, depth));
    default:
      return parseNumber(cursor) ?? parseWord(cursor);
  }
}

function deeper(cursor: Cursor, depth: number): number {
  if (depth < MAX_DEPTH) return depth + 1;
  const sentence = `is nested deeper than ${MAX_DEPTH} levels`;
  throw invalidJsonAt(cursor, cursor.at, sentence);
}

function parseObject(cursor: Cursor, depth: number): JsonObject {
  const object = new Map<string, JsonValue>();
  if (isClosedAtOnce(cursor, OBJECT_CLOSE)) return object;
  do {
    const key = parseKey(cursor);
    object.set(key, parseValue(cursor, depth));
  } while (hasMore(cursor, OBJECT_CLOSE));
  return object;
}

function parseList(cursor: Cursor, depth: number): readonly JsonValue[] {
  const list: JsonValue[] = [];
  if (isClosedAtOnce(cursor, LIST_CLOSE)) return list;
  do list.push(parseValue(cursor, depth)); while (hasMore(cursor, LIST_CLOSE));
  return list;
}

function parseKey(cursor: Cursor): string {
  skipSpace(cursor);
  if (cursor.text.charCodeAt(cursor.at) !== QUOTE) {
    throw unexpected(cursor, cursor.at, "a key in double quotes");
  }
  const key = parseString(cursor);
  skipSpace(cursor);
  if (cursor.text.charCodeAt(cursor.at) !== COLON) {
    throw unexpected(cursor, cursor.at, 'a ":"');
  }
  cursor.at++;
  return key;
}

/** Steps over the opening bracket, and over the closing one if nothing is between. */
function isClosedAtOnce(cursor: Cursor, close: number): boolean {
  cursor.at++;
  skipSpace(cursor);
  if (cursor.text.charCodeAt(cursor.at) !== close) return false;
  cursor.at++;
  return true;
}

/** Steps over the comma that announces another member, or over the closing bracket. */
function hasMore(cursor: Cursor, close: number): boolean {
  skipSpace(cursor);
  const code = cursor.text.charCodeAt(cursor.at);
  if (code !== COMMA && code !== close) {
    const closing = String.fromCharCode(close);
    throw unexpected(cursor, cursor.at, `a "," or "${closing}"`);
  }
  cursor.at++;
  return code === COMMA;
}

function parseString(cursor: Cursor): string {
  const { text, at } = cursor;
  const end = closingQuote(text, at + 1);
  if (end < 0) throw unexpected(cursor, text.length, "a closing quote");
  cursor.at = end + 1;
  const literal = text.slice(at, end + 1);
  try {
    return JSON.parse(literal);
  } catch (cause) {
    const fault = unexpected(cursor, at + faultOf(literal), "a valid string");
    fault.cause = cause;
    throw fault;
  }
}

function closingQuote(text: string, start: number): number {
  let end = text.indexOf('"', start);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}

/** Index of the first control character or backslash that begins no escape. */
function faultOf(literal: string): number {
  const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/g;
  const masked = literal.replace(escape, ({ length }) => "x".repeat(length));
  return masked.search(/[^ -[\]-\uffff]/);
}

function parseNumber(cursor: Cursor): number | JsonNumber | undefined {
  NUMBER.lastIndex = cursor.at;
  const literal = NUMBER.exec(cursor.text)?.[0];
  if (literal === undefined) return undefined;
  cursor.at += literal.length;
  return numberOfLiteral(literal);
}

function parseWord(cursor: Cursor): JsonValue {
  for (const [word, value] of WORDS) {
    if (!cursor.text.startsWith(word, cursor.at)) continue;
    cursor.at += word.length;
    return value;
  }
  throw unexpected(cursor, cursor.at, "a value");
}

function skipSpace(cursor: Cursor): void {
  const { text } = cursor;
  let { at } = cursor;
  let code = text.charCodeAt(at);
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
    code = text.charCodeAt(++at);
  }
  cursor.at = at;
}

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
