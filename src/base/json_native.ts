import { JsonNumber, type JsonValue, numberOfLiteral } from "./json.ts";
import { MAX_DEPTH } from "./limits.ts";

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
export function parseNatively(text: string): JsonValue | undefined {
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
export interface Layout {
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
