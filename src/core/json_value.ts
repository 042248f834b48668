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
