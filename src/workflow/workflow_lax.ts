import { JsonNumber } from "../base/json.ts";

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["1", "true", "t", "yes", "y", "on"].map((word) => [word, true] as const),
  ...["0", "false", "f", "no", "n", "off"]
    .map((word) => [word, false] as const),
]);

/** The Python tool takes `1` and `"yes"` for true as well. */
export function toBoolean(value: unknown): unknown {
  if (typeof value === "string") {
    return BOOLEANS.get(value.toLowerCase()) ?? value;
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
