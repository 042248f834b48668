import type { Style } from "../commands/command.ts";
import type { Host } from "../host/host.ts";

/** Columns of an output that is no terminal. */
const DEFAULT_COLUMNS = 80;
/** A narrower terminal wraps by itself: layouts need not work with a handful of columns. */
const MIN_COLUMNS = 20;

/** Whether text is colored; `auto` colors it where a person reads it. */
export type ColorChoice = "auto" | "always" | "never";

/** How text looks on standard output. */
export function styleFor(host: Host, color: ColorChoice): Style {
  const { isOutputTerminal } = host.terminal;
  const width = isOutputTerminal ? host.terminal.columns : DEFAULT_COLUMNS;
  const isPlain = !isOutputTerminal || !!host.env("NO_COLOR") ||
    host.env("TERM") === "dumb";
  const colored = color === "always" || (color === "auto" && !isPlain);
  const paint = (on: number, off: number) => (text: string): string =>
    colored && text !== "" ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    symbols: isOutputTerminal && host.env("TERM") !== "dumb",
    columns: Math.max(MIN_COLUMNS, width),
    bold: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
    bad: paint(31, 39),
    warn: paint(33, 39),
  };
}
