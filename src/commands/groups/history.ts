import { usage } from "../../base/error.ts";
import { jsonObject } from "../../base/json.ts";
import { MAX_LISTED_EVENTS } from "../../base/limits.ts";
import { headOf, oneLine } from "../../base/markdown.ts";
import type { ItemOutputs } from "../../history/outputs.ts";
import type { Generated } from "../../history/pages.ts";
import type { ClosedWithReport } from "../../history/report.ts";
import {
  itemText,
  timeText,
  uncommittedText,
} from "../../history/report_text_rules.ts";
import type {
  History,
  HistoryEvent,
  HistoryOptions,
} from "../../history/use.ts";
import type { Host } from "../../host/host.ts";
import { howGiven } from "../../replay/account.ts";
import type { SessionOptions } from "../../repository/select.ts";
import {
  abandonSession,
  type Closed,
  finishSession,
} from "../../work/phase.ts";
import { type Truncation, truncationOf } from "../clamp.ts";
import {
  arg,
  command,
  flag,
  humanFlag,
  type ResultOf,
  sessionOptions,
  type Style,
  type Values,
} from "../command.ts";
import { endLine, leftOutLine } from "../change_view.ts";
import { section } from "../view.ts";

export const historyCommand = command<
  ResultOf<History> & Truncation,
  HistoryEvent
>({
  description:
    `Shows the log of the session, oldest first: the last 50 events that fit, or as many as --limit says. --all shows everything, --follow goes on with new events until the session is closed or the command is interrupted.\n\nA time is an instant such as 2026-03-01T10:00:00Z, a date, which is a whole day in UTC, or how long ago: 30m, 2h, 3d, 1w.\n\n--json prints one document with at most ${MAX_LISTED_EVENTS} events. --output jsonl prints one event a line as it is read, also with --all and --follow, and in constant memory.`,
  flags: [
    flag("--item ITEM", "Only events about this item"),
    flag("--phase PHASE", "Only events in this phase"),
    flag("--type TYPE", "Only events of this type, such as item_completed"),
    flag("--since TIME", "Only from this time on"),
    flag("--until TIME", "Only up to this time"),
    flag("--at SERIAL", "Only up to this update", { excludes: ["follow"] }),
    flag(
      "-n, --limit NUMBER",
      `At most this many, the last ones; 1 to ${MAX_LISTED_EVENTS}, or all`,
      { excludes: ["all"] },
    ),
    flag("--all", "The same as --limit all"),
    flag("-f, --follow", "Go on with new events"),
  ],
  effect: "reads",
  examples: [
    "orc history --since 2h",
    "orc history --item plan --type verification_failed",
    "orc history --all --output jsonl",
  ],
  async use(host, _options, values) {
    if (values.on("follow")) {
      throw usage(
        "conflicting_flags",
        'Flag "--follow" does not go with one JSON document, which has an end',
        "orc history --follow --output jsonl",
      );
    }
    const { readHistory } = await import("../../history/use.ts");
    const history = await readHistory(host, optionsOf(values));
    return { ...history, ...truncationOf(history.hasEarlier ? null : 0) };
  },
  render: ({ events, hasEarlier, past }, style) => {
    if (events.length === 0) return "No events";
    const then = past ? [past.message] : [];
    const lines = events.map((event) => eventText(event, style));
    const earlier = style.dim("Earlier ones: orc history --limit all");
    return [...then, ...hasEarlier ? [earlier] : [], ...lines].join("\n");
  },
  stream: {
    isWanted: (values) => areAllWanted(values) || values.on("follow"),
    async run(host, values) {
      const { streamHistory } = await import("../../history/use.ts");
      return await streamHistory(host, {
        ...optionsOf(values),
        all: areAllWanted(values),
        follow: values.on("follow"),
      });
    },
    render: eventText,
  },
});

type OutputResult = ResultOf<ItemOutputs>;

