import { OrcError } from "../base/error.ts";
import { MAX_LISTED_EVENTS } from "../base/limits.ts";
import type { RecordedEvent } from "../engine/event.ts";
import {
  type History,
  type HistoryOptions,
  readHistory,
} from "../history/read_history.ts";
import { streamHistory } from "../history/stream_history.ts";
import { command, sessionOptions, type Values } from "./command.ts";
import { eventText } from "./event_view.ts";

type HistoryResult = Omit<History, "place" | "warnings">;

/** `orc history` */
export const historyCommand = command<HistoryResult, RecordedEvent>({
  name: "history",
  summary: "Show what happened in the session",
  description:
    `Shows the log of the session, oldest first: the last 50 events that fit, or as many as --limit says. --all shows everything, --follow goes on with new events until the session is closed or the command is interrupted.\n\nA time is an instant such as 2026-03-01T10:00:00Z, a date, which is a whole day in UTC, or how long ago: 30m, 2h, 3d, 1w.\n\n--json prints one document with at most ${MAX_LISTED_EVENTS} events. --output jsonl prints one event a line as it is read, also with --all and --follow, and in constant memory.`,
  args: [],
  flags: [
    {
      name: "item",
      value: "ITEM",
      values: "item",
      summary: "Only events about this item",
    },
    {
      name: "phase",
      value: "PHASE",
      values: "phase",
      summary: "Only events in this phase",
    },
    {
      name: "type",
      value: "TYPE",
      summary: "Only events of this type, such as item_completed",
    },
    { name: "since", value: "TIME", summary: "Only from this time on" },
    { name: "until", value: "TIME", summary: "Only up to this time" },
    {
      name: "limit",
      short: "n",
      value: "NUMBER",
      summary: `At most this many, the last ones; 1 to ${MAX_LISTED_EVENTS}`,
    },
    { name: "all", summary: "Show all of them instead of the last" },
    { name: "follow", short: "f", summary: "Go on with new events" },
  ],
  effect: "reads",
  permissions: [],
  examples: [
    "orc history --since 2h",
    "orc history --item plan --type verification_failed",
    "orc history --all --output jsonl",
  ],
  async run(host, values) {
    refuseTogether(values);
    if (values.on("follow")) throw endlessDocument();
    const { place, warnings, ...result } = await readHistory(
      host,
      optionsOf(values),
    );
    return { place, warnings, result };
  },
  render: ({ events, hasEarlier }, style) => {
    if (events.length === 0) return "No events";
    const lines = events.map((event) => eventText(event, style));
    const earlier = style.dim("Earlier ones: orc history --all");
    return [...hasEarlier ? [earlier] : [], ...lines].join("\n");
  },
  stream: {
    isWanted: (values) => values.on("all") || values.on("follow"),
    async run(host, values) {
      refuseTogether(values);
      return await streamHistory(host, {
        ...optionsOf(values),
        all: values.on("all"),
        follow: values.on("follow"),
      });
    },
    render: eventText,
  },
});

/** The whole, as far as it fits into one document. */
function limitOf(values: Values): number | undefined {
  if (values.on("all")) return MAX_LISTED_EVENTS;
  const limit = values.text("limit");
  if (limit === undefined) return undefined;
  return /^\d+$/.test(limit) ? Number(limit) : NaN;
}

function optionsOf(values: Values): HistoryOptions {
  return {
    ...sessionOptions(values, "history"),
    itemId: values.text("item"),
    phaseId: values.text("phase"),
    type: values.text("type"),
    since: values.text("since"),
    until: values.text("until"),
    limit: limitOf(values),
  };
}

function refuseTogether(values: Values): void {
  if (!values.on("all") || values.text("limit") === undefined) return;
  throw new OrcError(
    "usage",
    "conflicting_flags",
    'Flags "--all" and "--limit" contradict each other',
    { hint: "leave one of them out" },
  );
}

function endlessDocument(): OrcError {
  return new OrcError(
    "usage",
    "conflicting_flags",
    'Flags "--follow" and "--json" contradict each other: a document has an end',
    { hint: "orc history --follow --output jsonl" },
  );
}
