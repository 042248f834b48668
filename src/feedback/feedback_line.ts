import { OrcError } from "../base/error.ts";
import { asObject, isJsonList, type JsonObject } from "../base/json.ts";
import { parseJson } from "../base/json_parse.ts";

/** Which file a line of feedback comes from; the oldest one holds both kinds in one line. */
export type FeedbackKind = "tool" | "process" | "both";

/** Decodes a line of a feedback file; undefined when it is torn or no object. */
export function decodeFeedbackLine(text: string): JsonObject | undefined {
  try {
    return asObject(parseJson(text, "feedback line"));
  } catch (error) {
    if (error instanceof OrcError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

/** A text of a feedback entry; null when it is missing, blank, or something else. */
export function textIn(entry: JsonObject, key: string): string | null {
  const value = entry.get(key);
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

/** The texts in a list of a feedback entry. */
export function textsIn(entry: JsonObject, key: string): readonly string[] {
  const value = entry.get(key);
  return isJsonList(value)
    ? value.filter((each): each is string => typeof each === "string")
    : [];
}
