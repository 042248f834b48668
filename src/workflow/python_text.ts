import {
  canonicalNumberText,
  isJsonList,
  isJsonObject,
  JsonNumber,
  type JsonValue,
  numberText,
} from "../base/json.ts";

const NOT_PRINTABLE = /(?! )[\p{C}\p{Z}]/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** Spells a value as Python's `str()` does, which is what the Python tool fills in for a setting. */
export function pythonText(value: JsonValue): string {
  return typeof value === "string" ? value : pythonLiteral(value);
}

/** Python's `repr()`. */
function pythonLiteral(value: JsonValue): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return stringLiteral(value);
  if (typeof value === "number") return specialFloat(numberText(value));
  if (value instanceof JsonNumber) {
    return specialFloat(canonicalNumberText(value));
  }
  if (isJsonObject(value)) {
    const entries = Array.from(
      value,
      ([key, member]) => `${stringLiteral(key)}: ${pythonLiteral(member)}`,
    );
    return `{${entries.join(", ")}}`;
  }
  if (isJsonList(value)) return `[${value.map(pythonLiteral).join(", ")}]`;
  throw new Error("A JSON value is of no known type");
}

function specialFloat(text: string): string {
  return text.replace("Infinity", "inf").replace("NaN", "nan");
}

/** Python prefers single quotes, and double ones where that saves escapes. */
function stringLiteral(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll("\\", "\\\\")
    .replaceAll(NOT_PRINTABLE, escapeOf);
  return quote + escaped.replaceAll(quote, `\\${quote}`) + quote;
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return SHORT_ESCAPES[character] ?? `\\x${padded(hex, 2)}`;
  return code < 0x10000 ? `\\u${padded(hex, 4)}` : `\\U${padded(hex, 8)}`;
}

function padded(hex: string, length: number): string {
  return hex.padStart(length, "0");
}
