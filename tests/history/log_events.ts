import type { JsonValue } from "../../src/base/json.ts";
import type { RecordedEvent } from "../../src/engine/event.ts";

/** An event of a log; what a test does not name is of no importance. */
export function recorded(
  type: string,
  event: Partial<Omit<RecordedEvent, "details">> & {
    readonly details?: Readonly<Record<string, JsonValue>>;
  } = {},
): RecordedEvent {
  return {
    id: "",
    serial: 0,
    at: "2026-03-01T10:00:00Z",
    type,
    workflowId: "wf_00c0ffee",
    phaseId: "PLAN",
    itemId: null,
    message: type,
    actor: "system",
    ...event,
    details: new Map(Object.entries(event.details ?? {})),
  };
}
