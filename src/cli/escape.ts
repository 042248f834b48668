import { CONTROLS, escapeControls, unicodeEscape } from "../base/text.ts";

/** Escapes what JSON leaves as it is although a terminal does not: DEL, C1, bidirectional controls. */
export function escapeJson(json: string): string {
  return json.replace(
    CONTROLS,
    (character) => unicodeEscape(character.charCodeAt(0)),
  );
}

/**
 * Escapes every text in a result before it is rendered: afterwards the codes
 * of a style could not be told from data.
 */
export function escapeTexts(value: unknown): unknown {
  if (typeof value === "string") return escapeControls(value);
  if (Array.isArray(value)) return value.map(escapeTexts);
  if (value instanceof Map) return new Map(escapeMembers(value));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(escapeMembers(Object.entries(value)));
}

function escapeMembers(
  members: Iterable<[unknown, unknown]>,
): [string, unknown][] {
  return Array.from(
    members,
    ([key, member]) => [escapeControls(String(key)), escapeTexts(member)],
  );
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
