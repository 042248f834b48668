import type { Style } from "../commands/command.ts";
import type { Host } from "../host/host.ts";

/** Columns of an output that is no terminal. */
const DEFAULT_COLUMNS = 80;
/** A narrower terminal wraps by itself: layouts need not work with a handful of columns. */
const MIN_COLUMNS = 20;

/** How text looks on standard output: colors only where a person reads, and wants them. */
export function styleFor(host: Host, noColor: boolean): Style {
  const { isOutputTerminal } = host.terminal;
  const width = isOutputTerminal ? host.terminal.columns : DEFAULT_COLUMNS;
  const colored = isOutputTerminal && !noColor && !host.env("NO_COLOR") &&
    host.env("TERM") !== "dumb";
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
