import type { JsonObject, JsonValue } from "../base/json.ts";
import type { CheckResult, Decision, Event } from "../workflow/types.ts";
import {
  describeResult,
  encodeGateResult,
  encodeVerificationResult,
} from "./check.ts";
import { subjectOf } from "./decide_item.ts";
import { type Situation, systemEvent } from "./situation.ts";
import { type OpenItem, withItem } from "./state.ts";

/** A failed gate stays pending, any other item becomes failed: as the Python tool stores it. */
export function countFailure(
  situation: Situation,
  open: OpenItem,
  result: CheckResult,
): Decision {
  const { itemState } = withResult(open, result, situation.at);
  return {
    state: withItem(situation.state, open.phase, {
      ...itemState,
      status: open.item.stepType === "gate" ? itemState.status : "failed",
      retryCount: itemState.retryCount + 1,
    }),
    events: [checkEvent(situation, open, result)],
  };
}

/** Returns the item with the result of its last check. */
export function withResult(
  open: OpenItem,
  result: CheckResult,
  at: string,
): OpenItem {
  const stored = open.item.stepType === "gate" && result.type === "command"
    ? { gateResult: encodeGateResult(result) }
    : { verificationResult: encodeVerificationResult(result, at) };
  return { ...open, itemState: { ...open.itemState, ...stored } };
}

/** The event that tells how a check ended. */
export function checkEvent(
  { at, caller }: Situation,
  open: OpenItem,
  result: CheckResult,
): Event {
  const ending = result.passed ? "passed" : "failed";
  if (open.item.stepType === "gate") {
    const stored = result.type === "command"
      ? encodeGateResult(result)
      : encodeVerificationResult(result, at);
    return systemEvent(`gate_${ending}`, subjectOf(open), {
      message: `Gate ${ending}: ${open.item.id}`,
      details: detailsOf(stored),
    }, caller);
  }
  return systemEvent(`verification_${ending}`, subjectOf(open), {
    message: `Verification ${ending}: ${describeResult(result)}`,
    details: detailsOf(encodeVerificationResult(result, at)),
  }, caller);
}

function detailsOf(stored: JsonObject): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(stored);
}
