import { corrupt, type OrcError, refused } from "./error.ts";
import { MAX_DEPTH } from "./limits.ts";

/** A number that a double cannot carry, or whose spelling counts (`1.0`, `1e16`, `NaN`), as written. */
export class JsonNumber {
  /** Keeps the spelling; it must be one that Python's JSON reader accepts. */
  constructor(readonly literal: string) {}

  /** The number; its literal, as a text, where a double would be another integer or JSON has none. */
  toJSON(): number | string {
    const number = Number(this.literal);
    const isKept = /^-?\d+$/.test(this.literal)
      ? String(number) === this.literal
      : Number.isFinite(number);
    return isKept ? number : this.literal;
  }
}

/** An object whose keys keep their order, `10` included: `new Map(Object.entries(fields))`. */
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** A JSON value, read without loss: numbers that a double cannot carry are {@linkcode JsonNumber}. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonNumber
  | readonly JsonValue[]
  | JsonObject;

export function isJsonObject(
  value: JsonValue | undefined,
): value is JsonObject {
  return value instanceof Map;
}

export function isJsonList(
  value: JsonValue | undefined,
): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Reads a number literal: what is spelled as Python would spell it becomes a number, the rest keeps its spelling. */
export function numberOfLiteral(literal: string): number | JsonNumber {
  const number = Number(literal);
  // Python reads the integer `-0` as 0.
  if (literal === "-0") return 0;
  const isExact = Number.isSafeInteger(number) || !Number.isInteger(number);
  return isExact && numberText(number) === literal
    ? number
    : new JsonNumber(literal);
}

/** The double nearest to a JSON number; undefined for anything else. */
export function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  return value instanceof JsonNumber ? Number(value.literal) : undefined;
}

/** Spells a number of ours: integers as integers, fractions as Python's `repr` does. */
export function numberText(number: number): string {
  if (!Number.isInteger(number)) return floatText(number);
  return Number.isSafeInteger(number)
    ? String(number)
    : BigInt(number).toString();
}

/** Spells a literal as Python prints it after reading it. */
export function canonicalNumberText({ literal }: JsonNumber): string {
  if (/^-?\d+$/.test(literal)) return literal === "-0" ? "0" : literal;
  return floatText(Number(literal));
}

/** Python's `repr` of a float. */
function floatText(number: number): string {
  if (!Number.isFinite(number)) return String(number);
  const [digits, exponentText] = number.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? "-" : "+";
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const decimal = Object.is(number, -0) ? "-0" : String(number);
  return Number.isInteger(number) ? `${decimal}.0` : decimal;
}

export function jsonObject(
  fields: Readonly<Record<string, JsonValue>>,
): JsonObject {
  return new Map(Object.entries(fields));
}

/** Returns the object with some keys set; keys that were there keep their place. */
export function withFields(
  object: JsonObject,
  fields: Readonly<Record<string, JsonValue>>,
): JsonObject {
  return new Map([...object, ...Object.entries(fields)]);
}

export function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

/** A text in an object; null where there is none. */
export function textAt(object: JsonObject, key: string): string | null {
  const value = object.get(key);
  return typeof value === "string" ? value : null;
}

/** A text that is being read as JSON, how far it has been read, and how to speak about it. */
interface Cursor {
  readonly text: string;
  readonly source: string;
  readonly hint: string | undefined;
  /** Whether a key that is given twice is refused. */
  readonly unique?: boolean;
  at: number;
}

/**
 * Parses what Python's JSON reader accepts: also `NaN` and `Infinity`; of two equal keys the last counts. An own
 * parser, because `JSON.parse` loses the order of keys such as `10`, large integers, and `1.0` against `1`.
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

/** As {@linkcode parseJson}, for what somebody wrote by hand: a key given twice is refused, where one value would be dropped. */
export function parseUniqueJson(text: string, source: string): JsonValue {
  return parseCarefully({ text, source, hint: undefined, at: 0, unique: true });
}

