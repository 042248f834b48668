import {
  isJsonList,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "./json.ts";

/** A field to be written, and what it means when it is missing. */
export type OverlayField = readonly [
  key: string,
  value: JsonValue,
  initial: JsonValue,
];

/**
 * Lays known fields over the object they were read from: its order and what orc
 * does not know survive, and nothing is added that says no more than its absence.
 * An object that was not read from anywhere gets all fields.
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