export const outputCommand = command<OutputResult>({
  description:
    "Prints what the last run of an item's check printed, or the last runs, oldest first. Of each stream orc keeps the first 4 kB and the last 16 kB, with secrets masked, as long as the session is there.",
  args: [arg("ITEM", "Id of the item", "item")],
  flags: [flag("--last NUMBER", "Of so many runs, the last ones; 1 to 100")],
  effect: "reads",
  examples: ["orc output tests", "orc output tests --last 3"],
  async use(host, options, values) {
    const { readOutputs } = await import("../../history/outputs.ts");
    const last = numberOf(values.text("last"));
    const itemId = values.need("ITEM");
    return await readOutputs(host, { ...options, itemId, last });
  },
  render: ({ outputs, itemId, hasEarlier }, style) => {
    const earlier = hasEarlier && outputs.length > 1
      ? [style.dim("The check ran before that, too")]
      : [];
    const texts = outputs.map(({ at, passed, message, text, whole }) => {
      const said = `${timeOf(at)} ${itemOf({ itemId, message })}${
        oneLine(message)
      }`;
      const printed = text.trimEnd() || "It printed nothing that is kept";
      const left = whole ? [] : [style.dim("That is what the log holds of it")];
      const head = passed ? said : style.bad(said);
      return [head, printed, ...left].join("\n");
    });
    return [...earlier, texts.join("\n\n")].join("\n");
  },
});

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : NaN;
}

function areAllWanted(values: Values): boolean {
  return values.on("all") || values.text("limit") === "all";
}

/** The whole, as far as it fits into one document. */
function limitOf(values: Values): number | undefined {
  if (areAllWanted(values)) return MAX_LISTED_EVENTS;
  return numberOf(values.text("limit"));
}

function optionsOf(values: Values): HistoryOptions {
  return {
    ...sessionOptions(values),
    itemId: values.text("item"),
    phaseId: values.text("phase"),
    type: values.text("type"),
    since: values.text("since"),
    until: values.text("until"),
    at: values.text("at"),
    limit: limitOf(values),
  };
}

type FinishResult = ResultOf<ClosedWithReport>;

export const finishCommand = command<FinishResult>({
  description:
    "Closes the session when every phase is done; nothing changes in it any more, but that a human takes the end back with orc undo --force. Commits nothing, pushes nothing, closes no issue. Says what was done, by whom, how it was checked and approved, and what took the time; --full has it for programs.\n\n--report writes that to a file in the working tree, over an earlier report and over nothing else; of a session that is closed already it only writes the report.",
  flags: [
    flag("-n, --notes TEXT", "What came of it, at most 2000 characters"),
    flag("--abandon", "Close it unfinished; needs --reason"),
    flag("-r, --reason TEXT", "Why it is abandoned"),
    humanFlag(
      "-f, --force",
      "Close it as completed although something is open",
    ),
    flag("--no-push", "No effect: orc never pushes by itself"),
    flag("--no-close-issues", "No effect: orc never closes issues by itself"),
    flag("--skip-learn", "No effect: orc learn saves what there is to learn"),
    flag(
      "--report FILE",
      "Write a report, too: a page where the name ends in .html, else Markdown, as for a pull request",
    ),
  ],
  effect: "writes",
  permissions: ["run", "tree"],
  brief: () =>
    "changed,serial,durationMinutes,skipped,approvals.message,path,report.stale,report.uncommitted,summary.status,summary.progress",
  examples: [
    'orc finish --notes "Released with 1.4"',
    "orc finish --report report.html",
    'orc finish --abandon --reason "The feature was dropped"',
  ],
  async use(host, options, values) {
    const { closeWithReport } = await import("../../history/report.ts");
    const file = values.text("report");
    const close = () => closeAs(host, options, values);
    const isRead = values.on("full") ||
      values.text("fields") !== undefined || host.terminal.isOutputTerminal;
    return isRead || file !== undefined
      ? await closeWithReport(host, { ...options, file }, close)
      : { ...await close(), report: null, path: null };
  },
  render: finishText,
});

