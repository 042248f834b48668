import type { Host, Terminal } from "../host/host.ts";
import type { Values } from "./command.ts";

const BAR_COLUMNS = 20;

/** A bar for the part of a work that is done, from 0 to 1. */
export function barOf(part: number): string {
  const full = Math.round(part * BAR_COLUMNS);
  return `[${"#".repeat(full).padEnd(BAR_COLUMNS, ".")}]`;
}

/** Does what may take long; it may show a line meanwhile where a person sees it. */
export async function withProgress<Answer>(
  { terminal }: Host,
  values: Values,
  work: (show?: Terminal["showProgress"]) => Promise<Answer>,
): Promise<Answer> {
  if (values.on("quiet") || !terminal.isErrorTerminal) return await work();
  try {
    return await work((line) => terminal.showProgress(line));
  } finally {
    terminal.showProgress(undefined);
  }
}
