import {
  canonicalNumberText,
  decodeOrUndefined,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  numberOfLiteral,
} from "../base/json.ts";
import { MAX_DEPTH } from "../base/limits.ts";
import { leadsOut } from "../base/path.ts";
import { epochMsOf, instantOf } from "../base/time.ts";
import { errorAt, type Path, type ProblemDraft } from "./problem.ts";

/** A date or time of YAML 1.1, which becomes a string only when it is written as JSON. */
export class YamlTime {
  constructor(readonly iso: string) {}
}

/** Keys and values of a mapping, whether it came as a `Map` or as a plain object. */
export function entriesOf(
  value: unknown,
): readonly (readonly [unknown, unknown])[] | undefined {
  if (value instanceof Map) return [...value];
  return isPlainObject(value) ? Object.entries(value) : undefined;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** What a mapping holds under a key. */
export function memberOf(value: unknown, key: string): unknown {
  return new Map(entriesOf(value)).get(key);
}

/** A mapping as an object without a prototype and with its string keys; anything else as it is. */
export function asRecord(value: unknown): unknown {
  const entries = entriesOf(value);
  if (entries === undefined) return value;
  const record: Record<string, unknown> = Object.create(null);
  for (const [key, member] of entries) {
    if (typeof key === "string") record[key] = member;
  }
  return record;
}

/** Names a value in a message: `the number 1.0`, `a list`. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return `the string ${quote(value)}`;
  if (typeof value === "boolean") return `the boolean ${value}`;
  if (value instanceof YamlTime) return `the date ${value.iso}`;
  if (Array.isArray(value)) return "a list";
  if (entriesOf(value) !== undefined) return "a mapping";
  const number = scalarText(value);
  return number === undefined
    ? "a value of an unknown kind"
    : `the number ${number}`;
}

/** Spells a scalar that is no string; undefined for everything else. */
export function scalarText(value: unknown): string | undefined {
  if (value instanceof JsonNumber) return value.literal;
  if (value instanceof YamlTime) return value.iso;
  const isScalar = typeof value === "number" || typeof value === "bigint" ||
    typeof value === "boolean";
  return isScalar ? String(value) : undefined;
}

/** Quotes a string from the file, short enough for a message. */
export function quote(text: string): string {
  const points = Array.from(text.slice(0, 80));
  const cut = points.length > 40 ? `${points.slice(0, 40).join("")}…` : text;
  return JSON.stringify(cut);
}

/** Turns what stands at a path of a YAML file into a JSON object; empty if it is no mapping. */
export function readMapping(
  value: unknown,
  path: Path,
): {
  readonly mapping: JsonObject;
  readonly problems: readonly ProblemDraft[];
} {
  const problems: ProblemDraft[] = [];
  const entries = entriesOf(value) ?? [];
  for (const [key] of entries) {
    if (typeof key !== "string") problems.push(noStringKey(path, key));
  }
  return { mapping: toObject(entries, { path, problems }), problems };
}

export function noStringKey(path: Path, key: unknown): ProblemDraft {
  const found = describeValue(key);
  const spelled = (text: string) =>
    `Expected only strings as keys, found ${found}: write "${text}" in quotes`;
  const message = spelled(scalarText(key) ?? "null");
  const draft = errorAt(path, "invalid_key", message);
  return { ...draft, wrongKey: { key, spelled } };
}

interface Place {
  readonly path: Path;
  readonly problems: ProblemDraft[];
}

function toJson(value: unknown, place: Place): JsonValue {
  const { path, problems } = place;
  if (path.length > MAX_DEPTH) {
    const message = `Nested deeper than ${MAX_DEPTH}`;
    problems.push(errorAt(path.slice(0, 1), "too_deep", message));
    return null;
  }
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string" || value instanceof JsonNumber) return value;
  // JSON has no infinity; the Python tool stores null in its place.
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (value instanceof YamlTime) return value.iso;
  if (Array.isArray(value)) {
    return value.map((member, index) => toJson(member, below(place, index)));
  }
  const entries = entriesOf(value);
  if (entries !== undefined) return toObject(entries, place);
  const message = `Expected what JSON can hold, found ${describeValue(value)}`;
  problems.push(errorAt(path, "invalid_type", message));
  return null;
}

/** Python takes `true` and `1` for one key: the last value counts, the first spelling stays. */
function toObject(
  entries: readonly (readonly [unknown, unknown])[],
  place: Place,
): JsonObject {
  const spellings = new Map<unknown, string>();
  const object = new Map<string, JsonValue>();
  for (const [key, value] of entries) {
    const identity = typeof key === "boolean" ? Number(key) : key;
    const spelling = spellings.get(identity) ?? keyText(key);
    spellings.set(identity, spelling);
    object.set(spelling, toJson(value, below(place, spelling)));
  }
  return object;
}

/** A key as the Python tool spells it in JSON. */
function keyText(key: unknown): string {
  if (typeof key === "string") return key;
  if (typeof key === "number" && !Number.isFinite(key)) return "None";
  return scalarText(key) ?? "None";
}

function below({ path, problems }: Place, step: string | number): Place {
  return { path: [...path, step], problems };
}

type ScalarReading =
  | { readonly value: unknown }
  | { readonly problem: string };

const NULL = /^(?:~|null|Null|NULL)?$/;
const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INTEGER =
  /^[-+]?(?:0b[01_]*[01][01_]*|0x[\da-fA-F_]*[\da-fA-F][\da-fA-F_]*|0[0-7_]*|[1-9][\d_]*(?::[0-5]?\d)*)$/;
const FLOAT =
  /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*|[-+]?\.(?:inf|Inf|INF))$/;