function parseCarefully(cursor: Cursor): JsonValue {
  const { text } = cursor;
  if (text === "") throw invalidJson(cursor, " is empty (0 bytes)");
  if (/^\0+$/.test(text)) {
    throw invalidJson(cursor, " is zero-filled, typical after a power cut");
  }
  if (text.startsWith("\ufeff")) cursor.at++;
  const value = parseValue(cursor, 0);
  skipSpace(cursor);
  if (cursor.at === text.length) return value;
  throw unexpected(cursor, "the end of the text");
}

function parseValue(cursor: Cursor, depth: number): JsonValue {
  if (takes(cursor, '"')) return parseString(cursor);
  const isObject = takes(cursor, "{");
  if (!isObject && !takes(cursor, "[")) return parseLiteral(cursor);
  if (depth === MAX_DEPTH) {
    const sentence = `is nested deeper than ${MAX_DEPTH} levels`;
    throw invalidJsonAt(cursor, cursor.at - 1, sentence);
  }
  return isObject
    ? parseObject(cursor, depth + 1)
    : parseList(cursor, depth + 1);
}

function parseObject(cursor: Cursor, depth: number): JsonObject {
  const object = new Map<string, JsonValue>();
  if (takes(cursor, "}")) return object;
  do {
    if (!takes(cursor, '"')) throw unexpected(cursor, "a key in double quotes");
    const start = cursor.at - 1;
    const key = parseString(cursor);
    if (cursor.unique && object.has(key)) {
      throw invalidJsonAt(
        cursor,
        start,
        `has the key ${JSON.stringify(key)} twice`,
      );
    }
    if (!takes(cursor, ":")) throw unexpected(cursor, 'a ":"');
    object.set(key, parseValue(cursor, depth));
  } while (hasMore(cursor, "}"));
  return object;
}

function parseList(cursor: Cursor, depth: number): readonly JsonValue[] {
  const list: JsonValue[] = [];
  if (takes(cursor, "]")) return list;
  do list.push(parseValue(cursor, depth)); while (hasMore(cursor, "]"));
  return list;
}

/** Steps over the comma that announces another member, or over the closing bracket. */
function hasMore(cursor: Cursor, close: string): boolean {
  if (takes(cursor, ",")) return true;
  if (takes(cursor, close)) return false;
  throw unexpected(cursor, `a "," or "${close}"`);
}

/** Steps over blanks, and over a character if it is the next one. */
function takes(cursor: Cursor, character: string): boolean {
  skipSpace(cursor);
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at++;
  return true;
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

/** Parses a string whose opening quote has been taken. */
function parseString(cursor: Cursor): string {
  const { text, at } = cursor;
  const end = closingQuote(text, at);
  if (end < 0) throw unexpected(cursor, "a closing quote", text.length);
  cursor.at = end + 1;
  const literal = text.slice(at - 1, end + 1);
  try {
    return JSON.parse(literal);
  } catch (cause) {
    const place = at - 1 + faultOf(literal);
    const fault = unexpected(cursor, "a valid string", place);
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
  while (text[first - 1] === "\\") first--;
  return (at - first) % 2 === 1;
}

/** Index of the first control character or backslash that begins no escape. */
function faultOf(literal: string): number {
  const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/g;
  const masked = literal.replace(escape, ({ length }) => "x".repeat(length));
  return masked.search(/[^ -[\]-\uffff]/);
}

const LITERAL =
  /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|null|true|false|NaN|-?Infinity/y;

const WORDS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", new JsonNumber("NaN")],
  ["Infinity", new JsonNumber("Infinity")],
  ["-Infinity", new JsonNumber("-Infinity")],
]);

function parseLiteral(cursor: Cursor): JsonValue {
  LITERAL.lastIndex = cursor.at;
  const literal = LITERAL.exec(cursor.text)?.[0];
  if (literal === undefined) throw unexpected(cursor, "a value");
  cursor.at += literal.length;
  const word = WORDS.get(literal);
  return word === undefined ? numberOfLiteral(literal) : word;
}

/** The error of a text that is no JSON; the sentence goes on after the file's name. */
function invalidJson(
  { source, hint }: Cursor,
  sentence: string,
  details?: Readonly<Record<string, unknown>>,
): OrcError {
  const message = `${source}${sentence}`;
  return corrupt("invalid_json", message, { hint, path: source, details });
}

