import {
  canonicalNumberText,
  isJsonList,
  isJsonObject,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  numberText,
  refuseTooDeep,
} from "./json.ts";
import { unicodeEscape } from "./text.ts";

interface Spelling {
  /** Blanks per level; 0 puts everything on one line. */
  readonly indent: number;
  readonly keysOf: (object: JsonObject) => Iterable<string>;
  readonly textOf: (number: JsonNumber) => string;
}

/**
 * Prints a value as Python's `json.dumps` does, in ASCII; with an indent one member per line.
 *
 * @throws {OrcError} `too_deep` if {@linkcode parseJson} would refuse the result
 */
export function printJson(value: JsonValue, indent = 0): string {
  return spell(value, {
    indent,
    keysOf: (object) => object.keys(),
    textOf: (number) => number.literal,
  });
}

/** Layout of members of objects that were printed before: most of a state stays as it is. */
const memberTexts = new WeakMap<JsonObject, string>();

/** As {@linkcode printJson} with an indent of 2, faster where members were printed before. */
export function printDocument(document: JsonObject): string {
  const members = Array.from(
    document,
    ([key, value]) => `\n  ${quoteJson(key)}: ${memberText(value)}`,
  );
  return members.length === 0 ? "{}" : `{${members.join(",")}\n}`;
}

function memberText(value: JsonValue): string {
  const known = isJsonObject(value) ? memberTexts.get(value) : undefined;
  if (known !== undefined) return known;
  // One level more than the value has by itself, for the document around it.
  const text = printJson([value], 2).slice(4, -2);
  if (isJsonObject(value)) memberTexts.set(value, text);
  return text;
}

/** Prints a value as Python's `json.dumps(sort_keys=True)` does after reading it. */
export function canonicalJson(value: JsonValue): string {
  return spell(value, {
    indent: 0,
    keysOf: sortedKeys,
    textOf: canonicalNumberText,
  });
}

/** Spells a text as a JSON string in ASCII; a lone surrogate stays an escape. */
export function quoteJson(text: string): string {
  return inAscii(JSON.stringify(text));
}

/** Line ends are layout: those within strings are escaped already. */
function inAscii(text: string): string {
  return text.replaceAll(
    /[^\n -~]/g,
    (unit) => unicodeEscape(unit.charCodeAt(0)),
  );
}

function spell(value: JsonValue, spelling: Spelling): string {
  return printNatively(value, spelling) ?? print(value, spelling, 0);
}

/*
 * The short cut through the runtime's own JSON, taken only where both languages spell all
 * of a value alike.
 */

/** Integers and fractions that both languages spell alike. */
const MIN_PLAIN_FRACTION = 1e-4;
const MAX_PLAIN_FRACTION = 1e16;

class Unsuitable extends Error {}

function printNatively(
  value: JsonValue,
  { indent, keysOf }: Spelling,
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

function onOneLine(text: string): string {
  return text.replaceAll(/,\n */g, ", ").replaceAll(/\n */g, "");
}

function toPlain(
  value: JsonValue,
  keysOf: Spelling["keysOf"],
  depth: number,
): unknown {
  if (typeof value === "number") return plainNumber(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof JsonNumber) throw new Unsuitable();
  refuseTooDeep(depth);
  if (isJsonList(value)) {
    return value.map((member) => toPlain(member, keysOf, depth + 1));
  }
  // Without a prototype, since `__proto__` is a key like any other.
  const plain: Record<string, unknown> = Object.create(null);
  for (const key of keysOf(value)) {
    if (/^[0-9]/.test(key)) throw new Unsuitable();
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

function print(value: JsonValue, spelling: Spelling, depth: number): string {
  if (typeof value === "string") return quoteJson(value);
  if (typeof value === "number") return numberText(value);
  if (value instanceof JsonNumber) return spelling.textOf(value);
  if (typeof value !== "object" || value === null) return String(value);
  refuseTooDeep(depth);
  if (isJsonList(value)) {
    const members = value.map((member) => print(member, spelling, depth + 1));
    return `[${layOut(members, spelling, depth)}]`;
  }
  const members = Array.from(spelling.keysOf(value), (key) => {
    const member = print(value.get(key) ?? null, spelling, depth + 1);
    return `${quoteJson(key)}: ${member}`;
  });
  return `{${layOut(members, spelling, depth)}}`;
}

function layOut(
  members: readonly string[],
  { indent }: Spelling,
  depth: number,
): string {
  if (indent === 0 || members.length === 0) return members.join(", ");
  const end = `\n${" ".repeat(indent * depth)}`;
  const start = end + " ".repeat(indent);
  return `${start}${members.join(`,${start}`)}${end}`;
}

/** Python sorts by code point, JavaScript by UTF-16 unit: they differ from U+D800 on. */
export function sortedKeys(object: JsonObject): string[] {
  const keys = [...object.keys()].sort();
  const isAmbiguous = /[\ud800-\uffff]/.test(keys.join(""));
  return isAmbiguous ? keys.sort(compareCodePoints) : keys;
}

function compareCodePoints(left: string, right: string): number {
  const [leftPoints, rightPoints] = [Array.from(left), Array.from(right)];
  for (const [index, point] of leftPoints.entries()) {
    const other = rightPoints[index];
    if (other === undefined) return 1;
    if (point === other) continue;
    return (point.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
  }
  return leftPoints.length - rightPoints.length;
}

/** A field to be written, and what it means when it is missing. */
type OverlayField = readonly [
  key: string,
  value: JsonValue,
  initial: JsonValue,
];

/**
 * Lays known fields over the object they were read from: its order and what orc does not know survive, and
 * nothing is added that says no more than its absence. A new object gets all fields.
 */
export function overlay(
  source: JsonObject,
  fields: readonly OverlayField[],
): Map<string, JsonValue> {
  const isNew = source.size === 0;
  const result = new Map(source);
  for (const [key, value, initial] of fields) {
    if (isNew || result.has(key) || !isSame(value, initial)) {
      result.set(key, value);
    }
  }
  return result;
}

function isSame(value: JsonValue, initial: JsonValue): boolean {
  return value === initial || (isEmpty(value) && isEmpty(initial));
}

function isEmpty(value: JsonValue): boolean {
  return isJsonObject(value)
    ? value.size === 0
    : isJsonList(value) && value.length === 0;
}
