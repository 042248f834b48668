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