const NOT_A_NUMBER = /^\.(?:nan|NaN|NAN)$/;
const TIME =
  /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/;

/** YAML's own tags for scalars. */
export const SCALAR_TYPES = [
  "str",
  "null",
  "bool",
  "int",
  "float",
  "timestamp",
  "binary",
] as const;

/** Python refuses longer ones too, because reading them takes quadratic time. */
const MAX_DIGITS = 4300;

/** What a plain scalar means to PyYAML: `010` is eight, `1:30` ninety, `1e3` and `y` are strings. */
export function readScalar(text: string): ScalarReading {
  if (NULL.test(text)) return { value: null };
  if (TRUE.test(text)) return { value: true };
  if (FALSE.test(text)) return { value: false };
  // Only these can begin a number or a date; most scalars are words.
  if (!/^[-+.\d]/.test(text)) return { value: text };
  if (INTEGER.test(text)) return readInteger(text);
  if (FLOAT.test(text)) return readFloat(text);
  if (NOT_A_NUMBER.test(text)) return { value: NaN };
  return TIME.test(text) ? readTime(text) : { value: text };
}

/** Reads a scalar that carries one of YAML's own tags, such as `int`. */
export function readTaggedScalar(type: string, text: string): ScalarReading {
  const reading = readScalar(text);
  switch (type) {
    case "str":
      return { value: text };
    case "null":
      return { value: null };
    case "float":
      return FLOAT.test(text) || NOT_A_NUMBER.test(text)
        ? reading
        : readFloatOfInteger(text);
    case "int":
      return INTEGER.test(text) ? reading : notA("whole number", text);
    case "bool": {
      const isBoolean = TRUE.test(text) || FALSE.test(text);
      return isBoolean ? reading : notA("boolean", text);
    }
    case "binary":
      return readBinary(text);
    case "timestamp":
      return TIME.test(text) ? reading : notA("date", text);
    default:
      throw new Error(`No tag for scalars: ${type}`);
  }
}

function notA(kind: string, text: string): ScalarReading {
  return { problem: `Expected a ${kind}, found ${JSON.stringify(text)}` };
}

function readInteger(text: string): ScalarReading {
  const digits = text.replaceAll("_", "").replace(/^[-+]/, "");
  if (digits.length > MAX_DIGITS) {
    return { problem: `A number has at most ${MAX_DIGITS} digits` };
  }
  const sign = text.startsWith("-") ? -1n : 1n;
  const integer = sign * magnitudeOf(digits);
  return { value: numberOfLiteral(integer.toString()) };
}

function magnitudeOf(digits: string): bigint {
  if (digits.includes(":")) {
    return digits.split(":")
      .reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  }
  return BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
}

function readFloat(text: string): ScalarReading {
  const literal = text.replaceAll("_", "").toLowerCase();
  if (literal.endsWith(".inf")) {
    return { value: literal.startsWith("-") ? -Infinity : Infinity };
  }
  return {
    value: keepFloat(literal.includes(":") ? inSixties(literal) : literal),
  };
}

function inSixties(literal: string): string {
  const sum = literal.replace(/^[-+]/, "").split(":")
    .reduce((total, part) => total * 60 + Number(part), 0);
  return literal.startsWith("-") ? `-${sum}` : String(sum);
}

function readFloatOfInteger(text: string): ScalarReading {
  const literal = text.replaceAll("_", "");
  const isNumber = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(literal);
  return isNumber ? { value: keepFloat(literal) } : notA("number", text);
}

/** A float that is whole keeps its `.0`, which the Python tool would keep as well. */
function keepFloat(literal: string): number | JsonNumber {
  const number = Number(literal);
  if (!Number.isInteger(number)) return number;
  const spelled = Object.is(number, -0) ? "-0.0" : number.toExponential();
  return new JsonNumber(canonicalNumberText(new JsonNumber(spelled)));
}

/** Bytes are stored as the text they spell, because JSON has no bytes. */
function readBinary(text: string): ScalarReading {
  const base64 = text.replaceAll(/\s/g, "");
  const isBase64 =
    /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  if (!isBase64.test(base64)) return notA("text in base64", text);
  const bytes = Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
  const value = decodeOrUndefined(bytes);
  return value === undefined
    ? { problem: "The bytes are not UTF-8, so JSON cannot hold them" }
    : { value };
}

