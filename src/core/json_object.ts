import type { JsonObject, JsonValue } from "./json.ts";

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
