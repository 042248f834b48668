import { headOf, oneLine } from "../base/fence.ts";
import type { JsonValue } from "../base/json.ts";
import type { RecordedEvent } from "../engine/event.ts";
import type { Style } from "./command.ts";

/** Longest text behind a message: notes may be a whole page. */
const MAX_REMARK_LENGTH = 160;

/** What an event says besides its message; the first that is there is shown. */
const REMARKS = ["reason", "notes", "error"] as const;

/** An event in one line. */
export function eventText(event: RecordedEvent, style: Style): string {
  const { at, phaseId, actor, message } = event;
  const human = actor === "human" ? ["(human)"] : [];
  const remark = remarkOn(event);
  return [
    style.dim(timeOf(at)),
    style.dim((phaseId ?? "").padEnd(8)),
    paint(event, style)(oneLine(message)),
    ...human,
    ...remark === "" ? [] : [style.dim(`- ${remark}`)],
  ].join(" ");
}

/** To the second, in UTC; another tool may have written anything, or nothing. */
function timeOf(at: string): string {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)/.exec(at) ?? [];
  const isUtc = at.endsWith("Z");
  return date && time && isUtc ? `${date} ${time}Z` : at.slice(0, 25);
}

function paint(
  { type }: RecordedEvent,
  style: Style,
): (text: string) => string {
  if (type.endsWith("_failed") || type === "error") return style.bad;
  if (type.endsWith("_skipped")) return style.warn;
  return (text) => text;
}

function remarkOn({ details, message }: RecordedEvent): string {
  const texts: readonly (JsonValue | undefined)[] = REMARKS.map((key) =>
    details.get(key)
  );
  const text = texts.find((text) => typeof text === "string" && text !== "");
  const remark = typeof text === "string" ? oneLine(text) : "";
  return message.includes(remark) ? "" : headOf(remark, MAX_REMARK_LENGTH);
}
