import {
  canonicalNumberText,
  isJsonList,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  numberText,
  refuseTooDeep,
} from "./json.ts";
import { MAX_LABELS } from "./limits.ts";
import { escapeUnits } from "./text.ts";

interface Spelling {
  /** Blanks per level; 0 puts everything on one line. */
  readonly indent: number;
  readonly keysOf: (object: JsonObject) => readonly string[];
  readonly textOf: (number: JsonNumber) => string;
  /** Whether it is remembered of what is {@linkcode lasting}. */
  readonly isKept: boolean;
}

const DOCUMENT: Spelling = {
  indent: 2,
  keysOf: (object) => [...object.keys()],
  textOf: (number) => number.literal,
  isKept: true,
};

const CANONICAL: Spelling = {
  indent: 0,
  keysOf: sortedKeys,
  textOf: canonicalNumberText,
  isKept: true,
};

interface KeptText {
  readonly depth: number;
  readonly text: string;
}

/** How objects that last were spelled last. */
const keptTexts = new WeakMap<JsonObject, Map<Spelling, KeptText>>();

/**
 * Says that an object is printed again and again as it is, so that its texts are remembered. Most
 * of a state is such, its pinned workflow first of all; of all objects it would cost more.
 */
export function lasting(object: JsonObject): JsonObject {
  keptTexts.set(object, new Map());
  return object;
}

/**
 * Prints a value as Python's `json.dumps` does, in ASCII; with an indent one member per line.
 *
 * @throws {OrcError} `too_deep` if {@linkcode parseJson} would refuse the result
 */
export function printJson(value: JsonValue, indent = 0): string {
  return spell(value, { ...DOCUMENT, indent, isKept: false }, 0);
}

/** As {@linkcode printJson} with an indent of 2, so deep inside another document. */
export function printDocument(value: JsonValue, depth = 0): string {
  return spell(value, DOCUMENT, depth);
}

/** Prints a value as Python's `json.dumps(sort_keys=True)` does after reading it. */
export function canonicalJson(value: JsonValue): string {
  return spell(value, CANONICAL, 0);
}

/** Text that JSON shows as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Spells a text as a JSON string in ASCII; a lone surrogate stays an escape. */
export function quoteJson(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text).replaceAll(/[^ -~]+/g, escapeUnits);
}

function spell(value: JsonValue, spelling: Spelling, depth: number): string {
  if (typeof value === "string") return quoteJson(value);
  if (typeof value === "number") return numberText(value);
  if (value instanceof JsonNumber) return spelling.textOf(value);
  if (typeof value !== "object" || value === null) return String(value);
  const kept = isJsonList(value) || !spelling.isKept
    ? undefined
    : keptTexts.get(value);
  const known = kept?.get(spelling);
  if (known?.depth === depth) return known.text;
  const text = lay(value, spelling, depth);
  kept?.set(spelling, { depth, text });
  return text;
}

function lay(
  value: JsonObject | readonly JsonValue[],
  spelling: Spelling,
  depth: number,
): string {
  refuseTooDeep(depth);
  const blanks = " ".repeat(spelling.indent * depth);
  const isLaidOut = spelling.indent > 0;
  const end = isLaidOut ? `\n${blanks}` : "";
  const start = isLaidOut ? `${end}${" ".repeat(spelling.indent)}` : "";
  const separator = isLaidOut ? `,${start}` : ", ";
  // Grown in place, and counted: this is where a state's checksum takes its time, and what an
  // iterator or a template leaves behind makes a short run collect garbage.
  let text = "";
  if (isJsonList(value)) {
    for (let index = 0; index < value.length; index++) {
      text += index === 0 ? start : separator;
      text += spell(value[index] ?? null, spelling, depth + 1);
    }
    return text === "" ? "[]" : `[${text}${end}]`;
  }
  const keys = spelling.keysOf(value);
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] ?? "";
    text += index === 0 ? start : separator;
    text += labelOf(key);
    text += spell(value.get(key) ?? null, spelling, depth + 1);
  }
  return text === "" ? "{}" : `{${text}${end}}`;
}

/** How keys stand before their values: those of a state are few, and come again and again. */
const labels = new Map<string, string>();

function labelOf(key: string): string {
  const known = labels.get(key);
  if (known !== undefined) return known;
  const label = `${quoteJson(key)}: `;
  if (labels.size < MAX_LABELS) labels.set(key, label);
  return label;
}

/** Python sorts by code point, JavaScript by UTF-16 unit: they differ from U+D800 on. */
export function sortedKeys(object: JsonObject): string[] {
  const keys = [...object.keys()].sort();
  const isAmbiguous = BEYOND.test(keys.join(""));
  return isAmbiguous ? keys.sort(compareCodePoints) : keys;
}

/** Characters whose order in JavaScript's strings is not that of their numbers. */
const BEYOND = /[\ud800-\uffff]/;

/** Orders texts as Python does, and as their bytes in UTF-8 are. */
export function compareCodePoints(left: string, right: string): number {
  if (!BEYOND.test(left) || !BEYOND.test(right)) {
    return left < right ? -1 : left > right ? 1 : 0;
  }
  const [leftPoints, rightPoints] = [Array.from(left), Array.from(right)];
  for (const [index, point] of leftPoints.entries()) {
    const other = rightPoints[index];
    if (other === undefined) return 1;
    if (point === other) continue;
    return (point.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
  }
  return leftPoints.length - rightPoints.length;
}