/** The error of a text that goes wrong at `at`; the sentence goes on after the position. */
function invalidJsonAt(
  cursor: Cursor,
  at: number,
  sentence: string,
): OrcError {
  const before = cursor.text.slice(0, at);
  const line = before.split("\n").length;
  const column = at - before.lastIndexOf("\n");
  const offsetBytes = sizeOf(before);
  const details = { line, column, offsetBytes };
  return invalidJson(cursor, `:${line}:${column} ${sentence}`, details);
}

const MERGE_MARKER = /^(?:<{7}|={7}|>{7})[ \r\n]/;

/** The error of a text that holds something else at `at` than was expected there. */
function unexpected(
  cursor: Cursor,
  expected: string,
  at = cursor.at,
): OrcError {
  const point = cursor.text.codePointAt(at);
  const found = point === undefined
    ? `it ends after ${sizeOf(cursor.text)} bytes`
    : `found ${nameOf(point)}`;
  const sentence = MERGE_MARKER.test(cursor.text.slice(at, at + 8))
    ? "holds conflict markers of a merge"
    : `is not valid JSON: ${found} where ${expected} was expected`;
  return invalidJsonAt(cursor, at, sentence);
}

function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Characters that a terminal would not show are named by number. */
function nameOf(point: number): string {
  const isVisible = point > 0x20 && point < 0x7f;
  return isVisible
    ? `"${String.fromCodePoint(point)}"`
    : `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}

/*
 * The short cut through the runtime's own JSON, several times as fast in a program that has
 * just started. It is taken only where nothing can be lost, which is nearly always.
 */

/** Numbers that may have a spelling to lose; a match inside a string does no harm. */
const SUSPICIOUS_NUMBER =
  /[:,[]\s*(-?\d+(?:[.eE]|\d{15})[\d.eE+-]*)(?=\s*[,\]}])/g;

/** The runtime moves keys such as `10` to the front; an escape may hide such a key. */
const SUSPICIOUS_KEY = /"[0-9\\][^"]*"\s*:/;

/** Parses a text if nothing in it can be lost or has to be reported; else undefined. */
function parseNatively(text: string): JsonValue | undefined {
  if (!text.startsWith("{") || SUSPICIOUS_KEY.test(text)) return undefined;
  for (const [, literal = ""] of text.matchAll(SUSPICIOUS_NUMBER)) {
    if (numberOfLiteral(literal) instanceof JsonNumber) return undefined;
  }
  try {
    return toValue(JSON.parse(text), 0);
  } catch {
    // The careful parser names what is wrong, or accepts what only Python does.
    return undefined;
  }
}

function toValue(plain: unknown, depth: number): JsonValue {
  if (typeof plain !== "object" || plain === null) {
    return plain as null | boolean | number | string;
  }
  refuseTooDeep(depth);
  if (Array.isArray(plain)) {
    return plain.map((member) => toValue(member, depth + 1));
  }
  const object = new Map<string, JsonValue>();
  const members = plain as Readonly<Record<string, unknown>>;
  Object.keys(members).forEach((key) =>
    object.set(key, toValue(members[key], depth + 1))
  );
  return object;
}

/** Refuses to make what could not be read back: a container inside `depth` others. */
export function refuseTooDeep(depth: number): void {
  if (depth < MAX_DEPTH) return;
  const message = `Cannot store data nested deeper than ${MAX_DEPTH} levels`;
  throw refused("too_deep", message);
}

/**
 * Decodes UTF-8, skips a byte order mark, and refuses broken bytes: the next write would destroy data.
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
    throw corrupt("invalid_utf8", sentence, { hint, path: source });
  }
  const text = decodeOrUndefined(bytes);
  if (text !== undefined) return text;
  const offsetBytes = validLengthOf(bytes);
  throw corrupt(
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

/** Decodes UTF-8; undefined for broken bytes. A part may end within a character. */
export function decodeOrUndefined(
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
