import { corrupt, type OrcErrorOptions } from "./error.ts";
import {
  asObject,
  isJsonList,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  numberOf,
} from "./json.ts";
import { printJson } from "./json_print.ts";
import { MAX_PROBLEMS } from "./limits.ts";

interface Problem {
  /** JSON path, such as `$.phases.PLAN.items.a.status`. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * A value of a document that is being read. What is not as expected is reported, and a stand-in goes on, so that one
 * pass finds all problems; {@linkcode refuseProblems} ends it.
 */
export interface Place {
  /** Undefined when the field is missing. */
  readonly value: JsonValue | undefined;
  readonly parent: Place | undefined;
  /** Key or index in the parent; for a document the path it stands at. */
  readonly key: string | number;
  /** Of the whole document. */
  readonly problems: Problem[];
}

/** Begins to read a document, or the part of one that stands at `path`. */
export function openDocument(value: JsonValue, path = "$"): Place {
  return { value, parent: undefined, key: path, problems: [] };
}

/** Throws if the pass found problems; the sentence begins with the subject. */
export function refuseProblems(
  { problems }: Place,
  subject: string,
  { hint, path }: Pick<OrcErrorOptions, "hint" | "path"> = {},
): void {
  const [first] = problems;
  if (first === undefined) return;
  const others = problems.length - 1;
  throw corrupt(
    "invalid_state",
    `${subject} is not valid: ${first.path} must be ${first.expected}, ` +
      `but is ${first.found}${others > 0 ? ` (and ${others} more)` : ""}`,
    { hint, path, details: { problems: problems.slice(0, MAX_PROBLEMS) } },
  );
}

export function report(place: Place, expected: string): void {
  const found = describe(place.value);
  place.problems.push({ path: pathOf(place), expected, found });
}

export function field(place: Place, key: string): Place {
  const { value, problems } = place;
  if (isJsonObject(value)) {
    return { value: value.get(key), parent: place, key, problems };
  }
  // One problem for what is no object at all, none for each field it lacks.
  return { value: undefined, parent: place, key, problems: [] };
}

/** The fields of an object whose keys are data; a missing object has none. */
export function members(place: Place): readonly (readonly [string, Place])[] {
  const object = readObject(place, NO_FIELDS);
  return Array.from(object.keys(), (key) => [key, field(place, key)]);
}

/** The elements of a list; a missing list has none. */
export function elements(place: Place): readonly Place[] {
  const { problems } = place;
  return readList(place, [])
    .map((value, key) => ({ value, parent: place, key, problems }));
}

/** Reads a value of one kind. Without an initial value a field has to be there. */
type Reader<Value> = (place: Place, initial?: Value) => Value;

/** Makes a reader of what `accept` returns; after a problem it goes on with the stand-in. */
function reader<Value>(
  expected: string,
  standIn: Value,
  accept: (value: JsonValue) => Value | undefined,
): Reader<Value> {
  return (place, initial) => {
    if (place.value === undefined && initial !== undefined) return initial;
    const value = place.value === undefined ? undefined : accept(place.value);
    if (value === undefined) report(place, expected);
    return value ?? standIn;
  };
}

const NO_FIELDS: JsonObject = new Map();

const readList: Reader<readonly JsonValue[]> = reader(
  "a list",
  [],
  (value) => isJsonList(value) ? value : undefined,
);

export const readObject: Reader<JsonObject> = reader(
  "an object",
  NO_FIELDS,
  asObject,
);

export const readText: Reader<string> = reader("a text", "", textOf);

export const readFlag: Reader<boolean> = reader(
  "true or false",
  false,
  (value) => typeof value === "boolean" ? value : undefined,
);

/** Reads an integer that a double holds exactly. */
export const readInteger: Reader<number> = reader(
  "a whole number",
  0,
  integerOf,
);

/** Reads an integer that counts something. */
export const readCount: Reader<number> = reader(
  "a whole number of at least 0",
  0,
  (value) => {
    const count = integerOf(value) ?? -1;
    return count >= 0 ? count : undefined;
  },
);

export const readNumber: Reader<number> = reader("a number", 0, (value) => {
  const number = numberOf(value);
  return Number.isFinite(number) ? number : undefined;
});

type OrNull<Value> = (place: Place) => Value | null;

/** Makes a reader that takes null too; a missing field is null. */
function orNull<Value>(
  expected: string,
  accept: (value: JsonValue) => Value | undefined,
): OrNull<Value> {
  const read = reader<Value | null>(
    `${expected} or null`,
    null,
    (value) => value === null ? null : accept(value),
  );
  return (place) => read(place, null);
}

export const readObjectOrNull: OrNull<JsonObject> = orNull(
  "an object",
  asObject,
);
export const readTextOrNull: OrNull<string> = orNull("a text", textOf);

/** Reads a list of texts; a missing field is an empty list. */
export function readTexts(place: Place): readonly string[] {
  return elements(place).map((element) => readText(element));
}

/** Words of which one is meant when nothing is said: the first. */
export type Choices<Choice extends string> = readonly [Choice, ...Choice[]];

/** Reads one of several words; a missing field is the first of them. */
export function readChoice<Choice extends string>(
  place: Place,
  choices: Choices<Choice>,
): Choice {
  const choice = choices.find((known) => known === place.value);
  if (choice === undefined && place.value !== undefined) {
    report(place, `one of ${choices.join(", ")}`);
  }
  return choice ?? choices[0];
}

function textOf(value: JsonValue): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function integerOf(value: JsonValue): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value)
    ? value
    : undefined;
}

function pathOf({ parent, key }: Place): string {
  if (parent === undefined) return String(key);
  if (typeof key === "number") return `${pathOf(parent)}[${key}]`;
  const isName = /^[A-Za-z_]\w*$/.test(key);
  return pathOf(parent) + (isName ? `.${key}` : `[${printJson(key)}]`);
}

function describe(value: JsonValue | undefined): string {
  if (value === undefined) return "missing";
  if (isJsonObject(value)) return "an object";
  if (isJsonList(value)) return "a list";
  const text = printJson(value);
  return text.length <= MAX_FOUND_LENGTH
    ? text
    : `${text.slice(0, MAX_FOUND_LENGTH)}…`;
}

const MAX_FOUND_LENGTH = 40;
