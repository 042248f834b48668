import {
  JsonNumber,
  type JsonValue,
  refuseTooDeep,
} from "../../src/base/json.ts";

/**
 * Makes a JSON value of plain objects and lists. As in `JSON.stringify`,
 * undefined members are left out; Maps and {@linkcode JsonNumber}s stay.
 *
 * @throws {TypeError} for what JSON does not know, such as functions
 */
export function jsonOf(plain: unknown): JsonValue {
  return convert(plain, 0);
}

function convert(plain: unknown, depth: number): JsonValue {
  if (plain === null || plain === undefined) return null;
  switch (typeof plain) {
    case "boolean":
    case "number":
    case "string":
      return plain;
    case "bigint":
      return new JsonNumber(plain.toString());
    case "object":
      return convertObject(plain, depth);
    default:
      throw new TypeError(`Cannot express a ${typeof plain} as JSON`);
  }
}

function convertObject(plain: object, depth: number): JsonValue {
  if (plain instanceof JsonNumber) return plain;
  refuseTooDeep(depth);
  if (Array.isArray(plain)) {
    return plain.map((member) => convert(member, depth + 1));
  }
  const object = new Map<string, JsonValue>();
  for (const [key, member] of entriesOf(plain)) {
    if (member !== undefined) object.set(key, convert(member, depth + 1));
  }
  return object;
}

/** Members of a Map or a plain object; others, such as dates, would lose what they hold. */
function entriesOf(plain: object): Iterable<[string, unknown]> {
  if (plain instanceof Map) return plain;
  const prototype = Object.getPrototypeOf(plain);
  if (prototype === Object.prototype || prototype === null) {
    return Object.entries(plain);
  }
  throw new TypeError(`Cannot express a ${plain.constructor.name} as JSON`);
}
