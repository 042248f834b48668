/**
 * Characters that drive a terminal instead of being shown: C0 without tab and
 * newline, DEL, C1, and those that turn the direction of text around.
 */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** Shows control characters as `\x1b`, so that data cannot drive a terminal or disguise text. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    return code > 0xff ? unicodeEscape(code) : `\\x${hex(code, 2)}`;
  });
}

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

function unicodeEscape(code: number): string {
  return `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
