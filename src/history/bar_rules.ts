/** Numbers as bars: for who would rather look than read. */
import { headOf, oneLine } from "../base/markdown.ts";
import { escapeHtml } from "./html_rules.ts";

/** One bar: what it is about, how long it is, and how much of it is of another kind. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The end of it that is of another kind, such as waiting. */
  readonly part: number;
  /** What the numbers say, for people. */
  readonly text: string;
}

const COLUMNS = 24;

/** Longest label of a bar. */
const MAX_LABEL_LENGTH = 24;

/** Bars for a terminal, all of one width; the other kind is drawn in another sign. */
export function barsText(
  bars: readonly Omit<Bar, "label">[],
  symbols: boolean,
): readonly string[] {
  const most = Math.max(0, ...bars.map(({ value }) => value));
  const [full, other] = symbols ? ["█", "▒"] : ["#", ":"];
  return bars.map(({ value, part }) => {
    const columns = columnsOf(value, most);
    const others = value > 0 ? Math.round(columns * part / value) : 0;
    const bar = full.repeat(columns - others) + other.repeat(others);
    return bar.padEnd(COLUMNS);
  });
}

/** What is more than nothing is seen. */
function columnsOf(value: number, most: number): number {
  if (value <= 0) return 0;
  return Math.max(1, Math.round(COLUMNS * Math.min(1, value / most)));
}

function labelOf(label: string): string {
  return headOf(oneLine(label), MAX_LABEL_LENGTH);
}

const WIDTH = 900;
const LEFT = 200;
const RIGHT = 260;
const ROW = 26;

/** The same bars as a picture within a page; empty without any. */
export function barChart(name: string, bars: readonly Bar[]): string {
  if (bars.length === 0) return "";
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const room = WIDTH - LEFT - RIGHT;
  const long = (value: number) => Math.round(room * 10 * value / most) / 10;
  const rows = bars.map(({ label, value, part, text }, index) => {
    const y = index * ROW + 4;
    const end = LEFT + long(value);
    const rect = (kind: string, x: number, width: number) =>
      `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="16" rx="3"/>`;
    return [
      `<text class="label" x="0" y="${y + 13}">${
        escapeHtml(labelOf(label))
      }</text>`,
      rect("bar", LEFT, Math.max(2, long(value))),
      ...part > 0
        ? [rect("wait", Math.round((end - long(part)) * 10) / 10, long(part))]
        : [],
      `<text x="${end + 8}" y="${y + 13}">${escapeHtml(text)}</text>`,
    ].join("");
  });
  return `<svg viewBox="0 0 ${WIDTH} ${
    bars.length * ROW + 4
  }" role="img" aria-label="${escapeHtml(name)}">${rows.join("\n")}</svg>`;
}
