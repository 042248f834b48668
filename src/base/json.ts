import { corrupt, type OrcError, refused } from "./error.ts";
import { MAX_DEPTH } from "./limits.ts";

/**
 * A number that a double cannot carry, or whose spelling counts (`1.0`, `1e16`,
 * `NaN`): kept as written.
 */
export class JsonNumber {
  /** Keeps the spelling; it must be one that Python's JSON reader accepts. */
  constructor(readonly literal: string) {}
}

/**
 * An object whose keys keep their order, `__proto__` and `10` included. Make
 * one with `new Map(Object.entries(fields))`.
 */
export type JsonObject = ReadonlyMap<string, JsonValue>;

/**
 * A JSON value, read without loss. Numbers that a double carries are numbers;
 * the others are {@linkcode JsonNumber}.
 */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonNumber
  | readonly JsonValue[]
  | JsonObject;

/** Whether a value is a JSON object. */
export function isJsonObject(
  value: JsonValue | undefined,
): value is JsonObject {
  return value instanceof Map;
}

/** Whether a value is a JSON list. */
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

/** Makes an ordered JSON object from literal fields. */
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

/** Returns the value if it is a JSON object. */
export function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return value instanceof Map ? value : undefined;
}

/**
 * Makes plain objects and lists of a JSON value, for `JSON.stringify`. Numbers
 * become doubles; keys such as `__proto__` stay data.
 */
export function plainOf(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.literal);
  if (isJsonList(value)) return value.map(plainOf);
  if (!isJsonObject(value)) return value;
  // fromEntries defines keys; assigning `__proto__` would set the prototype.
  return Object.fromEntries(
    Array.from(value, ([key, member]) => [key, plainOf(member)]),
  );
}

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
    throw corrupt("invalid_utf8", sentence, {
      hint,
      path: source,
    });
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

/** A text that is being read as JSON, and how to speak about it. */
interface JsonInput {
  readonly text: string;
  /** Name of the file, as people know it. */
  readonly source: string;
  /** What to do about a broken one. */
  readonly hint: string | undefined;
}

/** The error of a text that is no JSON; the sentence goes on after the file's name. */
function invalidJson(
  { source, hint }: JsonInput,
  sentence: string,
  details?: Readonly<Record<string, unknown>>,
): OrcError {
  return corrupt("invalid_json", `${source}${sentence}`, {
    hint,
    path: source,
    details,
  });
}

/** The error of a text that goes wrong at `at`; the sentence goes on after the position. */
function invalidJsonAt(
  input: JsonInput,
  at: number,
  sentence: string,
): OrcError {
  const position = positionOf(input.text, at);
  const { line, column } = position;
  return invalidJson(input, `:${line}:${column} ${sentence}`, position);
}

/** The error of a text that holds something else at `at` than was expected there. */
function unexpected(
  input: JsonInput,
  at: number,
  expected: string,
): OrcError {
  const point = input.text.codePointAt(at);
  const found = point === undefined
    ? `it ends after ${offsetBytesOf(input.text, at)} bytes`
    : `found ${nameOf(point)}`;
  const sentence = `is not valid JSON: ${found} where ${expected} was expected`;
  return invalidJsonAt(input, at, sentence);
}

function positionOf(
  text: string,
  at: number,
): { line: number; column: number; offsetBytes: number } {
  const before = text.slice(0, at);
  return {
    line: before.split("\n").length,
    column: at - before.lastIndexOf("\n"),
    offsetBytes: offsetBytesOf(text, at),
  };
}

function offsetBytesOf(text: string, at: number): number {
  return new TextEncoder().encode(text.slice(0, at)).length;
}

/** Characters that a terminal would not show are named by number. */
function nameOf(point: number): string {
  const isVisible = point > 0x20 && point < 0x7f;
  return isVisible
    ? `"${String.fromCodePoint(point)}"`
    : `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Refuses to make what could not be read back: a container inside `depth` others. */
export function refuseTooDeep(depth: number): void {
  if (depth < MAX_DEPTH) return;
  const message = `Cannot store data nested deeper than ${MAX_DEPTH} levels`;
  throw refused("too_deep", message);
}

/**
 * The short cut through the runtime's own JSON, several times as fast in a program that has
 * just started. It is taken only where nothing can be lost, which is nearly always.
 */

/** Numbers that may have a spelling to lose; a match inside a string does no harm. */
const SUSPICIOUS_NUMBER =
  /[:,[]\s*(-?\d+(?:[.eE]|\d{15})[\d.eE+-]*)(?=\s*[,\]}])/g;

/** The runtime moves keys such as `10` to the front; an escape may hide such a key. */
const SUSPICIOUS_KEY = /"[0-9\\][^"]*"\s*:/;

/** Integers and fractions that both languages spell alike. */
const MIN_PLAIN_FRACTION = 1e-4;
const MAX_PLAIN_FRACTION = 1e16;

class Unsuitable extends Error {}

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
  if (depth === MAX_DEPTH) throw new Unsuitable();
  if (Array.isArray(plain)) {
    return plain.map((member) => toValue(member, depth + 1));
  }
  const object = new Map<string, JsonValue>();
  for (const [key, member] of Object.entries(plain)) {
    object.set(key, toValue(member, depth + 1));
  }
  return object;
}

/** How {@linkcode printNatively} lays a value out. */
interface Layout {
  /** Blanks per level; 0 puts everything on one line. */
  readonly indent: number;
  /** Order of an object's keys. */
  readonly keysOf: (object: ReadonlyMap<string, JsonValue>) => Iterable<string>;
}

/** Prints a value if both languages spell all of it alike; else undefined. */
export function printNatively(
  value: JsonValue,
  { indent, keysOf }: Layout,
): string | undefined {
  try {
    const plain = toPlain(value, keysOf, 0);
    const text = JSON.stringify(plain, null, indent === 0 ? 1 : indent);
    return inAscii(indent === 0 ? onOneLine(text) : text);
  } catch (error) {
    if (error instanceof Unsuitable) return undefined;
    throw error;
  }
}

/** Line ends within strings are escaped: those that stand raw are layout. */
function onOneLine(text: string): string {
  return text.replaceAll(/,\n */g, ", ").replaceAll(/\n */g, "");
}

function inAscii(text: string): string {
  return text.replaceAll(
    /[^\n -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function toPlain(
  value: JsonValue,
  keysOf: Layout["keysOf"],
  depth: number,
): unknown {
  if (typeof value === "number") return plainNumber(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof JsonNumber || depth === MAX_DEPTH) {
    throw new Unsuitable();
  }
  if (!(value instanceof Map)) {
    const list = value as readonly JsonValue[];
    return list.map((member) => toPlain(member, keysOf, depth + 1));
  }
  // Without a prototype, since `__proto__` is a key like any other.
  const plain: Record<string, unknown> = Object.create(null);
  for (const key of keysOf(value)) {
    const first = key.charCodeAt(0);
    if (first >= 0x30 && first <= 0x39) throw new Unsuitable();
    plain[key] = toPlain(value.get(key) ?? null, keysOf, depth + 1);
  }
  return plain;
}

function plainNumber(number: number): number {
  if (Number.isSafeInteger(number)) return number;
  const size = Math.abs(number);
  const isPlain = size >= MIN_PLAIN_FRACTION && size < MAX_PLAIN_FRACTION &&
    !Number.isInteger(number);
  if (!isPlain) throw new Unsuitable();
  return number;
}
