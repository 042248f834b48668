import { OrcError } from "../base/error.ts";
import {
  asObject,
  isJsonList,
  type JsonObject,
  type JsonValue,
  withFields,
} from "../base/json.ts";
import { type EvidenceField, evidenceFields } from "../workflow/evidence.ts";

/** A name, for a field that is a mapping a key in it, and a text. */
const PAIR = /^([\p{L}_][\p{L}\p{N}_-]*)(?:\.([^=]+))?=(.*)$/su;

type FieldType = EvidenceField["type"] | undefined;

interface Pair {
  readonly name: string;
  readonly key: string | undefined;
  readonly text: string;
}

/** Whether a text is `name=text` and not the path of a file; `./name=text` is one. */
export function isEvidencePair(text: string): boolean {
  return PAIR.test(text);
}

/**
 * Puts evidence together from texts such as `name=text`. What becomes of a name
 * is for the schema to say; where it says nothing, a name given once is a text
 * and one given several times a list.
 *
 * An empty text adds nothing to a list or mapping: `name=` is an empty one.
 */
export function evidenceOfPairs(
  texts: readonly string[],
  schema: string | null,
): JsonObject {
  const evidence = new Map<string, JsonValue>();
  for (const text of texts) {
    const pair = pairOf(text, schema);
    const { name } = pair;
    const value = extended(evidence.get(name), pair, typeOf(name, schema));
    evidence.set(name, value);
  }
  return evidence;
}

/** Only in a mapping a dot has a meaning. */
function pairOf(given: string, schema: string | null): Pair {
  const [, name = "", key, text = ""] = PAIR.exec(given) ?? [];
  return key === undefined || typeOf(name, schema) === "map"
    ? { name, key, text }
    : { name: `${name}.${key}`, key: undefined, text };
}

function typeOf(name: string, schema: string | null): FieldType {
  const fields = schema === null ? undefined : evidenceFields(schema);
  return fields?.find((field) => field.name === name)?.type;
}

function extended(
  before: JsonValue | undefined,
  pair: Pair,
  type: FieldType,
): JsonValue {
  const { name, text } = pair;
  const members = text === "" ? [] : [text];
  switch (type) {
    case "map":
      return withMember(asObject(before) ?? new Map(), pair);
    case "list":
      return [...listOf(before), ...members];
    case "text":
      if (before === undefined) return text;
      throw unfit(name, "is one text, and was given twice");
    case undefined:
      return before === undefined ? text : [...listOf(before), text];
  }
}

function withMember(before: JsonObject, { name, key, text }: Pair): JsonObject {
  if (key !== undefined) return withFields(before, { [key]: text });
  if (text === "") return before;
  throw unfit(name, `is a mapping: give ${name}.KEY=TEXT for each of its keys`);
}

function unfit(name: string, because: string): OrcError {
  return new OrcError(
    "usage",
    "invalid_value",
    `Evidence "${name}" ${because}`,
    { hint: "orc next" },
  );
}

function listOf(before: JsonValue | undefined): readonly JsonValue[] {
  if (before === undefined) return [];
  return isJsonList(before) ? before : [before];
}
