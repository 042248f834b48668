import { JsonNumber, type JsonValue } from "../../src/base/json.ts";
import { oneOf, type Pick, pickerOf } from "./random.ts";

const TEXTS = [
  "",
  "a",
  "10",
  "9",
  "__proto__",
  "constructor",
  'quote " and \\',
  "tab\tand\nline",
  "\0\x1f\x7f\u2028",
  "é日本\ue000",
  "🚀",
  "\ud800",
  "\udc00\ud800",
];
const NUMBERS = [
  0,
  -1,
  Number.MAX_SAFE_INTEGER,
  new JsonNumber("1.0"),
  new JsonNumber("-0.0"),
  new JsonNumber("1e400"),
  new JsonNumber("1E-7"),
  new JsonNumber("123456789012345678901234567890"),
  new JsonNumber("NaN"),
  new JsonNumber("-Infinity"),
];
const MAX_LEVELS = 5;

/** Makes a JSON object; the same seed makes the same one. */
export function randomJson(seed: number): JsonValue {
  return randomObject(pickerOf(seed), MAX_LEVELS);
}

function randomValue(pick: Pick, levels: number): JsonValue {
  const makers: (() => JsonValue)[] = [
    () => randomText(pick),
    () => oneOf(pick, NUMBERS),
    () => pick(2) === 0,
    () => null,
    () => randomList(pick, levels),
    () => randomObject(pick, levels),
    () => randomObject(pick, levels),
  ];
  return oneOf(pick, levels > 0 ? makers : makers.slice(0, 4))();
}

function randomList(pick: Pick, levels: number): JsonValue {
  const member = (): JsonValue => randomValue(pick, levels - 1);
  return Array.from({ length: pick(4) }, member);
}

function randomObject(pick: Pick, levels: number): JsonValue {
  const member = (): [string, JsonValue] => [
    randomText(pick),
    randomValue(pick, levels - 1),
  ];
  return new Map(Array.from({ length: 1 + pick(6) }, member));
}

function randomText(pick: Pick): string {
  const parts = Array.from(
    { length: 1 + pick(2) },
    () => oneOf(pick, TEXTS),
  );
  return parts.join("");
}
