import { corrupt, type OrcErrorOptions } from "./error.ts";
import {
  isJsonList,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  numberOf,
} from "./json.ts";
import { printJson } from "./json_print.ts";
import { MAX_PROBLEMS } from "./limits.ts";

/** What is wrong at one place of a document. */
interface Problem {
  /** JSON path, such as `$.phases.PLAN.items.a.status`. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * A value of a document that is being read. A reader that finds something else
 * than it expects reports a problem and goes on with a stand-in, so that one pass
 * finds them all; {@linkcode refuseProblems} ends the pass.
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

/** Reports that a value is not what was expected. */
export function report(place: Place, expected: string): void {
  const found = describe(place.value);
  place.problems.push({ path: pathOf(place), expected, found });
}

/** A field of an object. */
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
  return read(place, LIST, []).map((value, key) => ({
    value,
    parent: place,
    key,
    problems,
  }));
}

/** Reads an object. Here and below: without an initial value it has to be there. */
export function readObject(place: Place, initial?: JsonObject): JsonObject {
  return read(place, OBJECT, initial);
}

/** Reads an object or null; a missing field is null. */
export function readObjectOrNull(place: Place): JsonObject | null {
  return read(place, OBJECT_OR_NULL, null);
}

/** Reads a text. */
export function readText(place: Place, initial?: string): string {
  return read(place, TEXT, initial);
}

/** Reads a text or null; a missing field is null. */
export function readTextOrNull(place: Place): string | null {
  return read(place, TEXT_OR_NULL, null);
}

/** Reads a list of texts; a missing field is an empty list. */
export function readTexts(place: Place): readonly string[] {
  return elements(place).map((element) => readText(element));
}

/** Reads true or false. */
export function readFlag(place: Place, initial?: boolean): boolean {
  return read(place, FLAG, initial);
}

/** Reads an integer that a double holds exactly. */
export function readInteger(place: Place, initial?: number): number {
  return read(place, INTEGER, initial);
}

/** Reads an integer that counts something. */
export function readCount(place: Place, initial?: number): number {
  return read(place, COUNT, initial);
}

/** Reads any finite number. */
export function readNumber(place: Place, initial?: number): number {
  return read(place, NUMBER, initial);
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

/** What a value has to be. */
interface Kind<Value> {
  readonly expected: string;
  /** Returns the value if it is of this kind. */
  readonly accept: (value: JsonValue) => Value | undefined;
  /** What reading goes on with after a problem. */
  readonly standIn: Value;
}

const NO_FIELDS: JsonObject = new Map();
const TEXT: Kind<string> = {
  expected: "a text",
  accept: (value) => typeof value === "string" ? value : undefined,
  standIn: "",
};
const FLAG: Kind<boolean> = {
  expected: "true or false",
  accept: (value) => typeof value === "boolean" ? value : undefined,
  standIn: false,
};
const INTEGER: Kind<number> = {
  expected: "a whole number",
  accept: asSafeInteger,
  standIn: 0,
};
const COUNT: Kind<number> = {
  expected: "a whole number of at least 0",
  accept: (value) => {
    const integer = asSafeInteger(value);
    return integer !== undefined && integer >= 0 ? integer : undefined;
  },
  standIn: 0,
};
const NUMBER: Kind<number> = {
  expected: "a number",
  accept: (value) => {
    const number = numberOf(value);
    return Number.isFinite(number) ? number : undefined;
  },
  standIn: 0,
};
const LIST: Kind<readonly JsonValue[]> = {
  expected: "a list",
  accept: (value) => isJsonList(value) ? value : undefined,
  standIn: [],
};
const OBJECT: Kind<JsonObject> = {
  expected: "an object",
  accept: (value) => isJsonObject(value) ? value : undefined,
  standIn: NO_FIELDS,
};
const TEXT_OR_NULL = orNull(TEXT);
const OBJECT_OR_NULL = orNull(OBJECT);

function asSafeInteger(value: JsonValue): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value)
    ? value
    : undefined;
}

function orNull<Value>(kind: Kind<Value>): Kind<Value | null> {
  return {
    expected: `${kind.expected} or null`,
    accept: (value) => value === null ? null : kind.accept(value),
    standIn: null,
  };
}

function read<Value>(
  place: Place,
  kind: Kind<Value>,
  initial: Value | undefined,
): Value {
  if (place.value === undefined && initial !== undefined) return initial;
  const value = place.value === undefined
    ? undefined
    : kind.accept(place.value);
  if (value !== undefined) return value;
  report(place, kind.expected);
  return kind.standIn;
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

/** Enough to recognize a value by. */
const MAX_FOUND_LENGTH = 40;