/** People are told all; to an agent that did it all itself, it would be words to pay for. */
function finishText(
  { summary, durationMinutes, report, path, skipped, approvals }: FinishResult,
  style: Style,
): string {
  const phases = style.isTerminal && report !== null
    ? report.phases.filter(({ startedAt }) => startedAt !== null)
    : [];
  const done = phases.flatMap(({ phaseId, items }) =>
    items.filter(({ status }) => status === "completed").map((item) =>
      [`${phaseId} ${item.itemId}`, itemText(item)]
        .filter((text) => text !== "").join(": ")
    )
  );
  const uncommitted = report && uncommittedText(report);
  return [
    endLine(summary, durationMinutes),
    ...section("Done", done),
    ...section("Skipped", skipped.map(leftOutLine)),
    ...section("Approvals", approvals.map(({ message }) => message)),
    ...section("Changed since it was checked", report?.stale ?? []),
    ...section("Not committed", uncommitted ? [uncommitted] : []),
    ...section(
      "Time",
      phases.map((phase) => `${phase.phaseId}: ${timeText(phase)}`),
    ),
    ...path === null ? [] : [`Report: ${path}`],
  ].join("\n");
}

function closeAs(
  host: Host,
  options: SessionOptions,
  values: Values,
): Promise<Closed> {
  const reason = values.text("reason");
  const notes = values.text("notes");
  const force = values.on("force");
  if (values.on("abandon")) {
    // Who says both does not know which they mean.
    if (force) {
      throw usage(
        "force_with_abandon",
        "Flag --force does not go with --abandon, which needs no force",
        'orc finish --abandon --reason "<why>"',
      );
    }
    return abandonSession(host, { ...options, reason: reason ?? "", notes });
  }
  if (reason !== undefined) {
    throw usage(
      "reason_without_abandon",
      "Flag --reason goes with --abandon",
      'orc finish --notes "<what came of it>"',
    );
  }
  return finishSession(host, { ...options, notes, force });
}

export const generateMdCommand = command<ResultOf<Generated>>({
  description:
    "Shows the session as a page of Markdown: its state, what blocks, the items by phase, and the last events. A file that orc did not make is not replaced.",
  flags: [
    flag("--to FILE", "File instead of WORKFLOW.md"),
    flag("--at SERIAL", "As it was after this update"),
    flag("--stdout", "Print the page and write no file", {
      excludes: ["to", "force"],
    }),
    humanFlag("-f, --force", "Replace a file that orc did not make"),
  ],
  effect: "writes",
  permissions: ["tree"],
  examples: ["orc generate-md", "orc generate-md --stdout"],
  isValue: true,
  use: async (host, options, values) =>
    (await import("../../history/pages.ts")).generateMarkdown(host, {
      ...options,
      file: values.text("to"),
      at: values.text("at"),
      stdout: values.on("stdout"),
      force: values.on("force"),
    }),
  render: ({ path, text, changed }) => {
    if (path === null) return text.trimEnd();
    return changed ? `Wrote ${path}` : `${path} is up to date`;
  },
});

/** Longest text behind a message: notes may be a whole page. */
const MAX_REMARK_LENGTH = 160;

/** What an event says besides its message; the first that is there is shown. */
const REMARKS = ["reason", "notes", "error"] as const;

function eventText(event: HistoryEvent, style: Style): string {
  const { at, phaseId, details } = event;
  // The older tool's words for it.
  const message = details.origin === "setting"
    ? event.message.replace(/^Human approved/, "Approved")
    : event.message;
  const remark = remarkOn(event) || receiptOn(event);
  const line = [
    style.dim(timeOf(at)),
    style.dim((phaseId ?? "").padEnd(8)),
    paint(event, style)(itemOf(event) + oneLine(message)),
    ...byWhom(event),
    ...remark === "" ? [] : [style.dim(`- ${remark}`)],
  ].join(" ");
  return [line, ...failureOn(event).map((each) => style.dim(`  ${each}`))]
    .join("\n");
}

