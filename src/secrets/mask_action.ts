import type { JsonObject, JsonValue } from "../base/json.ts";
import type { Action, CheckResult } from "../workflow/types.ts";

/** Replaces the secrets in a text. */
export type Mask = (text: string) => string;

/** An action without the secrets in what its caller says; names and ids stay. */
export function maskAction(action: Action, mask: Mask): Action {
  switch (action.type) {
    case "start":
      return {
        ...action,
        task: mask(action.task),
        project: orNull(action.project, mask),
        constraints: action.constraints.map(mask),
      };
    case "complete":
      return {
        ...action,
        notes: orNull(action.notes, mask),
        evidence: action.evidence && maskObject(action.evidence, mask),
        result: action.result && maskResult(action.result, mask),
      };
    case "skip":
      return { ...action, reason: mask(action.reason) };
    case "approve_item":
    case "finish":
      return { ...action, notes: orNull(action.notes, mask) };
    case "abandon":
      return {
        ...action,
        reason: mask(action.reason),
        notes: orNull(action.notes, mask),
      };
    case "note":
      return { ...action, text: mask(action.text) };
    case "start_item":
    case "advance":
    case "approve_phase":
    case "restore":
    case "refuse_approval":
      return action;
  }
}

/** What a check found, without the secrets in it. */
export function maskResult(result: CheckResult, mask: Mask): CheckResult {
  const problem = orNull(result.problem, mask);
  if (result.type === "file_exists") return { ...result, problem };
  return {
    ...result,
    problem,
    command: mask(result.command),
    originalCommand: mask(result.originalCommand),
    words: result.words.map(mask),
    stdout: mask(result.stdout),
    stderr: mask(result.stderr),
  };
}

/** An object without the secrets in its keys and texts. */
function maskObject(object: JsonObject, mask: Mask): JsonObject {
  return new Map(
    Array.from(object, ([key, value]) => [mask(key), maskValue(value, mask)]),
  );
}

function maskValue(value: JsonValue, mask: Mask): JsonValue {
  if (typeof value === "string") return mask(value);
  if (value instanceof Map) return maskObject(value, mask);
  if (Array.isArray(value)) {
    return value.map((each: JsonValue) => maskValue(each, mask));
  }
  return value;
}

function orNull(text: string | null, mask: Mask): string | null {
  return text === null ? null : mask(text);
}
