import type { JsonObject } from "../base/json.ts";
import type { ProblemDraft } from "./problem.ts";
import {
  APPROVAL_TIMEOUT,
  approvalTimeoutMinutes,
  MAX_APPROVAL_TIMEOUT_MINUTES,
} from "./supervision.ts";
import { describeValue } from "./value.ts";

/** Finds values that orc cannot take for settings it knows; all other settings are the author's. */
export function findWrongSettings(
  settings: JsonObject,
): readonly ProblemDraft[] {
  const isGiven = settings.has(APPROVAL_TIMEOUT);
  if (!isGiven || approvalTimeoutMinutes(settings) !== undefined) return [];
  const found = describeValue(settings.get(APPROVAL_TIMEOUT));
  return [{
    code: "invalid_value",
    severity: "error",
    path: ["settings", APPROVAL_TIMEOUT],
    message:
      `Expected a number of minutes above 0, at most ${MAX_APPROVAL_TIMEOUT_MINUTES}, found ${found}`,
  }];
}