const PARTS =
  /^(?<year>\d{4})-(?<month>\d\d?)-(?<day>\d\d?)(?:(?:[Tt]|[ \t]+)(?<hour>\d\d?):(?<minute>\d\d):(?<second>\d\d)(?:\.(?<fraction>\d*))?(?:[ \t]*(?<zone>Z|(?<sign>[-+])(?<ahead>\d\d?)(?::(?<more>\d\d))?))?)?$/;

/** Reads a date or time, spelled as the Python tool does in JSON. */
function readTime(text: string): ScalarReading {
  const { year, month, day, hour, minute, second, ...rest } =
    PARTS.exec(text)?.groups ?? {};
  const date = [year, two(month), two(day)].join("-");
  const clock = [hour, minute, second].map(two).join(":");
  const offset = offsetOf(rest);
  const isReal = year !== "0000" && isMoment(`${date}T${clock}`);
  if (!isReal || offset === undefined) {
    return { problem: `There is no such date: ${text}` };
  }
  if (hour === undefined) return { value: new YamlTime(date) };
  const fraction = (rest.fraction ?? "").slice(0, 6).padEnd(6, "0");
  const decimals = Number(fraction) === 0 ? "" : `.${fraction}`;
  return { value: new YamlTime(`${date}T${clock}${decimals}${offset}`) };
}

/** JavaScript takes the 31st of April for the 1st of May, and 24:00 for the next day. */
function isMoment(iso: string): boolean {
  const epochMs = epochMsOf(iso);
  return epochMs !== undefined && instantOf(epochMs) === `${iso}Z`;
}

function offsetOf(
  { zone, sign, ahead, more }: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (zone === undefined) return "";
  const total = Number(ahead ?? 0) * 60 + Number(more ?? 0);
  if (total >= 24 * 60) return undefined;
  if (total === 0) return "Z";
  return `${sign}${two(Math.floor(total / 60))}:${two(total % 60)}`;
}

function two(part: string | number = 0): string {
  return String(part).padStart(2, "0");
}

/** Settings of a workflow that the older tool gives a meaning: its bundled workflow has them. */
export const OLDER_SETTINGS: ReadonlySet<string> = new Set([
  "supervision_mode",
  "test_command",
  "build_command",
  "lint_command",
  "smoke_test_command",
  "phase_critique",
  "docs_dir",
  "tests_dir",
  "roadmap_file",
  "changelog_file",
  "default_executor",
  "review_model",
  "reviews",
]);

const KEY_AT_MARGIN =
  /^(?:- |\{ *)?["']?([A-Za-z_][\w.-]*)["']? *:(?=[ \t\r]|$)/gm;

/** The keys at the margin of a YAML text, also of one that cannot be parsed: they tell whose settings it holds. */
export function keysAtMargin(text: string): readonly string[] {
  return Array.from(
    text.replace(/^\ufeff/, "").matchAll(KEY_AT_MARGIN),
    ([, key = ""]) => key,
  );
}

/** Python's `str.isupper()`: some cased character, and none that is lower or title case. */
export function isPhaseId(text: string): boolean {
  return /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);
}

/** Letters, digits and underscores of any script, as Python's `str.isalnum()` counts them. */
export function isItemId(text: string): boolean {
  return /^[\p{L}\p{N}_]+$/u.test(text) && /[^_]/u.test(text);
}

const TRUE_OF_PYTHON = /^(?:1|true|t|yes|y|on)$/i;
const FALSE_OF_PYTHON = /^(?:0|false|f|no|n|off)$/i;

/** The Python tool takes `1` and `"yes"` for true as well. */
export function toBoolean(value: unknown): unknown {
  if (typeof value === "string") {
    return TRUE_OF_PYTHON.test(value) ||
      (FALSE_OF_PYTHON.test(value) ? false : value);
  }
  const number = toNumber(value);
  return number === 0 || number === 1 ? number === 1 : value;
}

/** The Python tool takes `true`, `1.0`, `" 1_0 "` and `"1.0"` for whole numbers as well. */
export function toInteger(value: unknown): unknown {
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "string") return toNumber(value) ?? value;
  const isInteger = /^[+-]?\d+(?:_\d+)*(?:\.0+)?$/.test(value.trim());
  return isInteger ? Number(value.replaceAll("_", "")) + 0 : value;
}

/** A number without the difference between `1.0` and `1`, and between `-0` and `0`. */
function toNumber(value: unknown): number | undefined {
  if (value instanceof JsonNumber) return Number(value.literal) + 0;
  return typeof value === "number" ? value + 0 : undefined;
}

/** A backslash is refused too: on Windows it would be one more way out. */
export function staysBelow(path: string): boolean {
  return path.trim() !== "" && !/[\\\0]/.test(path) && !leadsOut(path);
}

export function isVariableName(text: string): boolean {
  return /^[^\s=*\0]{1,200}$/.test(text);
}
