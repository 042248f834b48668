import { positionAt, type YamlFault, type YamlText } from "./compose_yaml.ts";
import { describeValue, quote, scalarText } from "./value.ts";

/** Where an entry begins, and how its scalar is spelled. */
export interface Mark {
  readonly offset: number;
  readonly text?: string;
}

/** Marks of the entries of each mapping and list. */
export type Marks = WeakMap<object, ReadonlyMap<unknown, Mark>>;

/** A key and its value. */
export interface Entry {
  readonly key: unknown;
  readonly value: unknown;
  readonly mark: Mark;
  /** Whether the key is `<<`: its value is merged into the mapping. */
  readonly isMerge: boolean;
}

/** Where marks and faults are kept. */
export interface Ledger {
  readonly yaml: YamlText;
  readonly marks: Marks;
  readonly faults: YamlFault[];
}

/** Puts a mapping together: merged keys come first and lose against its own. */
export function assembleMapping(
  entries: readonly Entry[],
  ledger: Ledger,
): ReadonlyMap<unknown, unknown> {
  const mapping = new Map<unknown, unknown>();
  const marks = new Map<unknown, Mark>();
  for (const { value, mark } of entries.filter(({ isMerge }) => isMerge)) {
    for (const merged of mergedMappings(value, mark, ledger)) {
      for (const [key, member] of merged) mapping.set(key, member);
      for (const [key, from] of ledger.marks.get(merged) ?? []) {
        marks.set(key, from);
      }
    }
  }
  const own = entries.filter(({ isMerge }) => !isMerge);
  for (const { key, value, mark } of withoutDuplicates(own, ledger)) {
    mapping.set(key, value);
    marks.set(key, mark);
  }
  ledger.marks.set(mapping, marks);
  return mapping;
}

/** The mappings behind a `<<`, in the order in which they are laid over each other. */
function mergedMappings(
  value: unknown,
  mark: Mark,
  { faults }: Ledger,
): readonly ReadonlyMap<unknown, unknown>[] {
  const candidates: readonly unknown[] = Array.isArray(value)
    ? value.toReversed()
    : [value];
  const mappings = candidates.filter((candidate) => candidate instanceof Map);
  if (mappings.length < candidates.length) {
    const message = "The key << wants a mapping or a list of mappings";
    faults.push({ code: "bad_merge", offset: mark.offset, message });
  }
  return mappings;
}

/** Refuses keys that occur twice, and keys that are lists or mappings. */
function withoutDuplicates(
  entries: readonly Entry[],
  { yaml, faults }: Ledger,
): readonly Entry[] {
  const firstOffsets = new Map<string, number>();
  return entries.filter(({ key, mark: { offset } }) => {
    const identity = identityOf(key);
    if (identity === undefined) {
      const message = `A key cannot be ${describeValue(key)}`;
      faults.push({ code: "bad_key", offset, message });
      return false;
    }
    const firstOffset = firstOffsets.get(identity);
    if (firstOffset === undefined) {
      firstOffsets.set(identity, offset);
      return true;
    }
    const { line, column } = positionAt(yaml, firstOffset);
    const name = typeof key === "string" ? quote(key) : scalarText(key);
    const message = `Duplicate key ${name}, first used at ${line}:${column}`;
    faults.push({ code: "duplicate_key", offset, message });
    return false;
  });
}

/** Equal for equal keys of the same type; undefined for what cannot be a key. */
function identityOf(key: unknown): string | undefined {
  if (typeof key === "string") return `string ${key}`;
  if (key === null) return "null";
  const text = scalarText(key);
  return text === undefined ? undefined : `${typeof key} ${text}`;
}