/** The item, where the message does not name it. */
function itemOf(
  { itemId, message }: Pick<HistoryEvent, "itemId" | "message">,
): string {
  const isNamed = message.split(/[^\w.-]+/).includes(itemId ?? "");
  return itemId === null || isNamed ? "" : `${oneLine(itemId)}: `;
}

/** Lines of a failed check that people see at once. */
const SHOWN_LINES = 3;

/** What a failed check printed first, and how to see the rest; the log itself holds that much. */
function failureOn({ type, itemId, details }: HistoryEvent): string[] {
  if (!type.endsWith("_failed") || itemId === null) return [];
  const lines = [details.stdout, details.stderr]
    .flatMap((text) => typeof text === "string" ? text.split("\n") : [])
    .map((line) => headOf(oneLine(line), MAX_REMARK_LENGTH))
    .filter((line) => line !== "");
  if (lines.length <= SHOWN_LINES) return lines;
  const whole = `more: orc output ${oneLine(itemId)}`;
  return [...lines.slice(0, SHOWN_LINES), whole];
}

/** How it is known that a human stood for it; by a setting none did. */
function byWhom({ actor, details }: HistoryEvent): readonly string[] {
  const { origin = null, presence = null, signature = null } = details;
  if (actor !== "human" && origin === null) return [];
  const given = howGiven(jsonObject({
    origin: typeof origin === "string" ? origin : null,
    presence: jsonObject(asRecord(presence) ?? {}),
    signature: jsonObject(asRecord(signature) ?? {}),
  }));
  return [`(${oneLine(given)})`];
}

/** A mapping of plain values; undefined for anything else. */
function asRecord(
  value: unknown,
): Readonly<Record<string, string | number>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
      Object.entries(value).filter(([, each]) =>
        typeof each === "string" || typeof each === "number"
      ),
    )
    : undefined;
}

/** To the second, in UTC; another tool may have written anything, or nothing. */
function timeOf(at: string): string {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)/.exec(at) ?? [];
  const isUtc = at.endsWith("Z");
  return date && time && isUtc ? `${date} ${time}Z` : at.slice(0, 25);
}

function paint(
  { type }: HistoryEvent,
  style: Style,
): (text: string) => string {
  if (type.endsWith("_failed") || type === "error") return style.bad;
  if (type.endsWith("_skipped")) return style.warn;
  return (text) => text;
}

function remarkOn({ details, message }: HistoryEvent): string {
  const texts = REMARKS.map((key) => details[key]);
  const text = texts.find((text) => typeof text === "string" && text !== "");
  const remark = typeof text === "string" ? oneLine(text) : "";
  return message.includes(remark) ? "" : headOf(remark, MAX_REMARK_LENGTH);
}

/** What a check came to, in a few words; `--json` tells the receipt as a whole. */
function receiptOn({ details: { receipt }, message }: HistoryEvent): string {
  if (typeof receipt !== "object" || receipt === null) return "";
  const { exit_code, duration_ms, tests_run, proved } =
    receipt as HistoryEvent["details"];
  const isTold = message.includes("exit code");
  return [
    ...typeof exit_code === "number" && !isTold
      ? [`exit code ${exit_code}`]
      : [],
    ...typeof duration_ms === "number"
      ? [`${(duration_ms / 1000).toFixed(1)} s`]
      : [],
    ...typeof tests_run === "number"
      ? [`${tests_run} ${tests_run === 1 ? "test" : "tests"}`]
      : [],
    ...typeof proved === "object" && proved !== null && !("reason" in proved)
      ? ["red on the base"]
      : [],
  ].join(", ");
}
