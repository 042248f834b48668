import { escapeControls } from "../base/text.ts";
import type { ProgramProgress } from "../host/host.ts";

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
