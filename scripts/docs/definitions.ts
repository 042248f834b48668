/** A JSON Schema with definitions that its parts refer to. */
export type Schema = Readonly<Record<string, unknown>>;

/** Definitions by name. */
export type Definitions = Readonly<Record<string, Schema>>;

const REFERENCE = "#/definitions/";

/** Names that a person gave to a type; the others were made up and change with every type that is added. */
const GIVEN_NAME = /^[A-Z][A-Za-z]*$/;

/**
 * Puts each definition that is used once, or has no name of its own, where it is used. What
 * is left are the types that several answers share.
 */
export function inlined(
  results: Definitions,
  definitions: Definitions,
): { readonly results: Definitions; readonly definitions: Definitions } {
  const uses = usesOf([results, definitions]);
  const isShared = (name: string): boolean =>
    isRecursive(name, definitions) ||
    GIVEN_NAME.test(name) && (uses.get(name) ?? 0) > 1;
  const inline = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(inline);
    if (typeof part !== "object" || part === null) return part;
    const name = referenceIn(part);
    if (name === undefined || isShared(name)) {
      return Object.fromEntries(
        Object.entries(part).map(([key, value]) => [key, inline(value)]),
      );
    }
    const { $ref: _, ...own } = Object(part);
    return { ...Object(inline(definitions[name])), ...own };
  };
  const shared = Object.keys(definitions).filter(isShared).sort();
  return {
    results: Object(inline(results)),
    definitions: Object.fromEntries(
      shared.map((name) => [name, Object(inline(definitions[name]))]),
    ),
  };
}

function usesOf(schema: unknown): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const name of referencesIn(schema)) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return uses;
}

function isRecursive(start: string, definitions: Definitions): boolean {
  const seen = new Set<string>();
  const open = referencesIn(definitions[start]);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === start) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...referencesIn(definitions[name]));
  }
  return false;
}

function referencesIn(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [];
  const name = referenceIn(part);
  return [
    ...name === undefined ? [] : [name],
    ...Object.values(part).flatMap(referencesIn),
  ];
}

function referenceIn(part: object): string | undefined {
  const reference = "$ref" in part ? part.$ref : undefined;
  return typeof reference === "string"
    ? decodeURIComponent(reference.slice(REFERENCE.length))
    : undefined;
}
