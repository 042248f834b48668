import { usage } from "../base/error.ts";
import type { JsonValue } from "../base/json.ts";
import { headOf, oneLine } from "../base/markdown.ts";
import { escapeControls } from "../base/text.ts";
import type { RecordedEvent } from "../engine/event.ts";
import type { Host, ProgramProgress } from "../host/host.ts";
import type { TreeOptions } from "../sessions/list.ts";
import type { Changed } from "../work/change.ts";
import {
  flag,
  type FlagSpec,
  type Outcome,
  sessionOptions,
  type Style,
  type Values,
} from "./command.ts";
import { standing } from "./view.ts";

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

/** What programs get after a change: what happened, and where the session stands. */
export type ChangeResult<Extra> = Omit<Changed, "place" | "warnings"> & Extra;

/** Makes the outcome of a command that changed a session. */
export function changeOutcome<Change extends Changed>(
  { place, warnings, ...result }: Change,
): Outcome<Omit<Change, "place" | "warnings">> {
  return { place, warnings, result };
}

/** One sentence on what was done, then where the session stands. */
export function changeText(
  done: string,
  { summary }: Pick<Changed, "summary">,
  style: Style,
): string {
  return [done, standing(summary, style)].join("\n").trimEnd();
}

const BAR_LENGTH = 20;

/** Does a long reading and shows a bar meanwhile, where a person sees it. */
export async function withLogProgress<Result>(
  { terminal }: Host,
  values: Values,
  work: (onProgress?: (fraction: number) => void) => Promise<Result>,
): Promise<Result> {
  const isShown = !values.on("quiet") && terminal.isErrorTerminal;
  if (!isShown) return await work();
  try {
    return await work((fraction) => terminal.showProgress(barOf(fraction)));
  } finally {
    terminal.showProgress(undefined);
  }
}

/** How much of a log is read, in one line of a terminal. */
export function barOf(fraction: number): string {
  const part = Math.min(1, Math.max(0, fraction));
  const full = Math.round(part * BAR_LENGTH);
  const bar = "#".repeat(full).padEnd(BAR_LENGTH, ".");
  return `Reading the log [${bar}] ${Math.floor(part * 100)} %`;
}

/** Who waits no longer than this needs no word about it. */
const SILENT_MS = 1000;

/** What programs paint their output with. */
// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[\d;]*m/g;

/** From here on characters may be two columns wide; to take all for wide does no harm. */
const FIRST_WIDE_POINT = 0x1100;

/** What a check is about, in one line of a terminal; undefined while it has only begun. */
export function checkProgress(
  itemId: string,
  { elapsedMs, lastLine }: ProgramProgress,
  columns: number,
): string | undefined {
  if (elapsedMs < SILENT_MS) return undefined;
  const head = `Checking ${itemId}, ${durationText(elapsedMs)}`;
  const said = (lastLine ?? "").replaceAll(COLOURS, "")
    .replaceAll(/\s+/g, " ").trim();
  const text = said === "" ? head : `${head}: ${said}`;
  // The last column stays free: some terminals go on to the next line.
  return cutTo(columns - 1, escapeControls(text));
}

function durationText(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  return seconds < 60
    ? `${seconds} s`
    : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Cuts a text, so that it and the mark of the cut take no more columns than these. */
function cutTo(columns: number, text: string): string {
  const characters = Array.from(text);
  if (widthOf(characters) <= columns) return text;
  let count = 0;
  let width = 1;
  for (const character of characters) {
    width += widthOf([character]);
    if (width > columns) break;
    count++;
  }
  return `${characters.slice(0, count).join("")}…`;
}

function widthOf(characters: readonly string[]): number {
  return characters.reduce(
    (width, character) =>
      width + ((character.codePointAt(0) ?? 0) < FIRST_WIDE_POINT ? 1 : 2),
    0,
  );
}

/** Where a search of a directory tree begins. */
export const SEARCH_FLAG: FlagSpec = flag(
  "-s, --search DIR",
  "Where to begin instead of here",
  { values: "directory" },
);

/** How deep a directory tree is searched. */
export const DEPTH_FLAG: FlagSpec = flag(
  "--depth LEVELS",
  "Levels of directories to search, 3 without it",
);

/** Reads what every command about a directory tree takes. */
export function treeOptions(
  values: Values,
  purpose: string,
  argument?: string,
): TreeOptions {
  const { root, lockTimeout, purpose: named } = sessionOptions(values, purpose);
  const flag = values.text("search");
  if (flag !== undefined && argument !== undefined) {
    throw usage(
      "conflicting_flags",
      "The directory is named twice: by an argument and by --search",
    );
  }
  const directory = argument ?? flag;
  const depth = values.text("depth");
  return { root, lockTimeout, purpose: named, directory, depth };
}
