/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The log of a session while it grows. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ToldEvent } from "../answers.ts";
import { Badge, Output, wordsOf } from "./parts.tsx";

const FILTERS: Readonly<Record<string, readonly string[]>> = {
  "all events": [],
  "refused and forced": ["refused", "forced"],
  "checks": ["passed", "failed"],
  "humans": ["human", "forced"],
};

const TONES: Readonly<Record<string, string>> = {
  forced: "bad",
  refused: "bad",
  failed: "bad",
  human: "human",
  passed: "good",
};

/** What the type of an event does not say. */
const BADGES: readonly string[] = ["forced", "refused", "human"];

/** How near to its end a log is followed. */
const NEAR_PIXELS = 40;

export function Log(
  { session, events }: { session: string; events: readonly ToldEvent[] },
): JSX.Element {
  const [filter, setFilter] = useState("all events");
  const box = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  const tones = FILTERS[filter] ?? [];
  const shown = events.filter(({ tone }) =>
    tones.length === 0 || tones.includes(tone)
  );
  useLayoutEffect(() => {
    const element = box.current;
    if (element && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [shown.length, filter]);
  return (
    <section class="log" aria-label="Log">
      <label>
        Show{" "}
        <select
          value={filter}
          onChange={({ currentTarget }) => setFilter(currentTarget.value)}
        >
          {Object.keys(FILTERS).map((name) => <option key={name}>{name}
          </option>)}
        </select>
      </label>
      <ol
        ref={box}
        tabIndex={0}
        aria-label="Events, the last one at the end"
        onScroll={(
          { currentTarget: { scrollTop, clientHeight, scrollHeight } },
        ) =>
          isAtEnd.current =
            scrollHeight - scrollTop - clientHeight < NEAR_PIXELS}
      >
        {shown.map((event, index) => (
          <Line key={event.id || index} event={event} session={session} />
        ))}
        {shown.length === 0 && <li class="empty">Nothing like this so far</li>}
      </ol>
      <p class="unseen" role="status">{events.at(-1)?.message ?? ""}</p>
    </section>
  );
}

function Line(
  { event, session }: { event: ToldEvent; session: string },
): JSX.Element {
  const { at, type, itemId, phaseId, message, tone, details } = event;
  const time = new Date(at);
  const { agent, origin } = details;
  const output = Object(details["receipt"]).output;
  return (
    <li class={`event ${TONES[tone] ?? ""}`}>
      <time dateTime={at} title={time.toLocaleString()}>
        {timeText(time)}
      </time>
      <span class="what">
        <span class="type">
          {wordsOf(type)}
          {BADGES.includes(tone) && (
            <Badge tone={TONES[tone] ?? ""}>{tone}</Badge>
          )}
        </span>
        <span class="message">{message}</span>
        <span class="facts">
          {(itemId ?? phaseId) && <code>{itemId ?? phaseId}</code>}
          {typeof agent === "string" && <span>{agent}</span>}
          {typeof origin === "string" && <span>by {origin}</span>}
          {event.serial > 0 && <span>update {event.serial}</span>}
        </span>
        {typeof output === "string" && (
          <Output
            session={session}
            output={output}
            label={`Output at ${time.toLocaleTimeString("en-GB")}`}
          />
        )}
      </span>
    </li>
  );
}

/** The time, and before today the day. */
function timeText(time: Date): string {
  const text = time.toLocaleTimeString("en-GB");
  const isToday = time.toDateString() === new Date().toDateString();
  return isToday ? text : `${time.toLocaleDateString("sv")} ${text}`;
}
