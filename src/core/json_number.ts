import { JsonNumber, type JsonValue } from "./json_value.ts";

/** Reads a number literal: what is spelled as Python would spell it becomes a number, the rest keeps its spelling. */
export function numberOfLiteral(literal: string): number | JsonNumber {
  const number = Number(literal);
  // Python reads the integer `-0` as 0.
  if (literal === "-0") return 0;
  const isExact = Number.isSafeInteger(number) || !Number.isInteger(number);
  return isExact && numberText(number) === literal
    ? number
    : new JsonNumber(literal);
}

/** The double nearest to a JSON number; undefined for anything else. */
export function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  return value instanceof JsonNumber ? Number(value.literal) : undefined;
}

/** Spells a number of ours: integers as integers, fractions as Python's `repr` does. */
export function numberText(number: number): string {
  if (!Number.isInteger(number)) return floatText(number);
  return Number.isSafeInteger(number)
    ? String(number)
    : BigInt(number).toString();
}

/** Spells a literal as Python prints it after reading it. */
export function canonicalNumberText({ literal }: JsonNumber): string {
  if (/^-?\d+$/.test(literal)) return literal === "-0" ? "0" : literal;
  return floatText(Number(literal));
}

/** Python's `repr` of a float. */
function floatText(number: number): string {
  if (!Number.isFinite(number)) return String(number);
  const [digits, exponentText] = number.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? "-" : "+";
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const decimal = Object.is(number, -0) ? "-0" : String(number);
  return Number.isInteger(number) ? `${decimal}.0` : decimal;
}
