/** Grows when a program that understood documents before would misread them. */
export const SCHEMA_VERSION = 1;

/** What is asked for, by name; of a field without any below it all is. */
export interface Fields extends ReadonlyMap<string, Fields> {}

/** Reads a list such as `task,next.command`. */
export function fieldsIn(list: string): Fields {
  return fieldsOf(pathsIn(list));
}

/** The names of each field in a list, from the outermost to its own. */
export function pathsIn(list: string): readonly (readonly string[])[] {
  return list.split(",").map((path) => path.trim().split("."));
}

function fieldsOf(paths: readonly (readonly string[])[]): Fields {
  const names = new Set(paths.map(([name = ""]) => name));
  return new Map(
    Array.from(names, (name) => {
      const below = paths.filter(([first]) => first === name)
        .map(([, ...rest]) => rest);
      const isWhole = below.some(({ length }) => length === 0);
      return [name, isWhole ? new Map() : fieldsOf(below)];
    }),
  );
}

/** The part of a value that is asked for: of a list, that of each of its entries. */
export function pick(value: unknown, fields: Fields): unknown {
  if (fields.size === 0) return value;
  if (Array.isArray(value)) return value.map((each) => pick(each, fields));
  const members = membersOf(value);
  if (members === undefined) return value;
  const known = new Map(members);
  return Object.fromEntries(
    Array.from(fields).filter(([name]) => known.has(name))
      .map(([name, below]) => [name, pick(known.get(name), below)]),
  );
}

/** The value without members that are null, or lists without entries. */
export function compacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compacted);
  const members = membersOf(value);
  if (members === undefined) return value;
  return Object.fromEntries(
    members.filter(([, member]) => !isNothing(member))
      .map(([name, member]) => [name, compacted(member)]),
  );
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined ||
    Array.isArray(value) && value.length === 0;
}

/** Undefined for what has no members: texts, numbers, and objects with a form of their own, such as numbers without loss. */
function membersOf(value: unknown): [string, unknown][] | undefined {
  if (value instanceof Map) return Array.from(value);
  if (typeof value !== "object" || value === null) return undefined;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null
    ? Object.entries(value)
    : undefined;
}
