import {
  canonicalNumberText,
  isJsonList,
  isJsonObject,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  numberText,
} from "../base/json.ts";
import type { Item, Phase, Verification, Workflow } from "./types.ts";

/** The names may hold what Python's regular expressions call word characters. */
export const PLACEHOLDER = /\{\{([\p{L}\p{N}_]+)\}\}/gu;

/** Fills in each `{{name}}` that is a setting; other names and the values themselves stay as they are. */
export function fillTemplate(text: string, settings: JsonObject): string {
  return withNames(text, settings, pythonText);
}

/**
 * The workflow as people and agents read it: every text with its settings filled in. Paths and
 * commands stay as they are, for what a value may bring into them is judged when they are used.
 */
export function fillTexts(workflow: Workflow): Workflow {
  const { settings } = workflow;
  const fill = (text: string): string => fillTemplate(text, settings);
  const fillSome = (text: string | null) => text === null ? null : fill(text);
  const fillItem = (item: Item): Item => ({
    ...item,
    name: fill(item.name),
    description: fillSome(item.description),
    skipConditions: item.skipConditions.map(fill),
    verification: {
      ...item.verification,
      description: fillSome(item.verification.description),
    },
    notes: item.notes.map(fill),
    evidencePrompt: fillSome(item.evidencePrompt),
    inputs: item.inputs?.map(fill),
  });
  const fillPhase = (phase: Phase): Phase => ({
    ...phase,
    name: fill(phase.name),
    description: fillSome(phase.description),
    items: phase.items.map(fillItem),
    notes: phase.notes.map(fill),
    ...phase.allowWrite && { allowWrite: phase.allowWrite.map(fill) },
  });
  return {
    ...workflow,
    description: fillSome(workflow.description),
    phases: workflow.phases.map(fillPhase),
  };
}

/** The path or command that a check looks at, as it will be used; null where there is none. */
export function subjectOfCheck(
  verification: Verification,
  settings: JsonObject,
): string | null {
  switch (verification.type) {
    case "file_exists":
      return fillTemplate(verification.path, settings);
    case "command":
      return fillTemplate(verification.command, settings);
    default:
      return null;
  }
}

/** The text with each `{{name}}` that is a setting replaced by what the setting becomes. */
export function withNames(
  text: string,
  settings: JsonObject,
  textOf: (value: JsonValue) => string,
): string {
  // Most texts hold none, and the pattern takes long to be compiled.
  if (!text.includes("{{")) return text;
  return text.replaceAll(PLACEHOLDER, (placeholder, name: string) => {
    const value = settings.get(name);
    return value === undefined ? placeholder : textOf(value);
  });
}

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
  if (code >= 0x10000) return `\\U${hex.padStart(8, "0")}`;
  if (code >= 0x100) return `\\u${hex.padStart(4, "0")}`;
  return SHORT_ESCAPES[character] ?? `\\x${hex.padStart(2, "0")}`;
}
