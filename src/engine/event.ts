import { OrcError } from "../base/error.ts";
import {
  asObject,
  isJsonObject,
  type JsonObject,
  jsonObject,
  type JsonValue,
  parseJson,
  textAt,
} from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import type { LoggedEvent } from "../workflow/types.ts";

/**
 * An event read from a log: other writers know types of their own. From the Python tool its id is
 * empty and its serial 0.
 */
export type RecordedEvent = Omit<LoggedEvent, "type"> & {
  readonly type: string;
  /** Undefined in what orc did not write, or an orc that knew no chain. */
  readonly link?: EventLink | undefined;
};

/** What ties an event to all that came before it. */
export interface EventLink {
  /** How many lines of other tools it covers. */
  readonly others: number;
  /** The state before it, where the chain begins later than the session. */
  readonly base: JsonObject | null;
  /** SHA-256, in hex; empty while it is not known. */
  readonly chain: string;
}

/** Which agent asked for these events; null for nobody known. */
export function agentIn(
  events: readonly Pick<RecordedEvent, "details">[],
): string | null {
  const [name = null] = events.flatMap(({ details }) =>
    textAt(details, "agent") ?? []
  );
  return name;
}

/** Encodes an event as a line of log.jsonl, with its line end. */
export function encodeLogLine(event: RecordedEvent): string {
  return `${printJson(encodeEvent(event))}\n`;
}

/**
 * Decodes a line of log.jsonl; undefined for one that is torn or somebody else's: a log is read
 * around those.
 */
export function decodeLogLine(line: string): RecordedEvent | undefined {
  try {
    return decodeEvent(parseJson(line, "log line"));
  } catch (error) {
    if (error instanceof OrcError && error.code === "invalid_json") {
      return undefined;
    }
    throw error;
  }
}

/** Encodes an event in the Python tool's order; its id and serial are ours. */
export function encodeEvent(event: RecordedEvent): JsonObject {
  const { id, serial } = event;
  return jsonObject({
    timestamp: event.at,
    event_type: event.type,
    workflow_id: event.workflowId,
    phase_id: event.phaseId,
    item_id: event.itemId,
    message: event.message,
    details: event.details,
    actor: event.actor,
    ...(id === "" ? {} : { id, serial }),
    ...(event.link ? encodeLink(event.link) : {}),
  });
}

/** The chain comes last: a line without it is what it was made of. */
function encodeLink({ others, base, chain }: EventLink) {
  return {
    ...(others > 0 ? { others } : {}),
    ...(base === null ? {} : { base }),
    ...(chain === "" ? {} : { chain }),
  };
}

function decodeLink(value: JsonObject): Pick<RecordedEvent, "link"> {
  const chain = textAt(value, "chain");
  if (chain === null) return {};
  const others = value.get("others");
  return {
    link: {
      others: typeof others === "number" ? others : 0,
      base: asObject(value.get("base")) ?? null,
      chain,
    },
  };
}

export function decodeEvent(value: JsonValue): RecordedEvent | undefined {
  if (!isJsonObject(value)) return undefined;
  const type = textAt(value, "event_type");
  const workflowId = textAt(value, "workflow_id");
  const message = textAt(value, "message");
  if (type === null || workflowId === null || message === null) {
    return undefined;
  }
  const serial = value.get("serial");
  return {
    id: textAt(value, "id") ?? "",
    // Lines of the Python tool have none: they count as older than all of ours.
    serial: typeof serial === "number" && serial > 0 ? serial : 0,
    at: textAt(value, "timestamp") ?? "",
    type,
    workflowId,
    phaseId: textAt(value, "phase_id"),
    itemId: textAt(value, "item_id"),
    message,
    details: asObject(value.get("details")) ?? new Map(),
    actor: value.get("actor") === "human" ? "human" : "system",
    ...decodeLink(value),
  };
}
