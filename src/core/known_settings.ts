import type { JsonObject } from "./json.ts";
import {
  APPROVAL_TIMEOUT,
  approvalTimeoutMinutes,
  MAX_APPROVAL_TIMEOUT_MINUTES,
} from "./supervision.ts";
import type { ProblemDraft } from "./workflow_problem.ts";
import { describeValue } from "./workflow_value.ts";

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
