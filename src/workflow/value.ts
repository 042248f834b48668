import { JsonNumber } from "../base/json.ts";

/** A date or time of YAML 1.1, which becomes a string only when it is written as JSON. */
export class YamlTime {
  /** Keeps the ISO 8601 spelling. */
  constructor(readonly iso: string) {}
}

/** Keys and values of a mapping, whether it came as a `Map` or as a plain object. */
export function entriesOf(
  value: unknown,
): readonly (readonly [unknown, unknown])[] | undefined {
  if (value instanceof Map) return [...value];
  return isPlainObject(value) ? Object.entries(value) : undefined;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/**
 * A mapping as an object without a prototype, so that `__proto__` is a key
 * like any other; anything else as it is. Keys that are no strings are left out.
 */
export function asRecord(value: unknown): unknown {
  const entries = entriesOf(value);
  if (entries === undefined) return value;
  const record: Record<string, unknown> = Object.create(null);
  for (const [key, member] of entries) {
    if (typeof key === "string") record[key] = member;
  }
  return record;
}

/** Names a value in a message: `the number 1.0`, `a list`. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return `the string ${quote(value)}`;
  if (typeof value === "boolean") return `the boolean ${value}`;
  if (value instanceof YamlTime) return `the date ${value.iso}`;
  if (Array.isArray(value)) return "a list";
  if (entriesOf(value) !== undefined) return "a mapping";
  const number = scalarText(value);
  return number === undefined
    ? "a value of an unknown kind"
    : `the number ${number}`;
}

/** Spells a scalar that is no string; undefined for everything else. */
export function scalarText(value: unknown): string | undefined {
  if (value instanceof JsonNumber) return value.literal;
  if (value instanceof YamlTime) return value.iso;
  const isScalar = typeof value === "number" || typeof value === "bigint" ||
    typeof value === "boolean";
  return isScalar ? String(value) : undefined;
}

/** Quotes a string from the file, short enough for a message. */
export function quote(text: string): string {
  const points = Array.from(text.slice(0, 80));
  const cut = points.length > 40 ? `${points.slice(0, 40).join("")}…` : text;
  return JSON.stringify(cut);
}
