/** Data of lists, objects, texts, numbers, booleans and null: JSON and `structuredClone` keep all of it. */
export type PlainJson =
  | null
  | boolean
  | number
  | string
  | readonly PlainJson[]
  | { readonly [key: string]: PlainJson };

/** Data as plain objects and lists, in which nothing vanishes; what has a `toJSON` says what it is. */
export function plainOf(value: unknown): PlainJson {
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== "object" || value === null) return value as PlainJson;
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return value.toJSON();
  }
  return membersOf(value);
}

export function membersOf(value: object): Readonly<Record<string, PlainJson>> {
  const members = value instanceof Map ? value : Object.entries(value);
  // fromEntries defines keys; assigning `__proto__` would set the prototype.
  return Object.fromEntries(
    Array.from(members, ([key, member]) => [key, plainOf(member)])
      .filter(([, member]) => member !== undefined),
  );
}
