import { JsonNumber, type JsonValue } from "../../src/base/json.ts";

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
  return randomObject(picker(seed), MAX_LEVELS);
}

/** Returns integers from 0 up to a bound (a linear congruential generator). */
type Pick = (bound: number) => number;

function picker(seed: number): Pick {
  let state = Math.imul(seed, 0x9e3779b9);
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

function randomValue(pick: Pick, levels: number): JsonValue {
  switch (pick(levels > 0 ? 7 : 4)) {
    case 0:
      return randomText(pick);
    case 1:
      return NUMBERS[pick(NUMBERS.length)] ?? 0;
    case 2:
      return pick(2) === 0;
    case 3:
      return null;
    case 4:
      return randomList(pick, levels);
    default:
      return randomObject(pick, levels);
  }
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
    () => TEXTS[pick(TEXTS.length)] ?? "",
  );
  return parts.join("");
}
